"""What labelling and checking ask of the code for one kind of file, and what they get back.

`synthmark.files.media_file` chooses by kind of file. For pictures, sound and video alike there is one function that
writes and one that reads::

    def label_video(task: Task) -> Written: ...
    def video_layers(path: Path, keys: Sequence[bytes]) -> ContentLayers: ...

A function that writes makes the copy with the visible (audible) label and the watermark, as `task.config` asks, in
a draft beside the target, and adds the metadata label, then the credential, on the way to the target. Metadata of
the source stays in the draft, an old AIGC label included. It raises only `SynthmarkError`, and nothing stays behind::

    with draft_beside(task.target) as draft:  # synthmark.files.atomic
        ...  # write the draft
        with task.finished(draft) as final:
            ...  # read the mark back from `final`; CapacityError when it does not read

Where neither visible label nor watermark is asked for it is `with task.finished(task.source)`: nothing is coded anew.

A function that reads looks for the marks of all keys, in their order; the first key whose mark is found counts.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synthmark.files.atomic import copy_file, draft_beside, force_to_disk, replacing
from synthmark.files.kinds import GIF

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from synthmark.config import Config
    from synthmark.detection import Detection
    from synthmark.files.credential_step import CredentialStep
    from synthmark.files.kinds import Kind
    from synthmark.files.metadata_step import MetadataStep
    from synthmark.report import LayerReport, Message
    from synthmark.video.progress import Report

__all__ = ["Clock", "ContentLayers", "Task", "Written", "layers_in_content"]


class Clock:
    """Measures the steps of a task."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def mark(self, step: str) -> None:
        """Add the time since the last call to a step."""
        now = time.perf_counter()
        self.seconds[step] = self.seconds.get(step, 0.0) + now - self._last
        self._last = now


def layers_in_content(config: Config, kind: Kind) -> tuple[str, ...]:
    """Return which of "visible" and "watermark" go into the pictures and the sound of a file of some kind.

    None do where nothing may be coded anew, in videos and GIF animations.
    """
    if config.no_reencode and (kind.family == "video" or kind is GIF):
        return ()
    return tuple(name for name in ("visible", "watermark") if getattr(config, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One file to label; source, target and options are checked already.

    Attributes
    ----------
    source, target
        Different files; the target's folder may be missing.
    kind
        Of the source, by content; the copy is of the same kind.
    config
        Which layers to write, and how.
    content_id
        In [0, 2**64).
    key
        The watermark key; None for the published default key.
    force
        Whether any text of the visible label is accepted.
    metadata
        Adds the metadata label; does nothing when it is not asked for.
    credential
        Signs what is finished; None when that is not asked for.
    clock
        Call ``clock.mark("visible")`` and the like after each step that takes time.
    progress
        Is called with a `synthmark.video.Progress` a few times a second while a video is worked on; None for nobody.
    """

    source: Path
    target: Path
    kind: Kind
    config: Config
    content_id: int
    key: bytes | None
    force: bool
    metadata: MetadataStep
    credential: CredentialStep | None = None
    clock: Clock = field(default_factory=Clock)
    progress: Report | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """Which of "visible" and "watermark" to write; without any, pictures and sound stay as they are coded."""
        return layers_in_content(self.config, self.kind)

    @property
    def left_as_is(self) -> bool:
        """Whether layers are left out because nothing may be coded anew."""
        return not self.layers and (self.config.visible or self.config.watermark)

    @property
    def strength(self) -> float:
        """The factor on the usual strength of the watermark."""
        return 1.0 if self.config.strength == "auto" else float(self.config.strength)

    @contextlib.contextmanager
    def finished(self, draft: Path) -> Iterator[Path]:
        """Give a copy of a draft with metadata label and credential; it takes the target's place after the block.

        An error in the block leaves the target as it was.

        Raises
        ------
        MediaError
            When the draft cannot be read or the target cannot be written.
        CredentialError, DependencyError
            See `synthmark.credential.sign`.
        """
        with replacing(self.target) as final:
            if self.credential is None:
                self._describe(draft, final)
            else:
                self._describe_and_sign(draft, final, self.credential)
            force_to_disk(final)
            yield final

    def finished_bytes(self, data: bytes) -> bytes:
        """Return the bytes of a file with metadata label and credential, as `finished` does for large ones."""
        described = self.metadata.added(data) if self.metadata.wanted else data
        return described if self.credential is None else self.credential.added(described)

    def _describe(self, draft: Path, target: Path) -> None:
        """Write a copy with the metadata label."""
        if self.metadata.wanted:
            self.metadata.write(draft, target)
        else:
            copy_file(draft, target)

    def _describe_and_sign(self, draft: Path, target: Path, credential: CredentialStep) -> None:
        """Write a copy with the metadata label, and then the credential."""
        if not self.metadata.wanted:
            credential.write(draft, target)
            return
        with draft_beside(self.target) as unsigned:
            self.metadata.write(draft, unsigned)
            credential.write(unsigned, target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file in its place.

    Attributes
    ----------
    visible
        The visible or audible label as it was read back, or why it was not looked for.
    detection
        The watermark as it was read back; None without one.
    placement
        Of the visible or audible label, see `synthmark.report.LabelRecord`; None without that layer.
    psnr
        Of the watermark in pictures, in decibels; None otherwise.
    frames
        How many pictures the file has; 1 for sound.
    messages
        What a user should know, codes ``note.*``.
    pictures
        Of a picture file: its frames, as they were read back.
    """

    visible: LayerReport
    detection: Detection | None = None
    placement: Mapping[str, Any] | None = None
    psnr: float | None = None
    frames: int = 1
    messages: tuple[Message, ...] = ()
    pictures: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class ContentLayers:
    """What checking finds in pixels and samples: see `synthmark.files.content_layers` for how to report a mark."""

    watermark: LayerReport
    visible: LayerReport

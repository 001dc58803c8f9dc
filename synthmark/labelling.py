"""Labelling one file: all layers are written, read back from the written file, and only then put in place."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthmark.config import Config
from synthmark.errors import CredentialError, InputError
from synthmark.report import LabelRecord, Message
from synthmark.verification import OWN_NUMBER, report_written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synthmark.files.closed_loop import Written
    from synthmark.files.media_file import MediaFile
    from synthmark.image.visible import LabelPlacement
    from synthmark.metadata import MetadataReport

__all__ = ["LabelRecord", "embed_file", "label_file"]


def label_file(  # noqa: PLR0913 - options by keyword
    source: Path | str,
    target: Path | str,
    config: Config | None = None,
    *,
    content_id: int | None = None,
    relabel: bool = False,
    force: bool = False,
) -> LabelRecord:
    """Write the layers that the configuration asks for into a copy of a picture or sound file.

    The copy has the container, the coding (JPEG tables, bit depth, timing, sample rate) and the other metadata of the
    source. Every layer is read back from the written file; when the mark does not survive the file's own
    encoding, it is embedded more strongly. Until all is well the target does not exist or is as it was.

    Parameters
    ----------
    source, target
        Different files; the folder of the target is made when missing.
    config
        What to write; None for the defaults.
    content_id
        In [0, 2**64); None draws a new one (or keeps that of an own label when relabelling).
    relabel
        Accept a file with a metadata label: its producer's fields stay and the propagator's three are set.
    force
        Accept a file with a signed credential, which breaks it, and any text of the visible label.

    Raises
    ------
    InputError
        When source and target are one file, an option is wrong, or the file is labelled already.
    MediaError
        When the source cannot be read or the target cannot be written.
    CapacityError
        When the picture or sound cannot carry the layers.
    CredentialError
        When the file carries a C2PA manifest.
    """
    return _Task(Path(source), Path(target), config or Config(), content_id, relabel, force).run()


def embed_file(  # noqa: PLR0913 - options by keyword
    source: Path | str,
    target: Path | str,
    content_id: int,
    key: bytes | None = None,
    strength: str | float = "auto",
    *,
    force: bool = False,
) -> LabelRecord:
    """Write the invisible watermark, and nothing else, into a copy of a picture or sound file.

    Parameters
    ----------
    source, target, force
        As for `label_file`.
    content_id
        In [0, 2**64).
    key
        16 to 1024 bytes; None for the published default key.
    strength
        "auto", or a factor on the strength that is chosen for each picture; sound takes no factor.

    Raises
    ------
    InputError, MediaError, CapacityError, CredentialError
        As `label_file`.
    """
    config = Config(visible=False, metadata=False, strength=strength)
    task = _Task(Path(source), Path(target), config, content_id, relabel=True, force=force, key=key)
    return task.run()


class _Clock:
    """Measures the steps of a task."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def mark(self, step: str) -> None:
        """Add the time since the last call to a step."""
        now = time.perf_counter()
        self.seconds[step] = self.seconds.get(step, 0.0) + now - self._last
        self._last = now


@dataclass(slots=True)
class _Task:
    """One file on its way; `run` goes through the steps in their order."""

    source: Path
    target: Path
    config: Config
    content_id: int | None
    relabel: bool
    force: bool
    key: bytes | None = None
    clock: _Clock = field(default_factory=_Clock)
    messages: list[Message] = field(default_factory=list)

    def run(self) -> LabelRecord:
        """Label the file."""
        from synthmark.files.atomic import refuse_same_file  # noqa: PLC0415 - `import synthmark` stays light
        from synthmark.files.media_file import read_media  # noqa: PLC0415
        from synthmark.files.reading import read_file  # noqa: PLC0415
        from synthmark.metadata import read_metadata  # noqa: PLC0415

        self._check_options()
        refuse_same_file(self.source, self.target)
        file = read_media(read_file(self.source))
        existing = read_metadata(file.data)
        self._check_file(file, existing)
        self.clock.mark("read")
        return self._written(file, existing)

    def _check_options(self) -> None:
        """Refuse what cannot be meant."""
        if not (self.config.visible or self.config.watermark or self.config.metadata):
            raise InputError("No layer is asked for: switch on visible, metadata or watermark.")
        self.key = self.key if self.key is not None else self.config.key()

    def _check_file(self, file: MediaFile, existing: MetadataReport) -> None:
        """Refuse files that must not be labelled, and note what is unusual."""
        if existing.has_credential and not self.force:
            raise CredentialError(
                f"{self.source} carries a signed credential (C2PA), which any change breaks. "
                "Label it before signing, or force it."
            )
        if existing.labels and self.config.metadata and not self.relabel:
            raise InputError(
                f"{self.source} carries a metadata label already ({existing.labels[0].place}); there may be "
                "only one. Label the original, or relabel it, which sets the propagator's fields."
            )
        self._check_names(file)
        self.messages += [Message(code) for code in file.notes]
        if self.config.watermark and self.config.strength != "auto" and file.kind.media_type.startswith("audio/"):
            self.messages.append(Message("note.strength_unused"))
        if existing.has_credential:
            self.messages.append(Message("note.credential_broken"))

    def _check_names(self, file: MediaFile) -> None:
        """Compare the extensions with the content, which decides."""
        from synthmark.files.kinds import kind_of_suffix  # noqa: PLC0415 - see run

        wanted = kind_of_suffix(self.target)
        same = self.target.suffix.lower() == self.source.suffix.lower()
        if wanted not in (None, file.kind) and not same:
            raise InputError(
                f"{self.source} is a {file.kind.name} file and stays one; the target {self.target.name} is "
                f"named as another kind. Use the extension {file.kind.suffixes[0]}."
            )
        if kind_of_suffix(self.source) is not file.kind:
            params = {"suffix": self.source.suffix, "format": file.kind.name}
            self.messages.append(Message("note.extension", params))

    def _written(self, file: MediaFile, existing: MetadataReport) -> LabelRecord:
        """Write all layers and describe the result."""
        from synthmark.files.reading import sha256_of  # noqa: PLC0415 - see run
        from synthmark.payload import format_content_id  # noqa: PLC0415

        content_id = self._chosen_id(existing)
        content, placement = self._with_visible_label(file)
        written = self._put_in_place(file, existing, content, content_id)
        report = report_written(self.target.name, written.data, written.detection, self.key)
        self.clock.mark("write")
        names = ("visible", "watermark", "metadata")
        return LabelRecord(
            source=self.source,
            target=self.target,
            media_type=file.kind.media_type,
            content_id=format_content_id(content_id),
            produce_id=self._produce_id(existing, content_id),
            layers=tuple(name for name in names if getattr(self.config, name)),
            psnr=written.psnr,
            sha256_before=sha256_of(file.data),
            sha256_after=report.file.sha256,
            placement=placement,
            frames=len(file.frames),
            messages=(*self.messages, *self._notes(file, written)),
            seconds=self.clock.seconds,
            report=report,
        )

    def _chosen_id(self, existing: MetadataReport) -> int:
        """Return the content id: the one asked for, that of an own label, or a new one."""
        from synthmark.payload import check_content_id, new_content_id  # noqa: PLC0415 - see run

        if self.content_id is not None:
            return check_content_id(self.content_id)
        own = None if existing.label is None else OWN_NUMBER.fullmatch(existing.label.produce_id)
        return int(own[1], 16) if own else new_content_id(self.config.producer)

    def _produce_id(self, existing: MetadataReport, content_id: int) -> str | None:
        """Return the content number that the metadata label will hold."""
        if not self.config.metadata:
            return None
        return _content_number(content_id) if existing.label is None else existing.label.produce_id

    def _with_visible_label(self, file: MediaFile) -> tuple[Sequence[Any], dict[str, Any] | None]:
        """Draw the visible label, or put the audible one before sound, when it is asked for."""
        if not self.config.visible:
            return file.frames, None
        content, placement = self._labelled_frames(file)
        self.clock.mark("visible")
        return content, placement

    def _labelled_frames(self, file: MediaFile) -> tuple[Sequence[Any], dict[str, Any]]:
        from synthmark.files.sound_file import SoundFile  # noqa: PLC0415 - see run

        if isinstance(file, SoundFile):
            from synthmark.files.sound_loop import label_sound  # noqa: PLC0415 - only sound needs it

            samples, heard = label_sound(file)
            return (samples,), heard
        from synthmark.files.marking import draw_labels  # noqa: PLC0415 - see run

        frames, placement = draw_labels(file.frames, self.config, force=self.force)
        return frames, _described(placement)

    def _put_in_place(
        self, file: MediaFile, existing: MetadataReport, content: Sequence[Any], content_id: int
    ) -> Written:
        """Embed, encode, add the metadata label, read back, put in place."""
        from synthmark.files.closed_loop import Plan, write_closed_loop  # noqa: PLC0415 - see run
        from synthmark.files.marking import Mark  # noqa: PLC0415
        from synthmark.files.sound_file import SoundFile  # noqa: PLC0415

        def finish(data: bytes) -> bytes:
            return self._with_metadata(data, existing, content_id) if self.config.metadata else data

        strength = 1.0 if self.config.strength == "auto" else float(self.config.strength)
        mark = Mark(content_id, self.key, strength) if self.config.watermark else None
        plan = Plan(mark, finish, self.config.jpeg_quality)
        if isinstance(file, SoundFile):
            from synthmark.files.sound_loop import write_sound  # noqa: PLC0415 - only sound needs it

            return write_sound(self.target, file, content[0], plan)
        return write_closed_loop(self.target, file, content, plan)

    def _with_metadata(self, data: bytes, existing: MetadataReport, content_id: int) -> bytes:
        """Add the metadata label; of an existing one only the propagator's fields change."""
        from synthmark import metadata  # noqa: PLC0415 - see run

        config, number = self.config, _content_number(content_id)
        propagator = config.propagator or config.producer
        if existing.label is not None:
            return metadata.propagate(data, propagator, number, force=self.force)
        label = metadata.propagated(metadata.new_label(config.producer, number), propagator, number)
        source_type = None if existing.digital_source_type else metadata.TRAINED_ALGORITHMIC_MEDIA
        record = metadata.MetadataRecord(label, source_type, config.system, config.system_version)
        return metadata.write_metadata(data, record, force=self.force)

    def _notes(self, file: MediaFile, written: Written) -> Iterator[Message]:
        """Yield what writing found out."""
        yield from (Message(code) for code in written.notes)
        if written.psnr is not None and written.marked < len(file.frames):
            yield Message("note.frames_unmarked", {"marked": written.marked, "frames": len(file.frames)})


def _content_number(content_id: int) -> str:
    """Return the content number of the metadata label, from which checking learns the content id."""
    from synthmark.payload import format_content_id  # noqa: PLC0415 - `import synthmark` stays light

    return f"synthmark-{format_content_id(content_id)}"


def _described(placement: LabelPlacement) -> dict[str, Any]:
    """Return what a record says about a visible label."""
    return {
        "box": [int(value) for value in (placement.box)],
        "anchor": placement.anchor,
        "reason": placement.reason,
        "ink_height": placement.ink_height,
        "fraction": round(placement.fraction, 4),
    }

"""The methods under test, behind one interface: synthmark by its files, by its frames, and its peers.

A method makes a marked file and reads one. `synthmark` is the product's own pass; `synthmark-frames` puts the same
marks through a bare PyAV pass, for trials of the watermark alone. `name@factor` scales the strength of the latter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import av
import numpy as np
from media_video import luma_frames, plane_view, recode, shape_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Method", "Reading", "Synthmark", "SynthmarkFrames", "decided_after", "extractor_for", "method_named"]

Span = tuple[float, float]
OPTIONS = {"crf": "18", "preset": "veryfast"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a method read: the id, and all ids with the spans in seconds where they were found."""

    content_id: int | None
    marks: tuple[tuple[int, tuple[Span, ...]], ...] = ()
    false_alarm_probability: float | None = None


class Method(Protocol):
    """Embeds a 64-bit content id into a video file (CRF 18, veryfast) and reads it back."""

    def embed(self, source: Path, target: Path, content_id: int) -> dict[str, Any]:
        """Write the marked file and return what is worth recording about it."""

    def extract(self, path: Path, *, everything: bool = False) -> Reading:
        """Read a file, to its end when `everything` is asked for."""


def reading_of(found: Any) -> Reading:  # noqa: ANN401 - VideoDetection
    marks = tuple((mark.content_id, tuple(mark.spans)) for mark in found.marks)
    return Reading(found.content_id, marks, found.false_alarm_probability)


class Synthmark:
    """The product, with its published default key."""

    def embed(self, source: Path, target: Path, content_id: int) -> dict[str, Any]:
        from synthmark import video

        done = video.embed(source, target, content_id, crf=float(OPTIONS["crf"]), preset=OPTIONS["preset"])
        return {"psnr": done.psnr, "codec": done.coding.codec, "notes": [note.code for note in done.notes]}

    def extract(self, path: Path, *, everything: bool = False) -> Reading:  # noqa: ARG002 - it always does
        from synthmark import video

        return reading_of(video.extract(path))


class SynthmarkFrames:
    """The product's watermark on luma planes, through a bare PyAV pass."""

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = strength

    def embed(self, source: Path, target: Path, content_id: int) -> dict[str, Any]:
        return {"frames": recode(source, target, self.editor(source, content_id), options=OPTIONS)}

    def editor(self, source: Path, content_id: int) -> Any:  # noqa: ANN401 - the embedder's own method
        """Return the function that marks a luma plane in place."""
        from synthmark.video.embedding import LumaEmbedder

        height, width, bits, full = stored_format(source)
        return LumaEmbedder(
            content_id,
            width=width,
            height=height,
            bit_depth=bits,
            frame_rate=shape_of(source).frame_rate,
            full_range=full,
            strength=self.strength,
            seconds=shape_of(source).seconds,
        ).embed

    def extract(self, path: Path, *, everything: bool = False) -> Reading:
        return reading_of(pushed(path, everything=everything)[0].detection())


def extractor_for(path: Path, **options: Any) -> Any:  # noqa: ANN401 - LumaExtractor and its options
    """Return an extractor for the planes of a file."""
    from synthmark.video.extraction import LumaExtractor

    height, width, bits, full = stored_format(path)
    return LumaExtractor(width=width, height=height, bit_depth=bits, full_range=full, **options)


def pushed(path: Path, *, everything: bool) -> tuple[Any, float]:
    """Push the frames of a file until there is a decision; return the extractor and the seconds it was shown."""
    extractor, first, end = extractor_for(path), None, 0.0
    for seconds, plane in luma_frames(path):
        first = seconds if first is None else first
        extractor.push(plane, seconds)
        end = seconds - first
        if extractor.decided and not everything:
            break
    return extractor, end


def decided_after(path: Path) -> float | None:
    """Return the seconds of content after which the extraction is certain; None when it never is."""
    extractor, seconds = pushed(path, everything=False)
    return seconds if extractor.decided else None


def stored_format(path: Path) -> tuple[int, int, int, bool]:
    """Return height, width, bit depth and whether the range is full, of the planes as stored."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        height, width = np.shape(plane_view(frame))
        return height, width, frame.format.components[0].bits, int(frame.color_range) == 2


def method_named(name: str) -> Method:
    """Return the method of that name."""
    base, _, factor = name.partition("@")
    if base == "synthmark":
        return Synthmark()
    if base == "synthmark-frames":
        return SynthmarkFrames(float(factor or 1))
    import peers_video

    return peers_video.peer_named(base)

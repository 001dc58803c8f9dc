"""What an extraction from video found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.detection import Detection

if TYPE_CHECKING:
    from synthmark.audio.detection import AudioDetection

__all__ = ["Span", "VideoDetection", "VideoMark"]

Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoMark:
    """One content id found in the pictures of a video.

    Attributes
    ----------
    content_id
        The 64-bit content id.
    spans
        Stretches (start, end) in seconds in which its mark was found.
    """

    content_id: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoDetection(Detection):
    """The outcome of looking for a mark in a video; the fields describe the mark that covers most of it.

    Attributes
    ----------
    spans
        As in `VideoMark`; empty when only the sound carries a mark.
    marks
        Every content id found in the pictures, in the order of its first span.
    scale
        By how much the pictures were enlarged since they were marked.
    angle
        By how many degrees they were turned, counterclockwise.
    flipped
        Whether they were mirrored.
    sound
        What was found in the sound track; None when there is none, or none that can be read.
    """

    spans: tuple[Span, ...] = ()
    marks: tuple[VideoMark, ...] = ()
    scale: float = 1.0
    angle: float = 0.0
    flipped: bool = False
    sound: AudioDetection | None = None

    @property
    def agrees(self) -> bool | None:
        """Whether pictures and sound carry the same id; None unless both carry one."""
        if not self.spans or self.sound is None or not self.sound.found:
            return None
        marked = {mark.content_id for mark in self.marks} | {self.content_id}
        return {mark.content_id for mark in self.sound.marks} <= marked

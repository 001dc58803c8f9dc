"""The visible label of a clip, ready to be drawn on every frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import InputError
from synthmark.video.visible.blending import interleaved
from synthmark.video.visible.frame_form import require_planes
from synthmark.visible.label_placement import LabelPlacement

if TYPE_CHECKING:
    from synthmark.video.visible.blending import Layer
    from synthmark.video.visible.frame_form import FrameForm, FramePlanes

__all__ = ["SPANS", "VideoLabel", "VideoLabelPlacement"]

SPANS = ("whole", "start", "start+end")
# GB 45438-2025, 5.4 asks for 2 s; one more is left for cuts that are not quite exact.
SHOWN_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoLabelPlacement(LabelPlacement):
    """Where, how and when a label is drawn on a clip; sizes and places are those of the displayed frame.

    Attributes
    ----------
    span
        "whole", "start" or "start+end".

    Notes
    -----
    All else is as in `LabelPlacement`, in square pixels after the rotation; the contrast is that of the worst
    sampled frame.
    """

    span: str


@dataclass(frozen=True, slots=True, eq=False)
class VideoLabel:
    """A label that is ready to be drawn on the frames of a clip.

    Attributes
    ----------
    placement
        Where, how and when it is drawn.
    form
        The form of the frames it is for.
    duration
        Of the clip in seconds, or None.
    """

    placement: VideoLabelPlacement
    form: FrameForm
    duration: float | None
    _luma: Layer
    _chroma: Layer

    def shown_at(self, seconds: float) -> bool:
        """Return whether the label is shown at a time, in seconds since the first frame."""
        if self.placement.span == "whole" or seconds < SHOWN_SECONDS:
            return True
        return self.placement.span == "start+end" and seconds >= (self.duration or 0) - SHOWN_SECONDS

    def draw(self, planes: FramePlanes, seconds: float) -> None:
        """Draw the label on one frame in place, if it is shown at its time.

        Parameters
        ----------
        planes
            Y, U and V; Y and interleaved UV of shape (rows, columns, 2); or Y alone. Of the form that the
            label was prepared for, and writable.
        seconds
            Since the first frame.

        Raises
        ------
        InputError
            When the planes have another form, or are read-only.
        """
        if not self.shown_at(seconds):
            return
        require_planes(planes, self.form)
        if not all(plane.flags.writeable for plane in planes):
            raise InputError("The label is drawn in place, but these planes are read-only: pass a writable frame.")
        chroma = interleaved(self._chroma) if len(planes) == 2 else self._chroma
        for plane, layer in zip(planes, (self._luma, chroma, chroma), strict=False):
            layer.draw(plane)

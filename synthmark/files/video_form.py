"""How the frames of a video are stored and shown, in the words of the visible label."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from synthmark.containers.planes import bit_depth, is_full_range, subsampling
from synthmark.video.visible import FrameForm

if TYPE_CHECKING:
    from av import VideoFrame

__all__ = ["frame_form"]

# ITU-T H.273: matrix coefficients and transfer characteristics, by number.
_MATRICES = {1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020nc", 10: "bt2020nc"}
_TRANSFERS = {16: "pq", 18: "hlg"}
_HIGH_DEFINITION_LINES = 720
_MOST_STRETCH = 16


def frame_form(frame: VideoFrame, sample_aspect: Fraction | None) -> FrameForm:
    """Describe the frames of a video by one of them."""
    usual = "bt709" if frame.height >= _HIGH_DEFINITION_LINES else "bt601"
    return FrameForm(
        width=frame.width,
        height=frame.height,
        bit_depth=bit_depth(frame.format.name),
        subsampling=subsampling(frame.format.name),
        full_range=is_full_range(frame),
        matrix=_MATRICES.get(int(frame.colorspace), usual),
        transfer=_TRANSFERS.get(int(frame.color_trc), "sdr"),
        rotation=round(frame.rotation / 90) * 90,
        sample_aspect=_aspect(sample_aspect),
    )


def _aspect(stated: Fraction | None) -> Fraction:
    """Return the shape of a sample; a broken header counts as none."""
    if not stated or not Fraction(1, _MOST_STRETCH) <= stated <= _MOST_STRETCH:
        return Fraction(1)
    return Fraction(stated)

"""The planes of a decoded frame as arrays, and the pixel formats in which brightness has a plane of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from av import VideoFrame
    from numpy.typing import NDArray

__all__ = ["bit_depth", "is_full_range", "is_red_green_blue", "luma", "planar_format", "plane_arrays", "subsampling"]

_PLANAR = re.compile(r"(yuva?j?(?:420|422|440|444|411|410)p|gray)(9|10|12|14|16)?(?:le)?")
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
# Formats that hold the same samples in another order, and what they become without loss.
_SAME_SAMPLES = {
    "nv12": "yuv420p",
    "nv21": "yuv420p",
    "nv16": "yuv422p",
    "nv24": "yuv444p",
    "nv42": "yuv444p",
    "p010le": "yuv420p10le",
    "p012le": "yuv420p12le",
    "p210le": "yuv422p10le",
    "p410le": "yuv444p10le",
    "yuyv422": "yuv422p",
    "uyvy422": "yuv422p",
    "yvyu422": "yuv422p",
    "uyyvyy411": "yuv411p",
    "nv20le": "yuv422p10le",
    "y210le": "yuv422p10le",
    "v30xle": "yuv444p10le",
    "monow": "gray",
    "monob": "gray",
}


def planar_format(name: str, depth: int = 8) -> str:
    """Return the format with a plane of brightness in which a frame can be marked.

    Parameters
    ----------
    name
        FFmpeg's name of a pixel format.
    depth
        Bits per sample of that format, for those with red, green and blue.
    """
    if _PLANAR.fullmatch(name):
        return name
    if name in _SAME_SAMPLES:
        return _SAME_SAMPLES[name]
    wanted = next((bits for bits in (8, 10, 12, 16) if bits >= depth), 16)
    return "yuv444p" if wanted == 8 else f"yuv444p{wanted}le"


def bit_depth(name: str) -> int:
    """Return the bits per sample of a format that `planar_format` gives."""
    match = _PLANAR.fullmatch(name)
    return int(match[2] or 8) if match else 8


def is_full_range(frame: VideoFrame) -> bool:
    """Return whether black is 0 and white the largest number (JPEG's range), and not 16 and 235."""
    return frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")


def is_red_green_blue(frame: VideoFrame) -> bool:
    """Return whether the samples of a frame are red, green and blue, perhaps through a palette."""
    return bool(frame.format.is_rgb or frame.format.has_palette)


def luma(frame: VideoFrame) -> NDArray[Any]:
    """Return the plane of brightness as a view, which can be written to after `frame.make_writable()`.

    Returns
    -------
    uint8, or uint16 for more than 8 bits, of shape (height, width).
    """
    return _plane(frame, 0)


def plane_arrays(frame: VideoFrame) -> tuple[NDArray[Any], ...]:
    """Return the planes Y, U and V as views (Y alone for grey)."""
    return tuple(_plane(frame, number) for number in range(min(len(frame.planes), 3)))


def _plane(frame: VideoFrame, number: int) -> NDArray[Any]:
    plane = frame.planes[number]
    kind = np.uint8 if bit_depth(frame.format.name) == 8 else np.uint16
    rows = np.frombuffer(plane, kind).reshape(plane.height, -1)  # type: ignore[call-overload]
    return rows[:, : plane.width]  # type: ignore[no-any-return]


def subsampling(name: str) -> tuple[int, int]:
    """Return how many samples of brightness one of colour stands for, across and down."""
    factors = {"420": (2, 2), "422": (2, 1), "440": (1, 2), "411": (4, 1), "410": (4, 4)}
    return next((pair for digits, pair in factors.items() if digits in name), (1, 1))

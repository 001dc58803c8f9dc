"""Code values of black, white and grey, and how much light a pixel gives, for every range and transfer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from synthmark.video.visible.frame_form import FrameForm, FramePlanes

    Map = npt.NDArray[np.float32]

__all__ = ["WHITE", "code_of", "luminance", "neutral", "signal", "signal_rgb"]

# Signal of white: on HDR screens that of a page of paper, 203 cd/m2, not the glare of the largest number
# (ITU-R BT.2408-7, table 1).
WHITE = {"sdr": 1.0, "pq": 0.58, "hlg": 0.75}
PAPER_WHITE = 203.0
HLG_PEAK, HLG_GAMMA = 1000.0, 1.2
# Parts of red and blue in luma (ITU-T H.273, table 4).
LUMA_PARTS = {"bt709": (0.2126, 0.0722), "bt601": (0.299, 0.114), "bt2020nc": (0.2627, 0.0593)}
# Parts of red, green and blue in luminance, by the primaries that go with a matrix.
LUMINANCE = {
    "bt709": (0.2126, 0.7152, 0.0722),
    "bt601": (0.2126, 0.7152, 0.0722),
    "bt2020nc": (0.2627, 0.6780, 0.0593),
}


def code_of(luma: float, form: FrameForm) -> float:
    """Return the code value of a luma signal 0..1; it is not rounded."""
    if form.full_range:
        return float(luma * (2**form.bit_depth - 1))
    return float((16 + 219 * luma) * 2 ** (form.bit_depth - 8))


def neutral(form: FrameForm) -> float:
    """Return the code value of chroma without colour."""
    return float(2 ** (form.bit_depth - 1))


def signal(luma: npt.NDArray[np.generic], form: FrameForm) -> Map:
    """Return luma code values as signal: 0 is black, 1 nominal white."""
    low, high = code_of(0, form), code_of(1, form)
    return np.asarray((luma.astype(np.float32) - low) / (high - low), np.float32)


def signal_rgb(planes: FramePlanes, rows: slice, columns: slice, form: FrameForm) -> Map:
    """Return red, green and blue (h, w, 3) as signals 0..1, of a part of a frame in luma samples."""
    luma = signal(planes[0][rows, columns], form)
    if len(planes) == 1:
        return np.repeat(np.clip(luma, 0, 1)[..., None], 3, axis=2)
    blue_difference, red_difference = (_at_luma(plane, rows, columns, form) for plane in _chroma(planes))
    red_part, blue_part = LUMA_PARTS[form.matrix]
    red = luma + 2 * (1 - red_part) * red_difference
    blue = luma + 2 * (1 - blue_part) * blue_difference
    green = (luma - red_part * red - blue_part * blue) / (1 - red_part - blue_part)
    return np.asarray(np.clip(np.stack((red, green, blue), axis=2), 0, 1), np.float32)


def luminance(rgb: Map, form: FrameForm) -> Map:
    """Return the luminance of signals (..., 3) or of one grey signal; the label's white gives 1."""
    weights = np.asarray(LUMINANCE[form.matrix], np.float32)
    if form.transfer == "pq":
        return np.asarray(_pq_light(rgb) @ weights / PAPER_WHITE, np.float32)
    if form.transfer == "hlg":
        scene = _hlg_scene_light(rgb) @ weights
        return np.asarray(HLG_PEAK * scene**HLG_GAMMA / PAPER_WHITE, np.float32)
    return np.asarray(_srgb_light(rgb) @ weights, np.float32)


def _chroma(planes: FramePlanes) -> FramePlanes:
    """Return the planes of the two colour differences, also of interleaved ones."""
    return (planes[1][..., 0], planes[1][..., 1]) if planes[1].ndim == 3 else planes[1:3]


def _at_luma(plane: npt.NDArray[np.generic], rows: slice, columns: slice, form: FrameForm) -> Map:
    """Return colour differences -0.5..0.5 at every luma sample of a part of a frame."""
    across, down = form.subsampling
    lines = np.arange(rows.start, rows.stop) // down
    cells = np.arange(columns.start, columns.stop) // across
    extent = 2**form.bit_depth - 1 if form.full_range else 224 * 2 ** (form.bit_depth - 8)
    return np.asarray((plane[np.ix_(lines, cells)].astype(np.float32) - neutral(form)) / extent, np.float32)


def _srgb_light(value: Map) -> Map:
    """Return linear light (IEC 61966-2-1), which WCAG 2.2 reckons with."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _pq_light(value: Map) -> Map:
    """Return light in cd/m2 (SMPTE ST 2084, equation 4.1)."""
    root = value ** (1 / 78.84375)
    light = (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)
    return np.asarray(10000 * light, np.float32)


def _hlg_scene_light(value: Map) -> Map:
    """Return light at the camera, 0..1 (ITU-R BT.2100-2, table 5)."""
    return np.where(value <= 0.5, value**2 / 3, (np.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12)

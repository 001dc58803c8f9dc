"""Drawing a label: a rounded translucent plate with text, on the pixels of its box alone."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]
    Map = npt.NDArray[np.float32]

__all__ = ["OPACITY", "Patch", "contrast", "is_bright", "rounded", "with_label"]

# Through 0.62 of black the brightest white shows with a luminance of 0.12: white text keeps 6.2:1 over
# anything, black text through as much white 7.8:1 (WCAG 2.2, 1.4.3 asks for 4.5:1).
OPACITY = 0.62
# Mean luma from which a place gets black text on a white plate.
BRIGHT = 0.72
# Radius of the corners as part of the plate's height.
ROUNDNESS = 0.24
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """The pixels of a box of a picture.

    Attributes
    ----------
    colour
        Array (h, w) or (h, w, 3) in the dtype of the picture.
    alpha
        Array (h, w) of the same dtype, or None.
    peak
        Value of white, and of opaque.
    """

    colour: Array
    alpha: Array | None
    peak: float


def is_bright(patch: Patch) -> bool:
    """Return whether pixels are so bright on average that black text suits them."""
    return float(_grey(_backdrop(patch, 0.0), LUMA).mean()) >= BRIGHT


def contrast(patch: Patch, *, text: float, opacity: float) -> float:
    """Return the least contrast ratio of text to any pixel of the plate around it, 1..21 (WCAG 2.2)."""
    shown = np.rint(np.clip(_plate(patch, text, opacity), 0, 1) * 255).astype(np.uint8)
    luminance = _grey(_light_of_values()[shown], LUMINANCE)
    worst = float(luminance.max() if text > 0.5 else luminance.min())
    return (max(text, worst) + 0.05) / (min(text, worst) + 0.05)


def with_label(patch: Patch, mask: Array, *, text: float, opacity: float) -> Patch:
    """Draw plate and text over the pixels of a box.

    Where the picture is transparent the plate becomes opaque, as nothing is known of what will lie behind.

    Parameters
    ----------
    mask
        uint8 array, smaller than the box: coverage of the text, which is centred.
    text
        Colour of the text: 1 is white on a black plate, 0 black on a white one.
    opacity
        Opacity of the plate, 0..1.
    """
    inner = _plate(patch, text, opacity)
    _add_text(inner, mask, text)
    shape = rounded(*patch.colour.shape[:2])
    behind = (1 - shape) * (np.float32(1) if patch.alpha is None else _unit(patch.alpha, patch.peak))
    total = behind + shape
    weight = np.divide(shape, total, out=np.zeros_like(shape), where=total > 0)
    colour = _typed(_mix(_unit(patch.colour, patch.peak), inner, weight), patch.colour.dtype, patch.peak)
    alpha = None if patch.alpha is None else _typed(total, patch.alpha.dtype, patch.peak)
    return Patch(colour, alpha, patch.peak)


def rounded(height: int, width: int) -> Map:
    """Return how much a rectangle with rounded corners covers every pixel: array (height, width), 0..1."""
    radius = max(1.0, ROUNDNESS * min(height, width))
    across, down = _beyond_corner_centre(width, radius), _beyond_corner_centre(height, radius)
    distance = np.hypot(across[None, :], down[:, None])
    return np.asarray(np.clip(radius + 0.5 - distance, 0, 1), np.float32)


def _beyond_corner_centre(length: int, radius: float) -> Map:
    """Return how far the pixels of a line lie outside the span between two corners' centres."""
    place = np.arange(length, dtype=np.float32) + np.float32(0.5)
    beyond = np.maximum(radius - place, place - (length - radius))
    return np.asarray(np.maximum(beyond, 0), np.float32)


def _plate(patch: Patch, text: float, opacity: float) -> Map:
    """Return the colours 0..1 of a plate without its text."""
    shown = _backdrop(patch, 1 - text) * np.float32(1 - opacity)
    return np.asarray(shown + np.float32((1 - text) * opacity), np.float32)


def _backdrop(patch: Patch, fill: float) -> Map:
    """Return colours 0..1, with a grey level in the place of what is transparent."""
    unit = _unit(patch.colour, patch.peak)
    if patch.alpha is None:
        return unit
    return _mix(np.full_like(unit, fill), unit, _unit(patch.alpha, patch.peak))


def _add_text(inner: Map, mask: Array, text: float) -> None:
    """Draw the text in the middle of a plate, in place."""
    height, width = mask.shape
    top, left = (inner.shape[0] - height) // 2, (inner.shape[1] - width) // 2
    area = inner[top : top + height, left : left + width]
    area[...] = _mix(area, np.full_like(area, text), _unit(mask, 255))


@functools.cache
def _light_of_values() -> Map:
    """Return the light of every 8-bit value of sRGB (IEC 61966-2-1), 0..1."""
    value = np.arange(256) / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.asarray(light, np.float32)


def _mix(below: Map, above: Map, weight: Map) -> Map:
    """Return below and above in the proportion of a map (h, w)."""
    weight = weight if below.ndim == 2 else weight[..., None]
    return np.asarray(below + (above - below) * weight, np.float32)


def _unit(values: Array, peak: float) -> Map:
    return np.asarray(values, np.float32) / np.float32(peak)


def _typed(unit: Map, dtype: np.dtype[Any], peak: float) -> Array:
    """Return values 0..1 on the scale and in the dtype of the picture."""
    values = np.clip(unit, 0, 1) * np.float32(peak)
    return (np.rint(values) if dtype.kind == "u" else values).astype(dtype)


def _grey(colour: Map, weights: Map) -> Map:
    """Return the weighted sum of the three channels; grey stays as it is."""
    return colour if colour.ndim == 2 else np.asarray(colour @ weights, np.float32)

"""The functions of `_kernels` in vectorised NumPy and OpenCV: for machines without numba, and to test against.

The arguments and results are those of `_kernels`, where they are described.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark._opencv import opencv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Indices = NDArray[np.int32]
    Real = NDArray[np.float64]

__all__ = ["add_mark", "fold", "line_power", "resample", "sample_spectrum", "sum_lines", "whiten"]

_STRIP_SAMPLES = 1 << 20  # samples worked on at once: memory does not grow with the picture


def _strips(rows: int, samples_per_row: int) -> Iterator[slice]:
    """Cut rows into strips of about a million samples."""
    step = max(1, _STRIP_SAMPLES // max(1, samples_per_row))
    return (slice(first, first + step) for first in range(0, rows, step))


def _tapped(values: NDArray[Any], indices: Indices, weights: Floats, axis: int) -> Floats:
    """Return the weighted sum over taps along one axis."""
    shape = [1] * values.ndim
    shape[axis] = -1
    total: Floats = np.zeros(1, np.float32)
    for index, weight in zip(indices.T, weights.T, strict=True):
        total = total + values.take(index, axis).astype(np.float32, copy=False) * weight.reshape(shape)
    return total


def _planes(colour: Floats) -> Floats:
    """Return luma, blue - green and red - green: float32 (h, w, 1 or 3) to (1 or 3, h, w)."""
    if colour.shape[2] == 1:
        return colour[None, ..., 0]
    red, green, blue = np.moveaxis(colour, 2, 0)
    luma = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    return np.stack([luma, blue - green, red - green])


def resample(  # noqa: PLR0913, PLR0917 - as in `_kernels`
    pixels: NDArray[Any],
    rows: Indices,
    row_weights: Floats,
    columns: Indices,
    column_weights: Floats,
    scale: float,
    out: Floats,
) -> None:
    """Resample a picture to luma and two colour differences."""
    for strip in _strips(len(rows), pixels.shape[1] * pixels.shape[2]):
        lines = _tapped(pixels, rows[strip], row_weights[strip] * np.float32(scale), 0)
        out[:, strip] = _planes(_tapped(lines, columns, column_weights, 1))


def _mean(plane: Floats, size: int) -> Floats:
    """Return the mean over size x size pixels, the border repeated outwards."""
    cv2 = opencv()
    return np.asarray(cv2.blur(plane, (size, size), borderType=cv2.BORDER_REPLICATE))


def _deviation(plane: Floats, size: int) -> Floats:
    """Return the root mean square over size x size pixels; running sums may fall below zero by rounding."""
    return np.asarray(np.sqrt(np.maximum(_mean(plane * plane, size), 0)))


def _unpredicted(high: Floats) -> Floats:
    """Return the high-passed luma less what the colour differences predict from it over 9 x 9 pixels."""
    d, u, v = high
    uu, vv, uv = _mean(u * u, 9) + np.float32(2), _mean(v * v, 9) + np.float32(2), _mean(u * v, 9)
    du, dv = _mean(d * u, 9), _mean(d * v, 9)
    determinant = uu * vv - uv * uv
    a, b = (du * vv - dv * uv) / determinant, (dv * uu - du * uv) / determinant
    return np.asarray(d - a * u - b * v)


def whiten(planes: Floats, weighted: bool) -> tuple[Floats, Floats]:
    """Remove what the neighbourhood and the colour predict, divide by local activity, clip."""
    high = np.stack([plane - _mean(plane, 7) for plane in planes])
    activity = _deviation(high[0], 9)
    residual = _unpredicted(high) if len(high) == 3 else high[0]
    out = np.clip(residual / (_deviation(residual, 7) + np.float32(0.25)), -2, 2)
    if weighted:
        limited = np.minimum(activity, 20)
        out *= (1 + np.float32(0.15) * limited) / (limited + 2)
    return out, activity


def fold(whitened: Floats, tile: int) -> Floats:
    """Add all tiles of a picture on top of one another: float32 (h, w) to (tile, tile)."""
    height, width = whitened.shape
    filled = np.pad(whitened, ((0, -height % tile), (0, -width % tile)))
    return np.asarray(filled.reshape(-1, tile, filled.shape[1] // tile, tile).sum(axis=(0, 2)))


def add_mark(  # noqa: PLR0913, PLR0917 - as in `_kernels`
    pixels: NDArray[Any],
    delta: Floats,
    rows: Indices,
    row_weights: Floats,
    columns: Indices,
    column_weights: Floats,
    peak: float,
    rounding: float,
    out: NDArray[Any],
) -> float:
    """Add a canonical difference, resampled to the size of the picture, to every channel."""
    change, sampled = 0.0, np.arange(len(rows)) % 5 == 0
    for strip in _strips(len(rows), pixels[0].size):
        first = int(rows[strip].min())
        part = delta[first : int(rows[strip].max()) + 1]
        spread = _tapped(part, columns, column_weights, 1)
        lines = _tapped(spread, rows[strip] - first, row_weights[strip], 0)
        source = pixels[strip].astype(np.float32)
        out[strip] = np.clip(source + lines[..., None], 0, np.float32(peak)) + np.float32(rounding)
        difference = (out[strip].astype(np.float32) - source)[sampled[strip]]
        change += float(np.sum(difference**2, dtype=np.float64))
    return change / float(sampled.sum() * pixels[0].size)


def _bilinear(power: Floats, across: NDArray[Any], down: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return a half-plane spectrum at frequencies in bins, zero outside it, and what lies inside."""
    size, last_column = power.shape[0], power.shape[1] - 1
    turned = across < 0
    u, v = np.abs(across), np.where(turned, -down, down) + size // 2
    inside = (u < last_column) & (v >= 0) & (v < size - 1)
    u, v = np.where(inside, u, 0), np.where(inside, v, 0)
    x, y = u.astype(np.intp), v.astype(np.intp)
    fx, fy = u - x, v - y
    upper = power[y, x] * (1 - fx) + power[y, x + 1] * fx
    lower = power[y + 1, x] * (1 - fx) + power[y + 1, x + 1] * fx
    return np.where(inside, upper * (1 - fy) + lower * fy, 0), inside


def sample_spectrum(power: Floats, across: Floats, down: Floats) -> Floats:
    """Sample a half-plane power spectrum at frequencies (across, down) in bins, bilinear; zero outside."""
    return np.asarray(_bilinear(power, across, down)[0], np.float32)


def sum_lines(grid: Floats, row_shift: Indices, column_shift: Indices, rows: int, columns: int) -> Floats:
    """Add a grid to itself, shifted to where each line is expected."""
    out = np.zeros((rows, columns), np.float32)
    for down, across in zip(row_shift, column_shift, strict=True):
        out += grid.take(range(down, down + rows), 0, mode="wrap")[:, across : across + columns]
    return out


def line_power(power: Floats, matrices: Real, lines: Real, weights: Real) -> Real:
    """Score hypotheses: weighted sum of the power where each expects the lines, over the root of the weights."""
    bins = lines @ matrices.swapaxes(1, 2)
    values, inside = _bilinear(power, bins[..., 0], bins[..., 1])
    return np.asarray(values @ weights / np.sqrt(1e-9 + inside @ weights**2))

"""Kernels of the image mark: resampling, folding, adding the mark, searches; `_whitening_kernels` holds one more.

`_plain` holds the same functions in vectorised NumPy and OpenCV; it is used where numba is missing and is what
the tests compare these with.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmark._jit import kernel
from synthmark.image._whitening_kernels import whiten

__all__ = ["add_mark", "fold", "line_power", "resample", "sample_spectrum", "sum_lines", "whiten"]

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]


@kernel
def resample(
    pixels: NDArray[Any],
    rows: Indices,
    row_weights: Floats,
    columns: Indices,
    column_weights: Floats,
    scale: float,
    out: Floats,
) -> None:
    """Resample a picture to luma and two colour differences.

    Parameters
    ----------
    pixels
        (H, W, 1) or (H, W, 3), any real dtype.
    rows, row_weights
        (h, taps): source rows of each output row and their weights.
    columns, column_weights
        (w, taps): the same for columns.
    scale
        255 divided by the value of white.
    out
        float32 (1 or 3, h, w): luma 0..255 (BT.601), then blue - green and red - green for colour pictures. It is
        filled, and not made here, since NumPy asks the system for large arrays in large pages.
    """
    height, width = rows.shape[0], columns.shape[0]
    source_width, channels = pixels.shape[1], pixels.shape[2]
    line = np.empty(source_width * channels, np.float32)
    for y in range(height):
        line[:] = 0.0
        for tap in range(rows.shape[1]):
            weight = row_weights[y, tap] * np.float32(scale)
            if weight != 0.0:
                source = pixels[rows[y, tap]].reshape(source_width * channels)
                for x in range(source_width * channels):
                    line[x] += weight * np.float32(source[x])
        if channels == 1:
            for x in range(width):
                value = np.float32(0.0)
                for tap in range(columns.shape[1]):
                    value += column_weights[x, tap] * line[columns[x, tap]]
                out[0, y, x] = value
        else:
            for x in range(width):
                red = np.float32(0.0)
                green = np.float32(0.0)
                blue = np.float32(0.0)
                for tap in range(columns.shape[1]):
                    weight = column_weights[x, tap]
                    place = 3 * columns[x, tap]
                    red += weight * line[place]
                    green += weight * line[place + 1]
                    blue += weight * line[place + 2]
                out[0, y, x] = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
                out[1, y, x] = blue - green
                out[2, y, x] = red - green


@kernel
def fold(whitened: Floats, tile: int) -> Floats:
    """Add all tiles of a picture on top of one another: float32 (h, w) to (tile, tile)."""
    height, width = whitened.shape
    out = np.zeros((tile, tile), np.float32)
    for y in range(height):
        row = out[y % tile]
        for start in range(0, width, tile):
            for x in range(min(tile, width - start)):
                row[x] += whitened[y, start + x]
    return out


@kernel
def add_mark(
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
    """Add a canonical difference, interpolated to the size of the picture, to every channel.

    Parameters
    ----------
    pixels, out
        (H, W, channels), uint8, uint16 or float; `out` is filled.
    delta
        float32 (h, w), in units of the picture.
    rows, row_weights, columns, column_weights
        Linear interpolation from the size of `delta` to (H, W): (H, 2) and (W, 2).
    peak
        Value of white: results are clipped to 0..peak.
    rounding
        0.5 for integer dtypes, 0 for floats.

    Returns
    -------
    Mean of the squared changes, over every fifth row.
    """
    height, width, channels = pixels.shape
    samples = width * channels
    cached = np.full(2, -1, np.int64)
    spread = np.empty((2, samples), np.float32)
    limit, half, zero = np.float32(peak), np.float32(rounding), np.float32(0.0)
    change = np.zeros(samples, np.float32)
    for y in range(height):
        for tap in range(2):
            row = rows[y, tap]
            slot = row % 2
            if cached[slot] != row:
                cached[slot] = row
                for x in range(width):
                    left = column_weights[x, 0] * delta[row, columns[x, 0]]
                    value = left + column_weights[x, 1] * delta[row, columns[x, 1]]
                    for channel in range(channels):
                        spread[slot, x * channels + channel] = value
        upper, lower = spread[rows[y, 0] % 2], spread[rows[y, 1] % 2]
        upper_weight, lower_weight = row_weights[y, 0], row_weights[y, 1]
        source = pixels[y].reshape(samples)
        target = out[y].reshape(samples)
        if rounding > 0:
            for x in range(samples):
                value = np.float32(source[x]) + (upper_weight * upper[x] + lower_weight * lower[x])
                target[x] = np.int32(min(max(value, zero), limit) + half)
        else:
            for x in range(samples):
                value = np.float32(source[x]) + (upper_weight * upper[x] + lower_weight * lower[x])
                target[x] = min(max(value, zero), limit)
        if y % 5 == 0:  # no divisor of a tile: every row of it is measured in turn
            for x in range(samples):
                difference = np.float32(target[x]) - np.float32(source[x])
                change[x] += difference * difference
    return float(change.sum() / (samples * ((height + 4) // 5)))


@kernel
def sample_spectrum(power: Floats, across: Floats, down: Floats) -> Floats:
    """Sample a half-plane power spectrum at frequencies (across, down) in bins, bilinear; zero outside.

    Parameters
    ----------
    power
        float32 (size, size // 2 + 1): rows are vertical frequencies -size/2 .. size/2 - 1, columns horizontal
        ones from 0.
    across, down
        float32 (rows, columns).
    """
    size = power.shape[0]
    last_column = power.shape[1] - 1
    out = np.zeros(across.shape, np.float32)
    for i in range(across.shape[0]):
        for j in range(across.shape[1]):
            u, v = across[i, j], down[i, j]
            if u < 0:
                u, v = -u, -v
            v += size // 2
            x, y = int(u), int(v)
            if x >= last_column or v < 0 or y >= size - 1:
                continue
            fx, fy = u - x, v - y
            upper = power[y, x] * (1 - fx) + power[y, x + 1] * fx
            lower = power[y + 1, x] * (1 - fx) + power[y + 1, x + 1] * fx
            out[i, j] = upper * (1 - fy) + lower * fy
    return out


@kernel
def sum_lines(grid: Floats, row_shift: Indices, column_shift: Indices, rows: int, columns: int) -> Floats:
    """Add a grid to itself, shifted to where each line is expected.

    Parameters
    ----------
    grid
        float32 (R, C).
    row_shift, column_shift
        (lines,): non-negative shifts of each line; rows wrap around, columns must stay inside.
    rows, columns
        Size of the result: entry (i, j) is the sum over lines of grid[(i + row_shift) % R, j + column_shift].
    """
    out = np.zeros((rows, columns), np.float32)
    for line in range(row_shift.shape[0]):
        first = column_shift[line]
        for i in range(rows):
            source = grid[(i + row_shift[line]) % grid.shape[0]]
            for j in range(columns):
                out[i, j] += source[first + j]
    return out


@kernel
def line_power(
    power: Floats, matrices: NDArray[np.float64], lines: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Score hypotheses: weighted sum of the power where each expects the lines, over the root of the weights.

    Parameters
    ----------
    power
        As for `sample_spectrum`.
    matrices
        float64 (n, 2, 2): from line (across, down) in cycles per tile to bins (across, down).
    lines, weights
        float64 (m, 2) and (m,).
    """
    size = power.shape[0]
    last_column = power.shape[1] - 1
    out = np.zeros(matrices.shape[0])
    for i in range(matrices.shape[0]):
        a, b, c, d = matrices[i, 0, 0], matrices[i, 0, 1], matrices[i, 1, 0], matrices[i, 1, 1]
        total, squares = 0.0, 1e-9
        for j in range(lines.shape[0]):
            u = a * lines[j, 0] + b * lines[j, 1]
            v = c * lines[j, 0] + d * lines[j, 1]
            if u < 0:
                u, v = -u, -v
            v += size // 2
            x, y = int(u), int(v)
            if x >= last_column or v < 0 or y >= size - 1:
                continue
            fx, fy = u - x, v - y
            upper = power[y, x] * (1 - fx) + power[y, x + 1] * fx
            lower = power[y + 1, x] * (1 - fx) + power[y + 1, x + 1] * fx
            total += weights[j] * (upper * (1 - fy) + lower * fy)
            squares += weights[j] * weights[j]
        out[i] = total / np.sqrt(squares)
    return out

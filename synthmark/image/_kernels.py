"""Kernels of the image mark: resampling, whitening, folding, adding the mark, and the searches.

`_plain` holds the same functions in vectorised NumPy and OpenCV; it is used where numba is missing and is what
the tests compare these with.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmark._jit import kernel

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
) -> Floats:
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

    Returns
    -------
    float32 (1 or 3, h, w): luma 0..255 (BT.601), then blue - green and red - green for colour pictures.
    """
    height, width = rows.shape[0], columns.shape[0]
    source_width, channels = pixels.shape[1], pixels.shape[2]
    out = np.empty((channels, height, width), np.float32)
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
    return out


@kernel
def whiten(planes: Floats, weighted: bool) -> tuple[Floats, Floats]:
    """Remove what the neighbourhood and the colour predict, divide by local activity, clip.

    Parameters
    ----------
    planes
        float32 (1 or 3, h, w): luma and, for colour, two colour differences, in units of 0..255.
    weighted
        Whether to weigh every pixel by the amplitude that the embedder uses at its activity over the noise
        expected there. Strong compression erases the mark where it is flat: no weights are better then.

    Returns
    -------
    The whitened luma, float32 (h, w), about -2..2, and the local activity (h, w): the standard deviation of
    the high-passed luma over 9 x 9 pixels.

    Notes
    -----
    d, u, v = planes minus their 7 x 7 means; e = d - a u - b v with a, b fitted over 9 x 9 pixels (the mark adds
    the same to red, green and blue, so u and v are free of it); e / (rms of e over 7 x 7 + 0.25), clipped at 2.
    """
    channels, height, width = planes.shape
    high = np.empty((channels, height, width), np.float32)
    column_sum = np.empty(width + 8, np.float32)
    for channel in range(channels):
        plane = planes[channel]
        for y in range(height):
            above3, above2, above1 = plane[max(y - 3, 0)], plane[max(y - 2, 0)], plane[max(y - 1, 0)]
            below1, below2 = plane[min(y + 1, height - 1)], plane[min(y + 2, height - 1)]
            below3 = plane[min(y + 3, height - 1)]
            for x in range(width):
                column_sum[x + 3] = (
                    above3[x] + above2[x] + above1[x] + plane[y, x] + below1[x] + below2[x] + below3[x]
                )
            for x in range(3):
                column_sum[x] = column_sum[3]
                column_sum[width + 3 + x] = column_sum[width + 2]
            for x in range(width):
                total = (
                    column_sum[x]
                    + column_sum[x + 1]
                    + column_sum[x + 2]
                    + column_sum[x + 3]
                    + column_sum[x + 4]
                    + column_sum[x + 5]
                    + column_sum[x + 6]
                )
                high[channel, y, x] = plane[y, x] - total * np.float32(1.0 / 49.0)
    residual = np.empty((height, width), np.float32)
    activity = np.empty((height, width), np.float32)
    products = 6 if channels == 3 else 1
    ring = np.empty((9, products, width), np.float32)
    sums = np.empty((products, width + 8), np.float32)
    boxed = np.empty((products, width), np.float32)
    slots = np.empty(9, np.int64)
    ready = 0
    for y in range(height):
        while ready <= min(y + 4, height - 1):
            slot = ready % 9
            for x in range(width):
                d = high[0, ready, x]
                ring[slot, 0, x] = d * d
            if channels == 3:
                for x in range(width):
                    d, u, v = high[0, ready, x], high[1, ready, x], high[2, ready, x]
                    ring[slot, 1, x] = u * u
                    ring[slot, 2, x] = v * v
                    ring[slot, 3, x] = u * v
                    ring[slot, 4, x] = d * u
                    ring[slot, 5, x] = d * v
            ready += 1
        for k in range(9):
            slots[k] = min(max(y + k - 4, 0), height - 1) % 9
        for p in range(products):
            r0, r1, r2 = ring[slots[0], p], ring[slots[1], p], ring[slots[2], p]
            r3, r4, r5 = ring[slots[3], p], ring[slots[4], p], ring[slots[5], p]
            r6, r7, r8 = ring[slots[6], p], ring[slots[7], p], ring[slots[8], p]
            for x in range(width):
                sums[p, x + 4] = r0[x] + r1[x] + r2[x] + r3[x] + r4[x] + r5[x] + r6[x] + r7[x] + r8[x]
            for x in range(4):
                sums[p, x] = sums[p, 4]
                sums[p, width + 4 + x] = sums[p, width + 3]
            for x in range(width):
                boxed[p, x] = (
                    sums[p, x]
                    + sums[p, x + 1]
                    + sums[p, x + 2]
                    + sums[p, x + 3]
                    + sums[p, x + 4]
                    + sums[p, x + 5]
                    + sums[p, x + 6]
                    + sums[p, x + 7]
                    + sums[p, x + 8]
                ) * np.float32(1.0 / 81.0)
        for x in range(width):
            activity[y, x] = np.sqrt(boxed[0, x])
        if channels == 3:
            for x in range(width):
                uu, vv = boxed[1, x] + np.float32(2.0), boxed[2, x] + np.float32(2.0)
                uv, du, dv = boxed[3, x], boxed[4, x], boxed[5, x]
                determinant = uu * vv - uv * uv
                a = (du * vv - dv * uv) / determinant
                b = (dv * uu - du * uv) / determinant
                residual[y, x] = high[0, y, x] - a * high[1, y, x] - b * high[2, y, x]
        else:
            for x in range(width):
                residual[y, x] = high[0, y, x]
    out = np.empty((height, width), np.float32)
    for y in range(height):
        above3, above2, above1 = residual[max(y - 3, 0)], residual[max(y - 2, 0)], residual[max(y - 1, 0)]
        below1, below2 = residual[min(y + 1, height - 1)], residual[min(y + 2, height - 1)]
        below3, middle = residual[min(y + 3, height - 1)], residual[y]
        for x in range(width):
            column_sum[x + 3] = (
                above3[x] * above3[x]
                + above2[x] * above2[x]
                + above1[x] * above1[x]
                + middle[x] * middle[x]
                + below1[x] * below1[x]
                + below2[x] * below2[x]
                + below3[x] * below3[x]
            )
        for x in range(3):
            column_sum[x] = column_sum[3]
            column_sum[width + 3 + x] = column_sum[width + 2]
        for x in range(width):
            total = (
                column_sum[x]
                + column_sum[x + 1]
                + column_sum[x + 2]
                + column_sum[x + 3]
                + column_sum[x + 4]
                + column_sum[x + 5]
                + column_sum[x + 6]
            )
            value = residual[y, x] / (np.sqrt(total * np.float32(1.0 / 49.0)) + np.float32(0.25))
            out[y, x] = min(max(value, np.float32(-2.0)), np.float32(2.0))
        if weighted:
            for x in range(width):
                s = min(activity[y, x], np.float32(20.0))
                out[y, x] *= (np.float32(1.0) + np.float32(0.15) * s) / (s + np.float32(2.0))
    return out, activity


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

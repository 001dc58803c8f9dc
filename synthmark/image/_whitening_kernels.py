"""The kernel that whitens pictures, in parts: what is left of it is the mark and noise of about the same strength."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmark._jit import kernel

__all__ = ["whiten"]

Floats = NDArray[np.float32]


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
    high = np.empty_like(planes)
    for channel in range(planes.shape[0]):
        _high_pass(planes[channel], high[channel])
    residual, activity = _unpredicted(high)
    whitened = _levelled(residual)
    if weighted:
        _weigh(whitened, activity)
    return whitened, activity


@kernel
def _high_pass(plane: Floats, out: Floats) -> None:
    """Write a plane less its means over 7 x 7 pixels, the border repeated outwards."""
    height, width = plane.shape
    column_sum = np.empty(width + 6, np.float32)
    for y in range(height):
        above3, above2, above1 = plane[max(y - 3, 0)], plane[max(y - 2, 0)], plane[max(y - 1, 0)]
        below1, below2 = plane[min(y + 1, height - 1)], plane[min(y + 2, height - 1)]
        below3 = plane[min(y + 3, height - 1)]
        for x in range(width):
            column_sum[x + 3] = above3[x] + above2[x] + above1[x] + plane[y, x] + below1[x] + below2[x] + below3[x]
        _repeat_ends(column_sum, 3)
        for x in range(width):
            out[y, x] = plane[y, x] - _sum_of_7(column_sum, x) * np.float32(1.0 / 49.0)


@kernel
def _repeat_ends(sums: Floats, reach: int) -> None:
    """Fill the first and the last values of a line with those next to them."""
    last = sums.shape[0] - reach - 1
    for x in range(reach):
        sums[x] = sums[reach]
        sums[last + 1 + x] = sums[last]


@kernel
def _sum_of_7(sums: Floats, x: int) -> float:
    """Return the sum of seven values in a row, from the left."""
    return sums[x] + sums[x + 1] + sums[x + 2] + sums[x + 3] + sums[x + 4] + sums[x + 5] + sums[x + 6]  # type: ignore[no-any-return]


@kernel
def _unpredicted(high: Floats) -> tuple[Floats, Floats]:
    """Return the high-passed luma less what the colours predict from it over 9 x 9 pixels, and its activity there."""
    channels, height, width = high.shape
    residual, activity = np.empty((height, width), np.float32), np.empty((height, width), np.float32)
    ring = np.empty((9, 6 if channels == 3 else 1, width), np.float32)
    boxed = np.empty((ring.shape[1], width), np.float32)
    ready = 0
    for y in range(height):
        while ready <= min(y + 4, height - 1):
            _multiply(high, ready, ring[ready % 9])
            ready += 1
        _box(ring, y, height, boxed)
        for x in range(width):
            activity[y, x] = np.sqrt(boxed[0, x])
        if channels == 3:
            _predict(high, y, boxed, residual[y])
        else:
            for x in range(width):
                residual[y, x] = high[0, y, x]
    return residual, activity


@kernel
def _multiply(high: Floats, y: int, products: Floats) -> None:
    """Write the products of one line: of the luma d with itself, and of the colour differences u and v with all."""
    for x in range(high.shape[2]):
        products[0, x] = high[0, y, x] * high[0, y, x]
    if high.shape[0] == 3:
        for x in range(high.shape[2]):
            d, u, v = high[0, y, x], high[1, y, x], high[2, y, x]
            products[1, x] = u * u
            products[2, x] = v * v
            products[3, x] = u * v
            products[4, x] = d * u
            products[5, x] = d * v


@kernel
def _box(ring: Floats, y: int, height: int, boxed: Floats) -> None:
    """Write the means of products over 9 x 9 pixels around a line, the border repeated outwards."""
    products, width = boxed.shape
    sums = np.empty(width + 8, np.float32)
    slots = np.empty(9, np.int64)
    for k in range(9):
        slots[k] = min(max(y + k - 4, 0), height - 1) % 9
    for p in range(products):
        r0, r1, r2 = ring[slots[0], p], ring[slots[1], p], ring[slots[2], p]
        r3, r4, r5 = ring[slots[3], p], ring[slots[4], p], ring[slots[5], p]
        r6, r7, r8 = ring[slots[6], p], ring[slots[7], p], ring[slots[8], p]
        for x in range(width):
            sums[x + 4] = r0[x] + r1[x] + r2[x] + r3[x] + r4[x] + r5[x] + r6[x] + r7[x] + r8[x]
        _repeat_ends(sums, 4)
        for x in range(width):
            boxed[p, x] = (_sum_of_7(sums, x) + sums[x + 7] + sums[x + 8]) * np.float32(1.0 / 81.0)


@kernel
def _predict(high: Floats, y: int, boxed: Floats, residual: Floats) -> None:
    """Write the luma of one line less its regression on the colour differences."""
    for x in range(residual.shape[0]):
        uu, vv = boxed[1, x] + np.float32(2.0), boxed[2, x] + np.float32(2.0)
        uv, du, dv = boxed[3, x], boxed[4, x], boxed[5, x]
        determinant = uu * vv - uv * uv
        a = (du * vv - dv * uv) / determinant
        b = (dv * uu - du * uv) / determinant
        residual[x] = high[0, y, x] - a * high[1, y, x] - b * high[2, y, x]


@kernel
def _levelled(residual: Floats) -> Floats:
    """Return a residual over its root mean square over 7 x 7 pixels, clipped at 2."""
    height, width = residual.shape
    out = np.empty((height, width), np.float32)
    column_sum = np.empty(width + 6, np.float32)
    for y in range(height):
        above3, above2, above1 = residual[max(y - 3, 0)], residual[max(y - 2, 0)], residual[max(y - 1, 0)]
        below1, below2 = residual[min(y + 1, height - 1)], residual[min(y + 2, height - 1)]
        below3, middle = residual[min(y + 3, height - 1)], residual[y]
        for x in range(width):
            above = above3[x] * above3[x] + above2[x] * above2[x] + above1[x] * above1[x]
            upper = above + middle[x] * middle[x] + below1[x] * below1[x]
            column_sum[x + 3] = upper + below2[x] * below2[x] + below3[x] * below3[x]
        _repeat_ends(column_sum, 3)
        for x in range(width):
            level = np.sqrt(_sum_of_7(column_sum, x) * np.float32(1.0 / 49.0))
            value = middle[x] / (level + np.float32(0.25))
            out[y, x] = min(max(value, np.float32(-2.0)), np.float32(2.0))
    return out


@kernel
def _weigh(whitened: Floats, activity: Floats) -> None:
    """Multiply by the amplitude that the embedder uses at an activity over the noise expected there."""
    for y in range(whitened.shape[0]):
        for x in range(whitened.shape[1]):
            s = min(activity[y, x], np.float32(20.0))
            whitened[y, x] *= (np.float32(1.0) + np.float32(0.15) * s) / (s + np.float32(2.0))

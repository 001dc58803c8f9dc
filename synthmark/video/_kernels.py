"""Kernels of the mark in video."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmark._jit import kernel

__all__ = ["add_difference"]

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]


@kernel
def add_difference(
    luma: NDArray[Any],
    difference: Floats,
    rows: Indices,
    row_weights: Floats,
    columns: Indices,
    column_weights: Floats,
    peak: float,
) -> None:
    """Add a difference, interpolated to the size of the frame, to its luma, in place.

    Parameters
    ----------
    luma
        uint8 or uint16 (H, W), rows may be apart in memory.
    difference
        float32 (h, w), in steps of the luma.
    rows, row_weights, columns, column_weights
        Linear interpolation from (h, w) to (H, W): (H, 2) and (W, 2).
    peak
        Highest value: results are rounded and held within 0..peak.
    """
    height, width = luma.shape
    stretched = np.empty((2, width), np.float32)
    held = np.full(2, -1, np.int64)
    limit, half, zero = np.float32(peak), np.float32(0.5), np.float32(0.0)
    for y in range(height):
        for tap in range(2):
            row = rows[y, tap]
            slot = row % 2
            if held[slot] != row:
                held[slot] = row
                for x in range(width):
                    left = column_weights[x, 0] * difference[row, columns[x, 0]]
                    stretched[slot, x] = left + column_weights[x, 1] * difference[row, columns[x, 1]]
        upper, lower = stretched[rows[y, 0] % 2], stretched[rows[y, 1] % 2]
        upper_weight, lower_weight = row_weights[y, 0], row_weights[y, 1]
        line = luma[y]
        for x in range(width):
            value = np.float32(line[x]) + (upper_weight * upper[x] + lower_weight * lower[x]) + half
            line[x] = np.int32(min(max(value, zero), limit))

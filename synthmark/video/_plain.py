"""The kernels of the mark in video without numba, in NumPy and OpenCV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["add_difference"]


def add_difference(  # noqa: PLR0913, PLR0917 - as the kernel
    luma: NDArray[Any],
    difference: NDArray[np.float32],
    rows: NDArray[np.int32],
    row_weights: NDArray[np.float32],
    columns: NDArray[np.int32],
    column_weights: NDArray[np.float32],
    peak: float,
) -> None:
    """Add a difference to luma in place, as the kernel of the same name."""
    across = difference[:, columns[:, 0]] * column_weights[:, 0] + difference[:, columns[:, 1]] * column_weights[:, 1]
    down = across[rows[:, 0]] * row_weights[:, :1] + across[rows[:, 1]] * row_weights[:, 1:]
    luma[...] = np.clip(luma + down + np.float32(0.5), 0, peak).astype(luma.dtype)

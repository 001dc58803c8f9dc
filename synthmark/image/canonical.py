"""The canonical frame: every picture resampled so that its short side has 512 pixels.

A plain resize of the whole picture leaves the canonical frame as it is, so it needs no search. Very long
pictures are bounded by area instead. Resampling is separable; both directions are tables of taps and weights.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synthmark.image.engine import engine

if TYPE_CHECKING:
    from synthmark.image.pictures import Picture

__all__ = ["SHORT_SIDE", "Planes", "Taps", "canonical_planes", "canonical_size", "planes_at", "taps"]

SHORT_SIDE = 512
_MAX_AREA = 512 * 2048
_MAX_TAPS = 3
_SPARSE_STEP = 2.5  # source samples for each result sample from which three of them are enough

Planes = NDArray[np.float32]
Taps = tuple[NDArray[np.int32], NDArray[np.float32]]


def canonical_size(height: int, width: int) -> tuple[int, int]:
    """Return the (rows, columns) of the canonical frame of a picture."""
    scale = min(SHORT_SIDE / min(height, width), math.sqrt(_MAX_AREA / (height * width)))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Catmull-Rom kernel (R. Keys, IEEE TASSP 29(6), 1981)."""
    x = np.abs(distance)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _enlarging(size: int, result: int, cubic: bool) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return interpolation taps for a result that is at least as large as the source."""
    centre = (np.arange(result) + 0.5) * size / result - 0.5
    reach = 2 if cubic else 1
    index = np.floor(centre)[:, None].astype(np.int64) + np.arange(1 - reach, reach + 1)
    distance = centre[:, None] - index
    return index, _cubic(distance) if cubic else np.maximum(1 - np.abs(distance), 0)


def _shrinking(size: int, result: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return area taps; where a result sample covers two and a half source samples or more, three of them."""
    step = size / result
    if step >= _SPARSE_STEP:
        start = np.arange(result)[:, None] * step
        index = np.floor(start + (np.arange(_MAX_TAPS) + 0.5) * step / _MAX_TAPS).astype(np.int64)
        return index, np.full(index.shape, 1 / _MAX_TAPS)
    start = np.arange(result)[:, None] * step
    index = np.floor(start).astype(np.int64) + np.arange(math.ceil(step) + 1)
    weight = np.minimum(index + 1, start + step) - np.maximum(index, start)
    return index, np.maximum(weight, 0) / step


@lru_cache(maxsize=64)
def taps(size: int, result: int, cubic: bool = True) -> Taps:
    """Return taps and weights that resample `size` samples to `result`: two arrays (result, taps)."""
    if result >= size:
        index, weight = _enlarging(size, result, cubic)
    else:
        index, weight = _shrinking(size, result)
        used = weight.any(axis=0)  # where two samples become one, the third tap never counts
        index, weight = index[:, used], weight[:, used]
    return np.clip(index, 0, size - 1).astype(np.int32), weight.astype(np.float32)


def planes_at(
    picture: Picture, rows: int, columns: int, part: tuple[slice, slice] = (slice(None), slice(None))
) -> Planes:
    """Return luma and colour differences of a picture at a size: float32 (1 or 3, rows, columns), 0..255.

    Parameters
    ----------
    picture
        The picture.
    rows, columns
        Size of the whole picture in the result.
    part
        Rows and columns of the result that are wanted; the others are not computed.
    """
    colour = picture.colour if picture.colour.ndim == 3 else picture.colour[..., None]
    seen_rows, down, down_weights = _needed(colour.shape[0], rows, part[0])
    seen_columns, across, across_weights = _needed(colour.shape[1], columns, part[1])
    seen = np.ascontiguousarray(colour[seen_rows, seen_columns])
    planes = np.empty((seen.shape[2], len(down), len(across)), np.float32)
    engine().resample(seen, down, down_weights, across, across_weights, 255.0 / picture.peak, planes)
    return planes


def _needed(size: int, result: int, part: slice) -> tuple[slice, NDArray[np.int32], NDArray[np.float32]]:
    """Return which source samples a part of a result needs, its taps from the first of them on, and its weights.

    Where it needs nearly all, they stay together: to cut them out is to copy them.
    """
    index, weights = taps(size, result)
    index, weights = index[part], weights[part]
    first, end = int(index.min()), int(index.max()) + 1
    if end - first > 0.75 * size:
        return slice(0, size), index, weights
    return slice(first, end), index - np.int32(first), weights


def canonical_planes(picture: Picture) -> Planes:
    """Return luma and colour differences in the canonical frame."""
    return planes_at(picture, *canonical_size(picture.height, picture.width))

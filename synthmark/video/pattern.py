"""The pattern of the mark in video: the tile of pictures, twice as large, held still within a stretch of frames.

The canonical frame of video has half the sides of that of pictures: what a video codec keeps at a low bit rate are
low frequencies, and a pattern that stands still costs it little. From stretch to stretch the tile moves by half its
size, so that what lies in its way in one stretch does not in the next.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from synthmark.image.canonical import canonical_size
from synthmark.image.carriers import TILE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthmark.image.carriers import Carriers

__all__ = ["SHIFTS", "frame_size", "pattern", "resampled_size"]

_REDUCTION = 2  # sides of the canonical frame of pictures over those of video

SHIFTS = ((0, 0), (TILE // 2, TILE // 2), (TILE // 2, 0), (0, TILE // 2))
"""Where the tile begins (down, across) in one stretch after the other, again and again."""


def frame_size(height: int, width: int) -> tuple[int, int]:
    """Return the (rows, columns) of the canonical frame of a video: 256 on the short side, unless it is very long."""
    return resampled_size(height, width, 1 / _REDUCTION)


def resampled_size(height: int, width: int, factor: float) -> tuple[int, int]:
    """Return the (rows, columns) of a video at a factor of the canonical frame of pictures."""
    rows, columns = canonical_size(height, width)
    return max(1, round(rows * factor)), max(1, round(columns * factor))


@lru_cache(maxsize=4)
def _tile(carriers: Carriers, content_id: int) -> NDArray[np.float32]:
    return carriers.tile(content_id)


def pattern(carriers: Carriers, content_id: int, rows: int, columns: int, stretch: int) -> NDArray[np.float32]:
    """Return the pattern of a stretch on the canonical frame.

    Parameters
    ----------
    carriers
        Of the key.
    content_id
        In [0, 2**64).
    rows, columns
        Size of the canonical frame.
    stretch
        Number of the stretch, from zero.

    Returns
    -------
    float32 (rows, columns), standard deviation about 1.
    """
    moved = np.roll(_tile(carriers, content_id), SHIFTS[stretch % len(SHIFTS)], (0, 1))
    return np.tile(moved, (-(-rows // TILE), -(-columns // TILE)))[:rows, :columns]

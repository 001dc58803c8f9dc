"""The layout of the mark in sound: which cell carries which coded bit, with which sign.

Time is cut into rows of 32 ms, the range from 312 to 4062 Hz into 60 bands of 62.5 Hz; a *cell* is one band of one
row. Forty rows make a *tile* of 1.28 s, repeated without end. Of its 2400 cells a keyed choice of 352 carries the
pilot (known signs), the other 2048 carry the 1024 coded bits of the frame, two cells each. A cell says +1 by being
a little louder than its neighbours, -1 by being a little softer.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmark import keys
from synthmark.codes import PolarCode
from synthmark.payload import CRC_BITS, FRAME_BITS, frame_bits, read_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "BANDS",
    "CODED_BITS",
    "FIRST_BAND",
    "FRAME",
    "HOP",
    "LIST_SIZE",
    "PILOT_CELLS",
    "RATE",
    "ROW_SECONDS",
    "TILE_ROWS",
    "WORD_CHANCE",
    "Layout",
    "layout_for",
]

RATE = 16000
"""The rate in hertz at which the mark is made and read."""
FRAME = 512
HOP = 256
ROW_SECONDS = 2 * HOP / RATE
FIRST_BAND = 5
"""The first band begins at FIRST_BAND * RATE / HOP hertz."""
BANDS = 60
TILE_ROWS = 40
CODED_BITS = 1024
PILOT_CELLS = TILE_ROWS * BANDS - 2 * CODED_BITS
LIST_SIZE = 32
WORD_CHANCE = LIST_SIZE * 2.0**-CRC_BITS
"""Bound on the chance that one decoding of noise gives a frame whose CRC holds."""


@dataclass(frozen=True, eq=False)
class Layout:
    """One key's assignment of the cells of a tile.

    Attributes
    ----------
    bit
        intp, (TILE_ROWS, BANDS): the coded bit a cell carries; CODED_BITS for a pilot cell.
    sign
        float32, (TILE_ROWS, BANDS): keyed sign, -1 or +1.
    pilot
        float32, (TILE_ROWS, BANDS): the sign where the cell is a pilot cell, else 0.
    mask
        uint8, (96,): keyed bits added to the frame before coding, so that the CRC of a wrong word is a fair draw.
    """

    bit: NDArray[np.intp]
    sign: NDArray[np.float32]
    pilot: NDArray[np.float32]
    mask: NDArray[np.uint8]
    code: PolarCode

    @functools.cached_property
    def pilot_cells(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
        """Row, band and sign of each pilot cell."""
        rows, bands = np.nonzero(self.pilot)
        return rows, bands, self.pilot[rows, bands]

    def tile(self, content_id: int) -> NDArray[np.float32]:
        """Return the signs of all cells of a tile for a content id: float32, (TILE_ROWS, BANDS)."""
        coded = self.code.encode(frame_bits(content_id) ^ self.mask)
        values = np.append(1.0 - 2.0 * coded, 1.0).astype(np.float32)
        return values[self.bit] * self.sign

    def soft_bits(self, folded: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the soft values of the coded bits, positive for 0, of a folded tile (TILE_ROWS, BANDS)."""
        sums: NDArray[np.float64]
        sums = np.bincount(self.bit.ravel(), (folded * self.sign).ravel(), CODED_BITS + 1).astype(np.float64)
        return sums[:CODED_BITS]

    def read(self, soft: NDArray[np.float64]) -> int | None:
        """Return the content id of the first decoded word whose CRC holds, or None."""
        for word in self.code.decode(soft, LIST_SIZE):
            content_id = read_frame(word ^ self.mask)
            if content_id is not None:
                return content_id
        return None


@functools.lru_cache(maxsize=16)
def layout_for(key: bytes) -> Layout:
    """Return the layout of a key (as `keys.key_bytes` returns it)."""
    cells = TILE_ROWS * BANDS
    order = keys.permutation(key, "1/audio/cells", cells)
    places = np.full(cells, CODED_BITS, np.intp)
    places[order[PILOT_CELLS:]] = np.arange(2 * CODED_BITS) % CODED_BITS
    sign = keys.signs(key, "1/audio/signs", cells).astype(np.float32).reshape(TILE_ROWS, BANDS)
    bit = places.reshape(TILE_ROWS, BANDS)
    mask = (keys.key_words(key, "1/audio/frame", FRAME_BITS) >> 63).astype(np.uint8)
    pilot = np.where(bit == CODED_BITS, sign, np.float32(0))
    return Layout(bit, sign, pilot, mask, PolarCode(CODED_BITS, FRAME_BITS))

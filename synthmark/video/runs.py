"""Chunks that follow one another and are read together, and what is made of them whatever the key."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from synthmark._opencv import opencv
from synthmark.image.carriers import TILE
from synthmark.image.search import line_spectrum
from synthmark.video.noise import levelled_pictures, tile_noise
from synthmark.video.pictures import SHORT_SIDE
from synthmark.video.scales import Folds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthmark.video.pictures import Chunk

__all__ = ["LINES_SIZE", "Run"]

LINES_SIZE = 1024
"""Size of the transform in which the lines of the pilot are looked for."""

_LATER = 0.15  # codecs keep most of a mark at the beginning of what was coded: later chunks count for less
_GROUP = 4  # chunks that are tried as one picture where the size is not known
_TILE = TILE * SHORT_SIDE / 256  # pixels of a tile in the pictures of a video that was only resized


class Run:
    """Some chunks, at least one.

    Parameters
    ----------
    chunks
        In the order of time.
    canonical
        (rows, columns) of the canonical frame of the video.
    """

    def __init__(self, chunks: Sequence[Chunk], canonical: tuple[int, int]) -> None:
        self.chunks = tuple(chunks)
        self.canonical = canonical

    @property
    def shape(self) -> tuple[int, int]:
        """The (rows, columns) of the pictures."""
        rows, columns = self.chunks[0].picture.shape
        return rows, columns

    @property
    def _weights(self) -> NDArray[np.float32]:
        return np.float32(1) / (1 + np.float32(_LATER) * np.arange(len(self.chunks), dtype=np.float32))

    @property
    def _weighted(self) -> list[NDArray[np.float32]]:
        return [weight * chunk.picture for weight, chunk in zip(self._weights, self.chunks, strict=True)]

    @cached_property
    def spectra(self) -> list[NDArray[np.complex128]]:
        """Of the tile that is folded from each chunk, what lies in its way levelled: complex128 (128, 128)."""
        total = np.asarray(sum(self._weighted), np.float32)
        frame = opencv().resize(total, self.canonical[::-1], interpolation=opencv().INTER_AREA)
        level = tile_noise(np.asarray(frame))
        return [weight / level * chunk.spectrum for weight, chunk in zip(self._weights, self.chunks, strict=True)]

    @cached_property
    def pictures(self) -> list[NDArray[np.float32]]:
        """The sums of a few chunks each, what lies in the way of the mark levelled."""
        firsts = range(0, len(self.chunks), _GROUP)
        sums = (sum(self._weighted[first : first + _GROUP]) for first in firsts)
        return levelled_pictures([np.asarray(each, np.float32) for each in sums], _TILE)

    @cached_property
    def single_pictures(self) -> list[NDArray[np.float32]]:
        """The picture of each chunk, what lies in the way of the mark levelled."""
        return levelled_pictures(self._weighted, _TILE)

    @cached_property
    def lines(self) -> NDArray[np.float32]:
        """The power of the pictures over its local mean, as `synthmark.image.search.line_spectrum` returns it."""
        total = sum(line_spectrum(picture, LINES_SIZE) for picture in self.pictures)
        return np.asarray(total, np.float32) / np.float32(len(self.pictures))

    @cached_property
    def folds(self) -> Folds:
        """The sum of all, folded at one scale after another."""
        return Folds(np.asarray(sum(self.pictures), np.float32))

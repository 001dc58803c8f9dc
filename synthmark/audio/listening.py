"""A stretch of sound as the extractor sees it, at any pitch and tempo, and the pilot's place in it."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmark.audio.cells import Cells, energy_floor, whiten
from synthmark.audio.engine import engine
from synthmark.audio.lapped import analyse
from synthmark.audio.layout import BANDS, FIRST_BAND, FRAME, HOP, PILOT_CELLS, RATE, TILE_ROWS, Layout

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["STEPS_PER_ROW", "STEP_SECONDS", "TILE_STEPS", "Alignment", "Listening", "Window"]

_STEP = HOP // 2
STEPS_PER_ROW = 2 * HOP // _STEP
TILE_STEPS = TILE_ROWS * STEPS_PER_ROW
STEP_SECONDS = _STEP / RATE
_LEVEL_STEPS = round(5.0 / STEP_SECONDS)
_BINS = 152  # up to 4.75 kHz: the highest band at a pitch of 1.12
_CHUNK = 4096
_PILOT_SHARE = PILOT_CELLS / (TILE_ROWS * BANDS)

Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the tiles of a mark lie.

    Attributes
    ----------
    score
        The pilot's correlation in standard deviations.
    pitch
        Frequencies as a multiple of those at embedding.
    stretch
        Durations as a multiple of those at embedding.
    window
        The tiles (first, last + 1), counted from the start of the stretch of sound, that were added up.
    offset
        Start of the first tile in steps of 8 ms at the tempo of embedding, 0 to TILE_STEPS.
    """

    score: float
    pitch: float
    stretch: float
    window: Window
    offset: int


@functools.lru_cache(maxsize=64)
def _band_matrix(pitch: float) -> NDArray[np.float32]:
    """Return the share of each frequency bin in each band when all frequencies are `pitch` times as high."""
    edges = (2 * FIRST_BAND + 2 * np.arange(BANDS + 1)) * pitch
    bins = np.arange(_BINS)[:, None]
    share = np.minimum(edges[None, 1:], bins + 1) - np.maximum(edges[None, :-1], bins)
    return np.asarray(np.clip(share, 0, 1), np.float32)


def _powers(work: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the power of the frequency bins every 8 ms: float32, (steps, _BINS)."""
    steps = max(1 + (len(work) - FRAME) // _STEP, 0)
    power = np.empty((steps, _BINS), np.float32)
    for first in range(0, steps, _CHUNK):
        last = min(first + _CHUNK, steps)
        power[first:last] = engine().bin_powers(
            analyse(work[first * _STEP : (last - 1) * _STEP + FRAME], _STEP), _BINS
        )
    return power


def _levels(energy: Cells) -> NDArray[np.float32]:
    """Return the mean energy of a cell within five seconds on either side: (steps, 1)."""
    sums = np.concatenate([[0.0], np.cumsum(energy.mean(axis=1), dtype=np.float64)])
    steps = np.arange(len(energy))
    first = np.maximum(steps - _LEVEL_STEPS, 0)
    last = np.minimum(steps + _LEVEL_STEPS + 1, len(energy))
    mean: NDArray[np.float32] = ((sums[last] - sums[first]) / (last - first)).astype(np.float32)
    return mean[:, None]


class Listening:
    """A stretch of sound at the working rate, ready to be looked at from many alignments."""

    def __init__(self, powers: NDArray[np.float32]) -> None:
        self._powers = powers
        self._seen: tuple[float, Cells] | None = None

    @classmethod
    def to(cls, work: NDArray[np.float32]) -> Listening:
        """Listen to mono samples at the working rate: float32, (n,)."""
        return cls(_powers(work))

    def __len__(self) -> int:
        """Return the number of steps of 8 ms."""
        return max(len(self._powers) - 2, 0)

    def part(self, first: float, last: float) -> Listening:
        """Return the stretch between two steps."""
        return Listening(self._powers[max(int(first), 0) : max(math.ceil(last), 0) + 2])

    def tiles(self, stretch: float = 1.0) -> int:
        """Return the number of tiles, the last one perhaps cut short."""
        return math.ceil(int(len(self) / stretch) / TILE_STEPS)

    def cells(self, pitch: float) -> Cells:
        """Return the whitened cells that begin at each step: float32, (steps, BANDS)."""
        if self._seen is None or self._seen[0] != pitch:
            energy = self._powers @ _band_matrix(pitch)
            energy = energy[:-2] + energy[2:]
            self._seen = pitch, whiten(energy, energy_floor(_levels(energy)), STEPS_PER_ROW)
        return self._seen[1]

    def _places(self, count: int, stretch: float) -> NDArray[np.intp]:
        """Return which of `count` steps stands at each step at the tempo of embedding."""
        if stretch == 1.0:
            return np.arange(count)
        return np.minimum((np.arange(int(count / stretch)) * stretch + 0.5).astype(np.intp), count - 1)

    def scan(
        self, layout: Layout, pitch: float, stretch: float, windows: list[Window], best: int = 1
    ) -> list[Alignment]:
        """Return the `best` places of the pilot in each window of tiles, by an estimate of their score."""
        cells = self.cells(pitch)
        raw = engine().pilot_matches(
            cells, self._places(len(cells), stretch), *layout.pilot_cells, TILE_STEPS, STEPS_PER_ROW
        )
        matches, energies = _running(raw[0]), _running(raw[1])
        tiles = len(raw[0])
        found: list[Alignment] = []
        for first, last in ((min(a, tiles), min(b, tiles)) for a, b in windows):
            noise = np.sqrt((energies[last] - energies[first]) * _PILOT_SHARE) + 1e-6
            score = (matches[last] - matches[first]) / np.resize(noise, TILE_STEPS)
            found += [
                Alignment(float(score[offset]), pitch, stretch, (first, last), int(offset))
                for offset in np.argsort(-score)[:best]
            ]
        return found

    def folded(self, at: Alignment) -> Cells:
        """Return the tiles of an alignment added on top of one another: float32, (TILE_ROWS, BANDS)."""
        cells = self.cells(at.pitch)
        first, last = (tile * TILE_STEPS for tile in at.window)
        part = cells[self._places(len(cells), at.stretch)[first:last]]
        total = np.zeros((TILE_STEPS, BANDS), np.float32)
        for begin in range(0, len(part), TILE_STEPS):
            tile = part[begin : begin + TILE_STEPS]
            total[: len(tile)] += tile
        folded: Cells = np.roll(total, -at.offset, axis=0)[::STEPS_PER_ROW]
        return folded


def _running(values: NDArray[np.float32]) -> NDArray[np.float64]:
    total = np.zeros((len(values) + 1, *values.shape[1:]))
    np.cumsum(values, axis=0, out=total[1:])
    return total

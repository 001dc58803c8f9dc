"""In which stretches of sound a known mark is present."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthmark.audio.engine import engine
from synthmark.audio.layout import TILE_ROWS
from synthmark.audio.listening import STEPS_PER_ROW, Alignment, Listening

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["row_evidence", "spans_of"]

_SWITCH_COST = 10.0
_SHORTEST_ROWS = 24


def row_evidence(
    listening: Listening, at: Alignment, tile: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Compare each row with what a mark would say there.

    Returns
    -------
    The step at which each row begins, its agreement with the tile, and what full agreement would be.
    """
    cells = listening.cells(at.pitch)
    first = at.offset % STEPS_PER_ROW
    count = int((len(cells) / at.stretch - first) / STEPS_PER_ROW)
    rows = np.arange(count)
    steps = np.minimum(((first + STEPS_PER_ROW * rows) * at.stretch + 0.5).astype(np.intp), len(cells) - 1)
    signs = tile[(rows - at.offset // STEPS_PER_ROW) % TILE_ROWS]
    shown = cells[steps]
    return steps, (shown * signs).sum(axis=1, dtype=np.float64), np.abs(shown).sum(axis=1, dtype=np.float64)


def _likelihoods(agreement: NDArray[np.float64], full: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Return the log-likelihood ratio of each row, marked against unmarked, for Gaussian noise."""
    expected = share * full
    # A cell's square is about twice its size: whitened cells are mostly between 1 and 3 decibels.
    return expected * (agreement - expected / 2) / np.maximum(2 * full, 1e-9)


def spans_of(listening: Listening, at: Alignment, tile: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Return the stretches (first, last step) in which the mark is present, from a known tile and alignment."""
    steps, agreement, full = row_evidence(listening, at, tile)
    strong = np.convolve(agreement, np.ones(TILE_ROWS), "same") / np.maximum(
        np.convolve(full, np.ones(TILE_ROWS), "same"), 1e-9
    )
    share = max(float(np.quantile(strong, 0.9)), 0.05)
    ratios = _likelihoods(agreement, full, share)
    states = np.concatenate([[False], engine().likeliest_states(ratios, _SWITCH_COST), [False]])
    edges = np.flatnonzero(states[1:] != states[:-1]).reshape(-1, 2)
    found = []
    for first, last in edges:
        telling = first + np.flatnonzero(ratios[first:last] > 0)
        if len(telling) >= _SHORTEST_ROWS // 2 and last - first >= _SHORTEST_ROWS:
            end = telling[-1]
            found.append((int(steps[telling[0]]), int(steps[end] + STEPS_PER_ROW * at.stretch)))
    return found

"""The closed loop that decides how much louder or softer each cell becomes.

Speech disturbs a cell more than an inaudible mark may change it, so the embedder looks at what the extractor will
see: it sums each coded bit's whitened cells over stretches of two tiles, finds the bits that fall short of their
margin, moves only their cells, makes the sound again and repeats. What the host already says right costs nothing.

H. S. Malvar, D. Florencio, "Improved spread spectrum", IEEE Trans. Signal Processing 51(4), 2003, cancel the
host's share of a correlation in one step; here it is done per coded bit, under a cap per cell, in a loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthmark.audio.cells import Cells, band_energies, energy_floor, whiten
from synthmark.audio.lapped import analyse, synthesise
from synthmark.audio.layout import BANDS, CODED_BITS, FIRST_BAND, HOP, RATE, TILE_ROWS, Layout

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BLOCK_ROWS", "CONTEXT", "GainControl", "change"]

BLOCK_ROWS = 2 * TILE_ROWS
"""Rows decided together."""
CONTEXT = 4 * HOP
"""Samples needed before and after a block: two rows of neighbours for whitening."""

_PART_ROWS = TILE_ROWS // 2
_PARTS = BLOCK_ROWS // _PART_ROWS
_STRETCH = 4  # parts in a stretch over which a bit must hold: two tiles
_PASSES = 4
_STEP = 1.0
_MARGIN = 1.5  # decibels that a coded bit's cells must show on average
_PILOT_MARGIN = 1.2
_LARGEST = 4.0  # decibels, before the weight of the band
_CUT, _LIFT = 1.2, 0.8  # adding energy is heard sooner than taking it away
_TONE_CARE = 0.7  # what is tonal is moved by so much less,
_STEADY_CARE = 0.92  # and a tone that does not change at all by so much: its flutter would be heard
_BEFORE, _AFTER = 10**1.5, 10**2.0
_HISTORY_ROWS = 160

_centres = (FIRST_BAND + np.arange(BANDS) + 0.5) * RATE / HOP
_WEIGHT = np.interp(np.log(_centres), np.log([300, 4300]), [0.4, 1.6]).astype(np.float32)
"""Low cells are as wide as the ear's own bands and are moved little; high ones average out within one band."""


def change(spectrum: NDArray[np.complex64], gains: Cells) -> NDArray[np.float32]:
    """Return the change of the signal that gains in decibels make: float32, (256 * (frames + 1),).

    Parameters
    ----------
    spectrum
        complex64, (2 * rows, 256), as `analyse` gives it.
    gains
        float32, (rows, BANDS), decibels.
    """
    factor = np.repeat(np.expm1(gains * np.float32(np.log(10) / 20)), 2, axis=0)
    last = FIRST_BAND + BANDS
    delta = np.zeros_like(spectrum)
    delta[:, FIRST_BAND:last] = spectrum[:, FIRST_BAND:last] * factor
    mirrored = slice(HOP - last, HOP - FIRST_BAND)
    delta[:, mirrored] = spectrum[:, mirrored] * factor[:, ::-1]
    return synthesise(delta)


def _row_energies(spectrum: NDArray[np.complex64]) -> Cells:
    energy = band_energies(spectrum)
    return energy[0::2] + energy[1::2]


def _caps(energy: Cells) -> Cells:
    """Return the largest change of each row but the first and last, in decibels.

    The transform smears a change over 32 ms. Where a cell stands high above the row before it the smear would be
    heard as a pre-echo; after it the ear forgives more (forward masking).
    """
    before, here, after = energy[:-2], energy[1:-1], energy[2:]
    beside = np.minimum(before * np.float32(_BEFORE), after * np.float32(_AFTER))
    masked = np.sqrt(np.minimum(beside / (here + np.float32(1e-12)), 1))
    caps: Cells = masked * (_LARGEST * _WEIGHT)
    return caps


def _steadiness(spectrum: NDArray[np.complex64]) -> Cells:
    """Return how tonal each cell of the block is, 0 (noise) to 1 (a steady tone): float32, (BLOCK_ROWS, BANDS).

    The power of noise varies from frame to frame, that of a tone does not: the geometric over the arithmetic mean of
    seven frames (112 ms) is about 0.6 for noise and 1 for a tone.
    """
    last = FIRST_BAND + BANDS
    bins = np.stack([spectrum[:, FIRST_BAND:last], spectrum[:, HOP - last : HOP - FIRST_BAND][:, ::-1]])
    power = bins.real**2 + bins.imag**2 + np.float32(1e-12)
    geometric = np.exp(_running_mean(np.log(power)))
    steady = np.clip((geometric / _running_mean(power) - 0.5) / 0.45, 0, 1)
    inner = power[:, 4:-4]
    of_cells = (steady * inner).reshape(2, -1, 2, BANDS).sum(axis=(0, 2))
    return np.asarray(of_cells / inner.reshape(2, -1, 2, BANDS).sum(axis=(0, 2)), np.float32)


def _freedom(steadiness: Cells) -> Cells:
    """Return the share of its largest change that a cell may be moved by."""
    steady = steadiness**8  # music is hardly ever above 0.9, an electronic tone is 1
    return np.asarray(1 - _TONE_CARE * steadiness - (_STEADY_CARE - _TONE_CARE) * steady, np.float32)


def _running_mean(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean over seven frames around each frame of the block; four frames of context on either side."""
    count = power.shape[1] - 8
    return np.asarray(sum(power[:, shift : shift + count] for shift in range(1, 8)) / np.float32(7))


class GainControl:
    """Decides the gains of one block after another for one content id."""

    def __init__(self, layout: Layout, content_id: int, strength: float = 1.0) -> None:
        self._strength = strength
        tile = layout.tile(content_id)
        self._signs = np.concatenate([tile] * (BLOCK_ROWS // TILE_ROWS))
        bits = np.concatenate([layout.bit] * (BLOCK_ROWS // TILE_ROWS))
        part = np.arange(BLOCK_ROWS)[:, None] // _PART_ROWS
        self._slot = (bits + part * (CODED_BITS + 1)).ravel()
        self._past_sums = np.zeros((_STRETCH - 1, CODED_BITS + 1))
        self._past_weights = np.zeros((_STRETCH - 1, CODED_BITS + 1))
        self._levels = np.zeros(0, np.float32)

    def decide(self, host: NDArray[np.float32], base: NDArray[np.float32]) -> Cells:
        """Return the gains of the next block in decibels: float32, (BLOCK_ROWS, BANDS).

        Parameters
        ----------
        host
            float32: the block with CONTEXT samples on either side (and the overlap of one hop), untouched.
        base
            The same with the change of the blocks before added.
        """
        spectrum = analyse(host)
        energy = _row_energies(spectrum)
        floor = float(energy_floor(self._level(energy)))
        inner = energy[2:-2]
        weight = inner / (inner + floor) * _WEIGHT
        caps = _caps(energy[1:-1]) * _freedom(_steadiness(spectrum))
        caps *= np.float32(self._strength)
        weights = np.concatenate([self._past_weights, self._summed(weight)])
        wanted, divisor = self._goal(_stretches(weights))
        sums = self._past_sums
        gains = np.zeros_like(caps)
        for _ in range(_PASSES):
            shown = self._shown(spectrum[4:-4], gains, base, floor)
            sums = np.concatenate([self._past_sums, self._summed(self._signs * shown)])
            lack = np.maximum(wanted - _stretches(sums), 0) / divisor
            missing = _means_to_the_end(lack).astype(np.float32).ravel()[self._slot].reshape(gains.shape)
            gains += _STEP * self._signs * weight * missing
            np.clip(gains, -_CUT * caps, _LIFT * caps, out=gains)
        self._past_sums, self._past_weights = sums[-_STRETCH + 1 :], weights[-_STRETCH + 1 :]
        return gains

    def _level(self, energy: Cells) -> float:
        """Mean energy of a cell over the block and the five seconds before it."""
        rows = energy.mean(axis=1)
        level = float(np.concatenate([self._levels, rows]).mean())
        self._levels = np.concatenate([self._levels, rows[2:-2]])[-_HISTORY_ROWS:]
        return level

    def _shown(self, spectrum: NDArray[np.complex64], gains: Cells, base: NDArray[np.float32], floor: float) -> Cells:
        """Return what the extractor would see of the block with these gains."""
        marked = base.copy()
        delta = change(spectrum, gains)
        marked[CONTEXT : CONTEXT + len(delta)] += delta
        return whiten(_row_energies(analyse(marked)), floor, 1)[2:-2]

    def _summed(self, cells: Cells) -> NDArray[np.float64]:
        """Return the sums over each coded bit's cells in each part: (_PARTS, CODED_BITS + 1), the pilot last."""
        size = CODED_BITS + 1
        sums = np.bincount(self._slot, cells.ravel(), _PARTS * size).astype(np.float64)
        return sums.reshape(_PARTS, size)

    def _goal(self, weight: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what each bit's cells should show in each stretch, and what turns a lack into a change of a cell."""
        wanted = self._strength * _MARGIN * weight
        wanted[:, -1] *= _PILOT_MARGIN / _MARGIN
        return wanted, weight + 0.05 * weight.mean() + 1e-3


def _stretches(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sums over the four parts that end at each part of the block."""
    return np.stack([parts[i : i + _STRETCH].sum(axis=0) for i in range(_PARTS)])


def _means_to_the_end(lack: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each part the mean over the stretches of the block that it belongs to."""
    return np.stack([lack[i:].mean(axis=0) for i in range(_PARTS)])

"""Cells of sound, seen the same way by the embedder and the extractor: energy, level and whitened loudness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmark.audio.engine import engine
from synthmark.audio.layout import BANDS, FIRST_BAND

__all__ = ["CLIP", "Cells", "band_energies", "energy_floor", "whiten"]

Cells = NDArray[np.float32]

CLIP = 4.0
"""Whitened loudness is clipped here, in decibels: no single loud event outweighs the rest."""
_FLOOR = 10**-4.5
_SILENCE = 2e-7  # energy of a cell of white noise 97 dB below full scale, about that of 16-bit rounding
_BAND_REACH = 3
_ROW_REACH = 2


def band_energies(spectrum: NDArray[np.complex64]) -> Cells:
    """Return the energy of the 60 bands in each frame of `lapped.analyse`: float32, (frames, BANDS)."""
    energy: Cells = engine().band_powers(spectrum, FIRST_BAND, BANDS)
    return energy


def energy_floor(level: NDArray[np.float32] | float) -> NDArray[np.float32] | float:
    """Return the energy below which a cell counts as silent, from the mean energy of the cells around."""
    return level * _FLOOR + _SILENCE


def whiten(energy: Cells, floor: NDArray[np.float32] | float, step: int) -> Cells:
    """Return how much louder each cell is than its neighbours in frequency and time, in decibels, clipped.

    Parameters
    ----------
    energy
        float32, (frames, BANDS).
    floor
        Added to the energy: cells below it say nothing. Scalar or (frames, 1).
    step
        Frames from row to row.
    """
    loudness = np.log(energy + np.float32(1) * floor, dtype=np.float32)
    loudness *= np.float32(10 / np.log(10))
    out: Cells = engine().stand_out(loudness, step, _BAND_REACH, _ROW_REACH, CLIP)
    return out

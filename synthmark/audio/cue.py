"""The rhythm cue: "short-long short-short", Morse for AI, as GB 45438-2025, 5.3 c, asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CUE_HERTZ", "CUE_UNITS", "PATTERN", "UNIT_SECONDS", "rhythm_cue"]

PATTERN = (1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1)
"""Sound (1) and silence (0) by time unit (ITU-R M.1677-1): dot 1, dash 3, gap in a letter 1, between letters 3."""
CUE_UNITS = len(PATTERN)
UNIT_SECONDS = 0.12
CUE_HERTZ = 880.0
_FADE_SECONDS = 0.008


def rhythm_cue(rate: float, *, unit: float = UNIT_SECONDS, hertz: float = CUE_HERTZ) -> NDArray[np.float64]:
    """Return the cue at full scale, 1.32 s with the default unit: float64, (n,).

    Parameters
    ----------
    rate
        Sample rate in hertz.
    unit
        Length of the short sound in seconds.
    hertz
        Pitch.
    """
    count = round(CUE_UNITS * unit * rate)
    time = np.arange(count) / rate
    edges = np.flatnonzero(np.diff([0, *PATTERN, 0])) * unit
    level = np.zeros(count)
    for begin, end in edges.reshape(-1, 2):
        nearest = np.minimum(time - begin, end - time)
        level += 0.5 - 0.5 * np.cos(np.pi * np.clip(nearest / _FADE_SECONDS, 0, 1))
    return level * np.sin(2 * np.pi * hertz * time)

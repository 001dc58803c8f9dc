"""Fingerprint of sound: 16 bits per half second, the signs of how differences between bands change in time.

After Haitsma and Kalker, A Highly Robust Audio Fingerprinting System (ISMIR 2002), with longer steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "DENSE",
    "ENOUGH_ROWS",
    "ROW_BYTES",
    "STEP",
    "keys_of_sound",
    "least_difference",
    "query_keys_of_sound",
    "sound_rows",
]

Bytes = NDArray[np.uint8]

STEP = 0.5
"""Seconds between the rows of a fingerprint that is kept."""

DENSE = 0.125
"""Seconds between the rows of a fingerprint that is compared with kept ones, whatever their alignment."""

ROW_BYTES = 2
ENOUGH_ROWS = 8
"""Rows that two fingerprints must share: 4 seconds, 128 bits."""

_EDGES = np.geomspace(200.0, 3800.0, 18)  # hertz; what every codec keeps, and sound at 8 kHz has
_SPAN = round(STEP / DENSE)
_WINDOW = 2 * DENSE
_LONGEST = 3 * 3600.0  # seconds; the rest of a longer sound is not described
_QUIET = 1e-9
_KEYS = 4


def sound_rows(samples: NDArray[np.generic], rate: float, *, tempo: float = 1.0) -> Bytes:
    """Return the rows of sound, uint8 (n, 2), one per 0.125 seconds.

    Parameters
    ----------
    samples
        (n,) or (n, channels), of any scale: loudness does not matter.
    rate
        Samples per second.
    tempo
        Factor by which the sound plays faster than it should, its pitch kept.
    """
    bands = _band_energies(samples, rate, DENSE / tempo)
    if len(bands) < 2 * _SPAN:
        return np.zeros((0, ROW_BYTES), np.uint8)
    sums = np.cumsum(np.vstack([np.zeros((1, bands.shape[1])), bands]), axis=0)
    levels = np.log(sums[_SPAN:] - sums[:-_SPAN] + _QUIET * bands.mean() + np.finfo(float).tiny)
    slopes = levels[:, :-1] - levels[:, 1:]
    return np.packbits(slopes[_SPAN:] > slopes[:-_SPAN], axis=1)[:, :ROW_BYTES]


def _band_energies(samples: NDArray[np.generic], rate: float, hop: float) -> NDArray[np.float64]:
    """Return the energy in each of 17 bands, (n, 17), of overlapping windows."""
    width = round(rate * _WINDOW)
    frequencies = np.fft.rfftfreq(width, 1 / rate)
    edges = np.searchsorted(frequencies, _EDGES)
    window = np.hanning(width)
    found = [
        np.diff(np.concatenate([[0.0], np.cumsum(np.abs(np.fft.rfft(part * window)) ** 2)])[edges])
        for part in _parts(samples, width, rate * hop, rate * _LONGEST)
    ]
    return np.array(found).reshape(len(found), len(_EDGES) - 1)


def _parts(samples: NDArray[np.generic], width: int, hop: float, longest: float) -> Iterator[NDArray[np.float64]]:
    """Yield the mix of the channels, window by window."""
    last = min(len(samples), int(longest)) - width
    for number in range(int(last // hop) + 1 if last >= 0 else 0):
        start = round(number * hop)
        part = samples[start : start + width].astype(np.float64)
        yield part if part.ndim == 1 else part.mean(axis=1)


def least_difference(kept: Bytes, dense: Bytes) -> float | None:
    """Return the least share of bits in which kept rows differ from dense ones, over all alignments.

    Parameters
    ----------
    kept
        Rows every 0.5 s.
    dense
        Rows every 0.125 s.

    Returns
    -------
    0 to 1; about 0.5 for unrelated sound at one alignment. None when they share too few rows at any.
    """
    bits = np.unpackbits(kept, axis=1)
    shares = [
        share for offset in range(_SPAN) for share in _differences(bits, np.unpackbits(dense[offset::_SPAN], axis=1))
    ]
    return min(shares, default=None)


def _differences(kept: Bytes, other: Bytes) -> Iterator[float]:
    """Yield the share of differing bits for each shift at which enough rows lie side by side."""
    for shift in range(ENOUGH_ROWS - len(other), len(kept) - ENOUGH_ROWS + 1):
        first, last = max(shift, 0), min(shift + len(other), len(kept))
        if last - first >= ENOUGH_ROWS:
            yield float(np.mean(kept[first:last] != other[first - shift : last - shift]))


def keys_of_sound(kept: Bytes) -> NDArray[np.uint64]:
    """Return search keys, uint64 (at most 4, 2): stretches of 4 seconds from the start on."""
    starts = range(0, max(0, len(kept) - ENOUGH_ROWS + 1), ENOUGH_ROWS)[:_KEYS]
    return _packed([kept[start : start + ENOUGH_ROWS] for start in starts])


def query_keys_of_sound(dense: Bytes) -> NDArray[np.uint64]:
    """Return the keys to search for: stretches of 4 seconds that start within the first 4."""
    reach = ENOUGH_ROWS * _SPAN
    starts = range(max(0, min(reach, len(dense) - reach + _SPAN)))
    return _packed([dense[start : start + reach : _SPAN] for start in starts])


def _packed(stretches: list[Bytes]) -> NDArray[np.uint64]:
    whole = [stretch.reshape(-1) for stretch in stretches if len(stretch) == ENOUGH_ROWS]
    return np.array(whole, np.uint8).reshape(-1, ENOUGH_ROWS * ROW_BYTES).view(">u8").astype(np.uint64)

"""From a whitened, aligned picture to a content id: fold, weigh the rings by the pilot, decode, accept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from synthmark.image.carriers import TILE, Carriers, radial_frequency
from synthmark.image.engine import engine
from synthmark.payload import CRC_BITS, FRAME_BITS, read_frame

__all__ = [
    "LIST_SIZE",
    "Reading",
    "aligned",
    "folded_at",
    "folded_spectrum",
    "pilot_score",
    "pilot_surface",
    "read",
    "ring_levelled",
    "signal_to_noise",
    "soft_bits",
]

LIST_SIZE = 32
_RING_WIDTH = 3.0  # cycles per tile over which the pilot's correlation is smoothed

Spectrum = NDArray[np.complex128]
Real = NDArray[np.float64]

_RINGS = np.minimum(np.rint(radial_frequency()).astype(np.intp), TILE // 2)
_RING_SIZES = np.bincount(_RINGS.ravel())


@dataclass(frozen=True, slots=True)
class Reading:
    """One payload that passed its CRC: the id, and its signal-to-noise ratio in dB per information bit."""

    content_id: int
    signal_to_noise: float


def folded_spectrum(whitened: NDArray[np.float32]) -> Spectrum:
    """Return the DFT of the folded tile, every ring scaled to unit power: complex (128, 128)."""
    return ring_levelled(np.fft.fft2(engine().fold(whitened, TILE).astype(np.float64)))


def ring_levelled(spectrum: Spectrum) -> Spectrum:
    """Return a spectrum (128, 128) with every ring scaled to unit power."""
    power = np.bincount(_RINGS.ravel(), np.abs(spectrum.ravel()) ** 2) / _RING_SIZES
    return np.asarray(spectrum / np.sqrt(power + 1e-12)[_RINGS])


def folded_at(whitened: NDArray[np.float32], top: int, left: int) -> Spectrum:
    """Return the spectrum of the folded tile of a frame whose first pixel is frame pixel (top, left)."""
    return folded_spectrum(np.pad(whitened, ((top % TILE, 0), (left % TILE, 0))))


def pilot_surface(spectrum: Spectrum, pilot: Spectrum) -> Real:
    """Return the pilot's correlation at every cyclic shift, in standard deviations of no mark: (128, 128).

    Entry (down, across) is the score of a picture whose tile begins at that pixel.

    Parameters
    ----------
    spectrum
        (128, 128), of the folded tile.
    pilot
        (128, 128), the pilot's spectrum in the orientation that is tried.
    """
    half = slice(0, TILE // 2 + 1)
    surface = np.fft.irfft2(spectrum[:, half] * pilot[:, half].conj(), s=(TILE, TILE))
    return np.asarray(surface * (TILE * TILE / math.sqrt(np.count_nonzero(pilot))))


def aligned(spectrum: Spectrum, down: float, across: float) -> Spectrum:
    """Return the spectrum of the tile that begins at pixel (down, across)."""
    index = np.fft.fftfreq(TILE)
    return np.asarray(spectrum * np.exp(2j * np.pi * (index[:, None] * down + index[None, :] * across)))


def _line_correlations(spectrum: Spectrum, carriers: Carriers) -> Real:
    """Return the real correlation of each pilot line with an aligned spectrum; unit variance is 0.5."""
    across, down = carriers.lines[:, 0], carriers.lines[:, 1]
    return np.asarray((spectrum[down, across] * carriers.pilot[down, across].conj()).real)


def pilot_score(spectrum: Spectrum, carriers: Carriers) -> float:
    """Return the pilot's correlation with an aligned spectrum in standard deviations of no mark."""
    correlations = _line_correlations(spectrum, carriers)
    return float(correlations.sum() / math.sqrt(0.5 * len(correlations)))


@lru_cache(maxsize=8)
def _ring_smoothing(carriers: Carriers) -> tuple[Real, Real]:
    """Return the matrix that smooths line correlations to each carrier's frequency, and its noise variance."""
    distance = carriers.frequency[:, None] - np.hypot(*carriers.lines.T)[None, :]
    kernel = np.exp(-0.5 * (distance / _RING_WIDTH) ** 2)
    kernel /= kernel.sum(axis=1, keepdims=True)
    return kernel, 0.5 * (kernel**2).sum(axis=1)


def ring_weights(spectrum: Spectrum, carriers: Carriers) -> Real:
    """Return a weight for each carrier: what is left of the pilot near its frequency (maximal-ratio combining)."""
    smoothing, variance = _ring_smoothing(carriers)
    mean = smoothing @ _line_correlations(spectrum, carriers)
    return np.asarray(np.maximum(mean - variance / np.maximum(mean, 1e-3), 0.0))


def soft_bits(spectrum: Spectrum, carriers: Carriers) -> Real:
    """Return the soft code bits of an aligned spectrum."""
    return carriers.code_bits(spectrum, ring_weights(spectrum, carriers))


def signal_to_noise(soft: Real, coded: Real) -> float:
    """Return Eb/N0 in dB of soft bits against the coded signs (+1, -1) they should have."""
    agreement = soft * coded
    mean, variance = float(agreement.mean()), float(agreement.var())
    if mean <= 0:
        return -math.inf
    return 10 * math.log10(mean * mean / (variance + 1e-30) * len(soft) / (2 * FRAME_BITS))


def read(soft: Real, carriers: Carriers, paths: int = LIST_SIZE) -> Reading | None:
    """Decode soft bits with a list of `paths` candidates; None when none passes the CRC."""
    for word in carriers.code.decode(soft, paths):
        content_id = read_frame(word)
        if content_id is not None:
            return Reading(content_id, signal_to_noise(soft, carriers.coded_signs(content_id)))
    return None


def decoding_false_alarm() -> float:
    """Return the chance that one decoding of noise passes the CRC: list size / 2**32."""
    return LIST_SIZE / 2.0**CRC_BITS

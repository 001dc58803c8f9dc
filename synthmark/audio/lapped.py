"""The lapped transform that carries the mark: MDCT and MDST of 256 bands, taken together as complex numbers.

This is the modulated complex lapped transform: its real part is, up to a fixed phase per band, the MDCT with a sine
window, its imaginary part the MDST. Scaling both parts alike changes the loudness of a band without the time
aliasing that scaling the MDCT alone would leave.

H. S. Malvar, "A modulated complex lapped transform and its applications to audio processing", ICASSP 1999.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmark.audio.engine import engine
from synthmark.audio.layout import FRAME, HOP

__all__ = ["analyse", "synthesise"]

Spectrum = NDArray[np.complex64]

_WINDOW = np.sin(np.pi * (np.arange(FRAME) + 0.5) / FRAME).astype(np.float32)
_TWIST = np.exp(-1j * np.pi * np.arange(HOP) / FRAME).astype(np.complex64)


def analyse(samples: NDArray[np.float32], hop: int = HOP) -> Spectrum:
    """Transform overlapping frames of 512 samples.

    Parameters
    ----------
    samples
        float32, shape (n,), n >= 512.
    hop
        Samples from frame to frame.

    Returns
    -------
    complex64, shape (1 + (n - 512) // hop, 256), in the order of a half-length FFT: entry m is band 2m, entry
    255 - m the conjugate of band 2m + 1. Band k is centred on (k + 1/2) / 512 of the sample rate.
    """
    folded = engine().fold_frames(samples, hop, _WINDOW, _TWIST)
    return np.fft.fft(folded, axis=1).astype(np.complex64, copy=False)


def synthesise(spectrum: Spectrum) -> NDArray[np.float32]:
    """Overlap and add the frames of a spectrum in the form `analyse` gives with its default hop.

    Returns
    -------
    float32, shape (256 * (frames + 1),). Between the first and the last 256 samples `synthesise(analyse(x))` is x.
    """
    folded = np.fft.ifft(spectrum, axis=1).astype(np.complex64, copy=False)
    folded *= _TWIST.conj()
    out = np.zeros((len(spectrum) + 1, HOP), np.float32)
    out[:-1] = folded.real * _WINDOW[:HOP]
    out[1:] -= folded.imag * _WINDOW[HOP:]
    return out.ravel()

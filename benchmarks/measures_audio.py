"""Quality of marked sound: PESQ for speech, noise-to-mask ratio, signal-to-noise ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

__all__ = ["NMR_DEFINITION", "noise_to_mask", "pesq_wideband", "signal_to_noise"]

NMR_DEFINITION = (
    "10 log10 of the mean, over frames of 2048 samples that are not silent and over 24 Bark bands, of the power of "
    "the difference over the masking threshold: the host's Bark spectrum spread with slopes of 27 dB per Bark "
    "downwards and 10 dB per Bark upwards, lowered by max(3, 0.25 z) dB as in ITU-R BS.1387, section 2.1.7"
)
_FRAME = 2048


def pesq_wideband(host: Samples, marked: Samples, rate: int) -> float:
    """Return PESQ (ITU-T P.862.2) at 16 kHz of the first channel."""
    import soxr
    from pesq import pesq

    before, after = (soxr.resample(s[:, 0], rate, 16000) for s in (host, marked))
    return float(pesq(16000, before, after, "wb"))


def signal_to_noise(host: Samples, marked: Samples) -> float:
    return float(10 * np.log10((host**2).sum() / ((marked - host) ** 2).sum()))


def _bark(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    return 13 * np.arctan(0.00076 * frequency) + 3.5 * np.arctan((frequency / 7500) ** 2)


def _bark_spectra(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[:: _FRAME // 2]
    power = np.abs(np.fft.rfft(frames * np.hanning(_FRAME), axis=1)) ** 2
    band = np.minimum(_bark(np.arange(_FRAME // 2 + 1) * rate / _FRAME).astype(int), 24)
    return power @ np.eye(25)[band]


def noise_to_mask(host: Samples, marked: Samples, rate: int) -> float:
    """Return the noise-to-mask ratio in decibels of the first channel; see NMR_DEFINITION."""
    signal, noise = (_bark_spectra(s, rate) for s in (host[:, 0], (marked - host)[:, 0]))
    distance = np.arange(25)[None, :] - np.arange(25)[:, None]
    spread = 10 ** (np.where(distance >= 0, -10.0 * distance, 27.0 * distance) / 10)
    mask = (signal @ spread) * 10 ** (-np.maximum(3, 0.25 * np.arange(25)) / 10) + 1e-7 * _FRAME
    loud = signal.sum(axis=1) > 1e-4 * signal.sum(axis=1).max()
    return float(10 * np.log10((noise / mask)[loud].mean()))

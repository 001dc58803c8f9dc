"""Quality of marked sound: PESQ for speech, noise-to-mask ratios, signal-to-noise ratio."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

__all__ = [
    "NMR_DEFINITION",
    "NMR_EAR_DEFINITION",
    "noise_to_mask",
    "noise_to_mask_of_ear",
    "pesq_wideband",
    "signal_to_noise",
]

NMR_DEFINITION = (
    "simplified PEAQ: 10 log10 of the mean, over frames of 2048 samples that are not silent and over 24 Bark bands, "
    "of the power of the difference over the masking threshold: the host's Bark spectrum spread with slopes of 27 dB "
    "per Bark downwards and 10 dB per Bark upwards, lowered by max(3, 0.25 z) dB as in ITU-R BS.1387, section 2.1.7; "
    "below 0 dB the change lies under the masking threshold on average. frames_above_mask: the share of these frames "
    "with a Bark band more than 3 dB over it"
)
NMR_EAR_DEFINITION = (
    "Total NMR of ITU-R BS.1387-1, basic version: FFT ear model at 48 kHz, full scale at 92 dB SPL, outer and middle "
    "ear, 109 bands of a quarter Bark, internal noise, spreading that depends on the level, forward masking, offset "
    "max(3, 0.25 z) dB; mean over frames that are not silent and over the bands that the file's sample rate can "
    "hold. Stricter than the standard in one point: the noise is the spectrum of the difference, not the difference "
    "of the magnitudes"
)
_FRAME = 2048
_HOP = _FRAME // 2


def pesq_wideband(host: Samples, marked: Samples, rate: int) -> float:
    """Return PESQ (ITU-T P.862.2) at 16 kHz of the first channel."""
    import soxr
    from pesq import pesq

    before, after = (soxr.resample(s[:, 0], rate, 16000) for s in (host, marked))
    return float(pesq(16000, before, after, "wb"))


def signal_to_noise(host: Samples, marked: Samples) -> float:
    return float(10 * np.log10((host**2).sum() / ((marked - host) ** 2).sum()))


def _spectra(samples: NDArray[np.float64]) -> NDArray[np.complex128]:
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_HOP]
    return np.fft.rfft(frames * np.hanning(_FRAME), axis=1)


def _loud(energies: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which frames are less than 40 dB softer than the loudest one."""
    total = energies.sum(axis=1)
    return np.asarray(total > 1e-4 * total.max(), np.bool_)


def _bark(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    return 13 * np.arctan(0.00076 * frequency) + 3.5 * np.arctan((frequency / 7500) ** 2)


def _bark_spectra(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    band = np.minimum(_bark(np.arange(_HOP + 1) * rate / _FRAME).astype(int), 24)
    return np.abs(_spectra(samples)) ** 2 @ np.eye(25)[band]


def noise_to_mask(host: Samples, marked: Samples, rate: int) -> tuple[float, float]:
    """Return the noise-to-mask ratio of the first channel in decibels, and the share of frames above the mask.

    See NMR_DEFINITION.
    """
    signal, noise = (_bark_spectra(s, rate) for s in (host[:, 0], (marked - host)[:, 0]))
    distance = np.arange(25)[None, :] - np.arange(25)[:, None]
    spread = 10 ** (np.where(distance >= 0, -10.0 * distance, 27.0 * distance) / 10)
    mask = (signal @ spread) * 10 ** (-np.maximum(3, 0.25 * np.arange(25)) / 10) + 1e-7 * _FRAME
    ratios = (noise / mask)[_loud(signal)]
    return float(10 * np.log10(ratios.mean())), float((ratios > 10**0.3).any(axis=1).mean())


# The ear model of ITU-R BS.1387-1, in the words of P. Kabal, "An examination and interpretation of ITU-R BS.1387:
# perceptual evaluation of audio quality", McGill University, 2002.
_EAR_RATE = 48000
_WIDTH = 0.25  # Bark
_LOUDEST = 92.0  # dB SPL of a sine at full scale


def _to_bark(hertz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.asarray(7 * np.arcsinh(np.asarray(hertz) / 650))


@functools.cache
def _band_edges() -> NDArray[np.float64]:
    """Return the edges of the 109 bands from 80 Hz to 18 kHz in hertz."""
    low, high = _to_bark(80.0), _to_bark(18000.0)
    edges = np.minimum(low + _WIDTH * np.arange(110), high)
    return np.asarray(650 * np.sinh(edges / 7))


@functools.cache
def _band_centres() -> NDArray[np.float64]:
    bark = _to_bark(_band_edges())
    return np.asarray(650 * np.sinh((bark[1:] + bark[:-1]) / 14))


@functools.cache
def _grouping() -> NDArray[np.float64]:
    """Return what each bin gives to each band, the outer and middle ear included: (1025, 109)."""
    width = _EAR_RATE / _FRAME
    centre = np.arange(_HOP + 1) * width
    low, high = centre[:, None] - width / 2, centre[:, None] + width / 2
    edges = _band_edges()
    share = np.clip(np.minimum(high, edges[None, 1:]) - np.maximum(low, edges[None, :-1]), 0, None) / width
    kilohertz = np.maximum(centre, width) / 1000
    ear = -2.184 * kilohertz**-0.8 + 6.5 * np.exp(-0.6 * (kilohertz - 3.3) ** 2) - 0.001 * kilohertz**3.6
    # A sine at full scale has its peak of (FRAME - 1) / 4 in the spectrum; 0.8497 is the mean loss between two bins.
    scale = 10 ** (_LOUDEST / 10) / (0.8497 * (_FRAME - 1) / 4) ** 2
    return np.asarray(scale * share * 10 ** (ear[:, None] / 10))


def _slopes(energies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of each band's energy in every band: (frames, from band, to band)."""
    distance = (np.arange(109)[None, :] - np.arange(109)[:, None]) * _WIDTH
    upper = -24 - 230 / _band_centres() + 2 * np.log10(energies)
    decibels = np.where(distance < 0, 27 * distance, upper[:, :, None] * np.maximum(distance, 0))
    shares = 10 ** (decibels / 10)
    return np.asarray(shares / shares.sum(axis=2, keepdims=True))


def _spread(energies: NDArray[np.float64]) -> NDArray[np.float64]:
    together = [((frame[:, None] * _slopes(frame[None])[0]) ** 0.4).sum(axis=0) ** 2.5 for frame in energies]
    even = (_slopes(np.ones((1, 109)))[0] ** 0.4).sum(axis=0) ** 2.5
    return np.asarray(np.stack(together) / even)


def _mask_of_ear(energies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the masking threshold of each frame and band."""
    centres = _band_centres()
    excited = _spread(energies + 10 ** (0.1456 * (centres / 1000) ** -0.8))
    seconds = 0.008 + 100 / centres * (0.030 - 0.008)
    kept = np.exp(-_HOP / _EAR_RATE / seconds)
    later = np.zeros_like(excited)
    for frame, energy in enumerate(excited):
        later[frame] = (1 - kept) * energy + (kept * later[frame - 1] if frame else 0)
    offset = np.maximum(3, 0.25 * np.arange(109) * _WIDTH)
    return np.asarray(np.maximum(excited, later) * 10 ** (-offset / 10))


def noise_to_mask_of_ear(host: Samples, marked: Samples, rate: int) -> float:
    """Return the noise-to-mask ratio of the first channel in decibels; see NMR_EAR_DEFINITION."""
    import soxr

    before, change = (soxr.resample(s[:, 0], rate, _EAR_RATE) for s in (host, marked - host))
    signal, noise = (np.abs(_spectra(s)) ** 2 @ _grouping() for s in (before, change))
    held = _band_edges()[1:] < 0.45 * rate
    ratios = (noise / _mask_of_ear(np.maximum(signal, 1e-12)))[_loud(signal)][:, held]
    return float(10 * np.log10(ratios.mean()))

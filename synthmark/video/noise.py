"""Levelling what lies in the way of the mark: edges and texture fill some frequencies and directions most.

Between the frequencies of a tile, which repeats, there is only what is not the mark. The power there says how far the
frequencies beside can be trusted; all are divided by its root. The spectrum is estimated from short lags of the
autocorrelation (R. B. Blackman, J. W. Tukey, "The Measurement of Power Spectra", 1958): a tile that repeats shows
itself at long ones.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from synthmark.image.carriers import TILE
from synthmark.image.engine import engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["levelled_pictures", "tile_noise"]

_WIDTH = 1.0  # cycles per tile: standard deviation of the window over which power is averaged
_REACH = 1 / (2 * math.pi * _WIDTH)  # tiles: the same as a window over lags
_FLOOR = 1e-4  # of the mean power


def tile_noise(frame: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the root of the power of a frame around each frequency of the tile: (128, 128), at least a hundredth.

    Parameters
    ----------
    frame
        float32 (rows, columns), whitened, on the canonical frame.
    """
    rows, columns = (-(-side // TILE) * TILE for side in frame.shape)
    lags = _windowed_lags(frame, (rows, columns), TILE * _REACH)
    power = np.fft.fft2(engine().fold(lags.astype(np.float32), TILE).astype(np.float64)).real
    return _root(power)


def levelled_pictures(pictures: Sequence[NDArray[np.float32]], tile: float) -> list[NDArray[np.float32]]:
    """Return pictures of one size, each filtered alike, so that their sum has about the same power everywhere.

    Parameters
    ----------
    pictures
        float32 (rows, columns), whitened.
    tile
        Pixels of a tile in them, about.
    """
    total = np.asarray(sum(pictures), np.float32)
    lags = _windowed_lags(total, (total.shape[0], total.shape[1]), tile * _REACH)
    level = _root(np.fft.rfft2(lags).real)
    shape = total.shape
    return [np.fft.irfft2(np.fft.rfft2(each) / level, s=shape).astype(np.float32) for each in pictures]


def _root(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(np.maximum(power / max(float(power.mean()), 1e-12), _FLOOR)))


def _windowed_lags(picture: NDArray[np.float32], shape: tuple[int, int], reach: float) -> NDArray[np.float64]:
    """Return the autocorrelation of a picture, padded to a shape, times a Gaussian window of a reach in pixels."""
    spectrum = np.fft.rfft2(picture, s=shape)
    lags = np.fft.irfft2(spectrum.real**2 + spectrum.imag**2, s=shape)
    down, across = (np.exp(-0.5 * (np.fft.fftfreq(side, 1 / side) / reach) ** 2) for side in shape)
    return np.asarray(lags * down[:, None] * across[None, :])

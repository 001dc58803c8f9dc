"""Looking for the scale of an upright video: the pilot is correlated with what is folded at one scale after another.

A crop that was enlarged again changes nothing but scale and place. Where the lines of the pilot are too faint in the
power spectrum to tell the scale, its correlation, which adds them in phase, is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from synthmark.image.alignment import MIRRORS, composed, oriented_pilots
from synthmark.image.carriers import TILE, radial_frequency
from synthmark.image.engine import engine
from synthmark.video.stack import Stack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthmark.image.carriers import Carriers

__all__ = ["FINE_SCALES", "UPRIGHT", "Folds", "Scale"]

UPRIGHT = (MIRRORS[0], MIRRORS[2])
"""The orientations that are tried: as it was, and left and right exchanged."""

_SMALLEST, _LARGEST = 100.0, 320.0  # pixels of a tile in the averaged pictures: shrunk, and a crop to a quarter
_STEP, _FINE = 0.01, 0.002  # logarithmic steps of the scale
_AROUND = 2  # fine steps to either side of a likely scale
_LIKELY = 3  # scales that are looked at more closely
_GLANCE = 512  # pixels of a side of the part that is folded
_APART = 2  # coarse steps by which two likely scales differ at least

_COARSE_SCALES = math.ceil(math.log(_LARGEST / _SMALLEST) / _STEP)
_GRID = tuple(_SMALLEST / TILE * math.exp(_STEP * number) for number in range(_COARSE_SCALES + 1))

FINE_SCALES = len(_GRID) * (2 * _AROUND + 1)
"""How many scales the fine steps would come to, were they tried everywhere."""

_HALF = radial_frequency()[:, : TILE // 2 + 1]
_RINGS = np.minimum(np.rint(_HALF).astype(np.intp), TILE // 2)
_RING_SIZES = np.bincount(_RINGS.ravel())


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale and how well the pilot correlates there.

    Attributes
    ----------
    score
        Of the pilot at its best place, in standard deviations of no mark.
    scale
        Pixels of the averaged picture for each pixel of the tile.
    """

    score: float
    scale: float

    def nearby(self) -> list[float]:
        """Return the scale and those a fine step or two beside it, the nearest first."""
        steps = sorted(range(-_AROUND, _AROUND + 1), key=abs)
        return [self.scale * math.exp(_FINE * step) if step else self.scale for step in steps]


class Folds:
    """One averaged picture, folded at one scale after another; what was folded is kept for further keys.

    Parameters
    ----------
    picture
        float32 (rows, columns), whitened and averaged.
    """

    def __init__(self, picture: NDArray[np.float32]) -> None:
        self._stack = Stack([picture], [0])
        self._coarse: list[NDArray[np.complex64]] = []

    def likely_scales(self, carriers: Carriers) -> list[Scale]:
        """Return the scales at which the pilot of a key correlates best, the best first, each to two thousandths."""
        if not self._coarse:
            self._coarse = [self._folded(scale) for scale in _GRID]
        tried = [_scored(*each, carriers) for each in zip(self._coarse, _GRID, strict=True)]
        fine = (self._refined(each.scale, carriers) for each in _apart(tried))
        return sorted(fine, key=lambda scale: -scale.score)

    def _refined(self, middle: float, carriers: Carriers) -> Scale:
        scales = [middle * math.exp(_FINE * step) for step in range(-_AROUND, _AROUND + 1)]
        tried = (_scored(self._folded(scale), scale, carriers) for scale in scales)
        return max(tried, key=lambda scale: scale.score)

    def _folded(self, scale: float) -> NDArray[np.complex64]:
        """Return the half spectrum of the tile folded from the middle of the picture, rings levelled.

        In single precision, which is enough to choose a scale.
        """
        frame = composed(np.eye(3), scale * np.eye(2))
        window = self._stack.window(frame, _GLANCE)
        warped = self._stack.warped(0, frame, window)
        padded = np.pad(warped, ((window.top % TILE, 0), (window.left % TILE, 0)))
        spectrum = np.fft.rfft2(engine().fold(padded, TILE))
        power = np.bincount(_RINGS.ravel(), (spectrum.real**2 + spectrum.imag**2).ravel()) / _RING_SIZES
        return np.asarray(spectrum / np.sqrt(power + 1e-12).astype(np.float32)[_RINGS])


@lru_cache(maxsize=8)
def _conjugate_pilots(carriers: Carriers) -> list[NDArray[np.complex64]]:
    pilots = (oriented_pilots(carriers)[each.tobytes()] for each in UPRIGHT)
    return [pilot[:, : TILE // 2 + 1].conj().astype(np.complex64) for pilot in pilots]


def _scored(spectrum: NDArray[np.complex64], scale: float, carriers: Carriers) -> Scale:
    """Correlate the pilot at all places of a folded tile."""
    surfaces = (np.fft.irfft2(spectrum * pilot, s=(TILE, TILE)) for pilot in _conjugate_pilots(carriers))
    peak = max(float(surface.max()) for surface in surfaces)
    return Scale(peak * TILE * TILE / math.sqrt(np.count_nonzero(carriers.pilot)), scale)


def _apart(tried: list[Scale]) -> list[Scale]:
    """Return the best scales that are not next to a better one."""
    order = sorted(range(len(tried)), key=lambda number: -tried[number].score)
    chosen: list[int] = []
    for number in order:
        if all(abs(number - other) >= _APART for other in chosen):
            chosen.append(number)
    return [tried[number] for number in chosen[:_LIKELY]]

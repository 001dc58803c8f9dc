"""How strong the mark of a scene is: as weak as it may be to survive a codec at a low bit rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmark._opencv import opencv
from synthmark.image.engine import engine as image_engine
from synthmark.image.readout import folded_at, signal_to_noise, soft_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthmark.image.carriers import Carriers

__all__ = [
    "BEST_PSNR",
    "LOOKED_AT_PSNR",
    "MOVING_PSNR",
    "OPENING_PSNR",
    "STILL_PSNR",
    "StrengthControl",
    "Survival",
    "surviving",
]

LOOKED_AT_PSNR = 46.1
"""The quality (dB of luma) of the copies on which it is measured how the mark survives."""

OPENING_PSNR = 42.3
"""The first frames of a scene are not changed more than this (dB of luma; 0.3 dB more in small frames), unless a
strength above 1 is asked for: they become a key frame, which codecs keep best and copy from, and the eye is slow to
see after a cut."""

MOVING_PSNR = 48.0
"""After its beginning, a scene is not changed more than this (dB of luma), but up to 1.5 dB more where its mark
survives worst."""

STILL_PSNR = 54.0
"""A scene that hardly moves gets this quality (dB of luma) where its mark survives well enough: the eye has time to
look at it, and codecs go on showing what its first frame held."""

BEST_PSNR = 54.0
"""No scene gets a higher quality (dB of luma)."""

_HARD, _FINEST = 15, 95  # quality of the JPEG that imitates a key frame at a low bit rate, for 512 lines and for most
_MILD = 50  # quality of the JPEG after which a frame should nearly be read alone
_LEVEL_LINES = 512
_EASILY = 1.5  # dB of Eb/N0 of one such frame from which the mark is made weaker: stretches gain 1 to 6 more
_GENTLEST = 49.0  # dB of the first frames of a scene in which the mark survives easily
_WELL, _STEEPER = 1.3, 1.5  # dB of Eb/N0 from which the first frames get more; dB of PSNR for each dB below
_SLOPE = 0.9  # dB of PSNR for each dB of Eb/N0
_ALONE = 2.8  # dB of Eb/N0 by which the mild one may be lower than needed: a saved frame is coded more finely
_HARDLY, _MOST_HELP = 0.25, 3.0  # dB of PSNR for each dB of Eb/N0 below zero by which still scenes get more; at most
_HOPELESS = -4.0  # dB of Eb/N0 below which moving scenes get more, too
_EVERY = 2.0  # seconds between two looks
_AGAIN, _REOPENING = 3.0, 47.0  # seconds after a beginning during which the next ones are weaker; their PSNR in dB
_SMALL_FRAMES = 0.3  # dB that the first ones of small frames are changed more, at most
_FADING, _RISING = 9.0, 4.0  # dB a second by which quality rises (more slowly in small frames) and falls
_SLOW, _FAST = 3.5, 6.5  # mean change of luma from frame to frame between which the least quality falls


@dataclass(frozen=True, slots=True)
class Survival:
    """How well the mark of one frame survives compression.

    Attributes
    ----------
    hard, mild
        Eb/N0 in dB after coding at a low bit rate, and after JPEG of quality 50; at least -20.
    """

    hard: float
    mild: float


def surviving(
    marked: NDArray[np.uint8], lines: int, shape: tuple[int, int], carriers: Carriers, coded: NDArray[np.float64]
) -> Survival:
    """Return how well the mark in one frame survives compression.

    Parameters
    ----------
    marked
        Luma of at most 512 lines, marked with the pattern of stretch zero.
    lines
        Short side of the frame itself: a larger one loses less to the same codec.
    shape
        (rows, columns) of the canonical frame.
    carriers, coded
        Of the key, and the coded signs of the content id.
    """
    finer = max(lines / _LEVEL_LINES, 1.0) ** 1.2
    hard, mild = (_read_after(marked, quality, shape) for quality in (min(round(_HARD * finer), _FINEST), _MILD))
    return Survival(*(max(signal_to_noise(soft_bits(each, carriers), coded), -20.0) for each in (hard, mild)))


def _read_after(marked: NDArray[np.uint8], quality: int, shape: tuple[int, int]) -> NDArray[np.complex128]:
    """Return the spectrum of the folded tile after JPEG of a quality."""
    cv2 = opencv()
    read = cv2.imdecode(cv2.imencode(".jpg", marked, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)
    smooth = cv2.INTER_AREA if read.shape[0] > shape[0] else cv2.INTER_LINEAR
    small = cv2.resize(read, shape[::-1], interpolation=smooth).astype(np.float32)
    return folded_at(image_engine().whiten(small[None], False)[0], 0, 0)


class StrengthControl:
    """The quality (PSNR of luma in dB) that each frame gets.

    Parameters
    ----------
    strength
        A factor on the amplitude.
    room
        How strong the mark may be in frames of this size, as a factor on the amplitude.
    seconds
        Length of the video; None when it is not known. A short one has no room for strong beginnings.

    Attributes
    ----------
    excess
        What remains of the strong beginning of a scene, in dB: from `BEST_PSNR` down to zero.
    """

    def __init__(self, strength: float, room: float = 1.0, seconds: float | None = None) -> None:
        self._louder = 20 * math.log10(strength)
        self._room = 20 * math.log10(room)
        self._survived = Survival(0.0, 0.0)
        self._psnr: float | None = None
        self._looked = -math.inf
        self._opened = math.inf if seconds is not None and seconds < _AGAIN else -math.inf
        self._last = 0.0
        self._begun = BEST_PSNR
        self._fading = _FADING / max(room, 1.0)
        self.excess = 0.0

    def due(self, seconds: float, cut: bool) -> bool:
        """Return whether it is time to look at how the mark survives."""
        return cut or seconds - self._looked >= _EVERY

    def observe(self, seconds: float, survived: Survival, cut: bool) -> None:
        """Take how well a frame survived that was marked at `LOOKED_AT_PSNR`."""
        self._looked = seconds
        self._survived = survived
        if cut:
            self._psnr = None

    def psnr(self, seconds: float, motion: float) -> float:
        """Return the quality of the frame at a time; within a scene it changes slowly.

        Parameters
        ----------
        seconds
            When the frame is shown.
        motion
            Mean change of luma from frame to frame, in steps of eight bits.
        """
        wanted = self._lasting(motion)
        if self._psnr is None:
            self._psnr = self._begun = self._beginning(seconds, wanted)
            self._last = seconds
        elapsed = max(seconds - self._last, 0.0)
        self._psnr += min(max(wanted - self._psnr, -_RISING * elapsed), self._fading * elapsed)
        self._last = seconds
        part = (wanted - self._psnr) / max(wanted - self._begun, 1e-6)
        self.excess = min(max(part, 0.0), 1.0) * (BEST_PSNR - self._begun)
        return self._psnr - self._louder

    def _lasting(self, motion: float) -> float:
        """Return the quality of a scene after its beginning."""
        moving = min(max((motion - _SLOW) / (_FAST - _SLOW), 0.0), 1.0)
        hard, alone = self._survived.hard, LOOKED_AT_PSNR + self._survived.mild + _ALONE
        least = MOVING_PSNR - _help(hard - _HOPELESS, _MOST_HELP / 2)
        still = min(STILL_PSNR - _help(hard, _MOST_HELP) - self._room, alone, BEST_PSNR)
        easily = min(LOOKED_AT_PSNR + _SLOPE * (hard - _EASILY), BEST_PSNR)
        return max(easily, least + (1 - moving) * max(still - least, 0.0), least - self._room)

    def _beginning(self, seconds: float, wanted: float) -> float:
        """Return the quality with which a scene begins."""
        least = OPENING_PSNR - min(max(self._room, 0.0), _SMALL_FRAMES)
        if seconds - self._opened < _AGAIN:
            least = _REOPENING
        else:
            self._opened = seconds
        return min(max(LOOKED_AT_PSNR + _STEEPER * (self._survived.hard - _WELL), least), _GENTLEST, wanted)


def _help(survived: float, most: float) -> float:
    """Return by how many dB a scene is changed more because its mark survives badly."""
    return min(max(-_HARDLY * survived, 0.0), most)

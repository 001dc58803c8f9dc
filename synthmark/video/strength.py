"""How strong the mark of a scene is: as weak as it may be to survive a codec at a low bit rate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from synthmark._opencv import opencv
from synthmark.image.engine import engine as image_engine
from synthmark.image.readout import folded_at, signal_to_noise, soft_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthmark.image.carriers import Carriers

__all__ = ["BEST_PSNR", "STILL_PSNR", "WORST_PSNR", "StrengthControl", "surviving"]

WORST_PSNR = 46.1
"""No frame is changed more than this (dB of luma), unless a strength above 1 is asked for."""

STILL_PSNR = 50.0
"""A scene that hardly moves is not changed more than this (dB of luma): the eye has time to look at it, and half of
the energy of a mark costs only 1 dB of Eb/N0 there, because what lies in its way is texture."""

BEST_PSNR = 53.0
"""A scene in which the mark survives easily gets this quality (dB of luma); large frames may get more."""

_QUALITY = 15  # of the JPEG that imitates a key frame at a low bit rate, for frames of 512 lines
_WANTED = 1.5  # dB of Eb/N0 of one such frame; stretches of frames gain about 1 to 6 more
_SLOPE = 0.9  # dB of PSNR for each dB of Eb/N0
_LEVEL_LINES = 512
_EVERY = 2.0  # seconds between two looks
_FASTEST = 4.0  # dB a second
_SLOW, _FAST = 3.5, 6.5  # mean change of luma from frame to frame between which the least quality falls


def surviving(
    marked: NDArray[np.uint8], lines: int, shape: tuple[int, int], carriers: Carriers, coded: NDArray[np.float64]
) -> float:
    """Return Eb/N0 in dB of the mark in one frame after strong compression, at least -20.

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
    cv2 = opencv()
    quality = round(_QUALITY * max(lines / _LEVEL_LINES, 1.0) ** 1.2)
    read = cv2.imdecode(cv2.imencode(".jpg", marked, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)
    smooth = cv2.INTER_AREA if read.shape[0] > shape[0] else cv2.INTER_LINEAR
    small = cv2.resize(read, shape[::-1], interpolation=smooth).astype(np.float32)
    whitened = image_engine().whiten(small[None], False)[0]
    return max(signal_to_noise(soft_bits(folded_at(whitened, 0, 0), carriers), coded), -20.0)


class StrengthControl:
    """The quality (PSNR of luma in dB) that each frame gets.

    Parameters
    ----------
    strength
        A factor on the amplitude.
    room
        How strong the mark may be in frames of this size, as a factor on the amplitude.
    """

    def __init__(self, strength: float, room: float = 1.0) -> None:
        self._louder = 20 * math.log10(strength)
        self._moving = max(WORST_PSNR - 20 * math.log10(room), WORST_PSNR)
        self._still = max(STILL_PSNR - 20 * math.log10(room), WORST_PSNR)
        self._psnr: float | None = None
        self._wanted = WORST_PSNR
        self._looked = -math.inf
        self._last = 0.0

    def due(self, seconds: float, cut: bool) -> bool:
        """Return whether it is time to look at how the mark survives."""
        return cut or seconds - self._looked >= _EVERY

    def observe(self, seconds: float, survived: float, cut: bool) -> None:
        """Take Eb/N0 in dB of a frame that was marked at the worst quality and compressed."""
        self._looked = seconds
        spare = _SLOPE * (survived - _WANTED)
        self._wanted = min(max(WORST_PSNR + spare, WORST_PSNR), BEST_PSNR)
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
        moving = min(max((motion - _SLOW) / (_FAST - _SLOW), 0.0), 1.0)
        wanted = max(self._wanted, self._still + moving * (self._moving - self._still))
        before = wanted if self._psnr is None else self._psnr
        step = _FASTEST * max(seconds - self._last, 0.0)
        self._last = seconds
        self._psnr = before + min(max(wanted - before, -step), step)
        return self._psnr - self._louder

"""Embedding into video: the pattern of a content id is added to the luma of one frame after the other, in place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark._opencv import opencv
from synthmark.errors import CapacityError, InputError
from synthmark.image.canonical import taps
from synthmark.image.carriers import carriers
from synthmark.image.difference import kept_by_enlarging
from synthmark.keys import key_bytes
from synthmark.payload import check_content_id
from synthmark.video.engine import engine
from synthmark.video.masking import Mask
from synthmark.video.pattern import frame_size, pattern
from synthmark.video.strength import LOOKED_AT_PSNR, StrengthControl, surviving
from synthmark.video.stretches import SceneCuts, StretchClock

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthmark.video.strength import Survival

__all__ = ["LumaEmbedder", "Stretch"]

_ONE_COLOUR = 0.5  # standard deviation of the luma of a frame that shows nothing: the mark would be all there is
_LEAST = 0.3  # of a whole frame: weaker marks are lost in rounding
_ROUNDING = 1 / 12  # mean square of the rounding error
_LEVEL_LINES = 512  # of the copy on which compression is imitated
_MIN_SIDE = 32
_FOLLOWED_FOR = 0.15  # seconds until the mask is made anew
# Of frames with fewer lines more is lost, and the eye sees as much of a larger change; with more lines, the reverse.
_SMALL, _MOST_ROOM = 480, 1.6
_LARGE, _LEAST_ROOM = 720, 0.6
# 10 to the power of what is left of the beginning of a scene, in dB, over one of these is allowed in flat places.
_FLAT_FIRST, _TINY_FIRST = 45, 20
_PASSES = 3  # of meeting a quality and the limits of each place


@dataclass(frozen=True, slots=True)
class Stretch:
    """A span of frames with one pattern, or without one because it has no place for a mark.

    Attributes
    ----------
    start, end
        Times of its first and last frame in seconds.
    marked
        Whether the frames carry the mark.
    """

    start: float
    end: float
    marked: bool


class LumaEmbedder:
    """Marks the frames of one video in the order in which they are shown.

    Parameters
    ----------
    content_id
        In [0, 2**64).
    key
        16 to 1024 bytes; None for the published default key.
    width, height
        Of the luma plane as it is stored.
    bit_depth
        8 to 16; planes of more than eight bits are uint16.
    frame_rate, full_range
        Of the video; the mark does not depend on them.
    strength
        0.25 to 4: a factor on the amplitude.
    seconds
        Length of the video, None when it is not known: in short ones scenes begin with less.

    Raises
    ------
    CapacityError
        When the frames are too small.
    InputError
        When an argument is wrong.
    """

    def __init__(  # noqa: PLR0913 - options by keyword
        self,
        content_id: int,
        key: bytes | None = None,
        *,
        width: int,
        height: int,
        bit_depth: int = 8,
        frame_rate: float = 25.0,  # noqa: ARG002 - the times of the frames say more
        full_range: bool = False,  # noqa: ARG002 - the mark is as strong in either
        strength: float = 1.0,
        seconds: float | None = None,
    ) -> None:
        if not 0.25 <= strength <= 4:
            raise InputError(f"The strength is {strength!r}; a factor from 0.25 to 4 is needed.")
        if min(width, height) < _MIN_SIDE:
            raise CapacityError(
                f"The frames have {width} x {height} pixels; a mark needs at least {_MIN_SIDE} on each side."
            )
        self._carriers = carriers(key_bytes(key))
        self._content_id = check_content_id(content_id)
        self._coded = self._carriers.coded_signs(content_id)
        self._size = (height, width)
        self._shape = frame_size(height, width)
        self._step = float(2 ** (bit_depth - 8))
        self._cuts, self._clock, self._mask = SceneCuts(), StretchClock(), Mask()
        room = _room(min(width, height))
        self._control = StrengthControl(strength, room, seconds)
        self._louder = max(strength, 1.0) * max(room, 1.0)
        self._at_first = _TINY_FIRST if room >= _MOST_ROOM else _FLAT_FIRST
        self._stretches: list[Stretch] = []
        self._number = -1
        self._followed = -math.inf
        self._change: NDArray[np.float32] | None = None

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """What was done so far, in the order of time."""
        return tuple(self._stretches)

    def embed(self, luma: NDArray[Any], seconds: float) -> None:
        """Add the mark to one frame, in place.

        Parameters
        ----------
        luma
            uint8 or uint16 (height, width); rows may be apart in memory.
        seconds
            When the frame is shown.
        """
        small = self._reduced(luma, self._shape)
        cut = self._cuts.is_cut(small)
        shares = self._clock.shares(seconds, cut)
        if cut or not 0 <= seconds - self._followed < _FOLLOWED_FOR:
            self._followed, self._change = seconds, self._follow(luma, small, seconds, cut, shares)
        if self._change is not None:
            self._add(luma, self._change)
        self._note(seconds, self._change is not None)

    def _follow(
        self,
        luma: NDArray[Any],
        small: NDArray[np.float32],
        seconds: float,
        cut: bool,
        shares: tuple[tuple[int, float], ...],
    ) -> NDArray[np.float32] | None:
        """Return what is added to a frame and the next ones, in steps of its luma; None where a mark has no place."""
        mask = self._mask.follow(small, cut)
        if self._control.due(seconds, cut):
            self._control.observe(seconds, self._survives(luma, mask), cut)
        plain = sum((share * self._pattern(number) for number, share in shares), np.zeros((), np.float32))
        psnr = self._control.psnr(seconds, self._cuts.motion)
        difference = self._difference(plain, mask, psnr, 10 ** (self._control.excess / self._at_first))
        if float(small.std()) < _ONE_COLOUR or float(difference.std()) < _LEAST:
            return None
        return difference * np.float32(self._step)

    def _reduced(self, luma: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float32]:
        """Return the luma at another size as float32, in steps of eight bits."""
        cv2 = opencv()
        rows, columns = shape
        if luma.shape[0] > 2 * rows and luma.shape[1] > 2 * columns:  # averaging all of a large frame takes too long
            luma = cv2.resize(luma, (2 * columns, 2 * rows), interpolation=cv2.INTER_LINEAR)
        smooth = cv2.INTER_AREA if luma.shape[0] >= rows else cv2.INTER_LINEAR
        small = np.asarray(cv2.resize(luma, (columns, rows), interpolation=smooth), np.float32)
        return small / np.float32(self._step)

    def _pattern(self, number: int) -> NDArray[np.float32]:
        return pattern(self._carriers, self._content_id, *self._shape, number)

    def _difference(
        self,
        plain: NDArray[np.float32],
        mask: tuple[NDArray[np.float32], NDArray[np.float32]],
        psnr: float,
        allowed: float = 1.0,
    ) -> NDArray[np.float32]:
        """Return the difference that marks a frame, in steps of eight bits: at a quality, within what may show."""
        wanted, limit = mask
        limit = limit * np.float32(self._louder * allowed)
        goal = max(255.0**2 / 10 ** (psnr / 10) - _ROUNDING / self._step**2, 0.01)
        difference, amplitude = plain * wanted, 1.0
        for _ in range(_PASSES):
            power = float(np.einsum("ij,ij->", difference, difference)) / difference.size
            amplitude *= math.sqrt(goal / max(power * kept_by_enlarging(difference, self._size), 1e-9))
            difference = plain * np.minimum(np.float32(amplitude) * wanted, limit)
        return self._fitting(difference)

    def _fitting(self, difference: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a difference no larger than the frame: what is added is interpolated only to enlarge."""
        height, width = self._size
        if height >= difference.shape[0] and width >= difference.shape[1]:
            return difference
        return np.asarray(opencv().resize(difference, (width, height), interpolation=opencv().INTER_AREA))

    def _add(self, luma: NDArray[Any], difference: NDArray[np.float32]) -> None:
        height, width = luma.shape
        rows, columns = taps(difference.shape[0], height, False), taps(difference.shape[1], width, False)
        engine().add_difference(luma, difference, *rows, *columns, 256 * self._step - 1)

    def _survives(self, luma: NDArray[Any], mask: tuple[NDArray[np.float32], NDArray[np.float32]]) -> Survival:
        """Return how a copy of the frame survives compression that was marked at the quality that is looked at."""
        height, width = self._size
        factor = min(1.0, _LEVEL_LINES / min(height, width))
        copy = self._reduced(luma, (max(1, round(height * factor)), max(1, round(width * factor))))
        difference = self._difference(self._pattern(0), mask, LOOKED_AT_PSNR)
        change = opencv().resize(difference, copy.shape[::-1], interpolation=opencv().INTER_LINEAR)
        marked = np.clip(copy + change + np.float32(0.5), 0, 255).astype(np.uint8)
        return surviving(marked, min(self._size), self._shape, self._carriers, self._coded)

    def _note(self, seconds: float, marked: bool) -> None:
        """Note whether a frame was marked."""
        same = self._number == self._clock.number and self._stretches and self._stretches[-1].marked == marked
        start = self._stretches[-1].start if same else seconds
        self._stretches[-1 if same else len(self._stretches) :] = [Stretch(start, seconds, marked)]
        self._number = self._clock.number


def _room(lines: int) -> float:
    """Return how strong the mark may be in frames of a short side, as a factor on its amplitude."""
    if lines < _SMALL:
        return min(_SMALL / lines, _MOST_ROOM)
    return max(min(_LARGE / lines, 1.0), _LEAST_ROOM)

"""Stretches: how long the pattern stands still. It changes where the scene does, or softly after a while."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SceneCuts", "StretchClock"]

_LONGEST = 10.0  # seconds: encoders set a key frame about as often, after which a new pattern costs nothing
_FADE = 0.5  # seconds from one pattern to the next within a scene
_CUT_LEVEL, _CUT_RATIO = 14.0, 3.0  # mean change of a frame, and by how much it exceeds the usual one
_USUAL = 0.8  # part of the usual change that stays from frame to frame


class SceneCuts:
    """Tells where a new scene begins, and how much a scene moves.

    Attributes
    ----------
    motion
        Mean change from frame to frame within the scene so far, the latest most; zero at its beginning.
    """

    def __init__(self) -> None:
        self.motion = 0.0
        self._before: NDArray[np.float32] | None = None
        self._usual = 0.0

    def is_cut(self, small: NDArray[np.float32]) -> bool:
        """Return whether a frame, reduced to a few thousand pixels or more, has little to do with the one before."""
        before, self._before = self._before, small
        if before is None:
            return True
        change = float(np.abs(small - before).mean())
        cut = change > max(_CUT_LEVEL, _CUT_RATIO * self._usual)
        self._usual = change if cut else _USUAL * self._usual + (1 - _USUAL) * change
        self.motion = 0.0 if cut else _USUAL * self.motion + (1 - _USUAL) * change
        return cut


class StretchClock:
    """Numbers the stretches, and says how much of which pattern a frame shows."""

    def __init__(self) -> None:
        self._number = -1
        self._begin = 0.0
        self._faded = True

    @property
    def number(self) -> int:
        """Of the stretch of the last frame."""
        return self._number

    def shares(self, seconds: float, cut: bool) -> tuple[tuple[int, float], ...]:
        """Return the stretches whose pattern a frame shows, each with its amplitude; the squares add up to one.

        Parameters
        ----------
        seconds
            When the frame is shown.
        cut
            Whether a scene begins with it.
        """
        if cut or seconds < self._begin:
            self._next(seconds, faded=False)
        elif seconds - self._begin >= _LONGEST:
            self._next(seconds, faded=True)
        part = (seconds - self._begin) / _FADE
        if not self._faded or part >= 1:
            return ((self._number, 1.0),)
        angle = part * math.pi / 2
        return ((self._number - 1, math.cos(angle)), (self._number, math.sin(angle)))

    def _next(self, seconds: float, *, faded: bool) -> None:
        self._number += 1
        self._begin, self._faded = seconds, faded

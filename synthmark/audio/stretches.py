"""Looking at long sound in stretches that overlap, and putting together what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from synthmark.audio.layout import RATE
from synthmark.audio.resampling import resampler_between
from synthmark.audio.samples import Pending, as_sound, check_rate, mixed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

__all__ = ["Haul", "Heard", "Stretches", "peak"]

_What = TypeVar("_What")
_PORTION = 2 * RATE  # what is converted at a time: little sound in its own form is held
_FAINT = 0.01
"""What is softer than this share of a label counts as silence beside it."""


def peak(work: NDArray[np.float32]) -> float:
    """Return the largest amplitude, 0 for no samples."""
    return float(np.abs(work).max(initial=0.0))


class Stretches:
    """Gives sound that arrives piece by piece back in mono stretches of 16 kHz that overlap.

    Parameters
    ----------
    sample_rate
        Hertz, 8000 to 192000.
    size, overlap
        Samples at the working rate.

    Raises
    ------
    InputError
        When the sample rate has a wrong type or range.
    """

    def __init__(self, sample_rate: float, size: int, overlap: int) -> None:
        self._down = resampler_between(check_rate(sample_rate), RATE)
        self._size, self._overlap = size, overlap
        self._pending = Pending()  # as it came, as far as it is not yet converted
        self._work = np.zeros(0, np.float32)  # converted, from sample _first on
        self._parts: list[NDArray[np.float32]] = []  # converted after that
        self._first = 0
        self._converted = 0

    def push(self, chunk: NDArray[np.generic]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Take the next samples, and yield the number of the first sample and the samples of whole stretches."""
        self._pending.add(as_sound(chunk))
        while self._pending.end >= self._down.inputs_for(self._converted, self._converted + _PORTION)[1]:
            self._convert(self._converted + _PORTION)
            if self._converted >= self._first + self._size:
                yield self._taken()

    def finish(self) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield the rest."""
        if self._pending.sound() is None:
            return
        count = int(self._pending.end * self._down.ratio)
        self._convert(count)
        while self._first == 0 or self._first < count - self._overlap:
            yield self._taken()

    def _convert(self, last: int) -> None:
        sound = self._pending.sound()
        assert sound is not None
        self._parts.append(mixed(sound, self._pending.start, self._down, self._converted, last))
        self._converted = last
        self._pending.drop_before(self._down.inputs_for(last, last)[0])

    def _taken(self) -> tuple[int, NDArray[np.float32]]:
        """Return the next stretch, and keep what the one after it shares with it."""
        work = np.concatenate([self._work, *self._parts])
        advance = self._size - self._overlap
        first, self._first = self._first, self._first + advance
        self._work, self._parts = work[advance:].copy(), []
        return first, work[: self._size]


@dataclass(slots=True)
class Heard(Generic[_What]):
    """A label in a stretch: start and end in seconds, its largest amplitude, and those before and after it."""

    what: _What
    start: float
    end: float
    loudest: float
    before: float
    after: float

    def is_apart_from(self, other: Heard[_What]) -> bool:
        """Return whether it does not overlap with another one."""
        return self.end <= other.start or self.start >= other.end

    def position(self) -> str:
        """Return "start" when nothing is heard before it, "end" when nothing is heard after it, else "middle"."""
        faint = _FAINT * self.loudest
        return "start" if self.before <= faint else "end" if self.after <= faint else "middle"


class Haul(Generic[_What]):
    """The labels of all stretches, each once.

    Parameters
    ----------
    overlap
        Samples that a stretch shares with the one before.
    """

    def __init__(self, overlap: int) -> None:
        self._overlap = overlap
        self._passed = 0.0  # the largest amplitude in the stretches before
        self._items: list[Heard[_What]] = []

    def add(self, work: NDArray[np.float32], found: Iterable[Heard[_What]]) -> None:
        """Take the labels of the next stretch."""
        fresh = peak(work[self._overlap :])
        for earlier in self._items:
            earlier.after = max(earlier.after, fresh)
        for item in found:
            item.before = max(item.before, self._passed)
            if all(map(item.is_apart_from, self._items)):
                self._items.append(item)
        self._passed = max(self._passed, peak(work[: -self._overlap]))

    def placed(self) -> list[tuple[Heard[_What], str]]:
        """Return the labels in the order of time, each with its position."""
        return [(item, item.position()) for item in sorted(self._items, key=lambda item: item.start)]

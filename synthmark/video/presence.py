"""Where a mark that was read is present: each chunk is compared with the whole message."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from synthmark.video.pattern import SHIFTS
from synthmark.video.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from synthmark.image.carriers import Carriers
    from synthmark.video.pictures import Chunk
    from synthmark.video.search import Found

__all__ = ["Template", "merged"]

_PRESENT = 5.5  # standard deviations of no mark; four shifts are compared in each chunk
_CONTINUED = 3.2  # the same beside a chunk in which the mark is present, at its shift alone
_BRIDGED = 0.6  # seconds without the mark that do not end a span


class Template:
    """The mark of one content id where it was found.

    Parameters
    ----------
    found
        What was read, and where.
    carriers
        Of the key.
    """

    def __init__(self, found: Found, carriers: Carriers) -> None:
        self._frame = found.frame
        spectrum = np.fft.fft2(carriers.tile(found.content_id).astype(np.float64))
        spectrum[np.abs(carriers.pilot) > 0] = 0  # the pilot is the same whatever the content id
        self._tile: NDArray[np.complex128] = spectrum / math.sqrt(float(np.sum(np.abs(spectrum) ** 2)))

    def presence(self, chunks: Sequence[Chunk]) -> list[bool]:
        """Return in which of some chunks in a row the mark is present, whatever the shifts of their stretches."""
        scores = np.array([self.scores(chunk) for chunk in chunks])
        present, states = scores.max(axis=1) >= _PRESENT, scores.argmax(axis=1)
        places = range(len(chunks))
        for beside, place in (*pairwise(places), *pairwise(reversed(places))):
            if present[beside] and not present[place] and scores[place, states[beside]] >= _CONTINUED:
                present[place], states[place] = True, states[beside]
        return [bool(each) for each in present]

    def scores(self, chunk: Chunk) -> list[float]:
        """Return the correlation with the mark for each shift, in standard deviations of no mark."""
        scores = []
        for state in range(len(SHIFTS)):
            stack = Stack([chunk.picture], [state])
            spectrum = stack.spectrum(0, self._frame, stack.window(self._frame))
            scores.append(float(np.sum((spectrum * self._tile.conj()).real)))
        return scores


def merged(spans: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return spans in ascending order, joined where little lies between them, to a hundredth of a second."""
    joined: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if joined and start - joined[-1][1] < _BRIDGED:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple((round(start, 2), round(end, 2)) for start, end in joined)


def runs(chunks: Sequence[Chunk], absent: Sequence[bool]) -> list[list[Chunk]]:
    """Return the longest sequences of chunks that are absent."""
    found: list[list[Chunk]] = [[]]
    for chunk, missing in zip(chunks, absent, strict=True):
        if missing:
            found[-1].append(chunk)
        elif found[-1]:
            found.append([])
    return [run for run in found if run]

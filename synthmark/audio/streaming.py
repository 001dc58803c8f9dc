"""Marking sound as it arrives: the one engine behind `embed` and live synthesis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from synthmark import keys
from synthmark.audio.gains import BLOCK_ROWS, CONTEXT, GainControl, change
from synthmark.audio.lapped import analyse
from synthmark.audio.layout import HOP, RATE, layout_for
from synthmark.audio.mixing import SILENT_RUN, add_change
from synthmark.audio.resampling import resampler_between
from synthmark.audio.samples import Sound, as_sound, check_rate, check_strength, joined, mix_weights
from synthmark.errors import InputError
from synthmark.payload import check_content_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["StreamEmbedder"]

_BLOCK = BLOCK_ROWS * 2 * HOP


class StreamEmbedder:
    """Marks sound piece by piece; the pieces together equal `audio.embed` of the whole, sample by sample.

    Unlike `audio.embed` it cannot refuse: sound too short or too silent to carry a mark passes unmarked.

    Parameters
    ----------
    sample_rate
        Hertz, 8000 to 192000.
    content_id
        The 64-bit content id.
    key
        16 to 1024 bytes, or None for the published default key.
    strength
        Factor on the usual strength, 0.25 to 4: on the margin that each coded bit gets, and on the largest change
        of a cell. Above 1 the mark may become audible.

    Raises
    ------
    InputError
        When an argument has a wrong type or range.
    """

    def __init__(
        self, sample_rate: float, content_id: int, key: bytes | None = None, *, strength: float = 1.0
    ) -> None:
        rate = check_rate(sample_rate)
        self._down = resampler_between(rate, RATE)
        self._up = resampler_between(RATE, rate)
        self._control = GainControl(
            layout_for(keys.key_bytes(key)), check_content_id(content_id), check_strength(strength)
        )
        self._rate = rate
        self._block = 0
        self._pending: Sound | None = None  # samples from number _start on
        self._start = 0
        self._received = 0
        self._sent = 0
        self._finished = False
        self._delta = np.zeros((0, 0), np.float32)  # (channels, work samples of the last block with context)

    @property
    def latency(self) -> float:
        """The longest time in seconds between a sample's arrival and its return (about 2.7)."""
        return (_BLOCK + CONTEXT + 2 * HOP) / RATE + (self._down.reach + 1) / self._rate

    def push(self, chunk: NDArray[np.generic]) -> NDArray[np.generic]:
        """Take the next samples and return those that are ready, in the same dtype.

        Parameters
        ----------
        chunk
            (n,) or (n, channels), any n; the dtype and the number of channels of the first chunk stay.

        Raises
        ------
        InputError
            When the form changes, a sample is no finite number, or `finish` was called before.
        """
        if self._finished:
            raise InputError("The stream is finished; make a new StreamEmbedder for more sound.")
        sound = as_sound(chunk)
        pending = sound if self._pending is None else joined(self._pending, sound)
        self._pending = pending
        self._received += len(sound)
        ready = [pending.samples[:0]]
        while self._received >= self._needed():
            ready.append(self._next_block(self._sendable()))
        return pending.restored(np.concatenate(ready))

    def finish(self) -> NDArray[np.generic]:
        """Return the rest; the embedder takes no samples after this."""
        self._finished = True
        if self._pending is None:
            return np.zeros(0, np.float32)
        ready = [self._pending.samples[:0]]
        while self._sent < self._received:
            ready.append(self._next_block(min(self._sendable(), self._received)))
        return self._pending.restored(np.concatenate(ready))

    def _needed(self) -> int:
        """Return how many samples must have arrived before the next block can be decided."""
        work = _BLOCK * (self._block + 1) + CONTEXT
        return math.ceil(work / self._down.ratio) + self._down.reach + SILENT_RUN

    def _sendable(self) -> int:
        """Return how many samples have a final change once the next block is decided."""
        return math.floor((_BLOCK * (self._block + 1) - HOP - self._up.reach) * self._up.ratio)

    def _next_block(self, last: int) -> NDArray[np.generic]:
        """Decide one block; return the samples up to number `last`."""
        begin = _BLOCK * self._block - HOP - CONTEXT
        self._mark(begin, begin + _BLOCK + HOP + 2 * CONTEXT)
        first, self._sent = self._sent, last
        self._block += 1
        out = self._changed(first, last, begin)
        self._forget(begin + _BLOCK)
        return out

    def _mark(self, begin: int, end: int) -> None:
        """Extend the change at the working rate over the block that lies between `begin` and `end`."""
        assert self._pending is not None
        work = self._at_work_rate(self._pending, begin, end)
        delta = np.zeros_like(work)
        if self._block > 0:
            delta[:, : HOP + 2 * CONTEXT] = self._delta[:, _BLOCK:]
        weights = mix_weights(work)
        gains = self._control.decide(weights @ work, weights @ (work + delta))
        for channel, host in enumerate(work):
            added = change(analyse(host[CONTEXT:-CONTEXT]), gains)
            delta[channel, CONTEXT : CONTEXT + len(added)] += added
        self._delta = delta

    def _at_work_rate(self, pending: Sound, begin: int, end: int) -> NDArray[np.float32]:
        low, high = self._down.inputs_for(begin, end)
        offset = max(low - self._start, 0)
        part = pending.scaled(offset, max(high - self._start, 0))
        start = self._start + offset
        return np.stack([self._down.convert(c, start, begin, end) for c in np.ascontiguousarray(part.T)])

    def _changed(self, first: int, last: int, begin: int) -> NDArray[np.generic]:
        """Return the samples `first` to `last` with the change added."""
        assert self._pending is not None
        delta = np.stack([self._up.convert(d, begin, first, last) for d in self._delta], axis=1)
        low = max(first - SILENT_RUN, self._start)
        near = self._pending.samples[low - self._start : last + SILENT_RUN - self._start]
        return add_change(near, delta, self._pending.peak, first - low, last - low)

    def _forget(self, begin: int) -> None:
        """Drop the samples that neither the next block nor its output needs."""
        assert self._pending is not None
        needed = min(self._down.inputs_for(begin, begin)[0], self._sent - SILENT_RUN)
        drop = min(max(needed - self._start, 0), len(self._pending))
        self._pending = self._pending.part(drop, len(self._pending))
        self._start += drop

"""Conversion between a file's sample rate and the working rate, a few matrix products per stretch of sound."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from synthmark.audio.layout import RATE

__all__ = ["Resampler", "resampler_between"]

Samples = NDArray[np.float32]

_PERIOD = 256  # at least so many input samples per row of the product
_OUTPUTS = 32  # computed together: fewer waste less on zeros, more make better use of the processor
_STOP_DECIBELS = 60.0
_USED_BAND = 4500.0  # hertz; the mark lies below


@dataclass(frozen=True, eq=False)
class Resampler:
    """A polyphase low-pass written as a matrix: `advance` inputs give `len(kernel[0])` outputs.

    Attributes
    ----------
    reach
        Input samples needed on either side of an output.
    advance
        Input samples per period.
    kernel
        float32, (advance + 2 * reach, outputs per period).
    """

    reach: int
    advance: int
    kernel: Samples

    @property
    def ratio(self) -> Fraction:
        """Output samples per input sample."""
        return Fraction(self.kernel.shape[1], self.advance)

    def inputs_for(self, first: int, last: int) -> tuple[int, int]:
        """Return the range of inputs that the outputs `first` to `last` depend on."""
        start, stop = self._periods(first, last)
        return start * self.advance - self.reach, stop * self.advance + self.reach

    def _periods(self, first: int, last: int) -> tuple[int, int]:
        per = self.kernel.shape[1]
        return first // per, -(-last // per)

    def convert(self, samples: Samples, start: int, first: int, last: int) -> Samples:
        """Return the outputs `first` to `last` (exclusive) of a signal, of which a stretch is given.

        Parameters
        ----------
        samples
            float32, (n,): the inputs from number `start` on. What lies outside counts as zero.
        """
        if last <= first:
            return np.zeros(0, np.float32)
        low, high = self.inputs_for(first, last)
        rows = (high - low - 2 * self.reach) // self.advance
        window = _padded(samples, low - start, high - start)
        out = np.empty((rows, self.kernel.shape[1]), np.float32)
        view = np.lib.stride_tricks.sliding_window_view(window, self.kernel.shape[0])[:: self.advance][:rows]
        for into, inputs, matrix in self._bands:
            np.matmul(view[:, inputs], matrix, out=out[:, into])
        skipped = self._periods(first, last)[0] * self.kernel.shape[1]
        return out.ravel()[first - skipped : last - skipped]

    @functools.cached_property
    def _bands(self) -> list[tuple[slice, slice, Samples]]:
        """The kernel cut into pieces of some outputs and the inputs they depend on: most of it is zeros."""
        found = []
        for first in range(0, self.kernel.shape[1], _OUTPUTS):
            into = slice(first, min(first + _OUTPUTS, self.kernel.shape[1]))
            used = np.flatnonzero(self.kernel[:, into].any(axis=1))
            inputs = slice(int(used[0]), int(used[-1]) + 1)
            found.append((into, inputs, np.ascontiguousarray(self.kernel[inputs, into])))
        return found


def _padded(samples: Samples, low: int, high: int) -> Samples:
    """Return samples[low:high], zeros where that reaches beyond the array."""
    inside = samples[max(low, 0) : max(high, 0)]
    before = min(max(-low, 0), high - low)
    return np.pad(inside, (before, high - low - before - len(inside)))


def _low_pass(time: NDArray[np.float64], cutoff: float, half_width: float) -> NDArray[np.float64]:
    """Sinc with a Kaiser window, at times in seconds."""
    beta = 0.1102 * (_STOP_DECIBELS - 8.7)
    inside = np.clip(1 - (time / half_width) ** 2, 0, None)
    taper = np.where(inside > 0, np.i0(beta * np.sqrt(inside)) / np.i0(beta), 0.0)
    return 2 * cutoff * np.sinc(2 * cutoff * time) * taper


@functools.lru_cache(maxsize=8)
def resampler_between(rate_in: float, rate_out: float) -> Resampler:
    """Design the conversion from one rate to another; one of the two is the working rate, 16 kHz.

    Only the range below 4.5 kHz has to be right, so the transition band is wide and the filter short. Rates are
    taken as a ratio of integers up to 1000; the same ratio serves both directions, so nothing drifts.

    J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", ISCAS 1974.
    """
    native = rate_in if rate_out == RATE else rate_out
    ratio = Fraction(RATE / native).limit_denominator(1000)
    ratio = ratio if rate_out == RATE else 1 / ratio
    repeats = math.ceil(_PERIOD / ratio.denominator)
    advance, outputs = ratio.denominator * repeats, ratio.numerator * repeats
    cutoff = min(RATE, native) / 2
    width = max(2 * (cutoff - _USED_BAND), 0.2 * cutoff)
    half_width = (_STOP_DECIBELS - 8) / (2.285 * 2 * np.pi * width) / 2
    reach = math.ceil(half_width * rate_in) + 1
    inputs = np.arange(-reach, advance + reach)[:, None] / rate_in
    times = np.arange(outputs)[None, :] * (advance / outputs) / rate_in
    kernel = _low_pass(times - inputs, cutoff, half_width) / rate_in
    return Resampler(reach, advance, kernel.astype(np.float32))

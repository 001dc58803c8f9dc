"""Finding the bundled spoken prompts in sound, by the likeness of spectra over time."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from synthmark.audio.audible import bundled_voice
from synthmark.audio.layout import RATE
from synthmark.audio.prompts import PROMPT_TEXTS
from synthmark.audio.stretches import Haul, Heard, Stretches, peak

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Levels = NDArray[np.float64]

__all__ = ["LEAST_LIKENESS", "PromptFinder", "SpokenPrompt", "find_prompts"]

LEAST_LIKENESS = 0.5
"""Between what other sound reaches and what the prompts keep, see docs/audio-watermark.md."""

_HOP = 160  # 10 ms
_FRAME = 512
_EDGES = np.unique(np.round(np.geomspace(200, 4000, 29) * _FRAME / RATE).astype(int))
_RANGE = 35.0  # decibels below the loudest moment nearby; what is softer is noise
_REACH = 100
_SIZE = 60 * RATE
_OVERLAP = 8 * RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenPrompt:
    """One bundled prompt found in sound.

    Attributes
    ----------
    start, end
        Seconds.
    language
        "zh" or "en".
    likeness
        Correlation of the levels in 28 bands over time with those of the prompt, at most 1.
    position
        As in `synthmark.audio.RhythmCue`.
    """

    start: float
    end: float
    language: str
    likeness: float
    position: str


def _levels(work: NDArray[np.float32]) -> Levels:
    """Return the levels of the bands in decibels every 10 ms: (frames, bands)."""
    padded = np.pad(work, (_FRAME // 2, _FRAME))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP]
    spectrum = np.fft.rfft(frames * np.hanning(_FRAME).astype(np.float32), axis=1)
    power = np.cumsum(spectrum.real.astype(np.float64) ** 2 + spectrum.imag**2, axis=1)
    decibels = 10 * np.log10(np.maximum(np.diff(power[:, _EDGES], axis=1), 1e-9))
    return np.asarray(np.maximum(decibels, _nearby_top(decibels.max(axis=1))[:, None] - _RANGE), np.float64)


def _nearby_top(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest value within one to two seconds on either side."""
    blocks = -(-len(values) // _REACH)
    top = np.pad(values, (0, blocks * _REACH - len(values)), mode="edge").reshape(blocks, _REACH).max(axis=1)
    wide = np.pad(top, 1, mode="edge")
    nearby = np.maximum(np.maximum(wide[:-2], wide[1:-1]), wide[2:])
    return np.asarray(np.repeat(nearby, _REACH)[: len(values)], np.float64)


@functools.cache
def _template(language: str) -> Levels:
    """Return the levels of a prompt, without the mean of each band, and with a norm of 1."""
    levels = _levels(bundled_voice(language, RATE).astype(np.float32))
    centred = levels - levels.mean(axis=0)
    return np.asarray(centred / np.sqrt((centred**2).sum()), np.float64)


def _likenesses(levels: Levels, template: Levels) -> NDArray[np.float64]:
    """Return the normalised correlation with a template at every start: (starts,)."""
    size, count = len(template), len(levels) - len(template) + 1
    if count <= 0:
        return np.zeros(0)
    length = 1 << (len(levels) + size).bit_length()
    spectrum = np.fft.rfft(levels, length, axis=0) * np.fft.rfft(template, length, axis=0).conj()
    match = np.fft.irfft(spectrum.sum(axis=1), length)[:count]
    sums, squares = (_windowed(values, size) for values in (levels, levels**2))
    spread = np.sqrt(np.maximum((squares - sums**2 / size).sum(axis=1), 1e-9))
    return np.asarray(match / spread, np.float64)


def _windowed(values: Levels, size: int) -> Levels:
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    return np.asarray(total[size:] - total[:-size], np.float64)


def likeness_of(work: NDArray[np.float32], language: str) -> NDArray[np.float64]:
    """Return how much mono sound at 16 kHz is like a prompt that starts at every 10 ms: (starts,)."""
    return _likenesses(_levels(work), _template(language))


def _found_in(work: NDArray[np.float32], begin: float) -> list[Heard[SpokenPrompt]]:
    """Return the prompts in a stretch that begins `begin` seconds into the sound."""
    levels = _levels(work)
    found: list[Heard[SpokenPrompt]] = []
    for language in PROMPT_TEXTS:
        template = _template(language)
        likeness = _likenesses(levels, template)
        while len(likeness) and (best := float(likeness.max())) >= LEAST_LIKENESS:
            place = int(likeness.argmax())
            found.append(_heard(work, begin, (place, len(template)), language, best))
            likeness[max(place - len(template), 0) : place + len(template)] = 0
    return found


def _heard(
    work: NDArray[np.float32], begin: float, frames: tuple[int, int], language: str, likeness: float
) -> Heard[SpokenPrompt]:
    first, last = frames[0] * _HOP, sum(frames) * _HOP - _FRAME
    prompt = SpokenPrompt(
        start=round(begin + first / RATE, 2),
        end=round(begin + last / RATE, 2),
        language=language,
        likeness=round(likeness, 3),
        position="middle",
    )
    beside = round(0.1 * RATE)
    before, after = peak(work[: max(first - beside, 0)]), peak(work[last + beside :])
    return Heard(prompt, prompt.start, prompt.end, peak(work[first:last]), before, after)


class PromptFinder:
    """Finds the bundled prompts in sound that arrives piece by piece.

    Parameters
    ----------
    sample_rate
        Hertz, 8000 to 192000.

    Raises
    ------
    InputError
        When it has a wrong type or range.
    """

    def __init__(self, sample_rate: float) -> None:
        self._stretches = Stretches(sample_rate, _SIZE, _OVERLAP)
        self._haul: Haul[SpokenPrompt] = Haul(_OVERLAP)

    def push(self, chunk: NDArray[np.generic]) -> None:
        """Take the next samples: (n,) or (n, channels), always of the same dtype and number of channels."""
        self._look(self._stretches.push(chunk))

    def finish(self) -> tuple[SpokenPrompt, ...]:
        """Look at the rest and return what was found in all, in the order of time."""
        self._look(self._stretches.finish())
        return tuple(replace(item.what, position=position) for item, position in self._haul.placed())

    def _look(self, stretches: Iterable[tuple[int, NDArray[np.float32]]]) -> None:
        for first, work in stretches:
            self._haul.add(work, _found_in(work, first / RATE))


def find_prompts(samples: NDArray[np.generic], sample_rate: float) -> tuple[SpokenPrompt, ...]:
    """Find every bundled spoken prompt in sound, at its own speed.

    Parameters
    ----------
    samples
        int16, int32, float32 or float64, shape (n,) or (n, channels).
    sample_rate
        Hertz, 8000 to 192000.

    Raises
    ------
    InputError
        When an argument has a wrong type, shape or range, or a sample is no finite number.
    """
    finder = PromptFinder(sample_rate)
    finder.push(samples)
    return finder.finish()

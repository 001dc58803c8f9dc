"""Finding the rhythm cue in sound: a tone that comes and goes as "short-long short-short"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from synthmark.audio.cue import CUE_UNITS, PATTERN
from synthmark.audio.engine import engine
from synthmark.audio.layout import RATE
from synthmark.audio.stretches import Haul, Heard, Stretches, peak

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["CueFinder", "RhythmCue", "find_cues"]

_HOP = 160  # 10 ms
_FRAME = 512
_PAD_FRAMES = 25  # more than the longest unit: the silence that has to surround a cue
_BINS = slice(10, 97)  # 312 to 3000 Hz
_UNITS = tuple(round(0.06 * 1.05**i, 4) for i in range(26))  # 60 to 203 ms
_LEAST_LIKENESS = 0.8
_LEAST_SHARE = 0.5
_LEAST_CONTRAST = 10.0  # decibels between sound and silence of the cue
_RANGE = 25.0
_SIZE = 60 * RATE
_OVERLAP = 3 * RATE


_Candidate = tuple[float, float, int, int]
"""Likeness, unit in seconds, first frame (one unit before the cue), band."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RhythmCue:
    """One rhythm cue found in sound.

    Attributes
    ----------
    start, end
        Seconds.
    unit
        Length of the short sound in seconds.
    hertz
        Pitch.
    likeness
        Correlation of the tone's level with the pattern, at most 1.
    level
        Its power in decibels against full scale, in its sounds.
    position
        "start" when nothing louder than a hundredth of the cue comes before it, "end" when nothing such comes after
        it, else "middle".
    """

    start: float
    end: float
    unit: float
    hertz: float
    likeness: float
    level: float
    position: str


def _powers(work: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the power of the frequency bins every 10 ms, silence put before and after: (frames, 257)."""
    padded = np.pad(work, (_FRAME // 2 + _PAD_FRAMES * _HOP, _FRAME + _PAD_FRAMES * _HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP]
    spectrum = np.fft.rfft(frames * np.hanning(_FRAME).astype(np.float32), axis=1)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, np.float32)


def _pattern(unit: float) -> tuple[NDArray[np.intp], int]:
    """Return first and last frame + 1 of each sound, and the number of frames; one unit of silence on either side."""
    size = round((CUE_UNITS + 2) * unit * RATE / _HOP)
    index = np.minimum((np.arange(size) * _HOP / RATE / unit).astype(int), CUE_UNITS + 1)
    sounding = np.array([0, *PATTERN, 0])[index]
    return np.flatnonzero(np.diff(sounding)).reshape(-1, 2) + 1, size


def _running_sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])


def _tone_levels(powers: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return each band's level in decibels, limited to the 25 dB below its own loudest second or so."""
    tones = powers[:, _BINS].astype(np.float64) + 1e-9
    decibels = 10 * np.log10(tones)
    top = _running_top(decibels, 100)
    return np.asarray(np.maximum(decibels, top - _RANGE), np.float64)


def _running_top(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Return the largest value within about `reach` frames on either side, in steps of `reach` frames."""
    blocks = -(-len(values) // reach)
    padded = np.pad(values, ((0, blocks * reach - len(values)), (0, 0)), mode="edge")
    top = padded.reshape(blocks, reach, -1).max(axis=1)
    wide = np.pad(top, ((1, 1), (0, 0)), mode="edge")
    nearby = np.maximum(np.maximum(wide[:-2], wide[1:-1]), wide[2:])
    return np.asarray(np.repeat(nearby, reach, axis=0)[: len(values)], np.float64)


def _sounding(unit: float, start: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the frames in the middle of the sounds and of the silences of a cue that starts at a frame."""
    places = start + (np.arange(CUE_UNITS) + 1.5) * unit * RATE / _HOP
    frames = np.rint(places).astype(np.intp)
    on = np.array(PATTERN, bool)
    return frames[on], frames[~on]


def _is_tone(powers: NDArray[np.float32], candidate: _Candidate) -> bool:
    """Return whether a single tone dominates the sounds of a candidate and is gone in its silences."""
    _, unit, start, band = candidate
    on, off = _sounding(unit, start)
    centre = band + _BINS.start
    near = powers[:, centre - 2 : centre + 3].sum(axis=1)
    share = near[on] / (powers[on, 6:].sum(axis=1) + 1e-9)
    contrast = 10 * np.log10((near[on].min() + 1e-9) / (near[off].max() + 1e-9))
    return bool(np.median(share) >= _LEAST_SHARE and contrast >= _LEAST_CONTRAST)


def _found_in(work: NDArray[np.float32], begin: float) -> list[Heard[RhythmCue]]:
    """Return the cues in a stretch that begins `begin` seconds into the sound."""
    powers = _powers(work)
    levels = _tone_levels(powers)
    sums = _running_sums(levels), _running_sums(levels**2)
    candidates: list[_Candidate] = []
    for unit in _UNITS:
        likeness, band = engine().rhythm_likeness(*sums, *_pattern(unit))
        starts = np.flatnonzero(likeness >= _LEAST_LIKENESS)
        candidates += [(float(likeness[start]), unit, int(start), int(band[start])) for start in starts]
    cues: list[Heard[RhythmCue]] = []
    for candidate in sorted(candidates, reverse=True):
        found = _cue(work, candidate, begin)
        if all(map(found.is_apart_from, cues)) and _is_tone(powers, candidate):
            cues.append(found)
    return cues


def _cue(work: NDArray[np.float32], found: _Candidate, begin: float) -> Heard[RhythmCue]:
    likeness, unit, start, band = found
    first = (start - _PAD_FRAMES) * _HOP / RATE + unit
    last = first + CUE_UNITS * unit
    inside, outside_first, outside_last = (round(t * RATE) for t in (first, first - unit, last + unit))
    cue = RhythmCue(
        start=max(round(begin + first, 2), 0.0),
        end=round(begin + last, 2),
        unit=unit,
        hertz=round((band + _BINS.start) * RATE / _FRAME, 0),
        likeness=round(likeness, 3),
        level=_level(work, first, unit),
        position="middle",
    )
    loudest = peak(work[max(inside, 0) : round(last * RATE)])
    return Heard(cue, cue.start, cue.end, loudest, peak(work[: max(outside_first, 0)]), peak(work[outside_last:]))


def _level(work: NDArray[np.float32], first: float, unit: float) -> float:
    """Return the mean power of the sounds of a cue in decibels."""
    places = first + (np.flatnonzero(PATTERN)[:, None] + np.linspace(0.2, 0.8, 64)) * unit
    samples = work[np.clip((places * RATE).astype(np.intp), 0, len(work) - 1)].astype(np.float64)
    return round(10 * float(np.log10(np.mean(samples**2) + 1e-12)), 1)


class CueFinder:
    """Finds the rhythm cues in sound that arrives piece by piece; the answer equals that of `find_cues`.

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
        self._haul: Haul[RhythmCue] = Haul(_OVERLAP)

    def push(self, chunk: NDArray[np.generic]) -> None:
        """Take the next samples: (n,) or (n, channels), always of the same dtype and number of channels."""
        self._look(self._stretches.push(chunk))

    def finish(self) -> tuple[RhythmCue, ...]:
        """Look at the rest and return what was found in all, in the order of time."""
        self._look(self._stretches.finish())
        found = self._haul.placed()
        return tuple(replace(item.what, position=position) for item, position in found)

    def _look(self, stretches: Iterable[tuple[int, NDArray[np.float32]]]) -> None:
        for first, work in stretches:
            self._haul.add(work, _found_in(work, first / RATE))


def find_cues(samples: NDArray[np.generic], sample_rate: float) -> tuple[RhythmCue, ...]:
    """Find every rhythm cue in sound, also those made by other software.

    A cue is one steady tone between 0.3 and 3 kHz that sounds "short-long short-short" with a unit of 60 to 200 ms,
    dominates while it sounds and falls by 10 dB in between.

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
    finder = CueFinder(sample_rate)
    finder.push(samples)
    return finder.finish()

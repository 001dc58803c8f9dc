"""Looking for the mark in sound: first as it was made, then at other speeds, tempos and pitches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synthmark import keys
from synthmark.audio.detection import AudioDetection, AudioMark, Span
from synthmark.audio.layout import CODED_BITS, RATE, WORD_CHANCE, Layout, layout_for
from synthmark.audio.listening import STEP_SECONDS, TILE_STEPS, Alignment, Listening, Window
from synthmark.audio.resampling import Resampler, resampler_between
from synthmark.audio.samples import Sound, as_sound, check_rate
from synthmark.audio.spans import spans_of
from synthmark.payload import FORMAT_VERSION, FRAME_BITS, frame_bits

__all__ = ["FALSE_ALARM_LIMIT", "extract", "readable"]

FALSE_ALARM_LIMIT = 1e-8
"""Nothing is reported whose bound on the false-alarm probability is above this."""

_BLOCK_TILES = 64
_OVERLAP_TILES = 4
_WINDOWS = (8, 4)
_SEARCH_TILES = 6
_CANDIDATES = 6
_STRETCHES = tuple(round(1 + 0.004 * i, 3) for i in range(-30, 33) if i)
_PITCH_STEP = 0.008
_LONGEST_GAP = 2.0


@dataclass
class _Search:
    """One file's search: the layout, and the number of alignments looked at."""

    layout: Layout
    tried: int = 0

    def bound(self, score: float) -> float:
        """Bound the chance that any alignment so far has this pilot score and a frame whose CRC holds.

        The pilot's keyed signs are fair coins, so each score exceeds z with a chance of at most exp(-z^2 / 2)
        (W. Hoeffding, "Probability inequalities for sums of bounded random variables", JASA 58, 1963).
        """
        return min(1.0, max(self.tried, 1) * math.exp(-(max(score, 0.0) ** 2) / 2) * WORD_CHANCE)

    def promising(self, found: list[Alignment]) -> list[Alignment]:
        """Return the best alignments, as far as their score could satisfy the false-alarm limit."""
        good = [at for at in found if self.bound(at.score * 1.1) <= FALSE_ALARM_LIMIT]
        return sorted(good, key=lambda at: -at.score)[:_CANDIDATES]


@dataclass(frozen=True)
class _Finding:
    """A mark found in one block, spans in seconds of the file."""

    content_id: int
    at: Alignment
    chance: float
    strength: float
    spans: tuple[Span, ...]


def _windows(tiles: int, size: int) -> list[Window]:
    if tiles <= size:
        return [(0, tiles)]
    firsts = [*range(0, tiles - size, max(size // 2, 1)), tiles - size]
    return [(first, first + size) for first in firsts]


def _pilot_score(folded: NDArray[np.float32], layout: Layout) -> float:
    match = float((folded * layout.pilot).sum(dtype=np.float64))
    energy = float(((folded * layout.pilot) ** 2).sum(dtype=np.float64))
    return match / math.sqrt(energy) if energy > 0 else 0.0


def _strength(soft: NDArray[np.float64], content_id: int, layout: Layout) -> float:
    """Return the signal-to-noise ratio per information bit in decibels."""
    coded = layout.code.encode(frame_bits(content_id) ^ layout.mask)
    agreement = soft * (1.0 - 2.0 * coded)
    ratio = float(agreement.mean() ** 2 / (2 * agreement.var() + 1e-12)) * CODED_BITS / FRAME_BITS
    return 10 * math.log10(ratio + 1e-9)


def _band_weights(folded: NDArray[np.float32], layout: Layout) -> NDArray[np.float32]:
    """Return how much of the mark each band still shows, judged by the pilot and smoothed over the neighbours."""
    reach = np.hanning(33)[1:-1]
    match = np.convolve((folded * layout.pilot).sum(axis=0), reach, "same")
    energy = np.convolve((folded**2 * np.abs(layout.pilot)).sum(axis=0), reach, "same")
    share = np.maximum(match, 0) / np.maximum(energy, 1e-6)
    mean = max(float(match.sum() / max(energy.sum(), 1e-6)), 1e-6)
    return np.sqrt(np.clip(share / mean, 0.1, 4.0)).astype(np.float32)


def _decoded(listening: Listening, at: Alignment, search: _Search) -> tuple[int, Alignment, float] | None:
    """Return the content id read at an alignment, the alignment with its exact score, and the strength."""
    folded = listening.folded(at)
    exact = replace(at, score=_pilot_score(folded, search.layout))
    if search.bound(exact.score) > FALSE_ALARM_LIMIT:
        return None
    soft = search.layout.soft_bits(folded * _band_weights(folded, search.layout))
    content_id = search.layout.read(soft)
    if content_id is None:
        return None
    return content_id, exact, _strength(soft, content_id, search.layout)


def _refined(listening: Listening, at: Alignment, search: _Search) -> Alignment:
    """Return the best alignment near a coarse one, on the same window of tiles."""
    best = at
    for pitch in (at.pitch, at.pitch * 0.996, at.pitch * 1.004):
        for shift in (0.0, -0.002, -0.001, 0.001, 0.002):
            found = listening.scan(search.layout, pitch, at.stretch * (1 + shift), [at.window])[0]
            search.tried += TILE_STEPS
            best = max(best, found, key=lambda a: a.score)
    return best


def _grid() -> Iterator[tuple[float, float]]:
    """Yield (pitch, stretch) of played faster or slower, of tempo alone, and of pitch alone, by pitch."""
    by_pitch: dict[float, list[float]] = {1.0: list(_STRETCHES)}
    for stretch in _STRETCHES:
        pitch = round(1 + round((1 / stretch - 1) / _PITCH_STEP) * _PITCH_STEP, 3)
        by_pitch.setdefault(pitch, [1.0]).append(stretch)
    for pitch, stretches in by_pitch.items():
        yield from ((pitch, stretch) for stretch in stretches)


def _nominal(listening: Listening, search: _Search, covered: list[Span], size: int) -> list[Alignment]:
    """Return promising alignments of unchanged sound in the windows of a size that are not yet explained."""
    tiles = listening.tiles()
    windows = [w for w in _windows(tiles, size) if not _explained(w, covered)]
    search.tried += len(windows) * TILE_STEPS
    return search.promising(listening.scan(search.layout, 1.0, 1.0, windows, best=2))


def _explained(window: Window, covered: list[Span]) -> bool:
    first, last = (tile * TILE_STEPS for tile in window)
    inside = sum(max(0.0, min(last, b) - max(first, a)) for a, b in covered)
    return inside > 0.6 * (last - first)


def _changed(listening: Listening, search: _Search) -> list[Alignment]:
    """Return promising alignments among other speeds, tempos and pitches."""
    found: list[Alignment] = []
    for pitch, stretch in _grid():
        windows = _windows(listening.tiles(stretch), _SEARCH_TILES)
        search.tried += len(windows) * TILE_STEPS
        found += listening.scan(search.layout, pitch, stretch, windows)
    return [_refined(listening, at, search) for at in search.promising(found)]


def _tracked(listening: Listening, at: Alignment, search: _Search) -> Alignment:
    """Fit the stretch of an alignment to the whole stretch of sound, doubling the window."""
    best, fine = at, 0.001
    tiles = listening.tiles(at.stretch)
    while best.window != (0, tiles):
        first, last = best.window
        wide = max(0, first - (last - first)), min(tiles, last + (last - first))
        fine /= 2
        trials = [best.stretch * (1 + fine * shift) for shift in (-1.0, -0.5, 0.0, 0.5, 1.0)]
        scans = [listening.scan(search.layout, best.pitch, s, [(wide[0], min(wide[1], listening.tiles(s)))])[0]
                 for s in trials]
        best = replace(max(scans, key=lambda a: a.score), window=wide)
    return best


def _finding(
    listening: Listening, at: Alignment, search: _Search, start: float
) -> tuple[_Finding, list[Span]] | None:
    """Decode an alignment; return what was found and the steps it covers."""
    read = _decoded(listening, at, search)
    if read is None:
        return None
    content_id, exact, strength = read
    wide = exact if exact.stretch == 1.0 else _tracked(listening, exact, search)
    covered = spans_of(listening, wide, search.layout.tile(content_id))
    spans = tuple((start + a * STEP_SECONDS, start + b * STEP_SECONDS) for a, b in covered)
    return _Finding(content_id, exact, search.bound(exact.score), strength, spans), list(covered)


def _in_block(listening: Listening, search: _Search, start: float, known: list[Alignment]) -> list[_Finding]:
    """Return the marks in one block."""
    found: list[_Finding] = []
    covered: list[Span] = []

    def take(candidates: Iterable[Alignment]) -> None:
        for at in candidates:
            outcome = None if _explained(at.window, covered) else _finding(listening, at, search, start)
            if outcome is not None:
                found.append(outcome[0])
                covered.extend(outcome[1])

    tiles = listening.tiles()
    for size in (tiles, *(size for size in _WINDOWS if size < tiles)):
        take(_nominal(listening, search, covered, size))
    if not found:
        take(_changed(listening, search))
    return found


def _mono(sound: Sound, first: int, last: int) -> NDArray[np.float32]:
    """Return the mean of the channels, or the loudest one where they cancel in the mean."""
    part = sound.scaled(first, last)
    mean = part.mean(axis=1)
    power = np.einsum("ij,ij->j", part, part)
    if float(mean @ mean) * sound.channels >= 0.1 * float(power.max(initial=0.0)):
        return mean
    return np.ascontiguousarray(part[:, int(power.argmax())])


def _work(sound: Sound, down: Resampler, first: int, last: int) -> NDArray[np.float32]:
    """Return samples `first` to `last` at the working rate, of the sound mixed to one channel."""
    low, high = (min(max(n, 0), len(sound)) for n in down.inputs_for(first, last))
    return down.convert(_mono(sound, low, high), low, first, last)


def _merged(spans: Iterable[Span], end: float) -> tuple[Span, ...]:
    """Join spans that overlap or lie close together, and round them."""
    out: list[list[float]] = []
    for first, last in sorted(spans):
        if out and first - out[-1][1] <= _LONGEST_GAP:
            out[-1][1] = max(out[-1][1], last)
        else:
            out.append([first, last])
    return tuple((round(max(a, 0.0), 2), round(min(b, end), 2)) for a, b in out)


def _marks(findings: list[_Finding], search: _Search, end: float) -> list[AudioMark]:
    """Return one mark per content id, first span first."""
    marks = []
    for content_id in dict.fromkeys(f.content_id for f in findings):
        same = [f for f in findings if f.content_id == content_id]
        best = max(same, key=lambda f: f.at.score)
        marks.append(
            AudioMark(
                content_id=content_id,
                spans=_merged((span for f in same for span in f.spans), end),
                speed=round(best.at.pitch, 4),
                tempo=round(1 / (best.at.stretch * best.at.pitch), 4),
                false_alarm_probability=search.bound(best.at.score),
                strength=max(f.strength for f in same),
            )
        )
    return sorted(marks, key=lambda m: m.spans[:1])


def _detection(marks: list[AudioMark]) -> AudioDetection:
    if not marks:
        return AudioDetection()
    main = max(marks, key=lambda m: sum(b - a for a, b in m.spans))
    return AudioDetection(
        found=True,
        content_id=main.content_id,
        false_alarm_probability=main.false_alarm_probability,
        strength=main.strength,
        version=FORMAT_VERSION,
        speed=main.speed,
        tempo=main.tempo,
        spans=main.spans,
        marks=tuple(marks),
    )


def readable(sound: Sound, sample_rate: float, content_id: int, layout: Layout) -> bool:
    """Return whether unchanged sound gives back a content id, without any search over speeds."""
    down = resampler_between(sample_rate, RATE)
    listening = Listening.to(_work(sound, down, 0, int(len(sound) * down.ratio)))
    search = _Search(layout)
    found = (_decoded(listening, at, search) for at in _nominal(listening, search, [], listening.tiles()))
    return any(read is not None and read[0] == content_id for read in found)


def extract(samples: NDArray[np.generic], sample_rate: float, key: bytes | None = None) -> AudioDetection:
    """Look for a mark in sound.

    Parameters
    ----------
    samples
        int16, int32, float32 or float64, shape (n,) or (n, channels).
    sample_rate
        Hertz, 8000 to 192000.
    key
        16 to 1024 bytes, or None for the published default key.

    Returns
    -------
    What was found; false when nothing was.

    Raises
    ------
    InputError
        When an argument has a wrong type, shape or range, or a sample is no finite number.
    """
    sound, rate = as_sound(samples), check_rate(sample_rate)
    search = _Search(layout_for(keys.key_bytes(key)))
    down = resampler_between(rate, RATE)
    total = int(len(sound) * down.ratio)
    step = TILE_STEPS * round(STEP_SECONDS * RATE)
    findings: list[_Finding] = []
    first = 0
    while first < total:
        last = min(total, first + _BLOCK_TILES * step)
        listening = Listening.to(_work(sound, down, first, last))
        if len(listening) >= TILE_STEPS:
            findings += _in_block(listening, search, first / RATE, [f.at for f in findings])
        first = total if last == total else last - _OVERLAP_TILES * step
    return _detection(_marks(findings, search, len(sound) / rate))

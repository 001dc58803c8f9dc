"""The search for marks in one stretch of sound: pilot, decoding, acceptance.

First the sound is taken as it was made, in windows of all, eight and four tiles; what a mark explains is not
looked at again. Only when that finds nothing, other speeds, tempos and pitches follow.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from synthmark.audio.layout import CODED_BITS, WORD_CHANCE, Layout
from synthmark.audio.listening import STEP_SECONDS, TILE_STEPS, Alignment, Listening, Window
from synthmark.audio.spans import spans_of
from synthmark.payload import FRAME_BITS, frame_bits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from synthmark.audio.detection import Span

__all__ = ["FALSE_ALARM_LIMIT", "Finding", "Search", "marks_at_plain_speed", "marks_in", "reads"]

FALSE_ALARM_LIMIT = 1e-8
"""Nothing is reported whose bound on the false-alarm probability is above this."""

_WINDOWS = (8, 4)
_SEARCH_TILES = 6
_CANDIDATES = 6
_STRETCHES = tuple(round(1 + 0.004 * i, 3) for i in range(-30, 33) if i)
_PITCH_STEP = 0.008


@dataclass
class Search:
    """One file's search: the layout, and the number of alignments looked at."""

    layout: Layout
    tried: int = 0

    def bound(self, score: float) -> float:
        """Bound the chance that any alignment so far has this pilot score and a frame whose CRC holds.

        The pilot's keyed signs are fair coins, so each score exceeds z with a chance of at most exp(-z^2 / 2)
        (W. Hoeffding, "Probability inequalities for sums of bounded random variables", JASA 58, 1963).
        """
        chance = max(self.tried, 1) * math.exp(-(max(score, 0.0) ** 2) / 2) * WORD_CHANCE
        return min(1.0, max(chance, sys.float_info.min))

    def promising(self, found: list[Alignment]) -> list[Alignment]:
        """Return the best alignments, as far as their score could satisfy the false-alarm limit."""
        good = [at for at in found if self.bound(at.score * 1.1) <= FALSE_ALARM_LIMIT]
        return sorted(good, key=lambda at: -at.score)[:_CANDIDATES]


@dataclass(frozen=True)
class Finding:
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


def _decoded(listening: Listening, at: Alignment, search: Search) -> tuple[int, Alignment, float] | None:
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


def _refined(listening: Listening, at: Alignment, search: Search) -> Alignment:
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


def _nominal(listening: Listening, search: Search, covered: list[Span], size: int) -> list[Alignment]:
    """Return promising alignments of unchanged sound in the windows of a size that are not yet explained."""
    tiles = listening.tiles()
    windows = [w for w in _windows(tiles, size) if not _explained(w, covered)]
    search.tried += len(windows) * TILE_STEPS
    return search.promising(listening.scan(search.layout, 1.0, 1.0, windows, best=2))


def _explained(window: Window, covered: list[Span]) -> bool:
    first, last = (tile * TILE_STEPS for tile in window)
    inside = sum(max(0.0, min(last, b) - max(first, a)) for a, b in covered)
    return inside > 0.6 * (last - first)


def _changed(listening: Listening, search: Search) -> list[Alignment]:
    """Return promising alignments among other speeds, tempos and pitches."""
    found: list[Alignment] = []
    for pitch, stretch in _grid():
        windows = _windows(listening.tiles(stretch), _SEARCH_TILES)
        search.tried += len(windows) * TILE_STEPS
        found += listening.scan(search.layout, pitch, stretch, windows)
    return [_refined(listening, at, search) for at in search.promising(found)]


def _tracked(listening: Listening, at: Alignment, search: Search) -> Alignment:
    """Fit the stretch of an alignment to the whole stretch of sound, doubling the window."""
    best, fine = at, 0.001
    tiles = listening.tiles(at.stretch)
    while best.window != (0, tiles):
        first, last = best.window
        wide = max(0, first - (last - first)), min(tiles, last + (last - first))
        fine /= 2
        trials = [best.stretch * (1 + fine * shift) for shift in (-1.0, -0.5, 0.0, 0.5, 1.0)]
        scans = [
            listening.scan(search.layout, best.pitch, s, [(wide[0], min(wide[1], listening.tiles(s)))])[0]
            for s in trials
        ]
        best = replace(max(scans, key=lambda a: a.score), window=wide)
    return best


def _finding(listening: Listening, at: Alignment, search: Search, start: float) -> tuple[Finding, list[Span]] | None:
    """Decode an alignment; return what was found and the steps it covers."""
    read = _decoded(listening, at, search)
    if read is None:
        return None
    content_id, exact, strength = read
    wide = exact if exact.stretch == 1.0 else _tracked(listening, exact, search)
    covered = spans_of(listening, wide, search.layout.tile(content_id))
    spans = tuple((start + a * STEP_SECONDS, start + b * STEP_SECONDS) for a, b in covered)
    return Finding(content_id, exact, search.bound(exact.score), strength, spans), list(covered)


@dataclass
class _Haul:
    """What was found in one stretch of sound so far, and the steps it covers."""

    listening: Listening
    search: Search
    start: float
    found: list[Finding] = field(default_factory=list)
    covered: list[Span] = field(default_factory=list)

    def take(self, candidates: Iterable[Alignment]) -> None:
        """Decode the candidates that lie outside of what is covered."""
        for at in candidates:
            outcome = None
            if not _explained(at.window, self.covered):
                outcome = _finding(self.listening, at, self.search, self.start)
            if outcome is not None:
                self.found.append(outcome[0])
                self.covered.extend(outcome[1])


def marks_at_plain_speed(listening: Listening, search: Search, start: float = 0.0) -> list[Finding]:
    """Return the marks in a stretch of sound that begins `start` seconds into the file and was not sped up."""
    haul = _Haul(listening, search, start)
    tiles = listening.tiles()
    for size in (tiles, *(size for size in _WINDOWS if size < tiles)):
        haul.take(_nominal(listening, search, haul.covered, size))
    return haul.found


def marks_in(listening: Listening, search: Search, start: float) -> list[Finding]:
    """Return the marks in a stretch of sound that begins `start` seconds into the file, at any speed."""
    found = marks_at_plain_speed(listening, search, start)
    if found:
        return found
    haul = _Haul(listening, search, start)
    haul.take(_changed(listening, search))
    return haul.found


def reads(listening: Listening, content_id: int, layout: Layout) -> bool:
    """Return whether unchanged sound gives back a content id, without any search over speeds."""
    search = Search(layout)
    found = (_decoded(listening, at, search) for at in _nominal(listening, search, [], listening.tiles()))
    return any(read is not None and read[0] == content_id for read in found)

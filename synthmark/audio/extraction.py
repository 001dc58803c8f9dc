"""Reading the mark from sound, as a whole or as it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark import keys
from synthmark.audio.detection import AudioDetection, AudioMark, Span
from synthmark.audio.layout import RATE, Layout, layout_for
from synthmark.audio.listening import STEP_SECONDS, TILE_STEPS, Listening
from synthmark.audio.resampling import resampler_between
from synthmark.audio.samples import Pending, Sound, as_sound, check_rate, mixed
from synthmark.audio.search import (
    FALSE_ALARM_LIMIT,
    Finding,
    Search,
    marks_at_plain_speed,
    marks_in,
    reads,
)
from synthmark.errors import InputError
from synthmark.payload import FORMAT_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["StreamExtractor", "extract", "readable"]

_TILE = TILE_STEPS * round(STEP_SECONDS * RATE)
_BLOCK = 64 * _TILE  # 82 s are looked at together
_ADVANCE = 60 * _TILE
_LONGEST_GAP = 2.0
_SAME_SPEED = 0.005
_SLICE_SECONDS = 10.0
_SEARCHES = {"full": marks_in, "fast": marks_at_plain_speed}


def _merged(spans: Iterable[Span], end: float) -> tuple[Span, ...]:
    """Join spans that overlap or lie close together, and round them."""
    out: list[list[float]] = []
    for first, last in sorted(spans):
        if out and first - out[-1][1] <= _LONGEST_GAP:
            out[-1][1] = max(out[-1][1], last)
        else:
            out.append([first, last])
    return tuple((round(max(a, 0.0), 2), round(min(b, end), 2)) for a, b in out)


def _speed_and_tempo(pitch: float, stretch: float) -> tuple[float, float]:
    """Return speed and tempo; a pitch is known to half a percent only, so what is that close counts as equal."""
    if abs(pitch * stretch - 1) < _SAME_SPEED:
        return round(1 / stretch, 4), 1.0
    return round(pitch, 4), round(1 / (stretch * pitch), 4)


def _marks(findings: list[Finding], search: Search, end: float) -> list[AudioMark]:
    """Return one mark per content id, first span first."""
    marks = []
    for content_id in dict.fromkeys(f.content_id for f in findings):
        same = [f for f in findings if f.content_id == content_id]
        best = max(same, key=lambda f: f.at.score)
        speed, tempo = _speed_and_tempo(best.at.pitch, best.at.stretch)
        marks.append(
            AudioMark(
                content_id=content_id,
                spans=_merged((span for f in same for span in f.spans), end),
                speed=speed,
                tempo=tempo,
                false_alarm_probability=search.bound(best.at.score),
                strength=max(f.strength for f in same),
            )
        )
    certain = [mark for mark in marks if mark.false_alarm_probability <= FALSE_ALARM_LIMIT]
    return sorted(certain, key=lambda mark: mark.spans[:1])


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
    listening = Listening.to(mixed(sound, 0, down, 0, int(len(sound) * down.ratio)))
    return reads(listening, content_id, layout)


class StreamExtractor:
    """Looks for marks in sound that arrives piece by piece; the answer equals that of `audio.extract`.

    Memory stays bounded: about 90 s of sound are held at a time.

    Parameters
    ----------
    sample_rate
        Hertz, 8000 to 192000.
    key
        16 to 1024 bytes, or None for the published default key.
    search
        "full": where no mark is found at the speed of embedding, other speeds, tempos and pitches are tried;
        "fast": they are not, which takes a quarter of the time on unmarked sound.

    Raises
    ------
    InputError
        When an argument has a wrong type or range.
    """

    def __init__(self, sample_rate: float, key: bytes | None = None, *, search: str = "full") -> None:
        if search not in _SEARCHES:
            raise InputError(f"The search is {search!r}; it is one of {', '.join(_SEARCHES)}.")
        self._marks_in = _SEARCHES[search]
        self._rate = check_rate(sample_rate)
        self._down = resampler_between(self._rate, RATE)
        self._search = Search(layout_for(keys.key_bytes(key)))
        self._findings: list[Finding] = []
        self._pending = Pending()
        self._first = 0  # where the next block begins, at the working rate

    def push(self, chunk: NDArray[np.generic]) -> None:
        """Take the next samples: (n,) or (n, channels), always of the same dtype and number of channels."""
        self._pending.add(as_sound(chunk))
        while self._pending.end >= self._down.inputs_for(self._first, self._first + _BLOCK)[1]:
            self._look(self._first + _BLOCK)
            self._first += _ADVANCE
            self._pending.drop_before(self._down.inputs_for(self._first, self._first)[0])

    def finish(self) -> AudioDetection:
        """Look at the rest and return what was found in all."""
        count = self._pending.end
        self._look(int(count * self._down.ratio))
        return _detection(_marks(self._findings, self._search, count / self._rate))

    def _look(self, last: int) -> None:
        sound = self._pending.sound()
        if sound is None:
            return
        listening = Listening.to(mixed(sound, self._pending.start, self._down, self._first, last))
        if len(listening) >= TILE_STEPS:
            self._findings += self._marks_in(listening, self._search, self._first / RATE)


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
    sound = as_sound(samples)
    stream = StreamExtractor(sample_rate, key)
    size = int(_SLICE_SECONDS * sample_rate)
    for first in range(0, len(sound), size):
        stream.push(sound.samples[first : first + size])
    return stream.finish()

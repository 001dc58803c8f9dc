"""What an extraction from sound found."""

from __future__ import annotations

from dataclasses import dataclass

from synthmark.detection import Detection

__all__ = ["AudioDetection", "AudioMark", "Span"]

Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioMark:
    """One content id found in sound.

    Attributes
    ----------
    content_id
        The 64-bit content id.
    spans
        Stretches (start, end) in seconds in which its mark was found, to about half a second.
    speed
        Factor by which the sound was played faster, with its pitch moving along (1.0: unchanged).
    tempo
        Factor by which it was played faster beyond that, with its pitch kept. A pure shift of pitch by a factor p
        is speed p and tempo 1 / p.
    false_alarm_probability
        Upper bound on the chance that unmarked sound gives this answer, after correction for every hypothesis.
    strength
        Signal-to-noise ratio of the decoded payload, decibels per information bit.
    """

    content_id: int
    spans: tuple[Span, ...]
    speed: float
    tempo: float
    false_alarm_probability: float
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioDetection(Detection):
    """The outcome of looking for a mark in sound; the fields describe the mark that covers most of it.

    Attributes
    ----------
    speed, tempo, spans
        As in `AudioMark`.
    marks
        Every content id found, in the order of its first span: a file joined from two marked ones has two.
    """

    speed: float = 1.0
    tempo: float = 1.0
    spans: tuple[Span, ...] = ()
    marks: tuple[AudioMark, ...] = ()

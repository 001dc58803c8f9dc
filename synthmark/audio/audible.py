"""The audible label: a rhythm cue or a spoken prompt, before, after or within the content."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from synthmark.audio.cue import rhythm_cue
from synthmark.audio.loudness import integrated_loudness
from synthmark.audio.prompts import bundled_prompt, spoken
from synthmark.audio.samples import Sound, as_sound, check_rate
from synthmark.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["KINDS", "PLACES", "StreamLabeller", "bundled_voice", "label"]

PLACES = ("start", "end", "both")
KINDS = ("rhythm", "speech")
_GAP_SECONDS = 0.3
_FADE_SECONDS = 0.02
_DUCKED = 10 ** (-15 / 20)
_DEFAULT_LOUDNESS = -23.0  # EBU R 128, for content too silent to have a loudness
_LOUDNESS_RANGE = (-35.0, -14.0)
_LARGEST_PEAK = 10 ** (-3 / 20)
_CENTRE_CHANNEL = 2


def label(  # noqa: PLR0913 - every option is a keyword with a default
    samples: NDArray[np.generic],
    sample_rate: float,
    *,
    kind: str = "rhythm",
    place: str | None = None,
    times: Sequence[float] = (),
    language: str = "zh",
    text: str | None = None,
    prompt: tuple[NDArray[np.generic], float] | None = None,
) -> NDArray[np.generic]:
    """Add an audible label to sound, as loud as the content itself (GB 45438-2025, 5.3; loudness by BS.1770-4).

    A label at the start or end is put before or after the content, which becomes longer; one within it is laid over
    it, the content 15 dB softer meanwhile.

    Parameters
    ----------
    samples
        int16, int32, float32 or float64 (full scale 1), shape (n,) or (n, channels). Not changed.
    sample_rate
        Hertz, 8000 to 192000.
    kind
        "rhythm": "short-long short-short", Morse for AI; "speech": a spoken prompt.
    place
        "start", "end" or "both"; None: "start" when no times are given, else nowhere.
    times
        Seconds from the start of the content at which a label lies over it.
    language
        Of the spoken prompt: "zh" or "en".
    text
        Spoken by espeak-ng in place of the bundled prompt.
    prompt
        The caller's own recording, (samples, sample rate), in place of the bundled prompt.

    Returns
    -------
    The labelled samples in the same dtype, with the same channels.

    Raises
    ------
    InputError
        When an argument has a wrong type, shape or range.
    DependencyError
        When a text is given and espeak-ng is missing.
    """
    sound, rate = as_sound(samples), check_rate(sample_rate)
    loudness = integrated_loudness(sound.scaled(0, len(sound)), rate)
    stream = StreamLabeller(
        rate,
        len(sound),
        loudness,
        kind=kind,
        place=place,
        times=times,
        language=language,
        text=text,
        prompt=prompt,
    )
    parts = [stream.before(sound), stream.push(sound), stream.after(sound)]
    return sound.restored(np.concatenate(parts))


class StreamLabeller:
    """Adds an audible label to sound that arrives piece by piece, of known length and loudness.

    The label before the content, the content with labels laid over it, and the label after it together equal
    `label` of the whole.

    Parameters
    ----------
    rate
        Hertz.
    frames
        Samples per channel of the content.
    loudness
        Of the content in LUFS, as `synthmark.audio.loudness.LoudnessMeter` gives it.
    kind, place, times, language, text, prompt
        As for `label`.

    Raises
    ------
    InputError, DependencyError
        As `label`.
    """

    def __init__(  # noqa: PLR0913 - as `label`
        self,
        rate: float,
        frames: int,
        loudness: float,
        *,
        kind: str = "rhythm",
        place: str | None = None,
        times: Sequence[float] = (),
        language: str = "zh",
        text: str | None = None,
        prompt: tuple[NDArray[np.generic], float] | None = None,
    ) -> None:
        self._rate = rate
        self._where = _checked_place(place, times, frames / rate)
        self._mark = _levelled(_voice(_checked_kind(kind), rate, language, text, prompt), loudness, rate)
        size = len(self._mark)
        # A label within that would reach beyond the end is moved forward.
        self._firsts = [max(min(round(time * rate), frames - size), 0) for time in times]
        self._duck = 1 - (1 - _DUCKED) * _faded(np.ones(size), rate)
        self._received = 0

    def before(self, like: Sound) -> NDArray[np.generic]:
        """Return what stands before the content, in the form of `like`: (n, channels), n may be 0."""
        return self._alone(like, ends=False) if self._where in {"start", "both"} else like.samples[:0]

    def after(self, like: Sound) -> NDArray[np.generic]:
        """Return what stands after the content."""
        return self._alone(like, ends=True) if self._where in {"end", "both"} else like.samples[:0]

    def push(self, chunk: Sound) -> NDArray[np.generic]:
        """Return the next samples of the content, with the labels that lie over them: (n, channels)."""
        start, self._received = self._received, self._received + len(chunk)
        out = chunk.samples
        for first in self._firsts:
            low, high = max(first, start), min(first + len(self._mark), self._received)
            if low < high:
                out = out.copy() if out is chunk.samples else out
                self._lay_over(out[low - start : high - start], slice(low - first, high - first), chunk)
        return out

    def _alone(self, like: Sound, *, ends: bool) -> NDArray[np.generic]:
        alone = _in_form(_on_channels(self._mark, like.channels), like)
        gap = np.zeros((round(_GAP_SECONDS * self._rate), like.channels), like.samples.dtype)
        return np.concatenate([gap, alone] if ends else [alone, gap])

    def _lay_over(self, content: NDArray[np.generic], place: slice, form: Sound) -> None:
        """Lay a part of the label over content, in place."""
        quiet = content.astype(np.float64) / form.peak * self._duck[place, None]
        total = quiet + _on_channels(self._mark[place], form.channels)
        content[:] = _in_form(np.clip(total, -1, 1), form)


def _checked_kind(kind: str) -> str:
    if kind not in KINDS:
        raise InputError(f"The kind of audible label is {kind!r}; it is one of {', '.join(KINDS)}.")
    return kind


def _checked_place(place: str | None, times: Sequence[float], seconds: float) -> str | None:
    for time in times:
        if not (isinstance(time, int | float) and 0 <= time <= seconds):
            raise InputError(f"A label is asked for at {time!r} s; the content lasts {seconds:.2f} s.")
    if place is None:
        return None if len(times) else "start"
    if place not in PLACES:
        raise InputError(f"The place of the audible label is {place!r}; it is one of {', '.join(PLACES)}.")
    return place


def _voice(
    kind: str, rate: float, language: str, text: str | None, prompt: tuple[NDArray[np.generic], float] | None
) -> NDArray[np.float64]:
    """Return the label at the content's sample rate, at any level."""
    if kind == "rhythm":
        return rhythm_cue(rate)
    if prompt is not None:
        own = as_sound(prompt[0])
        voice, voice_rate = own.scaled(0, len(own)).mean(axis=1).astype(np.float64), check_rate(prompt[1])
    else:
        voice, voice_rate = bundled_prompt(language) if text is None else spoken(text, language)
    if len(voice) < _GAP_SECONDS * voice_rate or not np.abs(voice).max(initial=0.0) > 0:
        raise InputError("The prompt is silent or shorter than 0.3 s; give a recording of the spoken label.")
    return _faded(_at_rate(voice, voice_rate, rate), rate)


def bundled_voice(language: str, rate: float) -> NDArray[np.float64]:
    """Return the bundled prompt of a language at a sample rate, at any level: float64, (n,)."""
    return _voice("speech", rate, language, None, None)


def _at_rate(samples: NDArray[np.float64], rate_in: float, rate_out: float) -> NDArray[np.float64]:
    """Resample by cutting or filling up the spectrum."""
    count = round(len(samples) * rate_out / rate_in)
    return np.asarray(np.fft.irfft(np.fft.rfft(samples)[: count // 2 + 1], count) * (count / len(samples)))


def _faded(samples: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Fade the ends in and out."""
    size = round(_FADE_SECONDS * rate)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(size) + 0.5) / size)
    out = samples.copy()
    out[:size] *= ramp
    out[-size:] *= ramp[::-1]
    return out


def _levelled(voice: NDArray[np.float64], programme: float, rate: float) -> NDArray[np.float64]:
    """Return the label as loud as the programme, within limits, with a peak of at most -3 dB."""
    wanted = min(max(programme, _LOUDNESS_RANGE[0]), _LOUDNESS_RANGE[1])
    wanted = wanted if math.isfinite(programme) else _DEFAULT_LOUDNESS
    own = integrated_loudness(voice[:, None].astype(np.float32), rate)
    factor = 10 ** ((wanted - own) / 20) if math.isfinite(own) else 1.0
    return voice * min(factor, _LARGEST_PEAK / float(np.abs(voice).max()))


def _on_channels(mark: NDArray[np.float64], channels: int) -> NDArray[np.float64]:
    """Return the label on mono or stereo channels alike, or on the centre of a surround layout: (n, channels)."""
    out = np.zeros((len(mark), channels))
    if channels >= 5:
        out[:, _CENTRE_CHANNEL] = mark
    else:
        out[:] = mark[:, None] / (1.0 if channels == 1 else math.sqrt(2))
    return out


def _in_form(values: NDArray[np.float64], sound: Sound) -> NDArray[np.generic]:
    """Return values in units of full scale in the dtype of a sound."""
    if sound.samples.dtype.kind == "f":
        return values.astype(sound.samples.dtype)
    return np.clip(np.rint(values * sound.peak), -sound.peak, sound.peak - 1).astype(sound.samples.dtype)

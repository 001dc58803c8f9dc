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

__all__ = ["label"]

_PLACES = ("start", "end", "both")
_KINDS = ("rhythm", "speech")
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
    where = _checked_place(place, times, len(sound) / rate)
    voice = _voice(_checked_kind(kind), rate, language, text, prompt)
    content = sound.scaled(0, len(sound))
    mark = _levelled(voice, integrated_loudness(content, rate), rate)
    body = sound.samples.copy()
    for time in times:
        _lay_over(body, mark, round(time * rate), sound, rate)
    alone = _in_form(_on_channels(mark, sound.channels), sound)
    gap = np.zeros((round(_GAP_SECONDS * rate), sound.channels), sound.samples.dtype)
    before = [alone, gap] if where in {"start", "both"} else []
    after = [gap, alone] if where in {"end", "both"} else []
    return sound.restored(np.concatenate([*before, body, *after]))


def _checked_kind(kind: str) -> str:
    if kind not in _KINDS:
        raise InputError(f"The kind of audible label is {kind!r}; it is one of {', '.join(_KINDS)}.")
    return kind


def _checked_place(place: str | None, times: Sequence[float], seconds: float) -> str | None:
    for time in times:
        if not (isinstance(time, int | float) and 0 <= time <= seconds):
            raise InputError(f"A label is asked for at {time!r} s; the content lasts {seconds:.2f} s.")
    if place is None:
        return None if len(times) else "start"
    if place not in _PLACES:
        raise InputError(f"The place of the audible label is {place!r}; it is one of {', '.join(_PLACES)}.")
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


def _lay_over(body: NDArray[np.generic], mark: NDArray[np.float64], first: int, sound: Sound, rate: float) -> None:
    """Lay the label over the content, moved forward where it would reach beyond the end; in place."""
    first = max(min(first, len(body) - len(mark)), 0)
    part = body[first : first + len(mark)]
    duck = 1 - (1 - _DUCKED) * _faded(np.ones(len(mark)), rate)[: len(part)]
    quiet = part.astype(np.float64) / sound.peak * duck[:, None]
    total = quiet + _on_channels(mark, sound.channels)[: len(part)]
    part[:] = _in_form(np.clip(total, -1, 1), sound)

"""Codings with loss: encoded once, at no lower bit rate than the source.

The encoder is asked for the bit rate of the source; where what it gives has less, it is asked for more, and the
samples, decoded from the source anew, are encoded again.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from synthmark.containers.sound_av import bit_rate_of, facts_of, write_with_av
from synthmark.containers.sound_soundfile import write_with_libsndfile
from synthmark.files import sound_m4a, sound_mp3, sound_ogg
from synthmark.files.atomic import draft_beside
from synthmark.files.sound_copy import seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from synthmark.containers.sound import Block, SoundForm
    from synthmark.files.sound_copy import SoundCopy

__all__ = ["write_lossy_m4a", "write_lossy_mp3", "write_lossy_opus", "write_lossy_vorbis"]

_ATTEMPTS = 4
_MARGIN = 1.01  # asked for above the source's rate, since encoders fall short of a mean now and then
_MOST = {"mp3": 320_000.0, "opus": 510_000.0}
_ABR_LIMIT = 300_000.0  # LAME's mean rates end here
_PLAIN_AAC_PER_CHANNEL = 64_000.0
_TRIAL_SECONDS = 20
_QUALITY_STEPS = 6


def write_lossy_mp3(copy: SoundCopy) -> tuple[str, ...]:
    """Write an MP3 file: constant bit rate stays that rate, of a variable one the mean is kept at least."""
    form = copy.form
    if form.constant or form.bit_rate > _ABR_LIMIT:
        form = dataclasses.replace(form, constant=True, bit_rate=round(form.bit_rate, -3))
    with draft_beside(copy.target) as coded:
        _encoded(copy, form, coded, lambda wanted: write_with_av(coded, "mp3", wanted, copy.blocks()), "mp3")
        return sound_mp3.write_mp3(copy, coded)


def write_lossy_opus(copy: SoundCopy) -> tuple[str, ...]:
    """Write an Opus file with the comments of the source."""
    with draft_beside(copy.target) as coded:
        _encoded(copy, copy.form, coded, lambda wanted: write_with_av(coded, "opus", wanted, copy.blocks()), "ogg")
        return sound_ogg.write_ogg(copy, coded)


def write_lossy_vorbis(copy: SoundCopy) -> tuple[str, ...]:
    """Write an Ogg Vorbis file with the comments of the source; its encoder takes a quality, no bit rate."""
    wanted = bit_rate_of(copy.source, "ogg", "Ogg Vorbis")
    with draft_beside(copy.target) as coded:
        quality = _quality_for(copy, coded, wanted)
        while True:
            write_with_libsndfile(coded, "OGG", copy.form, copy.blocks(), compression=1 - quality)
            if quality >= 1 or bit_rate_of(coded, "ogg", "Ogg Vorbis") >= wanted:
                return sound_ogg.write_ogg(copy, coded)
            quality = min(quality + 0.05, 1.0)


def write_lossy_m4a(copy: SoundCopy) -> tuple[str, ...]:
    """Write an M4A file with the tags, cover, chapters and language of the source; AAC, or ALAC without loss."""
    form, notes = _plain_aac(copy.form)
    facts = facts_of(copy.source, "mov", "M4A")
    moved, muxer = seconds_of(copy), sound_m4a.muxer_of(copy.source)
    chapters = [(start + moved, end + moved, title) for start, end, title in facts.chapters]
    with draft_beside(copy.target) as coded:

        def write(wanted: SoundForm) -> None:
            write_with_av(coded, muxer, wanted, copy.blocks(), language=facts.language, chapters=chapters)

        _encoded(copy, form, coded, write, "mov")
        return (*notes, *sound_m4a.write_m4a(copy, coded))


def _plain_aac(form: SoundForm) -> tuple[SoundForm, tuple[str, ...]]:
    """Return a form that the encoder has: it knows no HE-AAC, whose low rates plain AAC cannot use."""
    if not form.profile.upper().startswith("HE"):
        return form, ()
    rate = max(form.bit_rate, _PLAIN_AAC_PER_CHANNEL * form.channels)
    return dataclasses.replace(form, bit_rate=rate), ("note.plain_aac",)


def _encoded(
    copy: SoundCopy, form: SoundForm, coded: Path, write: Callable[[SoundForm], None], container: str
) -> None:
    """Encode until the mean bit rate is at least that of the source."""
    most = _MOST.get(form.coding, float("inf"))
    asked = form.bit_rate if form.constant else form.bit_rate * _MARGIN
    for _ in range(_ATTEMPTS):
        write(dataclasses.replace(form, bit_rate=min(asked, most)))
        if not form.bit_rate or form.constant or asked >= most:
            return
        got = bit_rate_of(coded, container, form.coding)
        if got >= copy.form.bit_rate:
            return
        asked *= max(copy.form.bit_rate / got, 1.0) * _MARGIN


def _quality_for(copy: SoundCopy, trial: Path, wanted: float) -> float:
    """Return the lowest quality, 0 to 1, that gives a bit rate on the first seconds."""
    low, high = 0.0, 1.0
    for _ in range(_QUALITY_STEPS):
        quality = (low + high) / 2
        write_with_libsndfile(trial, "OGG", copy.form, _beginning(copy), compression=1 - quality)
        if bit_rate_of(trial, "ogg", "Ogg Vorbis") < wanted:
            low = quality
        else:
            high = quality
    return high


def _beginning(copy: SoundCopy) -> Iterator[Block]:
    left = _TRIAL_SECONDS * copy.form.rate
    for block in copy.blocks():
        yield block[:left]
        left -= len(block)
        if left <= 0:
            return

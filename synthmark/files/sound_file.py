"""Sound files of every kind: opened for reading piece by piece, and copied with other samples."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING

from synthmark.containers.sound_av import open_with_av
from synthmark.containers.sound_soundfile import open_with_libsndfile
from synthmark.errors import UnsupportedMediaError
from synthmark.files import sound_aiff, sound_flac, sound_lossy, sound_wav
from synthmark.files.kinds import AIFF, FLAC, M4A, MP3, OGG, OPUS, SOUNDS, WAV, Kind, kind_of_file
from synthmark.files.reading import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from synthmark.containers.sound import SoundReader
    from synthmark.files.sound_copy import SoundCopy

__all__ = ["open_sound", "write_sound"]

# FFmpeg's readers; libsndfile reads the other kinds.
_AV_CONTAINERS = {MP3: "mp3", M4A: "mov", OPUS: "ogg"}
_REQUIRE_WHOLE = {
    WAV: sound_wav.require_whole_wav,
    AIFF: sound_aiff.require_whole_aiff,
    FLAC: sound_flac.require_whole_flac,
}
_WRITERS: dict[Kind, Callable[[SoundCopy], tuple[str, ...]]] = {
    WAV: sound_wav.write_wav,
    AIFF: sound_aiff.write_aiff,
    FLAC: sound_flac.write_flac,
    MP3: sound_lossy.write_lossy_mp3,
    OGG: sound_lossy.write_lossy_vorbis,
    OPUS: sound_lossy.write_lossy_opus,
    M4A: sound_lossy.write_lossy_m4a,
}


@contextlib.contextmanager
def open_sound(path: Path, kind: Kind | None = None) -> Iterator[SoundReader]:
    """Open a sound file for reading.

    Parameters
    ----------
    kind
        Of the file, when it is known already.

    Raises
    ------
    UnsupportedMediaError
        When the content is no sound, or coded in a way that is not supported.
    DamagedMediaError
        When it is empty, truncated, inconsistent, or longer than a day; also while its blocks are read.
    DependencyError
        When the library that reads it is missing.
    """
    kind = kind or kind_of_file(path)
    if kind not in SOUNDS:
        raise UnsupportedMediaError(f"This is a {kind.name} file, not sound.")
    if kind in _REQUIRE_WHOLE:
        with opened(path) as file:
            _REQUIRE_WHOLE[kind](file)
    with _opened(path, kind) as reader:
        yield reader


def write_sound(kind: Kind, copy: SoundCopy) -> tuple[str, ...]:
    """Copy a sound file with other samples: same container, coding, rate, channels and metadata.

    Codings with loss get at least the bit rate of the source.

    Returns
    -------
    Codes of notes on what a user should know.

    Raises
    ------
    MediaError
        When the source is damaged, or the copy cannot be encoded or written.
    """
    return tuple(dict.fromkeys(_WRITERS[kind](copy)))


@contextlib.contextmanager
def _opened(path: Path, kind: Kind) -> Iterator[SoundReader]:
    if kind in _AV_CONTAINERS:
        with open_with_av(path, _AV_CONTAINERS[kind], kind.name) as coded:
            yield coded
    elif kind is FLAC and (bits := _bits_of_endless(path)):
        with open_with_av(path, "flac", kind.name) as endless:
            endless.form = dataclasses.replace(endless.form, coding=f"PCM_{bits}", frames=None)
            yield endless
    else:
        with open_with_libsndfile(path, kind.name) as plain:
            yield plain


def _bits_of_endless(path: Path) -> int:
    """Return the bits of a sample of a FLAC file that does not state its length, as libsndfile needs it; else 0."""
    with opened(path) as file:
        info = sound_flac.read_flac_blocks(file)[1][0].payload
    numbers = int.from_bytes(info[10:18], "big")
    if len(info) < 18 or numbers & 0xFFFFFFFFF:
        return 0
    bits = (numbers >> 36 & 31) + 1
    if bits not in (16, 24):
        raise UnsupportedMediaError(f"This FLAC file has {bits} bits and states no length; write it anew first.")
    return int(bits)

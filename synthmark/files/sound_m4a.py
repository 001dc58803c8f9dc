"""M4A: newly coded sound with the user data of the source (tags, cover), as its bytes are (ISO/IEC 14496-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.files.reading import opened
from synthmark.files.sound_copy import copy_bytes, copying

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from synthmark.files.sound_copy import SoundCopy

__all__ = ["muxer_of", "write_m4a"]

_LARGEST_MOVIE = 1 << 27
_MOST_BOXES = 10_000
_CHAPTERS = b"chpl"


def muxer_of(source: Path) -> str:
    """Return the name of FFmpeg's writer for files with the brand of a file: ipod for M4A, else mp4."""
    with opened(source) as file:
        return "ipod" if file.read(12)[8:].startswith(b"M4") else "mp4"


def write_m4a(copy: SoundCopy, coded: Path) -> tuple[str, ...]:
    """Put the brands and the user data of the source into a newly coded file; return the codes of notes: none.

    Parameters
    ----------
    coded
        An MP4 file whose box `moov` comes last, so that nothing behind it moves.

    Raises
    ------
    MediaError
        When the source is damaged, or the copy cannot be written.
    """
    with copying(copy.source, copy.target) as (file, out), coded.open("rb") as sound:
        movie, (start, end) = _movie(sound)
        if end != sound.seek(0, 2):
            raise DamagedMediaError("The new M4A file does not end with its box moov.")
        copy_bytes(sound, out, 0, start)
        out.write(_box(b"moov", _with_user_data(movie, _movie(file)[0])))
    return ()


def _movie(file: BinaryIO) -> tuple[bytes, tuple[int, int]]:
    """Return the content of the box `moov`, and where the box begins and ends."""
    place, size = 0, file.seek(0, 2)
    for _ in range(_MOST_BOXES):
        file.seek(place)
        header = file.read(16)
        if len(header) < 8:
            break
        length, head = int.from_bytes(header[:4], "big"), 8
        if length == 1:
            length, head = int.from_bytes(header[8:16], "big"), 16
        end = place + (length or size - place)
        if (length and length < head) or end > size:
            break
        if header[4:8] == b"moov":
            if end - place > _LARGEST_MOVIE:
                break
            file.seek(place + head)
            return file.read(end - place - head), (place, end)
        place = end
    raise DamagedMediaError("The M4A file has no box moov that can be read.")


def _with_user_data(movie: bytes, source: bytes) -> bytes:
    """Return a movie box with the user data of another one; the chapters stay those of the movie."""
    own = dict(_boxes(movie))
    kept = b"".join(_box(kind, content) for kind, content in _boxes(movie) if kind not in {b"udta", b"meta"})
    found = [(kind, content) for kind, content in _boxes(source) if kind in {b"udta", b"meta"}]
    chapters = [box for box in _boxes(own.get(b"udta", b"")) if box[0] == _CHAPTERS]
    data = [box for kind, content in found if kind == b"udta" for box in _boxes(content) if box[0] != _CHAPTERS]
    user_data = b"".join(_box(*box) for box in (*data, *chapters))
    others = b"".join(_box(*box) for box in found if box[0] == b"meta")
    return kept + (_box(b"udta", user_data) if user_data else b"") + others


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and content of the boxes in a box; four zero bytes may end user data."""
    place = 0
    while place + 8 <= len(data):
        length, head = int.from_bytes(data[place : place + 4], "big"), 8
        if length == 1:
            length, head = int.from_bytes(data[place + 8 : place + 16], "big"), 16
        end = place + (length or len(data) - place)
        if (length and length < head) or end > len(data):
            raise DamagedMediaError("A box of the M4A file reaches beyond the one around it.")
        yield data[place + 4 : place + 8], data[place + head : end]
        place = end


def _box(kind: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + kind + content

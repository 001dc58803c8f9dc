"""MP3: newly coded sound between the tags of the source; times in its ID3 frames move along.

ID3v2.3 and 2.4 (id3.org), their chapter frames, and synchronised lyrics; ID3v1 and APE tags behind the sound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.files.sound_copy import copy_bytes, copying, seconds_of
from synthmark.metadata import id3
from synthmark.metadata.source import Source

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from synthmark.files.sound_copy import SoundCopy

__all__ = ["tags_behind", "write_mp3"]

_ID3_V1, _APE_FOOTER = 128, 32
_NONE = b"\xff\xff\xff\xff"  # no place in bytes is given
_TIMED = {b"SYLT", b"ETCO", b"MLLT", b"POSS", b"SYTC"}
_MILLISECONDS = 2


def write_mp3(copy: SoundCopy, coded: Path) -> tuple[str, ...]:
    """Put newly coded sound between the tags of the source; return the codes of notes.

    Parameters
    ----------
    coded
        An MP3 file without tags.

    Raises
    ------
    MediaError
        When the source is damaged, or the copy cannot be written.
    """
    notes: list[str] = []
    with copying(copy.source, copy.target) as (file, out), coded.open("rb") as sound:
        out.write(_tags_before(file, copy, notes))
        copy_bytes(sound, out, 0, sound.seek(0, 2))
        end = file.seek(0, 2)
        copy_bytes(file, out, end - tags_behind(file), end)
    return tuple(notes)


def _tags_before(file: BinaryIO, copy: SoundCopy, notes: list[str]) -> bytes:
    source = Source(file)
    tags = [source.read(span.start, span.end - span.start) for span in id3.tag_spans(source)]
    return b"".join(_moved_tag(tag, seconds_of(copy), notes) if copy.added else tag for tag in tags)


def _moved_tag(data: bytes, seconds: float, notes: list[str]) -> bytes:
    """Return a tag whose chapters and lyrics begin later; as it is where it has none, or cannot be read."""
    try:
        tag = id3.parsed(data)
    except (DamagedMediaError, UnsupportedMediaError):
        return data
    frames = [_moved_frame(frame, round(seconds * 1000), notes) for frame in tag.frames]
    return data if tuple(frames) == tag.frames else id3.packed(tag, frames)


def _moved_frame(frame: id3.Frame, milliseconds: int, notes: list[str]) -> id3.Frame:
    plain = frame.content == frame.data
    if frame.id == b"CHAP" and plain:
        moved = _moved_chapter(frame.data, milliseconds)
    elif frame.id == b"SYLT" and plain and frame.data[4:5] == bytes([_MILLISECONDS]):
        moved = _moved_lyrics(frame.data, milliseconds)
    else:
        if frame.id in _TIMED or frame.id == b"CHAP":
            notes.append("note.times_unmoved")
        return frame
    return id3.Frame(frame.id, frame.flags, moved, moved)


def _moved_chapter(data: bytes, milliseconds: int) -> bytes:
    """Move a chapter: its name, start and end in milliseconds, places in bytes, and frames of its own."""
    place = data.find(b"\0") + 1
    if not place or len(data) < place + 16:
        return data
    return (
        data[:place]
        + _later(data, place, milliseconds)
        + _later(data, place + 4, milliseconds)
        + _NONE * 2
        + (data[place + 16 :])
    )


def _moved_lyrics(data: bytes, milliseconds: int) -> bytes:
    """Move lines of lyrics: encoding, language, unit, kind, a description, then texts with a time behind each."""
    wide = data[0] in (1, 2)
    place = _text_end(data, 6, wide=wide)
    out = bytearray(data[:place])
    while place < len(data):
        end = _text_end(data, place, wide=wide)
        out += data[place:end]
        if end + 4 > len(data):
            break
        out += _later(data, end, milliseconds)
        place = end + 4
    return bytes(out) + data[len(out) :]


def _text_end(data: bytes, start: int, *, wide: bool) -> int:
    """Return where a text with its closing zero ends."""
    step = 2 if wide else 1
    for place in range(start, len(data), step):
        if data[place : place + step] == bytes(step):
            return place + step
    return len(data)


def _later(data: bytes, place: int, milliseconds: int) -> bytes:
    time = int.from_bytes(data[place : place + 4], "big") + milliseconds
    return min(time, 0xFFFFFFFF).to_bytes(4, "big")


def tags_behind(file: BinaryIO) -> int:
    """Return how many bytes of an ID3v1 tag, and of an APE tag before it, end the file."""
    size = file.seek(0, 2)
    length = _ID3_V1 if _read(file, size - _ID3_V1, 3) == b"TAG" else 0
    footer = _read(file, size - length - _APE_FOOTER, _APE_FOOTER)
    if footer[:8] == b"APETAGEX":
        own = int.from_bytes(footer[12:16], "little")
        has_header = bool(footer[23] & 0x80)
        ape = own + (_APE_FOOTER if has_header else 0)
        length += ape if ape <= size - length else 0
    return length


def _read(file: BinaryIO, place: int, length: int) -> bytes:
    if place < 0:
        return b""
    file.seek(place)
    return file.read(length)

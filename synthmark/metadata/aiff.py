"""AIFF and AIFF-C: the label in the ID3 tag of a chunk `ID3 `.

No TC260 guide names a place in AIFF. The tag is where programs look for all other metadata of AIFF, so the label
stands in it as in MP3. XMP stands in a chunk `APPL` with the signature `XMP ` (XMP specification, part 3).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata import id3
from synthmark.metadata.fields import Field, Kind, decoded_text, label_in
from synthmark.metadata.id3_labels import damaged_fields, rewritten
from synthmark.metadata.id3_upgrade import upgraded
from synthmark.metadata.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthmark.metadata.containers import Change
    from synthmark.metadata.source import Piece, Source

__all__ = ["fields", "is_aiff", "rewrite"]

_MAX_CHUNKS = 10_000
_MAX_CHUNK = 64 << 20  # bytes of a chunk that is read as metadata
_MAX_SIZE = 0xFFFFFFFF
_TAGS = {b"ID3 ", b"id3 "}
_TEXTS = {b"ANNO", b"NAME", b"AUTH", b"(c) "}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the data of a chunk lies."""

    type: bytes
    start: int
    end: int


def is_aiff(head: bytes) -> bool:
    """Tell whether a file is AIFF or AIFF-C by its first bytes."""
    return head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}


def fields(source: Source) -> Iterator[Field]:
    """Yield the metadata of a file."""
    for place in _places(source):
        if place.type in _TAGS:
            yield from damaged_fields(_payload(source, place), "AIFF")
        elif _is_packet(source, place):
            yield Field(Kind.XMP, "AIFF XMP", _payload(source, place)[4:])
        elif place.type in _TEXTS:
            yield _text(source, place)
        elif place.type == b"C2PA":
            yield Field(Kind.CREDENTIAL, "AIFF C2PA")


def rewrite(source: Source, change: Change) -> Iterator[Piece]:
    """Write the label into the tag of the file, or a new one at its end; the other chunks stay as they are.

    Raises
    ------
    DamagedMediaError, UnsupportedMediaError
        The file is truncated, its tag cannot be read, or it would exceed the 4 GiB that the format allows.
    """
    packets, text = list(change.packets), change.text
    body: list[tuple[bytes, int, Piece]] = []
    written = False
    for place in _places(source):
        if place.type in _TAGS:
            tag = upgraded(id3.parsed(_payload(source, place)))
            own = [packets.pop(0) for _ in range(min(tag.packets, len(packets)))]
            data = rewritten(tag, None if written else text, own)
            body.append((place.type, len(data), data))
            written = True
        elif _is_packet(source, place) and packets:
            data = b"XMP " + packets.pop(0)
            body.append((place.type, len(data), data))
        elif not (place.type in _TEXTS and label_in(_text(source, place))):
            body.append((place.type, place.end - place.start, Span(place.start, place.end)))
    body += [(b"APPL", len(packet) + 4, b"XMP " + packet) for packet in packets]
    if not written:
        data = rewritten(None, text, ())
        body.append((b"ID3 ", len(data), data))
    return _joined(source.peek(8, 4), body)


def _joined(form: bytes, body: list[tuple[bytes, int, Piece]]) -> Iterator[Piece]:
    size = 4 + sum(8 + length + length % 2 for _, length, _ in body)
    if size > _MAX_SIZE:
        raise DamagedMediaError("the AIFF file would exceed the 4 GiB that the format allows")
    yield struct.pack(">4sI", b"FORM", size) + form
    for kind, length, data in body:
        yield struct.pack(">4sI", kind, length)
        yield data
        yield b"\0" * (length % 2)


def _places(source: Source) -> Iterator[_Place]:
    """Find the chunks; a few bytes after the last one are no chunk and are passed over."""
    position = 12
    for _ in range(_MAX_CHUNKS):
        if position + 8 > source.size:
            return
        kind, length = struct.unpack(">4sI", source.read(position, 8))
        end = position + 8 + length
        if end > source.size:
            raise DamagedMediaError(f"an AIFF chunk at byte {position} reaches beyond the end of the file")
        yield _Place(kind, position + 8, end)
        position = end + length % 2
    raise DamagedMediaError(f"the AIFF file has more than {_MAX_CHUNKS} chunks")


def _is_packet(source: Source, place: _Place) -> bool:
    return place.type == b"APPL" and source.peek(place.start, min(4, place.end - place.start)) == b"XMP "


def _text(source: Source, place: _Place) -> Field:
    name = place.type.decode("latin-1").strip()
    return Field(Kind.TEXT, f"AIFF {name}", text=decoded_text(_payload(source, place)), name=name)


def _payload(source: Source, place: _Place) -> bytes:
    if place.end - place.start > _MAX_CHUNK:
        raise DamagedMediaError(f"the chunk {place.type!r} has {place.end - place.start} bytes; metadata has fewer")
    return source.read(place.start, place.end - place.start)

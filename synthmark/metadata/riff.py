"""Chunks of RIFF files (Microsoft and IBM, Multimedia Programming Interface 1.0) and texts in lists INFO."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.fields import COMMENT, Field, Kind, decoded_text, label_in
from synthmark.metadata.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ELSEWHERE",
    "Chunk",
    "Place",
    "info_fields",
    "packed",
    "payload",
    "places",
    "without_info_labels",
]

ELSEWHERE = 0xFFFFFFFF
"""The size that says: it stands in the chunk ds64, or was not known when the file was begun."""

_OPEN_ENDED = (ELSEWHERE, 0x7FFFF000, 0x80000000)  # data sizes of programs that write into a pipe
_MAX_CHUNKS = 10_000
_MAX_PAYLOAD = 64 << 20  # bytes of a chunk that is read as metadata
_INFO, _AIGC = b"INFO", b"AIGC"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk of a RIFF form: its type of four bytes, and its data without padding."""

    type: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where the data of a chunk lies; its head takes the eight bytes before."""

    type: bytes
    start: int
    end: int

    @property
    def head(self) -> int:
        """Where its head starts."""
        return self.start - 8

    @property
    def padded(self) -> int:
        """Where the next chunk starts."""
        return self.end + (self.end - self.start) % 2


def places(source: Source, position: int = 12, end: int | None = None) -> Iterator[Place]:
    """Find the chunks in [position, end); a few bytes after the last one are no chunk and are passed over.

    Raises
    ------
    DamagedMediaError
        A chunk reaches beyond the end.
    """
    end = source.size if end is None else end
    long_size: int | None = None
    for _ in range(_MAX_CHUNKS):
        if position + 8 > end:
            return
        kind, length = struct.unpack("<4sI", source.read(position, 8))
        position += 8
        if kind == b"data" and length == ELSEWHERE and long_size is not None:
            length = long_size
        elif kind == b"data" and length in _OPEN_ENDED and position + length > end:
            length = end - position
        if position + length > end:
            raise DamagedMediaError(f"a RIFF chunk at byte {position - 8} reaches beyond the end of the file")
        if kind == b"ds64" and length >= 24:
            long_size = int.from_bytes(source.read(position + 8, 8), "little")
        place = Place(kind, position, position + length)
        yield place
        position = place.padded
    raise DamagedMediaError(f"the file has more than {_MAX_CHUNKS} chunks")


def payload(source: Source, place: Place) -> bytes:
    """Return the data of a chunk.

    Raises
    ------
    DamagedMediaError
        It has more than 64 MiB.
    """
    if place.end - place.start > _MAX_PAYLOAD:
        raise DamagedMediaError(f"the chunk {place.type!r} has {place.end - place.start} bytes; metadata has fewer")
    return source.read(place.start, place.end - place.start)


def packed(chunk: Chunk) -> bytes:
    """Return a chunk as it stands in a file, padded to an even length."""
    return struct.pack("<4sI", chunk.type, len(chunk.payload)) + chunk.payload + b"\0" * (len(chunk.payload) % 2)


def info_fields(data: bytes, container: str) -> Iterator[Field]:
    """Yield the texts of interest in the data of a list INFO."""
    yield from filter(None, (_field(chunk, container) for chunk in _texts(data)))


def without_info_labels(data: bytes) -> bytes:
    """Return the data of a list INFO without the labels in it."""
    texts = list(_texts(data))
    kept = [text for text in texts if not _is_label(text)]
    return data if len(kept) == len(texts) else _INFO + b"".join(map(packed, kept))


def _texts(data: bytes) -> Iterator[Chunk]:
    for place in places(Source(io.BytesIO(data)), 4):
        yield Chunk(place.type, data[place.start : place.end])


def _field(chunk: Chunk, container: str) -> Field | None:
    name = chunk.type.decode("latin-1")
    place = f"{container} INFO {name}"
    if chunk.type == b"ISFT":
        return Field(Kind.SOFTWARE, place, text=decoded_text(chunk.payload), name=name)
    if chunk.type not in {b"ICMT", _AIGC}:
        return None
    return Field(Kind.TEXT, place, text=decoded_text(chunk.payload), name=name if chunk.type == _AIGC else COMMENT)


def _is_label(chunk: Chunk) -> bool:
    field = _field(chunk, "")
    return chunk.type == _AIGC or (field is not None and label_in(field) is not None)

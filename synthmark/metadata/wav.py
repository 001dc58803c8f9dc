"""WAV: the label in a chunk `AIGC` of its own (TC260-PG-202510A); RIFF, and RF64 or BW64 (EBU Tech 3306).

XMP stands in a chunk `_PMX` (XMP specification, part 3).
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.fields import COMMENT, Field, Kind, decoded_text, label_in
from synthmark.metadata.id3 import damaged_fields, parsed, rewritten
from synthmark.metadata.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synthmark.metadata.containers import Change
    from synthmark.metadata.source import Piece

__all__ = [
    "LONG_FORMS",
    "Chunk",
    "chunks_of",
    "fields",
    "info_fields",
    "joined",
    "packed",
    "rewrite",
    "without_info_labels",
]

LONG_FORMS = (b"RF64", b"BW64")
"""Forms whose sizes stand in a chunk ds64."""

_MAX_CHUNKS = 10_000
_ELSEWHERE = 0xFFFFFFFF  # the size stands in the chunk ds64, or was not known when the file was begun
_OPEN_ENDED = (_ELSEWHERE, 0x7FFFF000, 0x80000000)  # data sizes of programs that write into a pipe
_MAX_TEXT_CHUNK = 64 << 20  # bytes of a chunk that is read as metadata
_AIGC, _LIST, _INFO, _XMP = b"AIGC", b"LIST", b"INFO", b"_PMX"
_TAGS = (b"id3 ", b"ID3 ")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk of a RIFF form: its type of four bytes, and its data without padding."""

    type: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the data of a chunk lies."""

    type: bytes
    start: int
    end: int


def fields(source: Source) -> Iterator[Field]:
    """Yield the metadata of a WAV file."""
    for place in _places(source):
        if place.type == _AIGC:
            yield Field(Kind.TEXT, "WAV AIGC", text=decoded_text(_payload(source, place)), name="AIGC")
        elif place.type == b"C2PA":
            yield Field(Kind.CREDENTIAL, "WAV C2PA")
        elif place.type == _XMP:
            yield Field(Kind.XMP, "WAV XMP", _payload(source, place))
        elif place.type in _TAGS:
            yield from damaged_fields(_payload(source, place), "WAV")
        elif place.type == _LIST and source.peek(place.start, 4) == _INFO:
            yield from info_fields(_payload(source, place), "WAV")


def rewrite(source: Source, change: Change) -> Iterator[Piece]:
    """Put a label at the end of the file and take away the others; the other chunks stay as they are.

    Raises
    ------
    DamagedMediaError
        The file is truncated, or would exceed what the format allows.
    """
    packets = list(change.packets)
    parts: list[_Part] = []
    for place in _places(source):
        if place.type == _XMP and packets:
            parts.append(_Part.of(Chunk(_XMP, packets.pop(0))))
        elif place.type != _AIGC:
            parts.append(_without_labels(source, place))
    parts += [_Part.of(Chunk(_XMP, packet)) for packet in packets]
    parts.append(_Part.of(Chunk(_AIGC, change.text.encode())))
    return _joined(source.peek(0, 4), parts)


def chunks_of(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a WAV file; `data` may end with the file where a pipe left its size open.

    Raises
    ------
    DamagedMediaError
        A chunk reaches beyond the end of the file.
    """
    for place in _places(Source(io.BytesIO(data))):
        yield Chunk(place.type, data[place.start : place.end])


def joined(form: bytes, chunks: Iterable[Chunk]) -> bytes:
    """Return the file of a form (RIFF, RF64 or BW64) that consists of some chunks.

    Raises
    ------
    DamagedMediaError
        It would exceed the 4 GiB that RIFF allows.
    """
    pieces = _joined(form, [_Part.of(chunk) for chunk in chunks])
    return b"".join(piece for piece in pieces if isinstance(piece, bytes))


def info_fields(payload: bytes, container: str) -> Iterator[Field]:
    """Yield the texts of a list INFO that are of interest, the comment under one name for all containers."""
    for place in _places(Source(io.BytesIO(payload)), 4):
        field = _info_field(Chunk(place.type, payload[place.start : place.end]), container)
        if field is not None:
            yield field


def without_info_labels(payload: bytes) -> bytes:
    """Return a list INFO without the labels in it."""
    texts = [Chunk(place.type, payload[place.start : place.end]) for place in _places(Source(io.BytesIO(payload)), 4)]
    kept = [text for text in texts if not _is_label(text)]
    return payload if len(kept) == len(texts) else _INFO + b"".join(map(packed, kept))


def packed(chunk: Chunk) -> bytes:
    """Return a chunk as it stands in a file, padded to an even length."""
    return struct.pack("<4sI", chunk.type, len(chunk.payload)) + chunk.payload + b"\0" * (len(chunk.payload) % 2)


@dataclass(frozen=True, slots=True)
class _Part:
    """A chunk whose data may still lie in the source."""

    type: bytes
    length: int
    data: Piece

    @classmethod
    def of(cls, chunk: Chunk) -> _Part:
        return cls(chunk.type, len(chunk.payload), chunk.payload)


def _joined(form: bytes, parts: list[_Part]) -> Iterator[Piece]:
    size = 4 + sum(8 + part.length + part.length % 2 for part in parts)
    long = form in LONG_FORMS and any(part.type == b"ds64" for part in parts)
    if size > _ELSEWHERE - 1 and not long:
        raise DamagedMediaError("the WAV file would exceed the 4 GiB that the format allows")
    yield struct.pack("<4sI", form if long else b"RIFF", _ELSEWHERE if long else size) + b"WAVE"
    for part in parts:
        yield struct.pack("<4sI", part.type, _ELSEWHERE if long and part.type == b"data" else part.length)
        yield (
            _with_sizes(part.data, size, parts)
            if part.type == b"ds64" and isinstance(part.data, bytes)
            else part.data
        )
        yield b"\0" * (part.length % 2)


def _with_sizes(payload: bytes, size: int, parts: Iterable[_Part]) -> bytes:
    """Set the sizes of the file and of its data in a chunk ds64."""
    length = sum(part.length for part in parts if part.type == b"data")
    return struct.pack("<QQ", size, length) + payload[16:]


def _places(source: Source, position: int = 12) -> Iterator[_Place]:
    """Find chunks from a position on; a few bytes after the last one are no chunk and are passed over."""
    long_size: int | None = None
    for _ in range(_MAX_CHUNKS):
        if position + 8 > source.size:
            return
        kind, length = struct.unpack("<4sI", source.read(position, 8))
        position += 8
        if kind == b"data" and length == _ELSEWHERE and long_size is not None:
            length = long_size
        elif kind == b"data" and length in _OPEN_ENDED and position + length > source.size:
            length = source.size - position
        if position + length > source.size:
            raise DamagedMediaError(f"a WAV chunk at byte {position - 8} reaches beyond the end of the file")
        if kind == b"ds64" and length >= 24:
            long_size = int.from_bytes(source.read(position + 8, 8), "little")
        yield _Place(kind, position, position + length)
        position += length + length % 2
    raise DamagedMediaError(f"the WAV file has more than {_MAX_CHUNKS} chunks")


def _payload(source: Source, place: _Place) -> bytes:
    if place.end - place.start > _MAX_TEXT_CHUNK:
        raise DamagedMediaError(f"the chunk {place.type!r} has {place.end - place.start} bytes; metadata has fewer")
    return source.read(place.start, place.end - place.start)


def _info_field(chunk: Chunk, container: str) -> Field | None:
    name = chunk.type.decode("latin-1")
    place = f"{container} INFO {name}"
    if chunk.type == b"ISFT":
        return Field(Kind.SOFTWARE, place, text=decoded_text(chunk.payload), name=name)
    if chunk.type not in {b"ICMT", _AIGC}:
        return None
    return Field(Kind.TEXT, place, text=decoded_text(chunk.payload), name="AIGC" if chunk.type == _AIGC else COMMENT)


def _is_label(chunk: Chunk) -> bool:
    field = _info_field(chunk, "")
    return field is not None and label_in(field) is not None


def _without_labels(source: Source, place: _Place) -> _Part:
    """Return a chunk without the labels that a list of texts or a tag may hold."""
    if place.type == b"ds64":
        return _Part.of(Chunk(place.type, _payload(source, place)))
    if place.type == _LIST and source.peek(place.start, 4) == _INFO:
        return _Part.of(Chunk(_LIST, without_info_labels(_payload(source, place))))
    if place.type in _TAGS and any(map(label_in, damaged_fields(_payload(source, place), "WAV"))):
        return _Part.of(Chunk(place.type, rewritten(parsed(_payload(source, place)), None, ())))
    return _Part(place.type, place.end - place.start, Span(place.start, place.end))

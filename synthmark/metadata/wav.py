"""WAV: the label in a chunk `AIGC` of its own (TC260-PG-202510A); RIFF, and RF64 or BW64 (EBU Tech 3306).

XMP stands in a chunk `_PMX` (XMP specification, part 3).
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.fields import Field, Kind, decoded_text, label_in
from synthmark.metadata.id3 import parsed
from synthmark.metadata.id3_labels import damaged_fields, rewritten
from synthmark.metadata.riff import ELSEWHERE, Chunk, Place, info_fields, payload, places, without_info_labels
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
    "joined",
    "rewrite",
]

LONG_FORMS = (b"RF64", b"BW64")
"""Forms whose sizes stand in a chunk ds64."""

_AIGC, _LIST, _INFO, _XMP = b"AIGC", b"LIST", b"INFO", b"_PMX"
_TAGS = (b"id3 ", b"ID3 ")


def fields(source: Source) -> Iterator[Field]:
    """Yield the metadata of a WAV file."""
    for place in places(source):
        if place.type == _AIGC:
            yield Field(Kind.TEXT, "WAV AIGC", text=decoded_text(payload(source, place)), name="AIGC")
        elif place.type == b"C2PA":
            yield Field(Kind.CREDENTIAL, "WAV C2PA")
        elif place.type == _XMP:
            yield Field(Kind.XMP, "WAV XMP", payload(source, place))
        elif place.type in _TAGS:
            yield from damaged_fields(payload(source, place), "WAV")
        elif place.type == _LIST and source.peek(place.start, 4) == _INFO:
            yield from info_fields(payload(source, place), "WAV")


def rewrite(source: Source, change: Change) -> Iterator[Piece]:
    """Put a label at the end of the file and take away the others; the other chunks stay as they are.

    Raises
    ------
    DamagedMediaError
        The file is truncated, or would exceed what the format allows.
    """
    packets = list(change.packets)
    parts: list[_Part] = []
    for place in places(source):
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
    for place in places(Source(io.BytesIO(data))):
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


@dataclass(frozen=True, slots=True)
class _Part:
    """A chunk whose data may still lie in the source."""

    type: bytes
    length: int
    data: Piece

    @classmethod
    def of(cls, chunk: Chunk) -> _Part:
        """Return the part that holds a chunk."""
        return cls(chunk.type, len(chunk.payload), chunk.payload)


def _joined(form: bytes, parts: list[_Part]) -> Iterator[Piece]:
    size = 4 + sum(8 + part.length + part.length % 2 for part in parts)
    long = form in LONG_FORMS and any(part.type == b"ds64" for part in parts)
    if size > ELSEWHERE - 1 and not long:
        raise DamagedMediaError("the WAV file would exceed the 4 GiB that the format allows")
    yield struct.pack("<4sI", form if long else b"RIFF", ELSEWHERE if long else size) + b"WAVE"
    for part in parts:
        yield struct.pack("<4sI", part.type, ELSEWHERE if long and part.type == b"data" else part.length)
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


def _without_labels(source: Source, place: Place) -> _Part:
    """Return a chunk without the labels that a list of texts or a tag may hold."""
    if place.type == b"ds64":
        return _Part.of(Chunk(place.type, payload(source, place)))
    if place.type == _LIST and source.peek(place.start, 4) == _INFO:
        return _Part.of(Chunk(_LIST, without_info_labels(payload(source, place))))
    if place.type in _TAGS and any(map(label_in, damaged_fields(payload(source, place), "WAV"))):
        return _Part.of(Chunk(place.type, rewritten(parsed(payload(source, place)), None, ())))
    return _Part(place.type, place.end - place.start, Span(place.start, place.end))

"""WAV: the label in a chunk `AIGC` of its own (TC260-PG-202510A); RIFF, and RF64 or BW64 (EBU Tech 3306)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.fields import Field, Kind, decoded_text, label_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["LONG_FORMS", "Chunk", "chunks_of", "fields", "joined", "rewrite"]

LONG_FORMS = (b"RF64", b"BW64")
"""Forms whose sizes stand in a chunk ds64."""

_MAX_CHUNKS = 10_000
_ELSEWHERE = 0xFFFFFFFF  # the size stands in the chunk ds64, or was not known when the file was begun
_OPEN_ENDED = (_ELSEWHERE, 0x7FFFF000, 0x80000000)  # data sizes of programs that write into a pipe
_AIGC, _LIST, _INFO = b"AIGC", b"LIST", b"INFO"
_TEXTS = {b"ICMT": Kind.TEXT, _AIGC: Kind.TEXT, b"ISFT": Kind.SOFTWARE}


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk of a RIFF form: its type of four bytes, and its data without padding."""

    type: bytes
    payload: bytes


def fields(data: bytes) -> Iterator[Field]:
    """Yield the metadata of a WAV file."""
    for chunk in chunks_of(data):
        if chunk.type == _AIGC:
            yield Field(Kind.TEXT, "WAV AIGC", text=decoded_text(chunk.payload), name="AIGC")
        elif chunk.type == b"C2PA":
            yield Field(Kind.CREDENTIAL, "WAV C2PA")
        elif chunk.type == b"_PMX":
            yield Field(Kind.FIXED_XMP, "WAV XMP", chunk.payload)
        elif _is_info(chunk):
            yield from filter(None, map(_info_field, _chunks(chunk.payload, 4)))


def rewrite(data: bytes, text: str) -> bytes:
    """Put a label at the end of the file and take away the others; the other chunks stay as they are.

    Raises
    ------
    DamagedMediaError
        The file is truncated, or would exceed what the format allows.
    """
    kept = (_without_labels(chunk) for chunk in chunks_of(data) if chunk.type != _AIGC)
    return joined(data[:4], [*kept, Chunk(_AIGC, text.encode())])


def chunks_of(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a WAV file; `data` may end with the file where a pipe left its size open.

    Raises
    ------
    DamagedMediaError
        A chunk reaches beyond the end of the file.
    """
    return _chunks(data, 12)


def joined(form: bytes, chunks: Iterable[Chunk]) -> bytes:
    """Return the file of a form (RIFF, RF64 or BW64) that consists of some chunks.

    Raises
    ------
    DamagedMediaError
        It would exceed the 4 GiB that RIFF allows.
    """
    parts = list(chunks)
    size = 4 + sum(8 + len(chunk.payload) + len(chunk.payload) % 2 for chunk in parts)
    if size > _ELSEWHERE - 1:
        raise DamagedMediaError("the WAV file would exceed the 4 GiB that the format allows")
    long = form in LONG_FORMS and any(chunk.type == b"ds64" for chunk in parts)
    body = b"".join(_packed(_with_sizes(chunk, size, parts), long=long) for chunk in parts)
    head = struct.pack("<4sI", form if long else b"RIFF", _ELSEWHERE if long else size)
    return head + b"WAVE" + body


def _with_sizes(chunk: Chunk, size: int, chunks: Iterable[Chunk]) -> Chunk:
    """Set the sizes of the file and of its data in a chunk ds64."""
    if chunk.type != b"ds64":
        return chunk
    length = sum(len(other.payload) for other in chunks if other.type == b"data")
    return Chunk(b"ds64", struct.pack("<QQ", size, length) + chunk.payload[16:])


def _packed(chunk: Chunk, *, long: bool = False) -> bytes:
    length = len(chunk.payload)
    stated = _ELSEWHERE if long and chunk.type == b"data" else length
    return struct.pack("<4sI", chunk.type, stated) + chunk.payload + b"\0" * (length % 2)


def _chunks(data: bytes, position: int) -> Iterator[Chunk]:
    """Yield chunks from a position on; a few bytes after the last one are no chunk and are passed over."""
    long_size: int | None = None
    for _ in range(_MAX_CHUNKS):
        if position + 8 > len(data):
            return
        kind, length = struct.unpack_from("<4sI", data, position)
        position += 8
        if kind == b"data" and length == _ELSEWHERE and long_size is not None:
            length = long_size
        elif kind == b"data" and length in _OPEN_ENDED and position + length > len(data):
            length = len(data) - position
        if position + length > len(data):
            raise DamagedMediaError(f"a WAV chunk at byte {position - 8} reaches beyond the end of the file")
        payload = data[position : position + length]
        if kind == b"ds64" and length >= 24:
            long_size = int.from_bytes(payload[8:16], "little")
        yield Chunk(kind, payload)
        position += length + length % 2
    raise DamagedMediaError(f"the WAV file has more than {_MAX_CHUNKS} chunks")


def _is_info(chunk: Chunk) -> bool:
    return chunk.type == _LIST and chunk.payload[:4] == _INFO


def _info_field(chunk: Chunk) -> Field | None:
    kind = _TEXTS.get(chunk.type)
    if kind is None:
        return None
    name = chunk.type.decode()
    return Field(kind, f"WAV INFO {name}", text=decoded_text(chunk.payload), name=name)


def _without_labels(chunk: Chunk) -> Chunk:
    """Return a chunk without the labels that a list of texts may hold."""
    if not _is_info(chunk):
        return chunk
    texts = list(_chunks(chunk.payload, 4))
    kept = [text for text in texts if not ((field := _info_field(text)) and label_in(field))]
    return chunk if len(kept) == len(texts) else Chunk(_LIST, _INFO + b"".join(map(_packed, kept)))

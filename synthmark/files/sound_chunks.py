"""WAV and AIFF: files of chunks, one of which holds the samples; that one is written anew, the others stay."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, MediaError
from synthmark.files.sound_copy import copy_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

__all__ = ["ChunkSpan", "chunk_spans", "write_chunks"]

_MAX_CHUNKS = 10_000
_ELSEWHERE = 0xFFFFFFFF
_OPEN_ENDED = (_ELSEWHERE, 0x7FFFF000, 0x80000000)  # data sizes of programs that write into a pipe
_LARGEST_CHANGED = 1 << 24


@dataclass(frozen=True, slots=True)
class ChunkSpan:
    """A chunk: its type of four bytes, and where its data begins and ends in the file."""

    type: bytes
    start: int
    end: int


def chunk_spans(file: BinaryIO, order: str) -> Iterator[ChunkSpan]:
    """Yield the chunks of a file; the last one may end with the file where a pipe left its size open.

    Parameters
    ----------
    order
        Of the bytes of a number: "<" for WAV, ">" for AIFF.

    Raises
    ------
    DamagedMediaError
        When a chunk reaches beyond the end of the file.
    """
    size = file.seek(0, 2)
    place, long_size = 12, None
    for _ in range(_MAX_CHUNKS):
        file.seek(place)
        header = file.read(8)
        if len(header) < 8:
            return
        kind, length = struct.unpack(f"{order}4sI", header)
        place += 8
        if kind == b"ds64":
            long_size = int.from_bytes(file.read(16)[8:], "little")
        elif kind == b"data" and length in _OPEN_ENDED and (long_size or place + length > size):
            length = long_size or size - place
        if place + length > size:
            raise DamagedMediaError(f"A chunk at byte {place - 8} reaches beyond the end of the file.")
        yield ChunkSpan(kind, place, place + length)
        place += length + length % 2
    raise DamagedMediaError(f"The file has more than {_MAX_CHUNKS} chunks.")


def write_chunks(
    file: BinaryIO,
    copy: BinaryIO,
    order: str,
    changes: dict[bytes, Callable[[bytes], bytes]],
    samples: tuple[bytes, Iterable[bytes]],
) -> int:
    """Write a file with other samples; return how many bytes they take.

    Parameters
    ----------
    changes
        What becomes of the data of small chunks, by their types; no data: the chunk is left out.
    samples
        Type of the chunk with the samples, and its new data.
    """
    file.seek(0)
    copy.write(file.read(12))
    length = 0
    for span in list(chunk_spans(file, order)):
        if span.type == samples[0]:
            length += _written_data(copy, order, *samples)
        elif span.type not in changes:
            _write_header(copy, order, span.type, span.end - span.start)
            copy_bytes(file, copy, span.start, span.end)
        else:
            _write_changed(file, copy, order, span, changes[span.type])
        copy.write(bytes(copy.tell() % 2))
    _patch(copy, order, 4, min(copy.tell() - 8, _ELSEWHERE))
    return length


def _write_changed(
    file: BinaryIO, copy: BinaryIO, order: str, span: ChunkSpan, change: Callable[[bytes], bytes]
) -> None:
    if span.end - span.start > _LARGEST_CHANGED:
        raise DamagedMediaError(f"A chunk {span.type!r} has {span.end - span.start} bytes.")
    file.seek(span.start)
    changed = change(file.read(span.end - span.start))
    if changed:
        _write_header(copy, order, span.type, len(changed))
        copy.write(changed)


def _written_data(copy: BinaryIO, order: str, kind: bytes, data: Iterable[bytes]) -> int:
    """Write the chunk with the samples; its size follows when it is known."""
    _write_header(copy, order, kind, 0)
    start = copy.tell()
    copy.writelines(data)
    length = copy.tell() - start
    _patch(copy, order, start - 4, min(length, _ELSEWHERE))
    return length


def _write_header(copy: BinaryIO, order: str, kind: bytes, length: int) -> None:
    copy.write(struct.pack(f"{order}4sI", kind, length))


def _patch(copy: BinaryIO, order: str, place: int, number: int) -> None:
    copy.seek(place)
    copy.write(struct.pack(f"{order}I", number))
    copy.seek(0, 2)


def require_short_form(size: int) -> None:
    """Refuse what the 32-bit sizes of a plain form cannot state.

    Raises
    ------
    MediaError
        When the file exceeds 4 GiB.
    """
    if size >= _ELSEWHERE:
        raise MediaError(f"The copy would have {size} bytes; its form allows 4 GiB. Use RF64, or cut it into parts.")

"""The chunks of a WebP file (RFC 9649, 2.3), and those inside the frames of an animation."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HEADER", "Chunk", "chunks", "form_end"]

HEADER = 12
"""Bytes before the first chunk: RIFF, size, WEBP."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk: its type of four bytes, all its bytes with the padding, and its data."""

    type: bytes
    raw: bytes
    payload: bytes


def form_end(data: bytes) -> int:
    """Return the end of the RIFF form; some writers do not count or write the last padding byte.

    Raises
    ------
    DamagedMediaError
        The file is shorter than it says.
    """
    size = int.from_bytes(data[4:8], "little") + 8
    if size > len(data) + 1:
        raise DamagedMediaError(f"the WebP file says it has {size} bytes and has {len(data)}; it is truncated")
    return min(size + size % 2, len(data))


def chunks(data: bytes, position: int, end: int) -> Iterator[Chunk]:
    """Yield the chunks in [position, end).

    Raises
    ------
    DamagedMediaError
        A chunk reaches beyond the end, or other bytes stand behind the last one.
    """
    while position + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, position)
        stop = position + 8 + length
        if stop > end:
            raise DamagedMediaError(f"a WebP chunk at byte {position} reaches beyond the end of the file")
        raw = data[position : stop + length % 2]
        yield Chunk(kind, raw.ljust(8 + length + length % 2, b"\0"), data[position + 8 : stop])
        position = stop + length % 2
    if position < end - 1:
        raise DamagedMediaError(f"the WebP file has {end - position} bytes at byte {position} that are no chunk")

"""The chunks of a PNG file (PNG specification, third edition, 5.3)."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SIGNATURE", "Chunk", "chunks", "packed"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk: its type of four bytes, and all its bytes."""

    type: bytes
    raw: bytes

    @property
    def payload(self) -> bytes:
        """Its data; a copy that is made on demand, since picture data is large and seldom looked at."""
        return self.raw[8:-4]


def chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks up to IEND, or to the end of a file that has none.

    Raises
    ------
    DamagedMediaError
        A chunk reaches beyond the end of the file.
    """
    position = len(SIGNATURE)
    while position < len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        end = position + 12 + length
        if end > len(data):
            raise DamagedMediaError(f"a PNG chunk at byte {position} reaches beyond the end of the file")
        chunk = Chunk(data[position + 4 : position + 8], data[position:end])
        yield chunk
        if chunk.type == b"IEND":
            return
        position = end


def packed(kind: bytes, payload: bytes) -> bytes:
    """Return a chunk as it stands in a file, with its length and checksum."""
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))

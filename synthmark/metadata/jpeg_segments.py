"""The marker segments of a JPEG file up to its first scan (ITU-T T.81, B.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["APP0", "APP1", "APP2", "APP15", "COMMENT", "Segment", "packed", "segments"]

APP0, APP1, APP2, APP15, COMMENT = 0xE0, 0xE1, 0xE2, 0xEF, 0xFE
_START_OF_SCAN, _END = 0xDA, 0xD9
_STANDALONE = {0x01, *range(0xD0, 0xD8)}


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker, all bytes that belong to it (fill bytes and length included), and its payload."""

    marker: int
    raw: bytes
    payload: bytes


def segments(data: bytes) -> Iterator[Segment]:
    """Yield the segments between the start of the image and its first scan.

    Raises
    ------
    DamagedMediaError
        The file ends before its first scan.
    """
    position = 2
    while True:
        start, position = position, _marker_position(data, position)
        marker = data[position]
        if marker == _START_OF_SCAN:
            return
        if marker == _END:
            raise DamagedMediaError("the JPEG file ends before any picture data")
        head = position + 1
        length = 0 if marker in _STANDALONE else int.from_bytes(data[head : head + 2], "big")
        position = head + length
        if position > len(data) or (length < 2 and marker not in _STANDALONE):
            raise DamagedMediaError(f"a JPEG segment at byte {start} reaches beyond the end of the file")
        yield Segment(marker, data[start:position], data[head + 2 : position])


def packed(marker: int, payload: bytes) -> bytes:
    """Return a segment as it stands in a file; its payload has at most 65533 bytes."""
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def _marker_position(data: bytes, start: int) -> int:
    """Return where the marker behind its prefix and any fill bytes stands."""
    position = start
    while data[position : position + 1] == b"\xff":
        position += 1
    if position == start or position >= len(data):
        raise DamagedMediaError(f"the JPEG file has no marker at byte {start}; it is truncated or damaged")
    return position

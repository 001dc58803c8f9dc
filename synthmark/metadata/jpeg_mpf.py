"""Keeps the table of a multi-picture JPEG file right (CIPA DC-007) when its metadata changes length."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata.fields import unpacked
from synthmark.metadata.ifd import read_directory, read_layout
from synthmark.metadata.jpeg_segments import APP2, segments

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["shift_pictures"]

_MARKER = b"MPF\0"
_ENTRIES = 0xB002
_ENTRY_SIZE = 16  # attribute, size, offset from the MPF header, two dependent pictures


def shift_pictures(before: bytes, after: bytes) -> bytes:
    """Correct sizes and offsets in the multi-picture table of `after`, made from `before` by new metadata.

    Raises
    ------
    UnsupportedMediaError
        The table cannot be read, so that the pictures behind the first would be lost.
    """
    old, new = _header(before), _header(after)
    if old is None or new is None:
        return after
    grown = len(after) - len(before)
    result = bytearray(after)
    try:
        for entry in _entries(after, new):
            _shift(result, entry, grown, behind=grown - (new - old))
    except (DamagedMediaError, struct.error) as error:
        raise UnsupportedMediaError(f"the multi-picture table of the JPEG file cannot be updated: {error}") from error
    return bytes(result)


def _header(data: bytes) -> int | None:
    """Find the MPF header among the segments before the first scan."""
    end = 2
    for segment in segments(data):
        end += len(segment.raw)
        if segment.marker == APP2 and segment.payload.startswith(_MARKER):
            return end - len(segment.payload) + len(_MARKER)
    return None


def _entries(data: bytes, header: int) -> Iterator[tuple[int, str]]:
    """Yield position and byte order of every entry of the table."""
    body = data[header : header + 65536]
    layout, offset = read_layout(body)
    table = read_directory(body, layout, offset).first(_ENTRIES)
    if table is None:
        return
    table.value(body)
    for at in range(table.start, table.start + table.size - _ENTRY_SIZE + 1, _ENTRY_SIZE):
        yield header + at, layout.order


def _shift(result: bytearray, entry: tuple[int, str], grown: int, *, behind: int) -> None:
    position, order = entry
    size, offset = unpacked(order + "II", bytes(result[position : position + _ENTRY_SIZE]), 4)
    # Offset 0 is the first picture: the one whose metadata grew.
    changed = (size + grown, 0) if offset == 0 else (size, offset + behind)
    struct.pack_into(order + "II", result, position + 4, *changed)

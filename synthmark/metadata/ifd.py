"""The tag directories of TIFF 6.0, of BigTIFF and of EXIF blobs."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from synthmark.errors import DamagedMediaError
from synthmark.metadata.fields import unpacked

__all__ = ["Directory", "Entry", "Layout", "read_directory", "read_layout"]

_MAX_ENTRIES = 65535
# Bytes per value, for the types that need more than one.
_TYPE_SIZES = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}


@dataclass(frozen=True, slots=True)
class Layout:
    """Byte order and number sizes: those of TIFF, or the wider ones of BigTIFF."""

    order: str
    big: bool

    @property
    def count_format(self) -> str:
        """Format of the number of entries."""
        return self.order + ("Q" if self.big else "H")

    @property
    def offset_format(self) -> str:
        """Format of offsets and value counts."""
        return self.order + ("Q" if self.big else "I")

    @property
    def offset_size(self) -> int:
        """Bytes of an offset, which is also the room for a value inside its entry."""
        return 8 if self.big else 4

    @property
    def entry_size(self) -> int:
        """Bytes of one entry."""
        return 20 if self.big else 12

    @property
    def header_offset(self) -> int:
        """Where the header holds the offset of the first directory."""
        return 8 if self.big else 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag: its raw bytes and where its value lies in the data."""

    tag: int
    type: int
    count: int
    raw: bytes
    start: int
    size: int

    def value(self, data: bytes) -> bytes:
        """Cut the value out of the data.

        Raises
        ------
        DamagedMediaError
            The value lies outside the data.
        """
        if self.start + self.size > len(data):
            raise DamagedMediaError(f"the value of tag {self.tag} lies outside the {len(data)} bytes of the data")
        return data[self.start : self.start + self.size]


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory: where it starts, its entries, and the offset of the next one (0: none)."""

    offset: int
    entries: tuple[Entry, ...]
    next: int

    def first(self, tag: int) -> Entry | None:
        """Give the first entry with this tag."""
        return next((entry for entry in self.entries if entry.tag == tag), None)


def read_layout(data: bytes) -> tuple[Layout, int]:
    """Read a TIFF header: the layout and the offset of the first directory.

    Raises
    ------
    DamagedMediaError
        The data does not start with a TIFF or BigTIFF header.
    """
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        raise DamagedMediaError(f"a TIFF header starts with II or MM, found {data[:2]!r}")
    (magic,) = unpacked(order + "H", data, 2)
    if magic not in {42, 43}:
        raise DamagedMediaError(f"a TIFF header holds 42 or 43, found {magic}")
    layout = Layout(order, magic == 43)
    return layout, unpacked(layout.offset_format, data, layout.header_offset)[0]


def read_directory(data: bytes, layout: Layout, offset: int) -> Directory:
    """Read the directory at an offset.

    Raises
    ------
    DamagedMediaError
        The directory lies outside the data.
    """
    (count,) = unpacked(layout.count_format, data, offset)
    start = offset + struct.calcsize(layout.count_format)
    end = start + count * layout.entry_size
    if count > _MAX_ENTRIES or end > len(data):
        raise DamagedMediaError(f"a tag directory with {count} entries does not fit the {len(data)} bytes")
    entries = tuple(_read_entry(data, layout, at) for at in range(start, end, layout.entry_size))
    # EXIF writers sometimes leave the last offset away at the very end.
    following = unpacked(layout.offset_format, data, end)[0] if end + layout.offset_size <= len(data) else 0
    return Directory(offset, entries, following)


def _read_entry(data: bytes, layout: Layout, offset: int) -> Entry:
    tag, kind = struct.unpack_from(layout.order + "HH", data, offset)
    (count,) = struct.unpack_from(layout.offset_format, data, offset + 4)
    size = count * _TYPE_SIZES.get(kind, 1)
    start = offset + 4 + layout.offset_size
    if size > layout.offset_size:
        (start,) = struct.unpack_from(layout.offset_format, data, start)
    return Entry(tag, kind, count, data[offset : offset + layout.entry_size], start, size)

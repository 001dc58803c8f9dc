"""Boxes and items of HEIF and AVIF files (ISO/IEC 14496-12, 8.11): read, and written again."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata.fields import unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "IN_FILE",
    "IN_IDAT",
    "Box",
    "Extent",
    "Item",
    "Location",
    "LocationTable",
    "boxes",
    "full_box",
    "item_entry",
    "read_items",
    "read_locations",
    "write_locations",
]

IN_FILE, IN_IDAT = 0, 1  # construction methods
_MAX_EXTENTS = 100_000


@dataclass(frozen=True, slots=True)
class Box:
    """One box: where it starts, where its content starts, where it ends."""

    type: bytes
    start: int
    body: int
    end: int


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the item information box."""

    id: int
    type: bytes
    content_type: str = ""
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class Extent:
    """One run of bytes of an item; a length of 0 reaches to the end."""

    offset: int
    length: int
    index: int = 0


@dataclass(frozen=True, slots=True)
class Location:
    """Where the bytes of one item are; the base is added to the offset of every extent."""

    id: int
    method: int
    reference: int
    base: int
    extents: tuple[Extent, ...]


@dataclass(frozen=True, slots=True)
class LocationTable:
    """The item location box, with the sizes in bytes of its numbers."""

    version: int
    offset_size: int
    length_size: int
    base_size: int
    index_size: int
    locations: tuple[Location, ...]

    def widened(self, largest: int) -> LocationTable:
        """Give room for file offsets and lengths up to `largest`."""
        needed = 4 if largest <= 0xFFFFFFFF else 8
        return replace(self, offset_size=max(self.offset_size, needed), length_size=max(self.length_size, needed))


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes in [start, end).

    Raises
    ------
    DamagedMediaError
        A box is smaller than its header or reaches beyond the end.
    """
    while start < end:
        size, kind = unpacked(">I4s", data, start)
        body = start + 8
        if size == 1:
            (size,), body = unpacked(">Q", data, body), body + 8
        stop = end if size == 0 else start + size
        if stop > end or stop < body:
            raise DamagedMediaError(f"a box at byte {start} reaches beyond byte {end}; the file is damaged")
        yield Box(bytes(kind), start, body, stop)
        start = stop


def full_box(kind: bytes, version: int, body: bytes) -> bytes:
    """Make a box with version and no flags."""
    return struct.pack(">I4sI", len(body) + 12, kind, version << 24) + body


def read_items(data: bytes, box: Box) -> dict[int, Item]:
    """Read the item information box."""
    wide = unpacked(">B", data, box.body)[0] > 0
    start = box.body + (8 if wide else 6)
    entries = (entry for entry in boxes(data, start, box.end) if entry.type == b"infe")
    items = (_read_item(data[entry.body : entry.end]) for entry in entries)
    return {item.id: item for item in items}


def item_entry(identifier: int, content_type: bytes) -> bytes:
    """Make the entry of a MIME item."""
    wide = identifier > 0xFFFF
    head = struct.pack(">IH" if wide else ">HH", identifier, 0)
    return full_box(b"infe", 3 if wide else 2, head + b"mime\0" + content_type + b"\0")


def _read_item(body: bytes) -> Item:
    (version,) = unpacked(">B", body, 0)
    if version < 2:
        (identifier,), texts = unpacked(">H", body, 4), body[8:].split(b"\0")
        content_type = texts[1].decode("latin-1") if len(texts) > 1 else ""
        return Item(identifier, b"mime" if content_type else b"", content_type, _text(texts, 2))
    (identifier,) = unpacked(">H" if version == 2 else ">I", body, 4)
    start = 8 if version == 2 else 10
    kind, texts = body[start : start + 4], body[start + 4 :].split(b"\0")
    if kind != b"mime":
        return Item(identifier, kind)
    return Item(identifier, kind, _text(texts, 1), _text(texts, 2))


def _text(texts: Sequence[bytes], place: int) -> str:
    return texts[place].decode("latin-1") if place < len(texts) else ""


class _Cursor:
    """Reads big-endian numbers one after the other."""

    __slots__ = ("data", "position")

    def __init__(self, data: bytes, position: int) -> None:
        self.data = data
        self.position = position

    def number(self, size: int) -> int:
        """Read a number of `size` bytes; 0 bytes give 0."""
        if self.position + size > len(self.data):
            raise DamagedMediaError("the item location box is truncated")
        value = int.from_bytes(self.data[self.position : self.position + size], "big")
        self.position += size
        return value


def read_locations(data: bytes, box: Box) -> LocationTable:
    """Read the item location box, versions 0 to 2.

    Raises
    ------
    DamagedMediaError, UnsupportedMediaError
        The box is truncated; it has another version.
    """
    cursor = _Cursor(data[box.body : box.end], 0)
    version = cursor.number(1)
    if version > 2:
        raise UnsupportedMediaError(f"item locations of version {version} are not known; 0 to 2 are")
    cursor.number(3)
    offset_length, base_index = cursor.number(1), cursor.number(1)
    sizes = (offset_length >> 4, offset_length & 15, base_index >> 4, base_index & 15 if version else 0)
    if not {0, 4, 8}.issuperset(sizes):
        raise DamagedMediaError(f"the item location box has numbers of {sizes} bytes; 0, 4 and 8 are allowed")
    table = LocationTable(version, *sizes, ())
    count, budget = cursor.number(4 if version == 2 else 2), _MAX_EXTENTS
    found = []
    for _ in range(count):
        location = _read_location(cursor, table, budget)
        budget -= 1 + len(location.extents)
        found.append(location)
    return replace(table, locations=tuple(found))


def _read_location(cursor: _Cursor, table: LocationTable, budget: int) -> Location:
    identifier = cursor.number(4 if table.version == 2 else 2)
    method = cursor.number(2) & 15 if table.version else IN_FILE
    reference, base = cursor.number(2), cursor.number(table.base_size)
    count = cursor.number(2)
    # With numbers of 0 bytes a small box could ask for any count of extents.
    if count > budget:
        raise DamagedMediaError(f"the item location box has more than {_MAX_EXTENTS} extents")
    extents = []
    for _ in range(count):
        index = cursor.number(table.index_size)
        offset = cursor.number(table.offset_size)
        extents.append(Extent(offset, cursor.number(table.length_size), index))
    return Location(identifier, method, reference, base, tuple(extents))


def write_locations(table: LocationTable) -> bytes:
    """Write the item location box.

    Raises
    ------
    UnsupportedMediaError
        A number does not fit the sizes of the table.
    """
    sizes = bytes([table.offset_size << 4 | table.length_size, table.base_size << 4 | table.index_size])
    count = len(table.locations).to_bytes(4 if table.version == 2 else 2, "big")
    try:
        entries = b"".join(_location_bytes(table, location) for location in table.locations)
    except OverflowError as error:
        raise UnsupportedMediaError("an item location does not fit the numbers of this file") from error
    return full_box(b"iloc", table.version, sizes + count + entries)


def _location_bytes(table: LocationTable, location: Location) -> bytes:
    pieces = [location.id.to_bytes(4 if table.version == 2 else 2, "big")]
    if table.version:
        pieces.append(location.method.to_bytes(2, "big"))
    pieces += [location.reference.to_bytes(2, "big"), location.base.to_bytes(table.base_size, "big")]
    pieces.append(len(location.extents).to_bytes(2, "big"))
    for extent in location.extents:
        pieces.append(extent.index.to_bytes(table.index_size, "big"))
        pieces.append(extent.offset.to_bytes(table.offset_size, "big"))
        pieces.append(extent.length.to_bytes(table.length_size, "big"))
    return b"".join(pieces)

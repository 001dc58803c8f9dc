"""TIFF and BigTIFF: XMP in tag 700 of the first directory, old labels in text tags."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.exif import exif_fields, without_exif_labels
from synthmark.metadata.fields import Field, Kind
from synthmark.metadata.ifd import Directory, Entry, Layout, read_directory, read_layout

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["fields", "rewrite"]

_XMP, _C2PA = 700, 0xCD41
_UNDEFINED = 7


def fields(data: bytes) -> Iterator[Field]:
    """Yield the metadata of the first directory and of its EXIF directory."""
    layout, offset = read_layout(data)
    first = read_directory(data, layout, offset)
    packet = first.first(_XMP)
    if packet is not None:
        yield Field(Kind.XMP, "TIFF tag 700", packet.value(data))
    if first.first(_C2PA) is not None:
        yield Field(Kind.CREDENTIAL, "TIFF tag 52545")
    yield from exif_fields(data, "TIFF")


def rewrite(data: bytes, packets: Sequence[bytes]) -> bytes:
    """Append the packet and a new first directory that names it; take old labels away.

    Nothing else moves: the chain to the further pages goes on from the new directory.

    Raises
    ------
    DamagedMediaError
        The file is truncated, or would exceed the 4 GiB of classic TIFF.
    """
    data = without_exif_labels(data)
    layout, offset = read_layout(data)
    first = read_directory(data, layout, offset)
    result = bytearray(data)
    for entry in first.entries:
        if entry.tag == _XMP:
            _blank(result, entry, layout)
    start = _append(result, packets[0])
    entries = [entry.raw for entry in first.entries if entry.tag < _XMP]
    entries.append(_entry(layout, len(packets[0]), start))
    entries += [entry.raw for entry in first.entries if entry.tag > _XMP]
    directory = _append(result, _directory(layout, entries, first))
    if not layout.big and len(result) > 0xFFFFFFFF:
        raise DamagedMediaError("the TIFF file would exceed the 4 GiB that the format allows")
    struct.pack_into(layout.offset_format, result, layout.header_offset, directory)
    return bytes(result)


def _blank(result: bytearray, entry: Entry, layout: Layout) -> None:
    """Overwrite the old packet, so that its label cannot be found beside the new one."""
    if layout.offset_size < entry.size and entry.start + entry.size <= len(result):
        result[entry.start : entry.start + entry.size] = bytes(entry.size)


def _append(result: bytearray, block: bytes) -> int:
    """Append a block at an even offset, and give the offset."""
    result += b"\0" * (len(result) % 2)
    start = len(result)
    result += block
    return start


def _entry(layout: Layout, size: int, start: int) -> bytes:
    head = struct.pack(layout.order + "HH", _XMP, _UNDEFINED)
    # A packet is never short enough to stand inside its entry.
    return head + _offset(layout, size) + _offset(layout, start)


def _directory(layout: Layout, entries: Sequence[bytes], old: Directory) -> bytes:
    count = struct.pack(layout.count_format, len(entries))
    return count + b"".join(entries) + _offset(layout, old.next)


def _offset(layout: Layout, number: int) -> bytes:
    try:
        return struct.pack(layout.offset_format, number)
    except struct.error as error:
        raise DamagedMediaError("the TIFF file would exceed the 4 GiB that the format allows") from error

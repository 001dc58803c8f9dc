"""Takes thumbnails out of EXIF and Photoshop data: they show the picture as it was before it was labelled."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.fields import unpacked
from synthmark.metadata.ifd import Directory, Layout, read_directory, read_layout

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["without_photoshop_thumbnail", "without_thumbnail"]

_PREFIX = b"Exif\0\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_PHOTOSHOP_THUMBNAILS = (0x0409, 0x040C)  # image resources of Photoshop 4 and of later ones
_START, _LENGTH = 0x0201, 0x0202  # JPEGInterchangeFormat and its length (EXIF 2.32, 4.6.4)


def without_thumbnail(blob: bytes) -> bytes:
    """Return an EXIF blob of the same length without its thumbnail, which is the second directory.

    The chain of directories ends behind the first one, and a JPEG thumbnail is overwritten with zeros. Every
    other offset stays as it is. A blob that cannot be read shows no thumbnail either, and is returned as it is.
    """
    head = len(blob) - len(blob.removeprefix(_PREFIX))
    body = blob[head:]
    try:
        layout, offset = read_layout(body)
        first = read_directory(body, layout, offset)
    except DamagedMediaError:
        return blob
    return blob[:head] + _unlinked(body, layout, first) if first.next else blob


def _unlinked(body: bytes, layout: Layout, first: Directory) -> bytes:
    result = bytearray(body)
    for start, end in _jpeg_range(body, layout, first):
        result[start:end] = bytes(end - start)
    struct.pack_into(layout.offset_format, result, _table_end(layout, first), 0)
    return bytes(result)


def _jpeg_range(body: bytes, layout: Layout, first: Directory) -> Iterator[tuple[int, int]]:
    """Yield where the JPEG thumbnail lies, unless a false offset leads into the first directory."""
    try:
        second = read_directory(body, layout, first.next)
        start, length = (_number(body, layout, second, tag) for tag in (_START, _LENGTH))
    except DamagedMediaError:
        return
    end = min(start + length, len(body))
    kept = [
        (0, _table_end(layout, first)),
        *((entry.start, entry.start + entry.size) for entry in first.entries),
    ]
    if body[start : start + 2] == b"\xff\xd8" and not any(start < stop and begin < end for begin, stop in kept):
        yield start, end


def _number(body: bytes, layout: Layout, directory: Directory, tag: int) -> int:
    """Return the number that a tag of type LONG holds."""
    entry = directory.first(tag)
    if entry is None or entry.size != struct.calcsize(layout.order + "I"):
        raise DamagedMediaError(f"the thumbnail has no tag {tag:#06x} of type LONG")
    return int(unpacked(layout.order + "I", body, entry.start)[0])


def _table_end(layout: Layout, directory: Directory) -> int:
    """Return where the entries of a directory end and the offset of the next one stands."""
    return directory.offset + struct.calcsize(layout.count_format) + len(directory.entries) * layout.entry_size


def without_photoshop_thumbnail(payload: bytes) -> bytes:
    """Return the payload of a Photoshop segment (JPEG APP13) without the thumbnail among its image resources.

    A payload of another kind, or one that cannot be read to its end, is returned as it is.
    """
    if not payload.startswith(_PHOTOSHOP):
        return payload
    kept, position = [_PHOTOSHOP], len(_PHOTOSHOP)
    while position < len(payload):
        end = _resource_end(payload, position)
        if end is None:
            return payload
        if int.from_bytes(payload[position + 4 : position + 6], "big") not in _PHOTOSHOP_THUMBNAILS:
            kept.append(payload[position:end])
        position = end
    return b"".join(kept)


def _resource_end(payload: bytes, start: int) -> int | None:
    """Return where an image resource ends: signature, number, name and data, the last two padded to even."""
    if payload[start : start + 4] != b"8BIM" or start + 7 > len(payload):
        return None
    data = start + 6 + (payload[start + 6] + 2) // 2 * 2 + 4
    length = int.from_bytes(payload[data - 4 : data], "big")
    return data + length + length % 2 if data + length <= len(payload) else None

"""Places of bytes that MP4 files hold in their tables, moved along when the bytes move (ISO/IEC 14496-12)."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata.isobmff_items import IN_FILE, Location, boxes, read_locations, write_locations
from synthmark.metadata.mp4_boxes import make_box, rebuilt, split_boxes, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synthmark.metadata.isobmff_items import Box
    from synthmark.metadata.source import Edits, Source

__all__ = ["move_outside", "moved_movie", "widened_movie"]

_SAMPLES = (b"trak", b"mdia", b"minf", b"stbl")
_REFERENCES = (b"trak", b"mdia", b"minf", b"dinf", b"dref")
_MAX_TABLE = 64 << 20
_ENTRIES = 1 << 16  # entries of a table that are handled at once

Shifts = list[tuple[int, int]]


def widened_movie(movie: bytes, largest: int) -> bytes:
    """Return the content of a movie box, with 64-bit chunk offsets where 32 bits might not do.

    Parameters
    ----------
    largest
        The length that the file may come to have.
    """
    if largest <= 0xFFFFFFFF:
        return movie
    return rebuilt(movie, (*_SAMPLES, b"stco"), _widened)


def moved_movie(movie: bytes, shifts: Shifts) -> bytes:
    """Return the content of a movie box after moving the offsets of chunks and of auxiliary information.

    Raises
    ------
    UnsupportedMediaError
        A track lies in another file; an offset does not fit its table.
    DamagedMediaError
        A table ends before its last entry.
    """
    if not shifts:
        return movie
    rebuilt(movie, _REFERENCES, _refuse_other_files)
    for kind, size in ((b"stco", 4), (b"co64", 8)):
        movie = rebuilt(movie, (*_SAMPLES, kind), _mover(size, shifts))
    return rebuilt(movie, (*_SAMPLES, b"saio"), lambda raw: _moved_auxiliary(raw, shifts))


def move_outside(source: Source, top: list[Box], edits: Edits) -> None:
    """Add the edits that move the offsets outside the movie box: of fragments, indexes and items.

    Raises
    ------
    UnsupportedMediaError, DamagedMediaError
        See `moved_movie`.
    """
    shifts = edits.shifts()
    if not shifts:
        return
    for box in top:
        if box.type == b"moof":
            _move_fragment(source, box, edits, shifts)
        elif box.type == b"sidx":
            _move_segment_index(source, box, edits, shifts)
        elif box.type == b"mfra":
            _edit_whole(source, box, edits, lambda raw: _moved_access(raw, shifts))
        elif box.type == b"meta":
            _edit_whole(source, box, edits, lambda raw: _moved_items(raw, shifts))


def _moved(position: int, shifts: Shifts) -> int:
    return position + sum(shift for place, shift in shifts if place <= position)


def _widened(raw: bytes) -> bytes:
    (count,) = struct.unpack(">I", raw[12:16].rjust(4, b"\0"))
    if len(raw) < 16 + 4 * count:
        raise DamagedMediaError("a table of chunk offsets ends before its last entry")
    numbers = struct.unpack_from(f">{count}I", raw, 16)
    return make_box(b"co64", raw[8:16], struct.pack(f">{count}Q", *numbers))


def _refuse_other_files(raw: bytes) -> bytes:
    """Refuse data references that are not to the file itself: offsets into another file must not move."""
    for box in split_boxes(raw[16:])[0]:
        if not raw[16 + box.body + 3 : 16 + box.end].startswith((b"\1", b"\3")):
            raise UnsupportedMediaError("a track of the file lies in another file; make one file of them first")
    return raw


def _mover(size: int, shifts: Shifts) -> Callable[[bytes], bytes]:
    def moved(raw: bytes) -> bytes:
        count = int.from_bytes(raw[12:16], "big")
        return _moved_table(raw, 16, count, size, shifts)

    return moved


def _moved_auxiliary(raw: bytes, shifts: Shifts) -> bytes:
    """Move the offsets of sample auxiliary information, which a type of 8 bytes may stand before."""
    if len(raw) < 16:
        raise DamagedMediaError("a table of offsets ends before its first entry")
    start = 20 if raw[11] & 1 else 12
    count = int.from_bytes(raw[start : start + 4], "big")
    return _moved_table(raw, start + 4, count, 8 if raw[8] else 4, shifts)


def _moved_table(raw: bytes, start: int, count: int, size: int, shifts: Shifts) -> bytes:
    """Move the offsets of a table with entries of 4 or 8 bytes."""
    if len(raw) < start + count * size:
        raise DamagedMediaError("a table of offsets ends before its last entry")
    table, letter = bytearray(raw), "I" if size == 4 else "Q"
    for first in range(0, count, _ENTRIES):
        layout, place = f">{min(_ENTRIES, count - first)}{letter}", start + first * size
        numbers = list(struct.unpack_from(layout, raw, place))
        for edge, shift in shifts:
            numbers = [number + shift if number >= edge else number for number in numbers]
        struct.pack_into(layout, table, place, *map(_checked(size), numbers))
    return bytes(table)


def _checked(size: int) -> Callable[[int], int]:
    limit = 1 << (8 * size)

    def check(number: int) -> int:
        if not 0 <= number < limit:
            raise UnsupportedMediaError(f"an offset of the file does not fit the {size} bytes of its table")
        return number

    return check


def _move_fragment(source: Source, box: Box, edits: Edits, shifts: Shifts) -> None:
    """Move the base offsets that the tracks of a fragment may state (8.8.7)."""
    for track in walk(source, box.body, box.end, nested=True):
        if track.type != b"traf":
            continue
        for header in walk(source, track.body, track.end, nested=True):
            if header.type == b"tfhd" and source.read(header.body + 3, 1)[0] & 1:
                (base,) = source.unpack(">Q", header.body + 8)
                edits.replace(header.body + 8, header.body + 16, struct.pack(">Q", _checked(8)(_moved(base, shifts))))


def _move_segment_index(source: Source, box: Box, edits: Edits, shifts: Shifts) -> None:
    """Correct the distance from an index to what it indexes (8.16.3)."""
    size = 8 if source.read(box.body, 1)[0] else 4
    place = box.body + 12 + size
    distance = int.from_bytes(source.read(place, size), "big")
    corrected = _moved(box.end + distance, shifts) - _moved(box.end, shifts)
    edits.replace(place, place + size, _checked(size)(corrected).to_bytes(size, "big"))


def _edit_whole(source: Source, box: Box, edits: Edits, change: Callable[[bytes], bytes]) -> None:
    if box.end - box.start > _MAX_TABLE:
        raise DamagedMediaError(
            f"the box {box.type!r} has {box.end - box.start} bytes; at most {_MAX_TABLE} are read"
        )
    edits.replace(box.start, box.end, change(source.read(box.start, box.end - box.start)))


def _moved_access(raw: bytes, shifts: Shifts) -> bytes:
    """Move the places of fragments in the random access boxes (8.8.10)."""
    edited = bytearray(raw)
    for table in split_boxes(raw[8:])[0]:
        if table.type == b"tfra":
            _move_places(edited, 8 + table.body, 8 + table.end, shifts)
    return bytes(edited)


def _move_places(edited: bytearray, start: int, end: int, shifts: Shifts) -> None:
    if end - start < 16:
        raise DamagedMediaError("a table of fragments ends before its first entry")
    size = 8 if edited[start] else 4
    lengths = edited[start + 11]
    step = 2 * size + 3 + (lengths >> 4 & 3) + (lengths >> 2 & 3) + (lengths & 3)
    count = int.from_bytes(edited[start + 12 : start + 16], "big")
    if start + 16 + count * step > end:
        raise DamagedMediaError("a table of fragments ends before its last entry")
    for place in range(start + 16 + size, start + 16 + count * step, step):
        offset = int.from_bytes(edited[place : place + size], "big")
        edited[place : place + size] = _checked(size)(_moved(offset, shifts)).to_bytes(size, "big")


def _moved_items(raw: bytes, shifts: Shifts) -> bytes:
    """Move the places of items of a file-level metadata box (8.11.3); the box keeps its length."""
    head = 12 if raw[16:20] == b"hdlr" else 8
    edited = bytearray(raw)
    for box in boxes(raw, head, len(raw)):
        if box.type == b"iloc":
            table = read_locations(raw, box)
            changed = write_locations(replace(table, locations=tuple(_moved_locations(table.locations, shifts))))
            if len(changed) != box.end - box.start:
                raise UnsupportedMediaError("the item locations of the file cannot be moved")
            edited[box.start : box.end] = changed
    return bytes(edited)


def _moved_locations(locations: tuple[Location, ...], shifts: Shifts) -> Iterator[Location]:
    for location in locations:
        if location.method != IN_FILE or location.reference:
            yield location
            continue
        places = [location.base + extent.offset for extent in location.extents]
        moves = [_moved(place, shifts) - place for place in places]
        if location.base and len(set(moves)) == 1:
            yield replace(location, base=location.base + moves[0])
        else:
            extents = zip(location.extents, moves, strict=True)
            yield replace(
                location, extents=tuple(replace(extent, offset=extent.offset + move) for extent, move in extents)
            )

"""Writes XMP items into HEIF and AVIF files and moves all file offsets that the longer meta box shifts."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata.exif import without_exif_labels
from synthmark.metadata.fields import unpacked
from synthmark.metadata.isobmff import CONTENT_TYPE, Structure, item_spans, read_structure, require_small
from synthmark.metadata.isobmff_items import (
    IN_FILE,
    Box,
    Extent,
    Location,
    LocationTable,
    boxes,
    full_box,
    item_entry,
    write_locations,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["rewrite"]

_FRAGMENTED = {b"moof", b"mfra", b"sidx"}
_TRACK_PATH = (b"trak", b"mdia", b"minf", b"stbl")


def rewrite(data: bytes, packets: Sequence[bytes]) -> bytes:
    """Point the XMP items of the file at new packets, or add one item; take old labels away.

    The packets go into a media data box at the end. The coded pictures keep their bytes; item
    locations and, in sequences, chunk offsets follow the shift that the longer meta box causes.

    Raises
    ------
    DamagedMediaError, UnsupportedMediaError
        The file is truncated; it is fragmented or built in a way that cannot be moved safely.
    """
    structure = read_structure(data)
    if any(box.type in _FRAGMENTED for box in structure.top):
        raise UnsupportedMediaError("the file is fragmented; write it as one piece first")
    edited = bytearray(data)
    _close_last_box(edited, structure.top[-1])
    _clean_exif(data, edited, structure)
    _blank_packets(data, edited, structure)
    identifiers = [item.id for item in structure.packets()] or [_new_identifier(structure)]
    # The length of the tables does not depend on the offsets in them, so a first run gives the shift.
    draft = _meta(edited, structure, identifiers, packets, 0)
    shift = len(draft) - (structure.meta.end - structure.meta.start)
    meta = _meta(edited, structure, identifiers, packets, shift)
    _shift_chunks(edited, structure, shift)
    body = b"".join(packets)
    media = struct.pack(">I4s", len(body) + 8, b"mdat") + body
    return b"".join((edited[: structure.meta.start], meta, edited[structure.meta.end :], media))


def _close_last_box(edited: bytearray, last: Box) -> None:
    """Give a last box that reaches to the end of the file an explicit size."""
    if edited[last.start : last.start + 4] != bytes(4):
        return
    size = last.end - last.start
    if size > 0xFFFFFFFF:
        raise UnsupportedMediaError("the last box has no size and more than 4 GiB, so nothing can follow it")
    struct.pack_into(">I", edited, last.start, size)


def _clean_exif(data: bytes, edited: bytearray, structure: Structure) -> None:
    """Take old labels out of EXIF items, which keep their length and place."""
    for item in structure.items.values():
        if item.type != b"Exif":
            continue
        spans = item_spans(data, structure, item)
        require_small(item, spans)
        payload = b"".join(data[start:end] for start, end in spans)
        head = 4 + unpacked(">I", payload, 0)[0]
        cleaned = payload[:head] + without_exif_labels(payload[head:])
        for start, end in spans if cleaned != payload else ():
            edited[start:end], cleaned = cleaned[: end - start], cleaned[end - start :]


def _blank_packets(data: bytes, edited: bytearray, structure: Structure) -> None:
    """Overwrite old packets that no other item shares, so that no old label stays in the file."""
    packets = structure.packets()
    ours = {item.id for item in packets}
    others = [item for item in structure.items.values() if item.id not in ours]
    taken = [span for item in others for span in _spans_or_none(data, structure, item.id)]
    for item in packets:
        spans = item_spans(data, structure, item)
        require_small(item, spans)
        for start, end in spans:
            if not any(start < stop and begin < end for begin, stop in taken):
                edited[start:end] = bytes(end - start)


def _spans_or_none(data: bytes, structure: Structure, identifier: int) -> list[tuple[int, int]]:
    try:
        return item_spans(data, structure, structure.items[identifier])
    except (DamagedMediaError, UnsupportedMediaError):
        return []


def _new_identifier(structure: Structure) -> int:
    used = structure.items.keys() | {location.id for location in structure.table.locations}
    identifier = max(used, default=0) + 1
    if identifier > 0xFFFF and structure.table.version < 2:
        raise UnsupportedMediaError("the file has no free item number for the XMP item")
    return identifier


def _meta(
    edited: bytearray, structure: Structure, identifiers: Sequence[int], packets: Sequence[bytes], shift: int
) -> bytes:
    """Make the meta box for a file in which everything behind it moves by `shift` bytes."""
    meta, added = structure.meta, identifiers[0] not in structure.items
    table = _moved(structure, len(edited), shift)
    start = len(edited) + shift + 8
    table = _located(table, identifiers, packets, start)
    pieces = [bytes(edited[meta.body : meta.body + 4])]
    for box in structure.children:
        pieces += _child(edited, box, table, structure, identifiers[0] if added else None)
    if added and structure.child(b"iref") is None:
        pieces.append(full_box(b"iref", 0, _description_of(edited, structure, identifiers[0], wide=False)))
    body = b"".join(pieces)
    return struct.pack(">I4s", len(body) + 8, b"meta") + body


def _child(
    edited: bytearray, box: Box, table: LocationTable, structure: Structure, added: int | None
) -> Iterator[bytes]:
    """Yield one child of the meta box: rewritten where it must change, else as it is."""
    raw = bytes(edited[box.start : box.end])
    content = bytes(edited[box.body : box.end])
    if box.type == b"iloc":
        yield write_locations(table)
    elif added is not None and box.type == b"iinf":
        yield _with_entry(content, item_entry(added, CONTENT_TYPE.encode()))
    elif added is not None and box.type == b"iref":
        yield _with_reference(edited, structure, content, added)
    else:
        yield raw


def _with_entry(content: bytes, entry: bytes) -> bytes:
    """Make the item information box with one more entry."""
    layout = ">I" if content[0] else ">H"
    (count,) = unpacked(layout, content, 4)
    if count == 0xFFFF and not content[0]:
        raise UnsupportedMediaError("the file has 65535 items, and its tables take no more")
    size = struct.calcsize(layout)
    return full_box(b"iinf", content[0], struct.pack(layout, count + 1) + content[4 + size :] + entry)


def _with_reference(edited: bytearray, structure: Structure, content: bytes, added: int) -> bytes:
    """Make the item reference box with one more reference."""
    reference = _description_of(edited, structure, added, wide=content[0] > 0)
    return full_box(b"iref", content[0], content[4:] + reference)


def _description_of(edited: bytearray, structure: Structure, added: int, *, wide: bool) -> bytes:
    """Make the reference that says: the added item describes the primary item."""
    primary_box = structure.child(b"pitm")
    if primary_box is None:
        raise UnsupportedMediaError("the file has no primary item that the XMP item could describe")
    content = bytes(edited[primary_box.body : primary_box.end])
    (primary,) = unpacked(">I" if content[:1] > b"\0" else ">H", content, 4)
    layout = ">IHI" if wide else ">HHH"
    try:
        body = struct.pack(layout, added, 1, primary)
    except struct.error as error:
        raise UnsupportedMediaError("the item numbers do not fit the reference box of the file") from error
    return struct.pack(">I4s", len(body) + 8, b"cdsc") + body


def _moved(structure: Structure, size: int, shift: int) -> LocationTable:
    """Give the location table after everything behind the meta box has moved."""
    # Room for the whole new file: 16 MiB is more than packets and tables can add.
    table = structure.table.widened(size + (1 << 24))
    locations = tuple(
        _moved_location(location, structure.meta, size, shift)
        if location.method == IN_FILE and location.reference == 0
        else location
        for location in table.locations
    )
    return replace(table, locations=locations)


def _moved_location(location: Location, meta: Box, size: int, shift: int) -> Location:
    extents = []
    for extent in location.extents:
        start = location.base + extent.offset
        # "To the end of the file" must not take in what is appended.
        length = extent.length or max(0, size - start)
        if meta.start < start + length and start < meta.end:
            raise UnsupportedMediaError(f"item {location.id} lies inside the meta box, which must grow")
        extents.append(Extent(start + (shift if start >= meta.end else 0), length, extent.index))
    return replace(location, base=0, extents=tuple(extents))


def _located(table: LocationTable, identifiers: Sequence[int], packets: Sequence[bytes], start: int) -> LocationTable:
    """Point the XMP items at their packets, which follow each other from `start`."""
    places: dict[int, Location] = {}
    for identifier, packet in zip(identifiers, packets, strict=True):
        places[identifier] = Location(identifier, IN_FILE, 0, 0, (Extent(start, len(packet)),))
        start += len(packet)
    kept = [places.pop(location.id, location) for location in table.locations]
    return replace(table, locations=(*kept, *places.values()))


def _shift_chunks(edited: bytearray, structure: Structure, shift: int) -> None:
    """Move the chunk offsets of the tracks of a picture sequence."""
    for movie in (box for box in structure.top if box.type == b"moov"):
        for table in _chunk_tables(edited, movie):
            _shift_table(edited, table, structure.meta.end, shift)


def _chunk_tables(edited: bytearray, movie: Box) -> Iterator[Box]:
    data = bytes(edited[: movie.end])
    level = [movie]
    for kind in _TRACK_PATH:
        level = [box for parent in level for box in boxes(data, parent.body, parent.end) if box.type == kind]
    for parent in level:
        for box in boxes(data, parent.body, parent.end):
            if box.type in {b"stco", b"co64"}:
                yield box


def _shift_table(edited: bytearray, table: Box, behind: int, shift: int) -> None:
    letter = "I" if table.type == b"stco" else "Q"
    content = bytes(edited[table.body : table.end])
    (count,) = unpacked(">I", content, 4)
    numbers = unpacked(f">{count}{letter}", content, 8)
    moved = [number + shift if number >= behind else number for number in numbers]
    try:
        struct.pack_into(f">{count}{letter}", edited, table.body + 8, *moved)
    except struct.error as error:
        raise UnsupportedMediaError("the chunk offsets of the file exceed 4 GiB") from error

"""AVI: the label as text `AIGC` in the list INFO before the pictures (TC260-PG-20257A, annex D).

Most programs read metadata before the pictures alone. Where no free chunk gives the room, the pictures move, and the
indexes that count from the start of the file with them (AVI RIFF File Reference; OpenDML AVI extensions 1.02).
XMP stands in a chunk `_PMX` (XMP specification, part 3).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata.fields import COMMENT, Field, Kind, label_in
from synthmark.metadata.riff import Chunk, Place, info_fields, packed, payload, places, without_info_labels
from synthmark.metadata.source import Edits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthmark.metadata.containers import Change
    from synthmark.metadata.source import Piece, Source

__all__ = ["fields", "rewrite"]

_INFO, _XMP, _FREE = b"INFO", b"_PMX", b"JUNK"
_MAX_RIFFS = 10_000  # parts of about 1 GB
_MAX_STREAMS = 100
_MAX_PARTS = 100_000  # of the index of a stream
_SUPER_INDEX, _INDEX = 0, 1


@dataclass(frozen=True, slots=True)
class _File:
    """The chunks of the first part of a file, with the places of its pictures."""

    riff: Place
    chunks: list[Place]
    pictures: Place


def fields(source: Source) -> Iterator[Field]:
    """Yield the metadata of an AVI file."""
    for riff in _riffs(source):
        for place in places(source, riff.start + 4, riff.end):
            if place.type == b"LIST" and source.peek(place.start, 4) == _INFO:
                yield from info_fields(payload(source, place), "AVI")
            elif place.type == _XMP:
                yield Field(Kind.XMP, "AVI XMP", payload(source, place))
            elif place.type == b"C2PA":
                yield Field(Kind.CREDENTIAL, "AVI C2PA")


def rewrite(source: Source, change: Change) -> Iterator[Piece]:
    """Put the label into the list INFO and take away the others; the other chunks stay as they are.

    Raises
    ------
    DamagedMediaError, UnsupportedMediaError
        The file is truncated, has no pictures, or would exceed what the format allows.
    """
    file = _structure(source)
    edits, packets = Edits(), list(change.packets)
    for place in [chunk for chunk in file.chunks if chunk.type == _XMP][: len(packets)]:
        edits.replace(place.head, place.padded, packed(Chunk(_XMP, packets.pop(0))))
    lists = [place for place in file.chunks if _is_list(source, place, _INFO)]
    texts = [field for place in lists for field in info_fields(payload(source, place), "AVI")]
    commented = any(field.name == COMMENT and label_in(field) is None for field in texts)
    added = _texts(change.text, comment=not commented)
    own = next((place for place in lists if place.start < file.pictures.start), None)
    for place in lists:
        kept = without_info_labels(payload(source, place))
        if place is not own and len(kept) != place.end - place.start:
            edits.replace(place.head, place.padded, packed(Chunk(b"LIST", kept)))
    kept = without_info_labels(payload(source, own)) if own else _INFO
    kept += b"\0" * (len(kept) % 2)
    new = packed(Chunk(b"LIST", kept + added)) + b"".join(packed(Chunk(_XMP, packet)) for packet in packets)
    _insert(edits, file, own, new)
    _finish(source, file, edits)
    return edits.pieces(source.size)


def _texts(text: str, *, comment: bool) -> bytes:
    data = text.encode() + b"\0"
    return packed(Chunk(b"AIGC", data)) + (packed(Chunk(b"ICMT", data)) if comment else b"")


def _riffs(source: Source) -> Iterator[Place]:
    """Yield the parts of the file; an unfinished one, which states no length, reaches to the end."""
    position = 0
    for _ in range(_MAX_RIFFS):
        head = source.peek(position, 8)
        if head[:4] != b"RIFF" or len(head) < 8:
            return
        length = int.from_bytes(head[4:], "little") or source.size - position - 8
        if position + 8 + length > source.size:
            raise DamagedMediaError(f"a part of the AVI file at byte {position} reaches beyond the end of the file")
        place = Place(b"RIFF", position + 8, position + 8 + length)
        yield place
        position = place.padded


def _structure(source: Source) -> _File:
    riffs = list(_riffs(source))
    chunks = list(places(source, riffs[0].start + 4, riffs[0].end))
    pictures = next((place for place in chunks if _is_list(source, place, b"movi")), None)
    if pictures is None:
        raise DamagedMediaError("the AVI file has no list of pictures (movi)")
    return _File(riffs[0], chunks, pictures)


def _is_list(source: Source, place: Place, form: bytes) -> bool:
    return place.type == b"LIST" and source.peek(place.start, min(4, place.end - place.start)) == form


def _insert(edits: Edits, file: _File, own: Place | None, new: bytes) -> None:
    """Put chunks in the place of an old list, or before the pictures; free chunks give room."""
    after = dict(pairwise(file.chunks))
    before = {second: first for first, second in pairwise(file.chunks)}
    start, end = (own.head, own.padded) if own else (file.pictures.head, file.pictures.head)
    free = after.get(own) if own else before.get(file.pictures)
    if free and free.type == _FREE:
        wide = (start, free.padded) if own else (free.head, end)
        room = wide[1] - wide[0] - len(new)
        if room == 0 or room >= 8:
            start, end = wide
            new += packed(Chunk(_FREE, bytes(room - 8))) if room else b""
    edits.replace(start, end, new)


def _finish(source: Source, file: _File, edits: Edits) -> None:
    """Correct the length of the first part and, where pictures move, the indexes."""
    shifts = edits.shifts()
    grown = sum(shift for _, shift in shifts)
    (stated,) = source.unpack("<I", 4)
    if stated + grown > 0xFFFFFFFF:
        raise UnsupportedMediaError("the first part of the AVI file would exceed the 4 GiB that the format allows")
    if not shifts:
        return
    if stated:
        edits.replace(4, 8, struct.pack("<I", stated + grown))
    for place in file.chunks:
        if place.type == b"idx1":
            _move_old_index(source, file, place, edits, shifts)
        elif _is_list(source, place, b"hdrl"):
            _move_stream_indexes(source, place, edits, shifts)


def _moved(position: int, shifts: list[tuple[int, int]]) -> int:
    return position + sum(shift for place, shift in shifts if place <= position)


def _move_old_index(source: Source, file: _File, place: Place, edits: Edits, shifts: list[tuple[int, int]]) -> None:
    """Move the places of an index that counts from the start of the file; most count from the pictures."""
    count = (place.end - place.start) // 16
    if not count:
        return
    kind = source.read(place.start, 4)
    (offset,) = source.unpack("<I", place.start + 8)
    if source.peek(file.pictures.start + offset, 4) == kind or source.peek(offset, 4) != kind:
        return
    data = bytearray(payload(source, place))
    for entry in range(0, count * 16, 16):
        (offset,) = struct.unpack_from("<I", data, entry + 8)
        moved = _moved(offset, shifts)
        if moved > 0xFFFFFFFF:
            raise UnsupportedMediaError("a place in the index of the AVI file would exceed 4 GiB")
        struct.pack_into("<I", data, entry + 8, moved)
    edits.replace(place.start, place.start + len(data), bytes(data))


def _move_stream_indexes(source: Source, place: Place, edits: Edits, shifts: list[tuple[int, int]]) -> None:
    """Move the indexes of OpenDML, which the headers of the streams point at."""
    streams = [chunk for chunk in places(source, place.start + 4, place.end) if _is_list(source, chunk, b"strl")]
    for stream in streams[:_MAX_STREAMS]:
        for chunk in places(source, stream.start + 4, stream.end):
            if chunk.type == b"indx" and chunk.end - chunk.start >= 24:
                _move_index(source, chunk, edits, shifts)


def _move_index(source: Source, chunk: Place, edits: Edits, shifts: list[tuple[int, int]]) -> None:
    kind, count = source.unpack("<BI", chunk.start + 3)
    if kind == _INDEX:
        _move_base(source, chunk.start + 12, edits, shifts)
    if kind != _SUPER_INDEX:
        return
    for entry in range(min(count, _MAX_PARTS, (chunk.end - chunk.start - 24) // 16)):
        position = chunk.start + 24 + 16 * entry
        (offset,) = source.unpack("<Q", position)
        if source.peek(offset, 2) == b"ix":
            edits.replace(position, position + 8, struct.pack("<Q", _moved(offset, shifts)))
            _move_base(source, offset + 20, edits, shifts)


def _move_base(source: Source, position: int, edits: Edits, shifts: list[tuple[int, int]]) -> None:
    """Move the place from which the entries of an index count."""
    (base,) = source.unpack("<Q", position)
    edits.replace(position, position + 8, struct.pack("<Q", _moved(base, shifts) & (1 << 64) - 1))

"""Writes tags into Matroska and WebM files without moving the clusters, so that all positions stay true.

Tags go where they were, if they fit there; else into a void before the first cluster, or to the end of the segment,
where the seek head points at them.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import UnsupportedMediaError
from synthmark.metadata.ebml import CRC, VOID, Element, checksum, element, elements, identifier, size_digits, void
from synthmark.metadata.matroska import CLUSTER, CUES, SEEK_HEAD, TAGS, Segment, content_of, read_segment
from synthmark.metadata.matroska_tags import has_comment, with_tags
from synthmark.metadata.source import Edits, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthmark.metadata.containers import Change
    from synthmark.metadata.source import Piece

__all__ = ["rewrite"]

_SEEK, _SEEK_ID, _SEEK_POSITION = 0x4DBB, 0x53AB, 0x53AC


@dataclass(slots=True)
class _Writing:
    """A segment and the edits of it: replacements in place, what comes to its end, and what clusters move by."""

    source: Source
    segment: Segment
    edits: Edits
    appended: bytes = b""
    cut: int = 0  # bytes that go away at the end
    inserted: int = 0

    def append(self, data: bytes) -> int:
        """Put an element at the end of the segment, and return its position in it."""
        position = self.segment.end - self.cut + len(self.appended) - self.segment.element.body
        self.appended += data
        return position


def rewrite(source: Source, change: Change) -> Iterator[Piece]:
    """Write the label as a tag of the whole file, and take away the others; sound and pictures do not move.

    Only in a file that ends with its clusters and has no index, as a recording does, do they move behind new tags.

    Raises
    ------
    DamagedMediaError, UnsupportedMediaError
        The file is truncated, or its seek head has no room.
    """
    segment = read_segment(source)
    writing = _Writing(source, segment, Edits())
    tags = segment.all(TAGS)
    contents = [content_of(source, item) for item in tags]
    values = {"AIGC": change.text}
    if not any(map(has_comment, contents)):
        values["COMMENT"] = change.text
    for item, content in zip(tags[1:], contents[1:], strict=True):
        _clean(writing, item, content)
    _place(writing, tags[0] if tags else None, with_tags(contents[0] if contents else b"", values))
    _finish(writing)
    return writing.edits.pieces(source.size)


def _clean(writing: _Writing, item: Element, content: bytes) -> None:
    """Take the labels out of further tags, which keep their length."""
    cleaned = with_tags(content, {})
    if len(cleaned) < len(content):
        written = _fitted(TAGS, cleaned, item.end - item.start)
        assert written is not None
        writing.edits.replace(item.start, item.end, written)


def _place(writing: _Writing, own: Element | None, body: bytes) -> None:
    """Find a place for the tags."""
    segment = writing.segment
    if own is not None:
        room = _room(segment, own)
        if (written := _fitted(TAGS, body, room - own.start)) is not None:
            writing.edits.replace(own.start, room, written)
            return
        if own.end == segment.end:
            writing.cut = own.end - own.start
            writing.edits.replace(own.start, own.end, b"")
            writing.append(element(TAGS, body))
            return
    heads = segment.all(SEEK_HEAD)
    if own is not None and _may_move(writing, own.end, heads):
        _insert(writing, own.start, own.end, element(TAGS, body))
        return
    if own is not None:
        writing.edits.replace(own.start, own.end, void(own.end - own.start))
    clusters = segment.all(CLUSTER)
    position = _in_void(writing, clusters, heads, body)
    if position is None and clusters and _may_move(writing, clusters[0].start, heads):
        position = _insert(writing, clusters[0].start, clusters[0].start, element(TAGS, body))
    if position is None:
        position = writing.append(element(TAGS, body))
    if heads:
        _point_at(writing, heads, position)


def _may_move(writing: _Writing, start: int, heads: list[Element]) -> bool:
    """Tell whether from a place on there are clusters alone, as in a recording, which nothing points at."""
    behind = {child.id for child in writing.segment.children if child.start >= start}
    named = {name for head in heads for name, _ in _entries(writing.source, head)}
    recording = CLUSTER in behind and behind <= {CLUSTER, VOID} and not writing.segment.all(CUES)
    return recording and CLUSTER not in named


def _insert(writing: _Writing, start: int, end: int, tags: bytes) -> int:
    """Put tags in the place of [start, end), by which what follows moves, and return their position."""
    writing.edits.replace(start, end, tags)
    writing.inserted += len(tags) - (end - start)
    return start - writing.segment.element.body


def _in_void(writing: _Writing, clusters: list[Element], heads: list[Element], body: bytes) -> int | None:
    """Put the tags into a void before the first cluster that no seek head may need, and return their position."""
    limit = clusters[0].start if clusters else 0
    taken = {_room(writing.segment, head) for head in heads}
    for item in writing.segment.all(VOID):
        if item.end <= limit and item.end not in taken:
            written = _fitted(TAGS, body, item.end - item.start)
            if written is not None:
                writing.edits.replace(item.start, item.end, written)
                return item.start - writing.segment.element.body
    return None


def _point_at(writing: _Writing, heads: list[Element], position: int) -> None:
    """Let the seek head point at the tags, if need be by way of a second one at the end of the segment."""
    entries = {head: _entries(writing.source, head) for head in heads}
    head = next((head for head in heads if any(name == TAGS for name, _ in entries[head])), heads[0])
    kept = [(name, data) for name, data in entries[head] if name != TAGS]
    room = _room(writing.segment, head)
    checked = _has_checksum(writing.source, head)
    body = _seek_head([*(data for _, data in kept), _entry(TAGS, position)], checked=checked)
    written = _fitted(SEEK_HEAD, body, room - head.start)
    if written is None:
        second = writing.append(element(SEEK_HEAD, body))
        first = _seek_head([_entry(SEEK_HEAD, second)], checked=False)
        written = _fitted(SEEK_HEAD, first, room - head.start)
    if written is None:
        raise UnsupportedMediaError("the seek head of the file has no room for another place; remux the file first")
    writing.edits.replace(head.start, room, written)


def _finish(writing: _Writing) -> None:
    """Put in what comes to the end of the segment, and correct its size and checksum."""
    segment, edits = writing.segment, writing.edits
    first = segment.children[0] if segment.children else None
    if first is not None and first.id == CRC:
        edits.replace(first.start, first.end, void(first.end - first.start))
    if writing.appended:
        edits.replace(segment.end, segment.end, writing.appended)
    grown = len(writing.appended) - writing.cut + writing.inserted
    if not (segment.element.known and grown):
        return
    start, body = segment.element.start, segment.element.body
    name = identifier(segment.element.id)
    size, width = segment.element.end - body + grown, body - start - len(name)
    # Positions count from where the data of the segment begins, so that a longer size moves none of them.
    edits.replace(start, body, name + size_digits(size, width if size < (1 << 7 * width) - 1 else 8))


def _room(segment: Segment, item: Element) -> int:
    """Return where the void behind an element ends, or the element itself."""
    after = next((child for child in segment.children if child.start == item.end), None)
    return after.end if after is not None and after.id == VOID else item.end


def _fitted(name: int, body: bytes, room: int) -> bytes | None:
    """Return an element and a void that fill a room together, or None if it is too small."""
    written = element(name, body)
    rest = room - len(written)
    if rest == 1:  # too little for a void
        return element(name, body, total=room)
    return written + void(rest) if rest >= 0 else None


def _has_checksum(source: Source, head: Element) -> bool:
    return any(item.id == CRC for item in elements(source, head.body, head.end))


def _entries(source: Source, head: Element) -> list[tuple[int, bytes]]:
    """Return what a seek head points at, with the bytes of each entry."""
    content, found = content_of(source, head), []
    for item in elements(Source(io.BytesIO(content)), 0, len(content)):
        if item.id == _SEEK:
            inner = elements(Source(io.BytesIO(content)), item.body, item.end)
            names = [content[part.body : part.end] for part in inner if part.id == _SEEK_ID]
            found.append((int.from_bytes(names[0], "big") if names else 0, content[item.start : item.end]))
    return found


def _entry(name: int, position: int) -> bytes:
    place = position.to_bytes(max((position.bit_length() + 7) // 8, 1), "big")
    return element(_SEEK, element(_SEEK_ID, identifier(name)), element(_SEEK_POSITION, place))


def _seek_head(entries: list[bytes], *, checked: bool) -> bytes:
    body = b"".join(entries)
    return checksum(body) + body if checked else body

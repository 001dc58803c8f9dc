"""Matroska and WebM: the label as tag `AIGC` of the whole file (TC260-PG-20257A); structure as in RFC 9559."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.ebml import CRC, VOID, Element, element_at, elements
from synthmark.metadata.fields import Field, Kind, decoded_text
from synthmark.metadata.matroska_tags import tag_fields
from synthmark.metadata.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CLUSTER", "CUES", "SEEK_HEAD", "TAGS", "Segment", "content_of", "fields", "read_segment", "sniff"]

_HEADER, _DOC_TYPE, _SEGMENT = 0x1A45DFA3, 0x4282, 0x18538067
SEEK_HEAD, _INFO, CUES, TAGS, CLUSTER = 0x114D9B74, 0x1549A966, 0x1C53BB6B, 0x1254C367, 0x1F43B675
_MUXING_APP, _WRITING_APP = 0x4D80, 0x5741
_IN_CLUSTER = {0xE7, 0x5854, 0xA7, 0xAB, 0xA3, 0xA0, 0xAF, CRC, VOID}
_MAX_CONTENT = 16 << 20  # bytes of an element that is read as metadata
_MAX_CHILDREN = 200_000
_TYPES = {b"matroska": "video/x-matroska", b"webm": "video/webm"}


@dataclass(frozen=True, slots=True)
class Segment:
    """The segment of a file and the elements in it; `end` is that of the last one."""

    element: Element
    children: tuple[Element, ...]
    end: int

    def all(self, name: int) -> list[Element]:
        """Return the elements of an identifier."""
        return [child for child in self.children if child.id == name]


def sniff(source: Source) -> str | None:
    """Tell the media type by the document type that a file states, or give None."""
    if source.peek(0, 4) != _HEADER.to_bytes(4, "big"):
        return None
    try:
        header = element_at(source, 0, min(source.size, 1 << 16))
        found = [item for item in elements(source, header.body, header.end) if item.id == _DOC_TYPE]
    except DamagedMediaError:
        return None
    return _TYPES.get(source.peek(found[0].body, found[0].end - found[0].body).rstrip(b"\0")) if found else None


def fields(source: Source) -> Iterator[Field]:
    """Yield the metadata of a file."""
    for child in _children(source, _segment(source)):
        if child.id == TAGS:
            yield from tag_fields(content_of(source, child))
        elif child.id == _INFO:
            yield from _programs(content_of(source, child))


def read_segment(source: Source) -> Segment:
    """Find the segment and the elements in it.

    Raises
    ------
    DamagedMediaError
        It is missing, or cut off.
    """
    segment = _segment(source)
    if segment.end > source.size:
        raise DamagedMediaError(f"the segment of the file reaches to byte {segment.end}; the file ends before")
    children = tuple(_children(source, segment))
    return Segment(segment, children, children[-1].end if children else segment.body)


def content_of(source: Source, item: Element) -> bytes:
    """Return the data of an element.

    Raises
    ------
    DamagedMediaError
        It has more than 16 MiB, or does not state its size.
    """
    if item.end - item.body > _MAX_CONTENT or not item.known:
        raise DamagedMediaError(f"an element {item.id:X} at byte {item.start} has no size, or an absurd one")
    return source.read(item.body, item.end - item.body)


def _segment(source: Source) -> Element:
    header = element_at(source, 0, source.size)
    position = header.end
    while position < source.size:
        found = element_at(source, position, 1 << 62)
        if found.id == _SEGMENT:
            return found if found.known else Element(_SEGMENT, found.start, found.body, source.size, known=False)
        if found.id != VOID:
            break
        position = found.end
    raise DamagedMediaError("the file has no segment behind its header")


def _children(source: Source, segment: Element) -> Iterator[Element]:
    """Yield the elements of the segment, of which clusters may lack a size."""
    position, end = segment.body, min(segment.end, source.size)
    for _ in range(_MAX_CHILDREN):
        if position >= end:
            return
        found = element_at(source, position, end)
        if found.id in {_HEADER, _SEGMENT} and not segment.known:
            return
        if not found.known and found.id == CLUSTER:
            found = Element(CLUSTER, found.start, found.body, _cluster_end(source, found, end), known=False)
        yield found
        position = found.end
    raise DamagedMediaError(f"the segment has more than {_MAX_CHILDREN} elements")


def _cluster_end(source: Source, cluster: Element, end: int) -> int:
    position = cluster.body
    for _ in range(_MAX_CHILDREN):
        if position >= end:
            return position
        found = element_at(source, position, end)
        if found.id not in _IN_CLUSTER:
            return position
        position = found.end
    raise DamagedMediaError(f"a cluster has more than {_MAX_CHILDREN} elements")


def _programs(info: bytes) -> Iterator[Field]:
    for item in elements(Source(io.BytesIO(info)), 0, len(info)):
        if item.id in {_MUXING_APP, _WRITING_APP}:
            name = "MuxingApp" if item.id == _MUXING_APP else "WritingApp"
            yield Field(Kind.SOFTWARE, f"Matroska {name}", text=decoded_text(info[item.body : item.end]), name=name)

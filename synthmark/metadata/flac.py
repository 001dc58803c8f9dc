"""FLAC: the label in the Vorbis comment `AIGC` (TC260-PG-202510A); blocks as in RFC 9639, section 8."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.fields import label_in
from synthmark.metadata.id3 import parsed, tag_spans
from synthmark.metadata.id3_labels import damaged_fields, rewritten
from synthmark.metadata.source import Source, Span
from synthmark.metadata.vorbis_comment import comment_fields, with_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synthmark.metadata.containers import Change
    from synthmark.metadata.fields import Field
    from synthmark.metadata.source import Piece

__all__ = [
    "COMMENTS",
    "CUE_SHEET",
    "SEEK_TABLE",
    "STREAM_INFO",
    "Block",
    "fields",
    "is_flac",
    "is_flac_source",
    "joined",
    "rewrite",
    "split",
]

STREAM_INFO, SEEK_TABLE, COMMENTS, CUE_SHEET = 0, 3, 4, 5
_MAGIC = b"fLaC"
_MAX_BLOCKS = 1000
_MAX_LENGTH = (1 << 24) - 1


@dataclass(frozen=True, slots=True)
class Block:
    """One metadata block: its type, 0 to 126, and its content."""

    type: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class _Place:
    """One metadata block: its type, and where its content lies."""

    type: int
    start: int
    end: int


def is_flac(data: bytes) -> bool:
    """Tell whether a file is FLAC, also behind an ID3 tag, which some programs put before it."""
    return is_flac_source(Source(io.BytesIO(data)))


def is_flac_source(source: Source) -> bool:
    """Do the work of `is_flac` on an open file."""
    return source.peek(_start(source), 4) == _MAGIC


def fields(source: Source) -> Iterator[Field]:
    """Yield the metadata of a FLAC file."""
    for span in tag_spans(source):
        yield from damaged_fields(source.read(span.start, span.end - span.start), "FLAC")
    for place in _places(source):
        if place.type == COMMENTS:
            yield from comment_fields(source.read(place.start, place.end - place.start), "FLAC")


def rewrite(source: Source, change: Change) -> Iterator[Piece]:
    """Write a label into the comments and take away the others; other blocks and the sound stay.

    Raises
    ------
    DamagedMediaError
        The file is truncated, or a block would exceed what the format allows.
    """
    places = _places(source)
    texts = [source.read(place.start, place.end - place.start) for place in places if place.type == COMMENTS]
    labels = [change.text, *[None] * len(texts)]
    written = [with_label(text, label) for text, label in zip(texts or [b""], labels, strict=False)]
    yield from _cleaned_tags(source)
    yield _MAGIC
    for number, place in enumerate(places):
        added = not texts and number == 0
        last = number == len(places) - 1 and not added
        if place.type == COMMENTS:
            yield _packed(Block(COMMENTS, written.pop(0)), last=last)
        else:
            yield _header(place.type, place.end - place.start, last=last)
            yield Span(place.start, place.end)
        if added:
            yield _packed(Block(COMMENTS, written.pop(0)), last=len(places) == 1)
    yield Span(places[-1].end, source.size)


def split(data: bytes) -> tuple[bytes, list[Block], bytes]:
    """Take a file apart into what stands before it, its metadata blocks, and the coded sound.

    Raises
    ------
    DamagedMediaError
        The file ends within its metadata, or does not begin with its stream information.
    """
    source = Source(io.BytesIO(data))
    places = _places(source)
    blocks = [Block(place.type, data[place.start : place.end]) for place in places]
    return data[: _start(source)], blocks, data[places[-1].end :]


def joined(head: bytes, blocks: Iterable[Block], sound: bytes) -> bytes:
    """Put a file together from what `split` gives.

    Raises
    ------
    DamagedMediaError
        A block exceeds the 16 MiB that the format allows.
    """
    parts = list(blocks)
    packed = [_packed(block, last=number == len(parts)) for number, block in enumerate(parts, 1)]
    return head + _MAGIC + b"".join(packed) + sound


def _packed(block: Block, *, last: bool) -> bytes:
    return _header(block.type, len(block.payload), last=last) + block.payload


def _header(kind: int, length: int, *, last: bool) -> bytes:
    if length > _MAX_LENGTH:
        raise DamagedMediaError(f"a FLAC block would have {length} bytes; {_MAX_LENGTH} are allowed")
    return bytes([kind | (0x80 if last else 0)]) + length.to_bytes(3, "big")


def _start(source: Source) -> int:
    """Return where the FLAC stream begins: behind ID3v2 tags."""
    spans = tag_spans(source)
    return spans[-1].end if spans else 0


def _cleaned_tags(source: Source) -> Iterator[Piece]:
    """Yield what stands before the stream; only tags that hold a label change."""
    for span in tag_spans(source):
        tag = source.read(span.start, span.end - span.start)
        labelled = any(map(label_in, damaged_fields(tag, "FLAC")))
        yield rewritten(parsed(tag), None, ()) if labelled else span


def _places(source: Source) -> list[_Place]:
    """Find the metadata blocks."""
    position, places, last = _start(source) + 4, list[_Place](), False
    while not last:
        if position + 4 > source.size or len(places) >= _MAX_BLOCKS:
            raise DamagedMediaError(f"the metadata of the FLAC file does not end before byte {position}")
        head = source.read(position, 4)
        last, end = bool(head[0] & 0x80), position + 4 + int.from_bytes(head[1:], "big")
        if end > source.size:
            raise DamagedMediaError(f"a FLAC block at byte {position} reaches beyond the end of the file")
        places.append(_Place(head[0] & 0x7F, position + 4, end))
        position = end
    if places[0].type != STREAM_INFO:
        raise DamagedMediaError("the FLAC file does not begin with its stream information")
    return places

"""Boxes of MP4 and QuickTime files (ISO/IEC 14496-12, 4.2), in files of any size and in bytes."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata.isobmff_items import Box
from synthmark.metadata.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["boxes_of", "make_box", "rebuilt", "split_boxes", "walk"]

_MAX_BOXES = 400_000  # a file in fragments of one picture has two for each


def boxes_of(source: Source) -> Iterator[Box]:
    """Yield the boxes of a file; a size of 0 reaches to the end.

    Raises
    ------
    DamagedMediaError
        A box is smaller than its header or reaches beyond the end, or there are too many.
    """
    return walk(source, 0, source.size)


def walk(source: Source, start: int, end: int, *, nested: bool = False) -> Iterator[Box]:
    """Yield the boxes in [start, end); inside a box, a size of 0 ends them, as QuickTime has it.

    Raises
    ------
    DamagedMediaError
        See `boxes_of`.
    """
    for _ in range(_MAX_BOXES):
        if start + 8 > end:
            return
        head = source.peek(start, 16)
        size, body = int.from_bytes(head[:4], "big"), start + 8
        if size == 1:
            size, body = int.from_bytes(head[8:16], "big"), start + 16
        elif size == 0 and nested:
            return
        stop = end if head[:4] == bytes(4) else start + size
        if stop > end or stop < body:
            raise DamagedMediaError(f"a box at byte {start} reaches beyond byte {end}; the file is damaged")
        yield Box(head[4:8], start, body, stop)
        start = stop
    raise DamagedMediaError(f"the file has more than {_MAX_BOXES} boxes")


def split_boxes(data: bytes) -> tuple[list[Box], bytes]:
    """Return the boxes that the content of a box consists of, and the bytes behind the last one.

    Raises
    ------
    DamagedMediaError
        See `boxes_of`.
    """
    found = list(walk(Source(io.BytesIO(data)), 0, len(data), nested=True))
    return found, data[found[-1].end if found else 0 :]


def make_box(kind: bytes, *parts: bytes) -> bytes:
    """Return a box.

    Raises
    ------
    UnsupportedMediaError
        It would exceed 4 GiB.
    """
    body = b"".join(parts)
    if len(body) + 8 > 0xFFFFFFFF:
        raise UnsupportedMediaError(f"a box would have {len(body)} bytes; 4 GiB are the most")
    return struct.pack(">I4s", len(body) + 8, kind) + body


def rebuilt(data: bytes, path: Sequence[bytes], change: Callable[[bytes], bytes]) -> bytes:
    """Return the content of a box after changing all boxes at a path inside it.

    Parameters
    ----------
    path
        Types of boxes inside each other, from the outermost.
    change
        Takes such a box with its header, and returns what stands in its place.
    """
    found, rest = split_boxes(data)
    pieces = []
    for box in found:
        raw = data[box.start : box.end]
        if box.type == path[0]:
            content = data[box.body : box.end]
            raw = change(raw) if len(path) == 1 else make_box(box.type, rebuilt(content, path[1:], change))
        pieces.append(raw)
    return b"".join((*pieces, rest))

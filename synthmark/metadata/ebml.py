"""Elements of EBML (RFC 8794): identifier, size, data; sizes may be unknown while a file is being written."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthmark.metadata.source import Source

__all__ = [
    "CRC",
    "VOID",
    "Element",
    "checksum",
    "element",
    "element_at",
    "elements",
    "identifier",
    "size_digits",
    "void",
]

CRC, VOID = 0xBF, 0xEC
_MAX_ELEMENTS = 200_000
_LONGEST = 8  # bytes of a size


@dataclass(frozen=True, slots=True)
class Element:
    """Where an element lies; `known` tells whether it states its size, or reaches as far as its parent."""

    id: int
    start: int
    body: int
    end: int
    known: bool = True


def element_at(source: Source, position: int, limit: int) -> Element:
    """Read the head of the element at a position.

    Raises
    ------
    DamagedMediaError
        There is none, or it reaches beyond the limit.
    """
    head = source.peek(position, 12)
    first = _length(head[:1], 4, position)
    name = int.from_bytes(head[:first], "big")
    width = _length(head[first : first + 1], _LONGEST, position)
    digits = head[first : first + width]
    size = int.from_bytes(digits, "big") & (1 << 7 * width) - 1
    body = position + first + width
    if body > limit or len(digits) < width:
        raise DamagedMediaError(f"an EBML element at byte {position} is cut off")
    if size == (1 << 7 * width) - 1:
        return Element(name, position, body, limit, known=False)
    if body + size > limit:
        raise DamagedMediaError(f"an EBML element at byte {position} reaches beyond byte {limit}")
    return Element(name, position, body, body + size)


def elements(source: Source, start: int, end: int) -> Iterator[Element]:
    """Yield the elements in [start, end), which must state their sizes.

    Raises
    ------
    DamagedMediaError
        See `element_at`; or there are too many.
    """
    for _ in range(_MAX_ELEMENTS):
        if start >= end:
            return
        found = element_at(source, start, end)
        if not found.known:
            raise DamagedMediaError(f"an EBML element at byte {start} has no size, which only clusters may lack")
        yield found
        start = found.end
    raise DamagedMediaError(f"the file has more than {_MAX_ELEMENTS} elements in a row")


def identifier(name: int) -> bytes:
    """Return the bytes of an identifier, whose length marker is part of it."""
    return name.to_bytes((name.bit_length() + 7) // 8, "big")


def size_digits(size: int, width: int = 0) -> bytes:
    """Return a size in the fewest bytes, or in `width` of them."""
    width = width or next(count for count in range(1, _LONGEST + 1) if size < (1 << 7 * count) - 1)
    return (size | 1 << 7 * width).to_bytes(width, "big")


def element(name: int, *parts: bytes, total: int = 0) -> bytes:
    """Return an element; with `total`, of that length, which its size is written wide enough for."""
    body = b"".join(parts)
    width = total - len(body) - len(identifier(name)) if total else 0
    return identifier(name) + size_digits(len(body), width) + body


def void(length: int) -> bytes:
    """Return an element of some length, two bytes or more, that says nothing; or no bytes."""
    if not length:
        return b""
    width = 1 if length < 128 else _LONGEST
    return element(VOID, bytes(length - 1 - width), total=length)


def checksum(body: bytes) -> bytes:
    """Return the element CRC-32 for the rest of a parent (RFC 8794, section 11.3.1)."""
    return element(CRC, zlib.crc32(body).to_bytes(4, "little"))


def _length(first: bytes, longest: int, position: int) -> int:
    """Return how many bytes a number takes, which the zeros before its first one tell."""
    length = 9 - first[0].bit_length() if first and first[0] else longest + 1
    if length > longest:
        raise DamagedMediaError(f"no EBML element at byte {position}; the file is damaged")
    return length

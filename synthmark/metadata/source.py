"""Files read at any place, and changed copies of them: only what changes is held in memory."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from synthmark.errors import DamagedMediaError, UnsupportedMediaError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Edits", "Piece", "Source", "Span", "write_pieces"]

_BLOCK = 1 << 20
_MAX_WHOLE = 1 << 30  # bytes of a file that must lie in memory at once


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes [start, end) of the source."""

    start: int
    end: int


Piece = bytes | Span
"""A part of a changed copy: new bytes, or a span of the source."""


class Source:
    """An open file of which only what is asked for is read."""

    __slots__ = ("_file", "size")

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, 2)

    def peek(self, start: int, length: int) -> bytes:
        """Return up to `length` bytes, fewer where the file ends before."""
        if not 0 <= start < self.size:
            return b""
        self._file.seek(start)
        return self._file.read(min(length, self.size - start))

    def read(self, start: int, length: int) -> bytes:
        """Return exactly `length` bytes.

        Raises
        ------
        DamagedMediaError
            The file ends before.
        """
        data = self.peek(start, length)
        if len(data) < length:
            raise DamagedMediaError(f"the file ends at byte {self.size}; {length} bytes were expected at {start}")
        return data

    def unpack(self, layout: str, start: int) -> tuple[int, ...]:
        """Return numbers, as `struct.unpack` does.

        Raises
        ------
        DamagedMediaError
            The file ends before.
        """
        return struct.unpack(layout, self.read(start, struct.calcsize(layout)))

    def whole(self) -> bytes:
        """Return all bytes, for the containers whose readers take them at once.

        Raises
        ------
        UnsupportedMediaError
            There are more than 1 GiB of them.
        """
        if self.size > _MAX_WHOLE:
            raise UnsupportedMediaError(
                f"the file has {self.size} bytes; at most {_MAX_WHOLE} are read for this kind"
            )
        return self.peek(0, self.size)

    def blocks(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes [start, end) in portions.

        Raises
        ------
        DamagedMediaError
            The file ends before.
        """
        for position in range(start, end, _BLOCK):
            yield self.read(position, min(_BLOCK, end - position))


@dataclass(slots=True)
class Edits:
    """Replacements of spans of a file, and where everything else comes to lie by them."""

    _changes: list[tuple[int, int, bytes]] = field(default_factory=list)

    def replace(self, start: int, end: int, data: bytes) -> None:
        """Put bytes in the place of [start, end); equal ends insert."""
        self._changes.append((start, end, data))

    def copy(self) -> Edits:
        """Return the same replacements apart."""
        return Edits(list(self._changes))

    def changes(self) -> list[tuple[int, int, bytes]]:
        """Return the replacements: start, end, new bytes."""
        return list(self._changes)

    def shifts(self) -> list[tuple[int, int]]:
        """Return (place, shift) in descending order: what lies at or behind a place moves by the shift."""
        changes = [(end, len(data) - (end - start)) for start, end, data in self._changes]
        return sorted((change for change in changes if change[1]), reverse=True)

    def moved(self, position: int) -> int:
        """Return where a byte of the source comes to lie."""
        return position + sum(shift for place, shift in self.shifts() if place <= position)

    def pieces(self, size: int) -> Iterator[Piece]:
        """Yield the changed copy of a file of `size` bytes.

        Raises
        ------
        DamagedMediaError
            Two replacements overlap: parts of the file lie on top of each other.
        """
        position = 0
        for start, end, data in sorted(self._changes, key=lambda change: change[:2]):
            if start < position:
                raise DamagedMediaError(
                    f"parts of the file that must change lie on top of each other at byte {start}"
                )
            yield Span(position, start)
            yield data
            position = end
        yield Span(position, size)


def write_pieces(source: Source, pieces: Iterable[Piece], target: BinaryIO) -> None:
    """Write a changed copy, in portions.

    Raises
    ------
    DamagedMediaError
        A span reaches beyond the end of the source.
    """
    for piece in pieces:
        if isinstance(piece, Span):
            target.writelines(source.blocks(piece.start, piece.end))
        else:
            target.write(piece)

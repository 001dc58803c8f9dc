"""Values of AMF0, the notation of script data in FLV (Action Message Format, version 0): where each one lies."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.fields import unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ARRAY", "NUMBER", "OBJECT", "STRING", "Property", "numbers", "packed_text", "properties", "text_of"]

NUMBER, _BOOLEAN, STRING, OBJECT, _NULL, _UNDEFINED, _REFERENCE, ARRAY = 0, 1, 2, 3, 5, 6, 7, 8
_STRICT, _DATE, _LONG = 10, 11, 12
_SIZES = {NUMBER: 8, _BOOLEAN: 1, _NULL: 0, _UNDEFINED: 0, _REFERENCE: 2, _DATE: 10}
_MAX_DEPTH = 8
_END = b"\0\0\x09"


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an object: its name, and where it starts, its value starts, and it ends."""

    name: str
    start: int
    value: int
    end: int


def properties(data: bytes, position: int) -> tuple[list[Property], int]:
    """Read the properties of an object or array from behind its mark and count, and where its end mark is.

    Raises
    ------
    DamagedMediaError
        The data ends before, holds an unknown type, or is nested too deeply.
    """
    return _properties(data, position, 0)


def text_of(data: bytes, item: Property) -> str | None:
    """Return the text of a property, or None when it holds something else."""
    width = {STRING: 2, _LONG: 4}.get(data[item.value])
    return None if width is None else data[item.value + 1 + width : item.end].decode("utf-8", "replace")


def packed_text(name: str, text: str) -> bytes:
    """Return a property that holds a text."""
    key, value = name.encode(), text.encode()
    head = struct.pack(">BH", STRING, len(value)) if len(value) < 1 << 16 else struct.pack(">BI", _LONG, len(value))
    return struct.pack(">H", len(key)) + key + head + value


def numbers(data: bytes, position: int) -> Iterator[int]:
    """Yield the places of the numbers in an array of numbers that starts at a position.

    Raises
    ------
    DamagedMediaError
        See `properties`.
    """
    if data[position : position + 1] != bytes([_STRICT]):
        return
    (count,) = unpacked(">I", data, position + 1)
    if count * 9 > len(data):
        raise DamagedMediaError(f"an array of {count} numbers reaches beyond the end of the script data")
    for place in range(position + 5, position + 5 + count * 9, 9):
        if data[place : place + 1] == bytes([NUMBER]) and place + 9 <= len(data):
            yield place + 1


def _properties(data: bytes, position: int, depth: int) -> tuple[list[Property], int]:
    found: list[Property] = []
    # Some programs leave out the mark at the end of it all.
    while data[position : position + 3] != _END and (depth or position < len(data)):
        (length,) = unpacked(">H", data, position)
        value = position + 2 + length
        end = _end_of(data, value, depth)
        found.append(Property(data[position + 2 : value].decode("utf-8", "replace"), position, value, end))
        position = end
    return found, position


def _end_of(data: bytes, position: int, depth: int) -> int:
    """Return where the value at a position ends."""
    if depth > _MAX_DEPTH:
        raise DamagedMediaError(f"the script data of the FLV file is nested more than {_MAX_DEPTH} levels deep")
    (kind,) = unpacked(">B", data, position)
    position += 1
    if kind in {STRING, _LONG}:
        layout = ">H" if kind == STRING else ">I"
        end = position + struct.calcsize(layout) + unpacked(layout, data, position)[0]
    elif kind in {OBJECT, ARRAY}:
        end = _properties(data, position + (4 if kind == ARRAY else 0), depth + 1)[1] + 3
    elif kind == _STRICT:
        end = _end_of_list(data, position, depth)
    elif kind in _SIZES:
        end = position + _SIZES[kind]
    else:
        raise DamagedMediaError(f"the script data of the FLV file holds a value of type {kind}, which is not known")
    if end > len(data):
        raise DamagedMediaError("a value reaches beyond the end of the script data of the FLV file")
    return end


def _end_of_list(data: bytes, position: int, depth: int) -> int:
    (count,) = unpacked(">I", data, position)
    position += 4
    for _ in range(count):  # each step reads a byte or more, or raises
        position = _end_of(data, position, depth + 1)
    return position

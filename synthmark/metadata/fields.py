"""What the readers of the single containers hand over: places in a file that hold metadata of interest."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum

from synthmark.errors import DamagedMediaError
from synthmark.metadata.aigc_reader import MAX_TEXT, ParsedLabel, read_label

__all__ = ["COMMENT", "DESCRIPTION", "Field", "Kind", "decoded_text", "label_in", "unpacked"]

COMMENT, DESCRIPTION = "comment", "description"
"""The names of the fields for the comment and the description of a sound or video file, however it calls them."""


class Kind(StrEnum):
    """What a field holds."""

    XMP = "xmp"
    FIXED_XMP = "fixed_xmp"  # a packet, or part of one, that is read and never rewritten
    TEXT = "text"
    SOFTWARE = "software"
    CREDENTIAL = "credential"  # a C2PA manifest
    DAMAGED = "damaged"  # the text says what could not be read


@dataclass(frozen=True, slots=True)
class Field:
    """One place in a file that holds metadata.

    Attributes
    ----------
    place
        Where it is, for people: ``PNG tEXt AIGC``.
    data
        The XMP packet; empty for other kinds.
    text, name
        Decoded text and the keyword or tag under which it stands; empty for XMP.
    """

    kind: Kind
    place: str
    data: bytes = b""
    text: str = ""
    name: str = ""


def label_in(field: Field) -> ParsedLabel | None:
    """Read the AIGC label in a text field, or give None when the text is something else."""
    if field.kind is not Kind.TEXT:
        return None
    parsed = read_label(field.text, keyed=field.name.lower() == "aigc")
    return parsed if isinstance(parsed, ParsedLabel) else None


def decoded_text(data: bytes, fallback: str = "latin-1") -> str:
    """Decode text of unknown encoding: UTF-8 where it is valid, else `fallback`; bounded in length."""
    data = data[: 4 * MAX_TEXT].rstrip(b"\0")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode(fallback, "replace")


def unpacked(layout: str, data: bytes, offset: int) -> tuple[int, ...]:
    """Read numbers at an offset, as `struct.unpack_from` does.

    Raises
    ------
    DamagedMediaError
        The data ends before.
    """
    size = struct.calcsize(layout)
    if offset < 0 or offset + size > len(data):
        raise DamagedMediaError(f"the file ends at byte {len(data)}; {size} bytes were expected at {offset}")
    return struct.unpack_from(layout, data, offset)

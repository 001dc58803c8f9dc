"""Vorbis comments, the tags of FLAC and Ogg files: `NAME=value` in UTF-8 (Xiph.org, comment field format)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.fields import Field, Kind, decoded_text, label_in, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["comment_fields", "with_label"]

_MAX_COMMENTS = 10_000
_SOFTWARE = {"ENCODER", "ENCODED-BY", "SOFTWARE"}


def comment_fields(block: bytes, container: str) -> Iterator[Field]:
    """Yield the comments of a block, whose length may go on behind the last one.

    Raises
    ------
    DamagedMediaError
        A comment reaches beyond the end of the block.
    """
    _, comments, _ = _parsed(block)
    return (_field(comment, container) for comment in comments)


def with_label(block: bytes, text: str | None) -> bytes:
    """Return the block without the labels in it, and with a new one unless that is None.

    Raises
    ------
    DamagedMediaError
        See `comment_fields`.
    """
    vendor, comments, rest = _parsed(block) if block else (b"synthmark", [], b"")
    kept = [comment for comment in comments if not _is_label(comment)]
    written = kept if text is None else [*kept, b"AIGC=" + text.encode()]
    return _string(vendor) + struct.pack("<I", len(written)) + b"".join(map(_string, written)) + rest


def _is_label(comment: bytes) -> bool:
    field = _field(comment, "")
    return field.name == "AIGC" or label_in(field) is not None


def _field(comment: bytes, container: str) -> Field:
    key, _, value = comment.partition(b"=")
    name = decoded_text(key[:80]).upper()
    kind = Kind.SOFTWARE if name in _SOFTWARE else Kind.TEXT
    return Field(kind, f"{container} {name}", text=decoded_text(value), name=name)


def _parsed(block: bytes) -> tuple[bytes, Sequence[bytes], bytes]:
    """Return the name of the encoder, the comments, and what follows them."""
    vendor, position = _read_string(block, 0)
    (count,) = unpacked("<I", block, position)
    position += 4
    if count > _MAX_COMMENTS:
        raise DamagedMediaError(f"the file claims {count} Vorbis comments; at most {_MAX_COMMENTS} are read")
    comments = []
    for _ in range(count):
        comment, position = _read_string(block, position)
        comments.append(comment)
    return vendor, comments, block[position:]


def _read_string(block: bytes, position: int) -> tuple[bytes, int]:
    (length,) = unpacked("<I", block, position)
    start, end = position + 4, position + 4 + length
    if end > len(block):
        raise DamagedMediaError(f"a Vorbis comment of {length} bytes reaches beyond the end of its block")
    return block[start:end], end


def _string(value: bytes) -> bytes:
    return struct.pack("<I", len(value)) + value

"""FLAC: the label in the Vorbis comment `AIGC` (TC260-PG-202510A); blocks as in RFC 9639, section 8."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.fields import Field, Kind
from synthmark.metadata.vorbis_comment import comment_fields, with_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "COMMENTS",
    "CUE_SHEET",
    "SEEK_TABLE",
    "STREAM_INFO",
    "Block",
    "fields",
    "is_flac",
    "joined",
    "rewrite",
    "split",
]

STREAM_INFO, SEEK_TABLE, COMMENTS, CUE_SHEET = 0, 3, 4, 5
_MAGIC = b"fLaC"
_MAX_BLOCKS = 1000
_MAX_LENGTH = (1 << 24) - 1
_MANIFEST = b"c2pa"


@dataclass(frozen=True, slots=True)
class Block:
    """One metadata block: its type, 0 to 126, and its content."""

    type: int
    payload: bytes


def is_flac(data: bytes) -> bool:
    """Tell whether a file is FLAC, also behind an ID3 tag, which some programs put before it."""
    start = _start(data)
    return data[start : start + 4] == _MAGIC


def fields(data: bytes) -> Iterator[Field]:
    """Yield the metadata of a FLAC file."""
    head, blocks, _ = split(data)
    if _MANIFEST in head:
        yield Field(Kind.CREDENTIAL, "FLAC ID3")
    for block in blocks:
        if block.type == COMMENTS:
            yield from comment_fields(block.payload, "FLAC")


def rewrite(data: bytes, text: str) -> bytes:
    """Write a label into the comments and take away the others; other blocks and the sound stay.

    Raises
    ------
    DamagedMediaError
        The file is truncated, or a block would exceed what the format allows.
    """
    head, blocks, sound = split(data)
    if all(block.type != COMMENTS for block in blocks):
        blocks.insert(1, Block(COMMENTS, b""))
    written, remaining = [], [text]
    for block in blocks:
        if block.type == COMMENTS:
            label = remaining.pop() if remaining else None
            written.append(Block(COMMENTS, with_label(block.payload, label)))
        else:
            written.append(block)
    return joined(head, written, sound)


def split(data: bytes) -> tuple[bytes, list[Block], bytes]:
    """Take a file apart into what stands before it, its metadata blocks, and the coded sound.

    Raises
    ------
    DamagedMediaError
        The file ends within its metadata, or does not begin with its stream information.
    """
    start = _start(data)
    position, blocks, last = start + 4, list[Block](), False
    while not last:
        if position + 4 > len(data) or len(blocks) >= _MAX_BLOCKS:
            raise DamagedMediaError(f"the metadata of the FLAC file does not end before byte {position}")
        last, kind = bool(data[position] & 0x80), data[position] & 0x7F
        end = position + 4 + int.from_bytes(data[position + 1 : position + 4], "big")
        if end > len(data):
            raise DamagedMediaError(f"a FLAC block at byte {position} reaches beyond the end of the file")
        blocks.append(Block(kind, data[position + 4 : end]))
        position = end
    if blocks[0].type != STREAM_INFO:
        raise DamagedMediaError("the FLAC file does not begin with its stream information")
    return data[:start], blocks, data[position:]


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
    if len(block.payload) > _MAX_LENGTH:
        raise DamagedMediaError(f"a FLAC block would have {len(block.payload)} bytes; {_MAX_LENGTH} are allowed")
    return bytes([block.type | (0x80 if last else 0)]) + len(block.payload).to_bytes(3, "big") + block.payload


def _start(data: bytes) -> int:
    """Return where the FLAC stream begins: behind an ID3v2 tag, whose size has 7 bits a byte."""
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size

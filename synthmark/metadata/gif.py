"""GIF: XMP in an application extension (XMP specification part 3, 1.1.2), old labels in comments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.fields import Field, Kind, decoded_text, label_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["fields", "rewrite"]

_XMP_HEADER = b"\x21\xff\x0bXMP DataXMP"
_C2PA_HEADER = b"\x21\xff\x0bC2PA_GIF"
# The packet stands without sub-block lengths. Whichever byte a reader takes for a length, the trailer
# leads it to the final zero.
_TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
_EXTENSION, _IMAGE, _END = 0x21, 0x2C, 0x3B
_PLAIN_TEXT, _GRAPHIC_CONTROL, _COMMENT = 0x01, 0xF9, 0xFE


@dataclass(frozen=True, slots=True)
class _Block:
    """An extension, an image or the trailer; `label` is the second byte of an extension."""

    start: int
    end: int
    label: int | None


def fields(data: bytes) -> Iterator[Field]:
    """Yield the metadata of a GIF file."""
    for block in _blocks(data):
        yield from _block_fields(data, block)


def rewrite(data: bytes, packets: Sequence[bytes]) -> bytes:
    """Replace the XMP packets of the file in their order, or insert the first; take old labels away.

    Raises
    ------
    DamagedMediaError
        The file is truncated or has no picture.
    """
    blocks = list(_blocks(data))
    remaining = [_xmp_extension(packet) for packet in packets]
    inserted_at = None if any(_is_packet(data, block) for block in blocks) else _first_picture(blocks)
    written = [data[: _first_block(data)]]
    for place, block in enumerate(blocks):
        if place == inserted_at:
            written.append(remaining.pop(0))
        written.append(remaining.pop(0) if _is_packet(data, block) else _without_label(data, block))
    # Application extensions came with version 89a.
    return b"GIF89a" + b"".join(written)[6:]


def _first_block(data: bytes) -> int:
    if len(data) < 13:
        raise DamagedMediaError("the GIF file ends within its header")
    flags = data[10]
    return 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)


def _blocks(data: bytes) -> Iterator[_Block]:
    """Yield all blocks; the last one takes whatever stands behind the trailer."""
    position = _first_block(data)
    while position < len(data):
        start, kind = position, data[position]
        if kind == _END:
            yield _Block(start, len(data), None)
            return
        if kind == _EXTENSION:
            position = _sub_blocks_end(data, start + 2)
            yield _Block(start, position, data[start + 1])
        elif kind == _IMAGE:
            position = _sub_blocks_end(data, _image_data(data, start))
            yield _Block(start, position, None)
        else:
            raise DamagedMediaError(f"the GIF file has no block at byte {start}, found {kind:#04x}")


def _image_data(data: bytes, start: int) -> int:
    if start + 10 > len(data):
        raise DamagedMediaError("the GIF file ends within a picture header")
    flags = data[start + 9]
    return start + 11 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)


def _sub_blocks_end(data: bytes, position: int) -> int:
    while position < len(data):
        length = data[position]
        position += 1 + length
        if length == 0:
            return position
    raise DamagedMediaError(f"the GIF file ends at byte {len(data)} within a block; it is truncated")


def _joined(data: bytes, start: int, end: int) -> bytes:
    pieces, position = [], start
    while position < end and data[position]:
        pieces.append(data[position + 1 : position + 1 + data[position]])
        position += 1 + data[position]
    return b"".join(pieces)


def _block_fields(data: bytes, block: _Block) -> Iterator[Field]:
    if _is_packet(data, block):
        yield Field(Kind.XMP, "GIF XMP extension", _packet(data, block))
    elif data.startswith(_C2PA_HEADER, block.start):
        yield Field(Kind.CREDENTIAL, "GIF C2PA extension")
    elif block.label == _COMMENT:
        text = decoded_text(_joined(data, block.start + 2, block.end))
        yield Field(Kind.TEXT, "GIF comment", text=text, name="Comment")


def _packet(data: bytes, block: _Block) -> bytes:
    """Read the packet in Adobe's form with the trailer, or in ordinary sub-blocks."""
    start = block.start + len(_XMP_HEADER)
    raw = data[start : block.end]
    if raw.endswith(_TRAILER):
        return raw[: -len(_TRAILER)]
    return _joined(data, start, block.end)


def _is_packet(data: bytes, block: _Block) -> bool:
    return data.startswith(_XMP_HEADER, block.start)


def _first_picture(blocks: Sequence[_Block]) -> int:
    """Find the first picture or what belongs to it: the loop extension must stay before the packet."""
    for place, block in enumerate(blocks):
        if block.label in {None, _PLAIN_TEXT, _GRAPHIC_CONTROL}:
            return place
    raise DamagedMediaError("the GIF file has no picture")


def _without_label(data: bytes, block: _Block) -> bytes:
    carries = any(label_in(field) for field in _block_fields(data, block))
    return b"" if carries else data[block.start : block.end]


def _xmp_extension(packet: bytes) -> bytes:
    return _XMP_HEADER + packet + _TRAILER

"""WebP: XMP in its own RIFF chunk, which needs the extended header VP8X; old labels in EXIF."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.exif import exif_fields, without_exif_labels
from synthmark.metadata.fields import Field, Kind, decoded_text, label_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["fields", "rewrite"]

_HEADER = 12
_XMP, _EXIF, _C2PA, _EXTENDED = b"XMP ", b"EXIF", b"C2PA", b"VP8X"
_AIGC = b"AIGC"
_FLAG_XMP, _FLAG_ALPHA = 0x04, 0x10


@dataclass(frozen=True, slots=True)
class _Chunk:
    type: bytes
    raw: bytes
    payload: bytes


def fields(data: bytes) -> Iterator[Field]:
    """Yield the metadata of a WebP file."""
    for chunk in _chunks(data):
        yield from _chunk_fields(chunk)


def rewrite(data: bytes, packets: Sequence[bytes]) -> bytes:
    """Replace the XMP packets of the file in their order, or append the first; take old labels away.

    A simple file gets the extended header that the format asks for; the coded picture stays as it is.

    Raises
    ------
    DamagedMediaError
        The file is truncated or has no picture data.
    """
    chunks = list(_chunks(data))
    tail = data[_end(data) :]
    remaining = list(packets)
    written: list[bytes] = [] if any(chunk.type == _EXTENDED for chunk in chunks) else [_new_header(chunks)]
    for chunk in chunks:
        if chunk.type == _XMP:
            written.append(_chunk(_XMP, remaining.pop(0)))
        else:
            written.append(_rewritten(chunk))
    if len(remaining) == len(packets):
        written.append(_chunk(_XMP, remaining[0]))
    body = b"WEBP" + b"".join(written)
    if len(body) > 0xFFFFFFFE:
        raise DamagedMediaError("the WebP file would exceed the 4 GiB that the format allows")
    return b"RIFF" + struct.pack("<I", len(body)) + body + tail


def _end(data: bytes) -> int:
    """Give the end of the RIFF form; some writers do not count or write the last padding byte."""
    size = int.from_bytes(data[4:8], "little") + 8
    if size > len(data) + 1:
        raise DamagedMediaError(f"the WebP file says it has {size} bytes and has {len(data)}; it is truncated")
    return min(size + size % 2, len(data))


def _chunks(data: bytes) -> Iterator[_Chunk]:
    end = _end(data)
    position = _HEADER
    while position + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, position)
        stop = position + 8 + length
        if stop > end:
            raise DamagedMediaError(f"a WebP chunk at byte {position} reaches beyond the end of the file")
        raw = data[position : stop + length % 2]
        yield _Chunk(kind, raw.ljust(8 + length + length % 2, b"\0"), data[position + 8 : stop])
        position = stop + length % 2
    if position < end - 1:
        raise DamagedMediaError(f"the WebP file has {end - position} bytes at byte {position} that are no chunk")


def _chunk_fields(chunk: _Chunk) -> Iterator[Field]:
    if chunk.type == _XMP:
        yield Field(Kind.XMP, "WebP XMP", chunk.payload)
    elif chunk.type == _EXIF:
        yield from exif_fields(chunk.payload, "WebP EXIF")
    elif chunk.type == _C2PA:
        yield Field(Kind.CREDENTIAL, "WebP C2PA")
    elif chunk.type == _AIGC:
        yield Field(Kind.TEXT, "WebP AIGC", text=decoded_text(chunk.payload), name="AIGC")


def _rewritten(chunk: _Chunk) -> bytes:
    """Give the bytes of a chunk with the XMP flag set, or without the old label that it may hold."""
    if chunk.type == _EXTENDED:
        if not chunk.payload:
            raise DamagedMediaError("the extended header of the WebP file is empty")
        return _chunk(_EXTENDED, bytes([chunk.payload[0] | _FLAG_XMP]) + chunk.payload[1:])
    if chunk.type == _EXIF:
        return _chunk(_EXIF, without_exif_labels(chunk.payload))
    if chunk.type == _AIGC and any(label_in(field) for field in _chunk_fields(chunk)):
        return b""
    return chunk.raw


def _chunk(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def _new_header(chunks: Sequence[_Chunk]) -> bytes:
    """Make the extended header of a simple file from its one picture chunk."""
    picture = next((chunk for chunk in chunks if chunk.type in {b"VP8 ", b"VP8L"}), None)
    if picture is None:
        raise DamagedMediaError("the WebP file has no picture data")
    lossless = picture.type == b"VP8L"
    width, height, alpha = _lossless_size(picture.payload) if lossless else _lossy_size(picture.payload)
    flags = _FLAG_XMP | (_FLAG_ALPHA if alpha else 0)
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return _chunk(_EXTENDED, bytes([flags, 0, 0, 0]) + size)


def _lossy_size(payload: bytes) -> tuple[int, int, bool]:
    """Read width and height from the key frame header (RFC 6386, 9.1)."""
    if payload[3:6] != b"\x9d\x01\x2a" or len(payload) < 10:
        raise DamagedMediaError("the WebP picture does not start with a key frame")
    width, height = struct.unpack_from("<HH", payload, 6)
    if not (width & 0x3FFF and height & 0x3FFF):
        raise DamagedMediaError("the WebP picture has no width or height")
    return width & 0x3FFF, height & 0x3FFF, False


def _lossless_size(payload: bytes) -> tuple[int, int, bool]:
    """Read width, height and the alpha bit (RFC 9649, 3.4)."""
    if payload[:1] != b"\x2f" or len(payload) < 5:
        raise DamagedMediaError("the lossless WebP picture has no header")
    bits = int.from_bytes(payload[1:5], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)

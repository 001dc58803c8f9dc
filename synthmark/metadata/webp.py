"""WebP: XMP in its own RIFF chunk, which needs the extended header VP8X; old labels in EXIF."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.exif import exif_fields, without_exif_labels
from synthmark.metadata.fields import Field, Kind, decoded_text, label_in
from synthmark.metadata.webp_chunks import HEADER, Chunk, chunks, form_end

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["fields", "rewrite"]

_XMP, _EXIF, _C2PA, _EXTENDED = b"XMP ", b"EXIF", b"C2PA", b"VP8X"
_AIGC = b"AIGC"
_FLAG_XMP, _FLAG_ALPHA = 0x04, 0x10


def fields(data: bytes) -> Iterator[Field]:
    """Yield the metadata of a WebP file."""
    for chunk in chunks(data, HEADER, form_end(data)):
        yield from _chunk_fields(chunk)


def rewrite(data: bytes, packets: Sequence[bytes]) -> bytes:
    """Replace the XMP packets of the file in their order, or append the first; take old labels away.

    A simple file gets the extended header that the format asks for; the coded picture stays as it is.

    Raises
    ------
    DamagedMediaError
        The file is truncated or has no picture data.
    """
    end = form_end(data)
    present = list(chunks(data, HEADER, end))
    tail = data[end:]
    remaining = list(packets)
    written: list[bytes] = [] if any(chunk.type == _EXTENDED for chunk in present) else [_new_header(present)]
    for chunk in present:
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


def _chunk_fields(chunk: Chunk) -> Iterator[Field]:
    if chunk.type == _XMP:
        yield Field(Kind.XMP, "WebP XMP", chunk.payload)
    elif chunk.type == _EXIF:
        yield from exif_fields(chunk.payload, "WebP EXIF")
    elif chunk.type == _C2PA:
        yield Field(Kind.CREDENTIAL, "WebP C2PA")
    elif chunk.type == _AIGC:
        yield Field(Kind.TEXT, "WebP AIGC", text=decoded_text(chunk.payload), name="AIGC")


def _rewritten(chunk: Chunk) -> bytes:
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


def _new_header(present: Sequence[Chunk]) -> bytes:
    """Make the extended header of a simple file from its one picture chunk."""
    picture = next((chunk for chunk in present if chunk.type in {b"VP8 ", b"VP8L"}), None)
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

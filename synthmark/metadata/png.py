"""PNG and APNG: XMP in an iTXt chunk before the picture data, old labels in text chunks and eXIf."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.exif import exif_fields, without_exif_labels
from synthmark.metadata.fields import Field, Kind, decoded_text, label_in
from synthmark.metadata.png_chunks import SIGNATURE, Chunk, chunks, packed
from synthmark.metadata.xmp_scan import MAX_PACKET

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["fields", "rewrite"]

_XMP_KEYWORD = b"XML:com.adobe.xmp"
_TEXT_TYPES = {b"tEXt", b"zTXt", b"iTXt"}
_PICTURE_TYPES = {b"IDAT", b"fcTL", b"fdAT"}
_MAX_COMPRESSED = 32  # texts; more would let a small file ask for gigabytes
# ImageMagick stores profiles as hexadecimal text under these keywords.
_RAW_PROFILE = re.compile(r"\s*(?:xmp|exif|app1)\s+\d+\s+([0-9a-f\s]*)\Z", re.IGNORECASE)
_RAW_KEYWORDS = {"raw profile type xmp", "raw profile type exif", "raw profile type app1"}
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"


def fields(data: bytes) -> Iterator[Field]:
    """Yield the metadata of a PNG file, from before and behind the picture data."""
    for chunk in _read_chunks(data):
        yield from _chunk_fields(chunk)


def rewrite(data: bytes, packets: Sequence[bytes]) -> bytes:
    """Replace the XMP packets of the file in their order, or insert the first; take old labels away.

    Raises
    ------
    DamagedMediaError
        The file is truncated or has no picture data.
    """
    present = list(_read_chunks(data))
    tail = data[len(SIGNATURE) + sum(len(chunk.raw) for chunk in present) :]
    first_picture = next((place for place, chunk in enumerate(present) if chunk.type in _PICTURE_TYPES), None)
    if first_picture is None:
        raise DamagedMediaError("the PNG file has no picture data")
    remaining = list(packets)
    written: list[bytes] = []
    for chunk in present:
        if _is_packet(chunk):
            written.append(_xmp_chunk(remaining.pop(0)))
        else:
            written.append(_without_label(chunk))
    if len(remaining) == len(packets):
        written.insert(first_picture, _xmp_chunk(remaining[0]))
    return data[: len(SIGNATURE)] + b"".join(written) + tail


def _read_chunks(data: bytes) -> Iterator[Chunk]:
    """Yield all chunks up to and including IEND, as long as few of them are compressed texts."""
    compressed, kind = 0, b""
    for chunk in chunks(data):
        kind = chunk.type
        compressed += _is_compressed(chunk)
        if compressed > _MAX_COMPRESSED:
            raise DamagedMediaError(f"the PNG file has more than {_MAX_COMPRESSED} compressed texts")
        yield chunk
    if kind != b"IEND":
        raise DamagedMediaError(f"the PNG file ends at byte {len(data)} without its last chunk")


def _is_compressed(chunk: Chunk) -> bool:
    return chunk.type == b"zTXt" or (chunk.type == b"iTXt" and b"\0\1" in chunk.payload[:82])


def _chunk_fields(chunk: Chunk) -> Iterator[Field]:
    place = f"PNG {chunk.type.decode('latin-1')}"
    try:
        if _is_packet(chunk):
            yield Field(Kind.XMP, place, _text_of(chunk)[1])
        elif chunk.type in _TEXT_TYPES:
            yield from _text_fields(chunk, place)
        elif chunk.type == b"eXIf":
            yield from exif_fields(chunk.payload, place)
        elif chunk.type == b"caBX":
            yield Field(Kind.CREDENTIAL, place)
    except DamagedMediaError as error:
        yield Field(Kind.DAMAGED, place, text=str(error))


def _text_fields(chunk: Chunk, place: str) -> Iterator[Field]:
    keyword, content = _text_of(chunk)
    name = keyword.decode("latin-1")
    if name.lower() in _RAW_KEYWORDS:
        yield from _raw_profile_fields(content, f"{place} {name}")
    elif name.lower() == "software":
        yield Field(Kind.SOFTWARE, f"{place} {name}", text=decoded_text(content))
    else:
        yield Field(Kind.TEXT, f"{place} {name}", text=decoded_text(content), name=name)


def _raw_profile_fields(content: bytes, place: str) -> Iterator[Field]:
    match = _RAW_PROFILE.match(decoded_text(content))
    digits = re.sub(r"\s+", "", match[1]) if match else ""
    profile = bytes.fromhex(digits[: len(digits) // 2 * 2])
    if profile.startswith((b"Exif\0\0", b"II", b"MM")):
        yield from exif_fields(profile, place)
    elif profile:
        yield Field(Kind.FIXED_XMP, place, profile.removeprefix(_JPEG_XMP))


def _is_packet(chunk: Chunk) -> bool:
    return chunk.type in _TEXT_TYPES and chunk.payload.startswith(_XMP_KEYWORD + b"\0")


def _text_of(chunk: Chunk) -> tuple[bytes, bytes]:
    """Give keyword and content of a text chunk, decompressed up to a limit."""
    keyword, _, rest = chunk.payload.partition(b"\0")
    if chunk.type == b"tEXt":
        return keyword, rest
    if chunk.type == b"zTXt":
        return keyword, _decompressed(rest[1:])
    compressed = rest[:1] == b"\1"
    content = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    return keyword, _decompressed(content) if compressed else content


def _decompressed(content: bytes) -> bytes:
    decoder = zlib.decompressobj()
    try:
        result = decoder.decompress(content, MAX_PACKET)
    except zlib.error as error:
        raise DamagedMediaError(f"a compressed text cannot be read: {error}") from error
    if not decoder.eof:
        raise DamagedMediaError(f"a compressed text is truncated or holds more than {MAX_PACKET} bytes")
    return result


def _without_label(chunk: Chunk) -> bytes:
    """Give the bytes of a chunk, without the old AIGC label that it may hold."""
    if chunk.type == b"eXIf":
        payload = without_exif_labels(chunk.payload)
        return chunk.raw if payload == chunk.payload else packed(b"eXIf", payload)
    if chunk.type not in _TEXT_TYPES:
        return chunk.raw
    found = (label_in(field) for field in _chunk_fields(chunk) if "Raw profile" not in field.place)
    return b"" if any(found) else chunk.raw


def _xmp_chunk(packet: bytes) -> bytes:
    # Not compressed, no language, no translated keyword: the form of the XMP specification.
    return packed(b"iTXt", _XMP_KEYWORD + b"\0\0\0\0\0" + packet)

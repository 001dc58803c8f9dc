"""JPEG: XMP in APP1 segments (XMP specification part 3, 1.1.3), old labels in comments and EXIF."""

from __future__ import annotations

import hashlib
import re
import struct
from typing import TYPE_CHECKING

from synthmark.errors import UnsupportedMediaError
from synthmark.metadata.exif import exif_fields, without_exif_labels
from synthmark.metadata.fields import Field, Kind, decoded_text, label_in
from synthmark.metadata.jpeg_mpf import shift_pictures
from synthmark.metadata.jpeg_segments import APP0, APP1, APP15, COMMENT, Segment, packed, segments
from synthmark.metadata.xmp import (
    AI_SYSTEM,
    AI_SYSTEM_VERSION,
    AIGC,
    DIGITAL_SOURCE_TYPE,
    HAS_EXTENDED,
    new_packet,
    read_packet,
    update_packet,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["fields", "rewrite"]

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
_EXIF = b"Exif\0\0"
_APP11 = 0xEB
_MAX_PAYLOAD = 65533
_EXTENDED_PART = 65400  # bytes of an extended packet per segment, below the limit with all headers
_PADDING = re.compile(rb"\s+(?=<\?xpacket end)")


def fields(data: bytes) -> Iterator[Field]:
    """Yield the metadata of a JPEG file up to its first scan."""
    extended: dict[bytes, dict[int, bytes]] = {}
    credential: list[bytes] = []
    for segment in segments(data):
        yield from _segment_fields(segment)
        if segment.marker == APP1 and segment.payload.startswith(_EXTENDED):
            _collect_part(extended, segment.payload[len(_EXTENDED) :])
        if segment.marker == _APP11 and segment.payload.startswith(b"JP"):
            credential.append(segment.payload)
    for parts in extended.values():
        packet = b"".join(part for _, part in sorted(parts.items()))
        yield Field(Kind.FIXED_XMP, "JPEG APP1 extended XMP", packet)
    if any(b"jumb" in part and b"c2pa" in part for part in credential):
        yield Field(Kind.CREDENTIAL, "JPEG APP11 JUMBF")


def rewrite(data: bytes, packets: Sequence[bytes]) -> bytes:
    """Replace the XMP packets of the file in their order, or insert the first; take old labels away.

    A packet that one segment cannot hold is split into a standard and an extended part.

    Raises
    ------
    DamagedMediaError
        The file is truncated.
    UnsupportedMediaError
        The packet is too large and has an extended part already.
    """
    present = list(segments(data))
    head, tail = b"\xff\xd8", data[2 + sum(len(segment.raw) for segment in present) :]
    remaining = list(packets)
    written: list[bytes] = []
    for segment in present:
        if _is_packet(segment):
            written.append(_xmp_segments(remaining.pop(0)))
        else:
            written.append(_without_label(segment))
    if len(remaining) == len(packets):
        written.insert(_insertion_index(present), _xmp_segments(remaining[0]))
    result = head + b"".join(written) + tail
    return shift_pictures(data, result)


def _segment_fields(segment: Segment) -> Iterator[Field]:
    payload = segment.payload
    if _is_packet(segment):
        yield Field(Kind.XMP, "JPEG APP1 XMP", payload[len(_XMP) :])
    elif segment.marker == APP1 and payload.startswith(_EXIF):
        yield from exif_fields(payload, "JPEG EXIF")
    elif (field := _text_field(segment)) is not None:
        yield field


def _text_field(segment: Segment) -> Field | None:
    """Read a comment, or an application segment that holds bare text."""
    if segment.marker == COMMENT:
        return Field(Kind.TEXT, "JPEG comment", text=decoded_text(segment.payload), name="Comment")
    start = segment.payload[:64].lstrip(b"\0 \r\n\t")
    if APP0 <= segment.marker <= APP15 and start[:1] in {b"{", b"A", b"a"}:
        text = decoded_text(segment.payload).lstrip("\0")
        keyed = "AIGC" if start[:4].upper() == b"AIGC" else ""
        return Field(Kind.TEXT, f"JPEG APP{segment.marker - APP0}", text=text, name=keyed)
    return None


def _collect_part(extended: dict[bytes, dict[int, bytes]], payload: bytes) -> None:
    """File one part of an extended packet: 32 characters of name, total length, offset, bytes."""
    if len(payload) > 40:
        offset = int.from_bytes(payload[36:40], "big")
        extended.setdefault(payload[:32], {}).setdefault(offset, payload[40:])


def _is_packet(segment: Segment) -> bool:
    return segment.marker == APP1 and segment.payload.startswith(_XMP)


def _without_label(segment: Segment) -> bytes:
    """Give the bytes of a segment, without the old AIGC label that it may hold."""
    if segment.marker == APP1 and segment.payload.startswith(_EXIF):
        head = len(segment.raw) - len(segment.payload)
        return segment.raw[:head] + without_exif_labels(segment.payload)
    field = None if _is_packet(segment) else _text_field(segment)
    return b"" if field is not None and label_in(field) else segment.raw


def _insertion_index(present: Sequence[Segment]) -> int:
    """Count the leading JFIF and EXIF segments, behind which readers expect the packet."""
    for index, segment in enumerate(present):
        exif = segment.marker == APP1 and segment.payload.startswith(_EXIF)
        if segment.marker != APP0 and not exif:
            return index
    return len(present)


def _xmp_segments(packet: bytes) -> bytes:
    limit = _MAX_PAYLOAD - len(_XMP)
    if len(packet) > limit:
        packet = _PADDING.sub(b"", packet)
    if len(packet) <= limit:
        return packed(APP1, _XMP + packet)
    return _split_segments(packet)


def _split_segments(packet: bytes) -> bytes:
    """Keep the properties that are written here in the standard part, the rest in an extended one."""
    content = read_packet(packet)
    if content.extended:
        raise UnsupportedMediaError(
            f"the XMP packet has {len(packet)} bytes besides its extended part; one JPEG segment holds "
            f"{_MAX_PAYLOAD - len(_XMP)}; shorten the metadata first"
        )
    ours = {
        AIGC: content.labels[0][0] if content.labels else None,
        DIGITAL_SOURCE_TYPE: content.digital_source_type,
        AI_SYSTEM: content.ai_system,
        AI_SYSTEM_VERSION: content.ai_system_version,
    }
    rest = update_packet(packet, dict.fromkeys(ours))
    # The specification names MD5; it identifies the part and protects nothing.
    name = hashlib.md5(rest, usedforsecurity=False).hexdigest().upper()
    standard = update_packet(new_packet({HAS_EXTENDED: name}), ours)
    return packed(APP1, _XMP + standard) + b"".join(_extended_segments(rest, name.encode()))


def _extended_segments(packet: bytes, name: bytes) -> Iterator[bytes]:
    for offset in range(0, len(packet), _EXTENDED_PART):
        header = _EXTENDED + name + struct.pack(">II", len(packet), offset)
        yield packed(APP1, header + packet[offset : offset + _EXTENDED_PART])

"""Ogg Vorbis and Opus: the label in the comment header (TC260-PG-202510A); pages as in RFC 3533.

The comment header is packet two of a stream. Pages that it makes more or fewer shift the numbers of all later
ones, whose checksums are then made anew.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata.source import Span
from synthmark.metadata.vorbis_comment import comment_fields, with_label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthmark.metadata.containers import Change
    from synthmark.metadata.fields import Field
    from synthmark.metadata.source import Piece, Source

__all__ = ["checksum", "fields", "is_ogg", "rewrite"]

_HEAD = struct.Struct("<4sBBqIIIB")
_CONTINUED, _FIRST, _LAST = 1, 2, 4  # flags of a page
_SEGMENTS = 255  # of one page, of up to 255 bytes each
_MAX_HEADERS = 16 << 20  # bytes of all header packets; a cover in a comment has a few MB
_REVERSED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


@dataclass(frozen=True, slots=True)
class _Codec:
    """What begins a stream of a codec and its comment header, and how many header packets it has."""

    start: bytes
    comments: bytes
    packets: int


_CODECS = (_Codec(b"\x01vorbis", b"\x03vorbis", 3), _Codec(b"OpusHead", b"OpusTags", 2))


@dataclass(frozen=True, slots=True)
class _Page:
    """One page: where it starts and ends, and what its head says."""

    start: int
    end: int
    flags: int
    granule: int
    serial: int
    number: int
    lacing: bytes

    @property
    def body(self) -> int:
        """Where its packets begin."""
        return self.start + _HEAD.size + len(self.lacing)


def is_ogg(source: Source) -> bool:
    """Tell whether a file is Ogg that begins with Vorbis or Opus."""
    return _codec(source.peek(0, 512)) is not None


def fields(source: Source) -> Iterator[Field]:
    """Yield the comments of the first stream of a file."""
    codec, _, packets = _headers(source)
    yield from comment_fields(packets[1][len(codec.comments) :], "Ogg")


def rewrite(source: Source, change: Change) -> Iterator[Piece]:
    """Write a label into the comment header and take away the others; the sound stays as it is.

    Raises
    ------
    DamagedMediaError
        The file is truncated.
    UnsupportedMediaError
        It has several streams, one behind the other or mixed.
    """
    codec, pages, packets = _headers(source)
    comments = codec.comments + with_label(packets[1][len(codec.comments) :], change.text)
    _require_one_stream(source, pages[0].serial)
    written = list(_paged([comments, *packets[2:]], pages[0].serial))
    added = len(written) + 1 - len(pages)
    yield Span(0, pages[0].end)
    yield b"".join(written)
    if added:
        yield from _renumbered(source, pages[-1].end, added)
    else:
        yield Span(pages[-1].end, source.size)


def checksum(page: bytes) -> int:
    """Return the checksum of a page whose own field is zero (RFC 3533, section 6).

    It is the CRC-32 of zlib with all bits in reverse order, and without inversion at start and end.
    """
    mirrored = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def _codec(head: bytes) -> _Codec | None:
    if head[:4] != b"OggS" or len(head) < _HEAD.size:
        return None
    packet = head[_HEAD.size + head[26] :]
    return next((codec for codec in _CODECS if packet.startswith(codec.start)), None)


def _page_at(source: Source, position: int) -> _Page:
    head = source.read(position, _HEAD.size)
    magic, version, flags, granule, serial, number, _, count = _HEAD.unpack(head)
    if magic != b"OggS" or version:
        raise DamagedMediaError(f"an Ogg page was expected at byte {position}; the file is damaged or has gaps")
    lacing = source.read(position + _HEAD.size, count)
    end = position + _HEAD.size + count + sum(lacing)
    if end > source.size:
        raise DamagedMediaError(f"an Ogg page at byte {position} reaches beyond the end of the file")
    return _Page(position, end, flags, granule, serial, number, lacing)


def _pages(source: Source, position: int = 0) -> Iterator[_Page]:
    while position < source.size:
        page = _page_at(source, position)
        yield page
        position = page.end


def _headers(source: Source) -> tuple[_Codec, list[_Page], list[bytes]]:
    """Read the header packets and the pages that hold them, which hold nothing else."""
    codec = _codec(source.peek(0, 512))
    if codec is None:
        raise UnsupportedMediaError("the Ogg file does not begin with Vorbis or Opus")
    pages, packets, partial, size = list[_Page](), list[bytes](), b"", 0
    for page in _pages(source):
        if page.serial != (pages[0].serial if pages else page.serial):
            raise UnsupportedMediaError("the Ogg file has several streams mixed; one is read")
        pages.append(page)
        size += page.end - page.start
        if size > _MAX_HEADERS:
            raise DamagedMediaError(f"the headers of the Ogg file have more than {_MAX_HEADERS} bytes")
        whole, partial = _packets(source, page, partial)
        packets += whole
        if len(packets) >= codec.packets:
            break
    if len(packets) != codec.packets or partial or not packets[1].startswith(codec.comments):
        raise DamagedMediaError("the headers of the Ogg file are damaged")
    return codec, pages, packets


def _packets(source: Source, page: _Page, partial: bytes) -> tuple[list[bytes], bytes]:
    """Return the packets that end on a page, and what of one goes on behind it."""
    body = source.read(page.body, page.end - page.body)
    packets, start, end = list[bytes](), 0, 0
    for length in page.lacing:
        end += length
        if length < _SEGMENTS:
            packets.append(partial + body[start:end])
            partial, start = b"", end
    return packets, partial + body[start:]


def _require_one_stream(source: Source, serial: int) -> None:
    for page in _pages(source):
        if page.serial != serial or (page.flags & _FIRST and page.start):
            raise UnsupportedMediaError(
                "the Ogg file has several streams, mixed or one behind the other; label them apart, then join them"
            )


def _paged(packets: list[bytes], serial: int) -> Iterator[bytes]:
    """Lay packets into pages from number 1 on; the last page ends with the last packet."""
    lacing, body = b"", b"".join(packets)
    for packet in packets:
        lacing += b"\xff" * (len(packet) // _SEGMENTS) + bytes([len(packet) % _SEGMENTS])
    position, continued = 0, False
    for number, first in enumerate(range(0, len(lacing), _SEGMENTS), 1):
        part = lacing[first : first + _SEGMENTS]
        end = position + sum(part)
        # A page on which no packet ends has no position in time.
        granule = 0 if min(part) < _SEGMENTS else -1
        head = _HEAD.pack(b"OggS", 0, _CONTINUED if continued else 0, granule, serial, number, 0, len(part))
        yield _with_checksum(head + part + body[position:end])
        position, continued = end, part[-1] == _SEGMENTS


def _renumbered(source: Source, position: int, added: int) -> Iterator[bytes]:
    """Yield the pages from a position on with other numbers."""
    for page in _pages(source, position):
        data = source.read(page.start, page.end - page.start)
        number = struct.pack("<I", (page.number + added) & 0xFFFFFFFF)
        yield _with_checksum(data[:18] + number + data[22:])


def _with_checksum(page: bytes) -> bytes:
    blank = page[:22] + bytes(4) + page[26:]
    return blank[:22] + struct.pack("<I", checksum(blank)) + blank[26:]

"""Pages and packets of Ogg (RFC 3533): the header packets of a stream replaced, all that follows kept."""

from __future__ import annotations

import dataclasses
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

__all__ = ["header_packets", "write_with_headers"]

_HEADER = 27
_MOST_HEADER_BYTES = 1 << 26
_LACING = 255
_BEGIN, _CONTINUED = 2, 1
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class _Page:
    """One page: flags, position of its last sample, stream, number, lengths of its segments, and its data."""

    flags: int
    position: bytes
    stream: bytes
    number: int
    segments: bytes
    data: bytes

    def packed(self) -> bytes:
        head = b"OggS\0" + bytes([self.flags]) + self.position + self.stream + self.number.to_bytes(4, "little")
        tail = bytes([len(self.segments)]) + self.segments + self.data
        return head + _checksum(head + bytes(4) + tail) + tail


def _checksum(page: bytes) -> bytes:
    """Return the CRC of a page: polynomial 0x04c11db7, most significant bit first, no inversion.

    zlib computes the mirrored one with inversions, which leave the bits alone when they are undone.
    """
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return mirrored.to_bytes(4, "big").translate(_MIRRORED)


def _pages(file: BinaryIO) -> Iterator[_Page]:
    """Yield the pages from the place on at which a file stands."""
    while head := file.read(_HEADER):
        if len(head) < _HEADER or head[:4] != b"OggS":
            raise DamagedMediaError(f"An Ogg page is damaged or cut short before byte {file.tell()}.")
        segments = file.read(head[26])
        data = file.read(sum(segments))
        if len(data) < sum(segments):
            raise DamagedMediaError("The Ogg file ends within a page.")
        number = int.from_bytes(head[18:22], "little")
        yield _Page(head[5], head[6:14], head[14:18], number, segments, data)


def header_packets(file: BinaryIO, count: int) -> list[bytes]:
    """Return the first packets of the first stream; the file then stands behind the page that ends them.

    Raises
    ------
    DamagedMediaError
        When the file ends before, or sound stands on the page that ends them.
    """
    file.seek(0)
    packets: list[bytes] = []
    pending = b""
    for page in _pages(file):
        place = 0
        for length in page.segments:
            pending += page.data[place : place + length]
            place += length
            if length < _LACING:
                packets.append(pending)
                pending = b""
        if len(packets) == count and not pending:
            return packets
        if len(packets) >= count or file.tell() > _MOST_HEADER_BYTES:
            break
    raise DamagedMediaError(f"The Ogg stream does not begin with {count} packets on pages of their own.")


def write_with_headers(file: BinaryIO, out: BinaryIO, packets: Sequence[bytes]) -> None:
    """Copy a file of one stream with other header packets; pages are numbered anew.

    Raises
    ------
    DamagedMediaError
        When the file is damaged, or its headers do not end with a page.
    """
    file.seek(0)
    stream = next(_pages(file)).stream
    header_packets(file, len(packets))
    headers = list(_packed_packets(packets, stream))
    out.writelines(page.packed() for page in headers)
    out.writelines(
        dataclasses.replace(page, number=number).packed() for number, page in enumerate(_pages(file), len(headers))
    )


def _packed_packets(packets: Sequence[bytes], stream: bytes) -> Iterator[_Page]:
    """Yield the pages of header packets: the first packet alone, the others together (RFC 3533, section 4)."""
    yield _Page(_BEGIN, bytes(8), stream, 0, *_laced(packets[:1])[0])
    for number, (segments, data, continued) in enumerate(_split(packets[1:]), 1):
        yield _Page(_CONTINUED if continued else 0, bytes(8), stream, number, segments, data)


def _laced(packets: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    return [(bytes([_LACING] * (len(p) // _LACING) + [len(p) % _LACING]), p) for p in packets]


def _split(packets: Sequence[bytes]) -> Iterator[tuple[bytes, bytes, bool]]:
    """Yield segments and data of pages of at most 255 segments, and whether a packet goes on from the page before."""
    laced = _laced(packets)
    segments, data = b"".join(s for s, _ in laced), b"".join(d for _, d in laced)
    place, continued = 0, False
    for first in range(0, len(segments), _LACING):
        part = segments[first : first + _LACING]
        yield part, data[place : place + sum(part)], continued
        place += sum(part)
        continued = part[-1] == _LACING

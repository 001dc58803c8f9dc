"""Ogg Vorbis and Opus: pages, checksums, and streams that are not one."""

from __future__ import annotations

import dataclasses
import struct

import pytest
from metadata.streams import LABEL, made, packets

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata import MetadataRecord, ogg, read_metadata, sniff, write_metadata

RECORD = MetadataRecord(LABEL)
BOTH = pytest.mark.parametrize("name", ["opus", "vorbis"])


def pages(data: bytes) -> list[tuple[int, int, int, bytes]]:
    """Return flags, position in time, number and lacing of all pages, checking each checksum bit by bit."""
    found, position = [], 0
    while position < len(data):
        flags, granule, _, number, stated, count = struct.unpack_from("<BqIIIB", data, position + 5)
        lacing = data[position + 27 : position + 27 + count]
        end = position + 27 + count + sum(lacing)
        page = data[position : position + 22] + bytes(4) + data[position + 26 : end]
        assert stated == slow_checksum(page)
        found.append((flags, granule, number, lacing))
        position = end
    return found


def slow_checksum(page: bytes) -> int:
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value >> 31 else value << 1) & 0xFFFFFFFF
    return value


def test_checksum_of_the_specification():
    assert ogg.checksum(b"123456789") == slow_checksum(b"123456789") == 0x89A1897F


@BOTH
@pytest.mark.parametrize("length", [0, 60_000, 65_000, 200_000])
def test_pages_keep_their_order_and_checksums_for_labels_of_any_length(name, length):
    label = dataclasses.replace(LABEL, reserved_code1="x" * length)
    written = write_metadata(made(name), MetadataRecord(label))
    found = pages(written)
    assert [number for _, _, number, _ in found] == list(range(len(found)))
    before = pages(made(name))
    headers = len(found) - len(before) + 2
    assert found[headers:] == [
        (flags, granule, number + len(found) - len(before), lacing) for flags, granule, number, lacing in before[2:]
    ]
    assert [flags & 1 for flags, _, _, _ in found[:3]] == [0, 0, int(length >= 65_000)]
    assert read_metadata(written).label == label
    assert packets(written) == packets(made(name))


@BOTH
def test_a_shorter_label_gives_back_the_pages(name):
    long = write_metadata(made(name), MetadataRecord(dataclasses.replace(LABEL, reserved_code1="x" * 200_000)))
    assert write_metadata(long, RECORD) == write_metadata(made(name), RECORD)


@BOTH
def test_a_chained_file_is_refused_and_read(name):
    once = write_metadata(made(name), RECORD)
    assert read_metadata(once + made(name)).label == LABEL
    with pytest.raises(UnsupportedMediaError, match="several streams"):
        write_metadata(once + made(name), RECORD)


def test_mixed_streams_are_refused():
    first, second = made("vorbis"), made("opus")
    start = 58
    assert first[start : start + 4] == b"OggS"
    mixed = first[:start] + second[: second.index(b"OggS", 4)] + first[start:]
    with pytest.raises(UnsupportedMediaError, match="mixed"):
        write_metadata(mixed, RECORD)
    assert "metadata.damaged" in [finding.code for finding in read_metadata(mixed).findings]


@BOTH
def test_gaps_and_cuts_are_damage(name):
    data = made(name)
    for broken in (data[:-1], data + b"x", data[:2000] + data[2100:]):
        with pytest.raises((DamagedMediaError, UnsupportedMediaError)):
            write_metadata(broken, RECORD)


def test_other_codecs_in_ogg_are_not_known():
    assert sniff(made("opus").replace(b"OpusHead", b"Speex   ")) is None
    assert sniff(b"OggS") is None


def test_opus_keeps_what_follows_its_comments():
    data = made("opus")
    written = write_metadata(data, RECORD)
    start = written.index(b"OpusTags")
    vendor = data[data.index(b"OpusTags") :][:20]
    assert written[start:].startswith(vendor)

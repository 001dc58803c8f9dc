from __future__ import annotations

import io
import struct

import pytest
from metadata.samples import (
    BARE,
    KINDS,
    LABEL,
    RECORD,
    WRAPPED,
    assert_same_pictures,
    exif,
    exiftool,
    packet,
    saved,
)
from PIL import Image

from synthmark.errors import DamagedMediaError
from synthmark.metadata import read_metadata, write_metadata
from synthmark.metadata.ifd import read_directory, read_layout

NAMES = ["tiff", "tiff-exif", "tiff-pages", "tiff-big"]


def big_endian() -> bytes:
    """Make a grey 4x4 picture in Motorola byte order by hand."""
    tags = [
        (256, 3, 4),
        (257, 3, 4),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (279, 4, 16),
    ]
    entries = b"".join(
        struct.pack(">HHI", tag, kind, 1) + (struct.pack(">HH", value, 0) if kind == 3 else struct.pack(">I", value))
        for tag, kind, value in tags
    )
    return b"MM\0\x2a" + struct.pack(">I", 24) + bytes(range(16)) + struct.pack(">H", len(tags)) + entries + bytes(4)


@pytest.mark.parametrize("data", [*(KINDS[name] for name in NAMES), big_endian()], ids=[*NAMES, "motorola"])
def test_the_file_grows_at_its_end_alone(data: bytes) -> None:
    result = write_metadata(data, RECORD)
    header = 16 if data[2] == 43 or data[3] == 43 else 8
    assert result[header : len(data)] == data[header:]
    assert_same_pictures(data, result)


@pytest.mark.parametrize("data", [*(KINDS[name] for name in NAMES), big_endian()], ids=[*NAMES, "motorola"])
def test_the_new_directory_has_every_old_tag_and_one_more(data: bytes) -> None:
    def entries(file: bytes) -> tuple[list[bytes], int]:
        layout, offset = read_layout(file)
        directory = read_directory(file, layout, offset)
        return [entry.raw for entry in directory.entries], directory.next

    before, after = entries(data), entries(write_metadata(data, RECORD))
    added = [raw for raw in after[0] if raw not in before[0]]
    assert [raw for raw in after[0] if raw in before[0]] == before[0]
    assert after[1] == before[1]
    order = "<" if data[:2] == b"II" else ">"
    assert [struct.unpack_from(order + "HH", raw) for raw in added] == [(700, 7)]
    tags = [struct.unpack_from(order + "H", raw)[0] for raw in after[0]]
    assert tags == sorted(tags)


def test_further_pages_stay_in_the_chain() -> None:
    with Image.open(io.BytesIO(write_metadata(KINDS["tiff-pages"], RECORD))) as picture:
        assert picture.n_frames == 3


def test_an_existing_packet_is_updated_and_its_old_bytes_are_blank() -> None:
    old = packet(f"<TC260:AIGC>{BARE}</TC260:AIGC>")
    data = saved("TIFF", tiffinfo={700: old})
    assert [found.label and found.label.content_producer for found in read_metadata(data).labels] == ["doubao"]
    result = write_metadata(data, RECORD)
    assert [found.label for found in read_metadata(result).labels] == [LABEL]
    assert b"doubao" not in result
    assert exiftool(result)["XMP-dc:Title"] == "A title & more"
    assert_same_pictures(data, result)


@pytest.mark.parametrize("key", ["description", "comment"])
def test_a_label_in_another_tag_is_read_and_replaced(key: str) -> None:
    value = WRAPPED.encode() if key == "description" else b"ASCII\0\0\0" + WRAPPED.encode()
    data = saved("TIFF", exif=exif(**{key: value}))
    assert [found.place for found in read_metadata(data).labels] == [
        "TIFF ImageDescription" if key == "description" else "TIFF UserComment"
    ]
    result = write_metadata(data, RECORD)
    assert [found.place for found in read_metadata(result).labels] == ["TIFF tag 700"]
    assert b"doubao" not in result
    assert exiftool(result)["IFD0:Model"] == "Camera 9"
    assert_same_pictures(data, result)


def test_a_manifest_tag_is_a_credential() -> None:
    data = saved("TIFF", tiffinfo={0xCD41: b"\0\0\0\1jumb"})
    assert read_metadata(data).credentials == ("TIFF tag 52545",)


@pytest.mark.parametrize(
    "data",
    [
        b"II\x2a\0",
        b"II\x2a\0\xff\0\0\0",
        b"II\x2a\0\x08\0\0\0\xff\xff" + bytes(40),
        b"II\x2b\0\x08\0\0\0" + struct.pack("<Q", 16) + struct.pack("<Q", 1 << 60),
    ],
)
def test_a_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedMediaError):
        write_metadata(data, RECORD)
    assert "metadata.damaged" in {finding.code for finding in read_metadata(data).findings}

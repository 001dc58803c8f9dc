from __future__ import annotations

import io

import pytest
from metadata.samples import BARE, KINDS, LABEL, RECORD, WRAPPED, assert_same_pictures, packet, saved
from PIL import Image

from synthmark.errors import DamagedMediaError
from synthmark.metadata import read_metadata, write_metadata

XMP = b"\x21\xff\x0bXMP DataXMP"
TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\0"


def sub_blocks(content: bytes) -> bytes:
    parts = [content[start : start + 255] for start in range(0, len(content), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def inserted(data: bytes, block: bytes) -> bytes:
    """Put a block behind the header and its colour table."""
    place = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    return data[:place] + block + data[place:]


@pytest.mark.parametrize("name", ["gif", "gif-animated"])
def test_only_the_extension_is_added(name: str) -> None:
    result = write_metadata(KINDS[name], RECORD)
    start, end = result.index(XMP), result.index(TRAILER) + len(TRAILER)
    assert b"GIF89a" + (result[:start] + result[end:])[6:] == b"GIF89a" + KINDS[name][6:]
    assert result.startswith(b"GIF89a")


def test_the_loop_extension_stays_in_front() -> None:
    result = write_metadata(KINDS["gif-animated"], RECORD)
    assert result.index(b"NETSCAPE2.0") < result.index(XMP)
    with Image.open(io.BytesIO(result)) as picture:
        assert picture.info["loop"] == 0


@pytest.mark.parametrize("adobe", [True, False])
def test_both_forms_of_the_extension_are_read_and_replaced(adobe: bool) -> None:
    old = packet(f"<TC260:AIGC>{BARE}</TC260:AIGC>")
    data = inserted(KINDS["gif-animated"], XMP + (old + TRAILER if adobe else sub_blocks(old)))
    assert [found.label and found.label.content_producer for found in read_metadata(data).labels] == ["doubao"]
    result = write_metadata(data, RECORD)
    assert [found.label for found in read_metadata(result).labels] == [LABEL]
    assert result.count(XMP) == 1
    assert b"A title &amp; more" in result
    assert_same_pictures(data, result)


def test_a_label_in_a_comment_is_read_and_replaced_and_other_comments_stay() -> None:
    data = inserted(KINDS["gif"], b"\x21\xfe" + sub_blocks(WRAPPED.encode()) + b"\x21\xfe" + sub_blocks(b"hello"))
    assert [found.place for found in read_metadata(data).labels] == ["GIF comment"]
    result = write_metadata(data, RECORD)
    assert [found.place for found in read_metadata(result).labels] == ["GIF XMP extension"]
    assert sub_blocks(b"hello") in result
    assert b"doubao" not in result


def test_an_old_version_becomes_the_one_with_extensions() -> None:
    old = b"GIF87a" + saved("GIF", "P")[6:]
    assert write_metadata(old, RECORD).startswith(b"GIF89a")


def test_a_file_without_trailer_is_written() -> None:
    assert read_metadata(write_metadata(KINDS["gif"][:-1], RECORD)).label == LABEL


def test_a_manifest_extension_is_a_credential() -> None:
    data = inserted(KINDS["gif"], b"\x21\xff\x0bC2PA_GIF\1\0\0" + sub_blocks(b"\0\0\0\1jumb"))
    assert read_metadata(data).credentials == ("GIF C2PA extension",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (KINDS["gif"][:10], "within its header"),
        (KINDS["gif"][:-300], "within a block"),
        (KINDS["gif"][:13] + b"\0" * 900, "no block"),
        (b"GIF89a" + bytes(7) + b"\x2c\0", "picture header"),
        (b"GIF89a" + bytes(7) + b"\x21", "within a block|no block|no picture"),
        (b"GIF89a" + bytes(7), "no picture"),
    ],
)
def test_a_damaged_file_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(DamagedMediaError, match=message):
        write_metadata(data, RECORD)

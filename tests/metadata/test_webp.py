from __future__ import annotations

import io

import pytest
from metadata.samples import (
    KINDS,
    LABEL,
    RECORD,
    WRAPPED,
    assert_same_pictures,
    exif,
    riff,
    riff_chunks,
    saved,
)
from PIL import Image

from synthmark.errors import DamagedMediaError
from synthmark.metadata import read_metadata, write_metadata

NAMES = ["webp-lossy", "webp-lossless-alpha", "webp-lossy-alpha", "webp-exif-xmp", "webp-animated"]


@pytest.mark.parametrize("name", NAMES)
def test_all_other_chunks_stay(name: str) -> None:
    def others(data: bytes) -> list[tuple[bytes, bytes]]:
        return [item for item in riff_chunks(data) if item[0] not in {b"XMP ", b"VP8X"}]

    assert others(write_metadata(KINDS[name], RECORD)) == others(KINDS[name])


@pytest.mark.parametrize("name", NAMES)
def test_the_extended_header_tells_of_xmp_alpha_and_size(name: str) -> None:
    before, after = dict(riff_chunks(KINDS[name])), riff_chunks(write_metadata(KINDS[name], RECORD))
    kind, header = after[0]
    assert kind == b"VP8X"
    assert header[4:] == (59).to_bytes(3, "little") + (39).to_bytes(3, "little")
    expected = before.get(b"VP8X", b"\x10" if "alpha" in name else b"\0")[0] | 4
    assert header[0] == expected


@pytest.mark.parametrize("size", [(1, 1), (300, 2), (1, 700)])
@pytest.mark.parametrize("lossless", [False, True])
def test_sizes_of_simple_files(size: tuple[int, int], lossless: bool) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, "WEBP", lossless=lossless)
    result = write_metadata(buffer.getvalue(), RECORD)
    with Image.open(io.BytesIO(result)) as picture:
        assert picture.size == size
        assert picture.mode == "RGB"
    assert_same_pictures(buffer.getvalue(), result)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (b"EXIF", exif(comment=b"ASCII\0\0\0" + WRAPPED.encode())),
        (b"EXIF", b"Exif\0\0" + exif(comment=b"ASCII\0\0\0" + WRAPPED.encode())),
        (b"AIGC", WRAPPED.encode()),
    ],
)
def test_a_label_in_another_place_is_read_and_replaced(kind: bytes, payload: bytes) -> None:
    data = riff(*riff_chunks(write_metadata(KINDS["webp-lossy"], RECORD))[:2], (kind, payload))
    (found,) = read_metadata(data).labels
    assert found.label is not None
    assert found.label.content_producer == "doubao"
    result = write_metadata(data, RECORD)
    assert [label.label for label in read_metadata(result).labels] == [LABEL]
    assert b"doubao" not in result
    assert_same_pictures(data, result)


def test_a_file_without_last_padding_byte_and_with_bytes_behind() -> None:
    data = riff(*riff_chunks(KINDS["webp-lossy"]), (b"odd ", b"abc"))
    assert_same_pictures(data, write_metadata(data[:-1], RECORD))
    assert write_metadata(data + b"behind", RECORD).endswith(b"behind")


def test_a_manifest_chunk_is_a_credential() -> None:
    data = riff(*riff_chunks(KINDS["webp-animated"]), (b"C2PA", b"\0\0\0\1jumb"))
    assert read_metadata(data).credentials == ("WebP C2PA",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (KINDS["webp-lossy"][:-10], "truncated"),
        (riff((b"EXIF", b"")), "no picture data"),
        (riff((b"VP8 ", b"\0" * 20)), "key frame"),
        (riff((b"VP8 ", b"\0\0\0\x9d\x01\x2a" + bytes(8))), "no width or height"),
        (riff((b"VP8L", b"\0" * 20)), "no header"),
        (riff((b"VP8X", b"")), "empty"),
        (riff((b"VP8 ", b"abcd")).replace(b"\4\0\0\0abcd", b"\xff\xff\0\0abcd"), "beyond the end"),
    ],
)
def test_a_damaged_file_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(DamagedMediaError, match=message):
        write_metadata(data, RECORD)


def test_pillow_and_the_reader_agree_on_the_packet() -> None:
    result = write_metadata(saved("WEBP"), RECORD)
    with Image.open(io.BytesIO(result)) as picture:
        assert b"TC260:AIGC" in picture.info["xmp"]

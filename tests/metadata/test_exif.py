from __future__ import annotations

import contextlib
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata.samples import BARE, WRAPPED, exif, exiftool, saved
from PIL import Image

from synthmark.errors import SynthmarkError, UnsupportedMediaError
from synthmark.metadata.exif import exif_fields, without_exif_labels
from synthmark.metadata.fields import Kind, label_in

LABEL = WRAPPED.encode()
COMMENTS = [
    b"ASCII\0\0\0" + LABEL,
    b"UNICODE\0" + WRAPPED.encode("utf-16"),
    b"UNICODE\0" + WRAPPED.encode("utf-16-le"),
    b"UNICODE\0" + WRAPPED.encode("utf-16-be"),
    bytes(8) + LABEL + b"\0",
    b"ascii\0\0\0" + BARE.encode(),
    LABEL,
]


def texts(blob: bytes) -> dict[str, str]:
    return {field.place: field.text for field in exif_fields(blob, "x")}


@pytest.mark.parametrize("comment", COMMENTS)
def test_a_label_in_the_user_comment_is_found_and_taken_out(comment: bytes) -> None:
    blob = exif(comment=comment)
    assert sum(label_in(field) is not None for field in exif_fields(blob, "x")) == 1
    clean = without_exif_labels(blob)
    assert len(clean) == len(blob)
    assert not any(label_in(field) for field in exif_fields(clean, "x"))
    read = Image.Exif()
    read.load(clean)
    assert (read[0x0110], read[0x0131], read.get_ifd(0x8769)) == ("Camera 9", "Some Editor 2", {0xA002: 60})
    assert b"doubao" not in clean.replace(b"\0", b"")


def test_exiftool_reads_what_is_left_without_warning() -> None:
    blob = without_exif_labels(exif(comment=COMMENTS[0], description=LABEL))
    tags = exiftool(saved("JPEG", exif=b"Exif\0\0" + blob), "-all", "-warning")
    assert tags["IFD0:Model"] == "Camera 9"
    assert tags["ExifIFD:ExifImageWidth"] == 60
    assert not [name for name in tags if name.endswith((":Warning", "UserComment", "ImageDescription"))]


def test_a_description_that_is_no_label_stays() -> None:
    blob = exif(comment=b"ASCII\0\0\0Steps: 20, Seed: 1", description=b"a cat")
    assert without_exif_labels(blob) == blob
    assert texts(blob)["x ImageDescription"] == "a cat"
    assert texts(blob)["x UserComment"] == "Steps: 20, Seed: 1"


def test_big_endian() -> None:
    body = b"MM\0\x2a\0\0\0\x08" + struct.pack(">HHHII", 1, 0x010E, 2, len(LABEL), 26) + bytes(4) + LABEL
    assert [label_in(field) is not None for field in exif_fields(body, "x")] == [True]
    clean = without_exif_labels(b"Exif\0\0" + body)
    assert clean == b"Exif\0\0" + body[:8] + bytes(18 + len(LABEL))


def test_a_repeated_tag_with_a_label_is_refused() -> None:
    entry = struct.pack("<HHII", 0x010E, 2, len(LABEL), 38)
    blob = b"II\x2a\0\x08\0\0\0" + struct.pack("<H", 2) + entry * 2 + bytes(4) + LABEL
    with pytest.raises(UnsupportedMediaError, match=r"ImageDescription .* more than once"):
        without_exif_labels(blob)


def test_thousands_of_entries_with_one_large_value_take_no_time() -> None:
    text = b'{"AIGC":' + b" " * 500_000
    entry = struct.pack("<HHII", 0x010E, 2, len(text), 8 + 2 + 12 * 40_000 + 4)
    blob = b"II\x2a\0\x08\0\0\0" + struct.pack("<H", 40_000) + entry * 40_000 + bytes(4) + text
    start = time.perf_counter()
    assert len(list(exif_fields(blob, "x"))) == 1
    without_exif_labels(blob)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    "blob", [b"", b"II", b"XX\x2a\0\0\0\0\0", b"II\x2a\0\xff\xff\xff\xff", b"II\x2a\0\x08\0\0\0\xff\xff"]
)
def test_a_damaged_blob_says_so_and_stays(blob: bytes) -> None:
    assert [field.kind for field in exif_fields(blob, "x")] == [Kind.DAMAGED]
    assert without_exif_labels(blob) == blob


@given(st.data())
def test_a_mutated_blob_raises_nothing_else_and_keeps_its_length(data: st.DataObject) -> None:
    blob = bytearray(exif(comment=COMMENTS[0], description=LABEL))
    for _ in range(data.draw(st.integers(1, 6))):
        blob[data.draw(st.integers(0, 120))] = data.draw(st.integers(0, 255))
    list(exif_fields(bytes(blob), "x"))
    with contextlib.suppress(SynthmarkError):
        assert len(without_exif_labels(bytes(blob))) == len(blob)

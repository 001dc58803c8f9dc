from __future__ import annotations

import io
import struct

import pytest
from metadata.samples import KINDS, RECORD, WRAPPED, app, exif, saved, with_segment
from PIL import Image

from synthmark.errors import UnsupportedMediaError
from synthmark.metadata import read_metadata, write_metadata


def two_pictures() -> bytes:
    return saved("MPO", frames=2)


def pictures(data: bytes) -> list[bytes]:
    found = []
    with Image.open(io.BytesIO(data)) as file:
        assert file.format == "MPO"
        for frame in range(file.n_frames):
            file.seek(frame)
            found.append(file.tobytes())
    return found


@pytest.mark.parametrize("prefix", [b"", app(0xFE, b"x" * 501)])
def test_the_second_picture_is_found_after_the_first_has_grown(prefix: bytes) -> None:
    data = two_pictures()
    if prefix:
        data = write_metadata(data, RECORD)
    result = write_metadata(data, RECORD)
    assert pictures(result) == pictures(data)
    assert len(pictures(result)) == 2


def test_a_label_removed_behind_the_table_moves_the_second_picture() -> None:
    data = two_pictures()
    place = data.index(b"MPF\0") - 4
    end = place + 2 + struct.unpack_from(">H", data, place + 2)[0]
    comment = app(0xFE, WRAPPED.encode())
    # The offset of the second picture counts from behind "MPF\0".
    entry = data.index(struct.pack("<HH", 0xB002, 7), place)
    table = place + 8 + struct.unpack_from("<I", data, entry + 8)[0]
    edited = bytearray(data[:end] + comment + data[end:])
    size, _ = struct.unpack_from("<II", edited, table + 4)
    struct.pack_into("<I", edited, table + 4, size + len(comment))
    (offset,) = struct.unpack_from("<I", edited, table + 16 + 8)
    struct.pack_into("<I", edited, table + 16 + 8, offset + len(comment))
    assert pictures(bytes(edited)) == pictures(data)
    result = write_metadata(bytes(edited), RECORD)
    assert len(read_metadata(result).labels) == 1
    assert pictures(result) == pictures(data)


def test_a_table_that_cannot_be_read_is_refused() -> None:
    data = with_segment(KINDS["jpeg"], 0xE2, b"MPF\0" + b"XX\x2a\0")
    with pytest.raises(UnsupportedMediaError, match="multi-picture table"):
        write_metadata(data, RECORD)


def test_a_profile_in_the_same_kind_of_segment_is_no_table() -> None:
    data = with_segment(saved("JPEG", exif=b"Exif\0\0" + exif()), 0xE2, b"ICC_PROFILE\0\1\1abc")
    assert read_metadata(write_metadata(data, RECORD)).label == RECORD.label

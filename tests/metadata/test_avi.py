"""AVI: the list of texts, free chunks, and the indexes that count from the start of the file."""

from __future__ import annotations

import struct

import pytest
from metadata.streams import LABEL, RECORD, made

from synthmark.errors import DamagedMediaError
from synthmark.metadata import MetadataRecord, read_metadata, to_json, write_metadata
from synthmark.metadata.riff import Chunk, packed

PLAIN = MetadataRecord(LABEL)
TEXT = to_json(LABEL).encode() + b"\0"


def chunks(data: bytes, position: int = 12, end: int | None = None) -> list[tuple[bytes, int, bytes]]:
    """Return type, place and data of the chunks in a part of the file."""
    found, end = [], len(data) if end is None else end
    while position + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, position)
        found.append((kind, position, data[position + 8 : position + 8 + length]))
        position += 8 + length + length % 2
    return found


def listed(form: bytes, *parts: bytes) -> bytes:
    return packed(Chunk(b"LIST", form + b"".join(parts)))


def open_dml(*, absolute: bool = False) -> bytes:
    """Make a file of two parts with an index of indexes, as OpenDML lays them out."""
    frames = [bytes([number]) * 100 for number in range(6)]

    def pictures(start: int, part: list[bytes]) -> tuple[bytes, int]:
        body, entries = b"movi", []
        for frame in part:
            entries.append((start + 8 + len(body) + 8, len(frame)))
            body += packed(Chunk(b"00dc", frame))
        place = start + 8 + len(body)
        table = b"".join(struct.pack("<II", offset - start, size) for offset, size in entries)
        head = struct.pack("<HBBI4sQI", 2, 0, 1, len(entries), b"00dc", start, 0)
        return packed(Chunk(b"LIST", body + packed(Chunk(b"ix00", head + table)))), place

    def headers(places: list[int]) -> bytes:
        entries = b"".join(struct.pack("<QII", place, 32 + 24, 3) for place in places)
        index = struct.pack("<HBBI4s12x", 4, 0, 0, len(places), b"00dc") + entries
        return listed(b"hdrl", packed(Chunk(b"avih", bytes(56))), listed(b"strl", packed(Chunk(b"indx", index))))

    start = 12 + len(headers([0, 0]))
    first, first_index = pictures(start, frames[:3])
    count_from = 0 if absolute else start + 8
    table = b"".join(struct.pack("<4sIII", b"00dc", 16, start + 12 + 108 * n - count_from, 100) for n in range(3))
    old = packed(Chunk(b"idx1", table))
    behind = start + len(first) + len(old)
    second, second_index = pictures(behind + 12, frames[3:])
    body = b"AVI " + headers([first_index, second_index]) + first + old
    return packed(Chunk(b"RIFF", body)) + packed(Chunk(b"RIFF", b"AVIX" + second))


def frames_by_index(data: bytes) -> list[bytes]:
    """Follow the index of indexes to the frames."""
    index = data.index(b"indx") + 8
    (count,) = struct.unpack_from("<I", data, index + 4)
    found = []
    for entry in range(count):
        (place,) = struct.unpack_from("<Q", data, index + 24 + 16 * entry)
        assert data[place : place + 4] == b"ix00"
        (frames,) = struct.unpack_from("<I", data, place + 12)
        (base,) = struct.unpack_from("<Q", data, place + 20)
        for frame in range(frames):
            offset, size = struct.unpack_from("<II", data, place + 32 + 8 * frame)
            found.append(data[base + offset : base + offset + size])
    return found


def frames_by_old_index(data: bytes, *, absolute: bool) -> list[bytes]:
    start = 0 if absolute else data.index(b"movi")
    (table,) = (
        payload for kind, _, payload in chunks(data, 12, 8 + struct.unpack_from("<I", data, 4)[0]) if kind == b"idx1"
    )
    places = (struct.unpack_from("<4sIII", table, at)[2:] for at in range(0, len(table), 16))
    return [data[start + offset + 8 : start + offset + 8 + size] for offset, size in places]


@pytest.mark.parametrize("absolute", [False, True])
def test_all_indexes_of_a_file_in_parts_move_along(absolute):
    data = open_dml(absolute=absolute)
    expected = [bytes([number]) * 100 for number in range(6)]
    assert frames_by_index(data) == expected
    assert frames_by_old_index(data, absolute=absolute) == expected[:3]
    written = write_metadata(data, RECORD)
    assert len(written) > len(data)
    assert frames_by_index(written) == expected
    assert frames_by_old_index(written, absolute=absolute) == expected[:3]
    (first, second) = chunks(written, 0)
    assert first[0] == second[0] == b"RIFF"
    assert second[2].startswith(b"AVIX")
    assert read_metadata(written).label == LABEL


def test_the_label_is_a_text_that_ends_with_zero_in_the_list_before_the_pictures():
    written = write_metadata(made("avi"), PLAIN)
    assert b"AIGC" + struct.pack("<I", len(TEXT)) + TEXT in written
    assert written.index(TEXT) < written.index(b"movi")
    assert struct.unpack_from("<I", written, 4)[0] == len(written) - 8


def test_free_chunks_give_the_room_and_nothing_moves():
    written = write_metadata(made("avi"), PLAIN)
    assert len(written) == len(made("avi"))
    assert written[written.index(b"movi") :] == made("avi")[made("avi").index(b"movi") :]


def test_a_label_in_the_comment_and_in_a_list_behind_the_pictures_goes_away():
    data = made("avi-tight") + listed(b"INFO", packed(Chunk(b"ICMT", TEXT)), packed(Chunk(b"INAM", b"Name\0")))
    data = data[:4] + struct.pack("<I", len(data) - 8) + data[8:]
    assert [found.place for found in read_metadata(data).labels] == ["AVI INFO ICMT"]
    written = write_metadata(data, PLAIN)
    assert [found.place for found in read_metadata(written).labels] == ["AVI INFO AIGC"]
    assert written.count(TEXT) == 2  # the label and its copy
    assert written.endswith(listed(b"INFO", packed(Chunk(b"INAM", b"Name\0"))))


def test_a_manifest_is_seen():
    data = made("avi") + packed(Chunk(b"C2PA", b"jumb"))
    assert read_metadata(data[:4] + struct.pack("<I", len(data) - 8) + data[8:]).has_credential


def test_a_file_without_pictures_is_not_written():
    with pytest.raises(DamagedMediaError, match="movi"):
        write_metadata(packed(Chunk(b"RIFF", b"AVI " + listed(b"hdrl"))), PLAIN)

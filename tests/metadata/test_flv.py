"""FLV: script data, and the places of key frames in it."""

from __future__ import annotations

import struct

import pytest
from metadata.streams import LABEL, made

from synthmark.errors import DamagedMediaError
from synthmark.metadata import MetadataRecord, amf, read_metadata, to_json, write_metadata

RECORD = MetadataRecord(LABEL)
TEXT = to_json(LABEL)


def tags(data: bytes) -> list[tuple[int, int, bytes]]:
    """Return place, type and data of all tags, checking the sizes behind them."""
    found, position = [], 13
    while position < len(data):
        size = int.from_bytes(data[position + 1 : position + 4], "big")
        assert struct.unpack_from(">I", data, position + 11 + size) == (size + 11,)
        found.append((position, data[position], data[position + 11 : position + 11 + size]))
        position += size + 15
    return found


def number(data: bytes, name: bytes) -> int:
    place = data.index(name) + len(name)
    assert data[place] == 0
    return int(struct.unpack_from(">d", data, place + 1)[0])


def script(*values: bytes, kind: int = 8) -> bytes:
    head = struct.pack(">BI", 8, len(values)) if kind == 8 else b"\3"
    return b"\2\0\x0aonMetaData" + head + b"".join(values) + b"\0\0\x09"


def file_with(*scripts: bytes) -> bytes:
    rest = made("flv-bare")[13:]
    packed = (
        b"\x12" + len(data).to_bytes(3, "big") + bytes(7) + data + struct.pack(">I", len(data) + 11)
        for data in scripts
    )
    return made("flv-bare")[:13] + b"".join(packed) + rest


def test_places_of_key_frames_move_along():
    before, after = made("flv-index"), write_metadata(made("flv-index"), RECORD)
    assert number(after, b"filesize") == len(after)
    assert number(before, b"filesize") == len(before)
    start = after.index(b"filepositions") + 13
    assert after[start] == 10
    (count,) = struct.unpack_from(">I", after, start + 1)
    places = [int(struct.unpack_from(">d", after, start + 6 + 9 * entry)[0]) for entry in range(count)]
    pictures = {place: data[0] for place, kind, data in tags(after) if kind == 9}
    assert count > 3
    assert {pictures[place] >> 4 for place in places} == {1}  # key frames
    last = number(after, b"lastkeyframelocation") - number(before, b"lastkeyframelocation")
    assert last == len(after) - len(before)


def test_the_label_is_a_short_text_and_the_count_of_the_array_is_right():
    data = write_metadata(made("flv"), RECORD)
    assert b"\0\4AIGC\2" + struct.pack(">H", len(TEXT)) + TEXT.encode() in data
    metadata = next(data for _, kind, data in tags(data) if kind == 18)
    assert struct.unpack_from(">I", metadata, 14)[0] == len(amf.properties(metadata, 18)[0])


def test_long_texts_objects_and_missing_end_marks_are_read():
    long = b"\0\4AIGC\x0c" + struct.pack(">I", len(TEXT)) + TEXT.encode()
    assert read_metadata(file_with(script(long))).label == LABEL
    assert read_metadata(file_with(script(long, kind=3))).label == LABEL
    assert read_metadata(file_with(script(long)[:-3])).label == LABEL
    written = write_metadata(file_with(script(amf.packed_text("title", "A"), long, kind=3)), RECORD)
    assert [found.text for found in read_metadata(written).labels] == [TEXT]
    assert written.count(b"AIGC") == 1
    assert b"\0\5title\2\0\1A" in written


def test_labels_in_further_script_data_go_away():
    data = file_with(script(amf.packed_text("aigc", "{}")), script(amf.packed_text("AIGC", TEXT)))
    written = write_metadata(data, RECORD)
    assert written.count(b"AIGC\2") == 1
    assert b"aigc" not in written
    assert len(tags(written)) == len(tags(data))


def test_xmp_is_read():
    packet = (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        "<rdf:Description xmlns:i='http://iptc.org/std/Iptc4xmpExt/2008-02-29/' i:AISystemUsed='Maker'/>"
        "</rdf:RDF></x:xmpmeta>"
    )
    data = file_with(b"\2\0\x09onXMPData\3" + amf.packed_text("liveXML", packet) + b"\0\0\x09")
    assert read_metadata(data).ai_system == "Maker"


NESTED = b"".join(b"\0\1a\3" for _ in range(10))


@pytest.mark.parametrize(
    "data",
    [
        script(NESTED),
        script(b"\0\1a\x63"),
        script(b"\0\1a\x0a\xff\xff\xff\xff"),
        script(b"\0\1a\2\xff\xff"),
        b"\2\0\x0aonMetaData\2\0\0",
        b"\2\0\x0aonMetaData",
    ],
)
def test_damaged_script_data_is_not_written(data):
    assert "metadata.damaged" in [finding.code for finding in read_metadata(file_with(data)).findings]
    with pytest.raises(DamagedMediaError):
        write_metadata(file_with(data), RECORD)

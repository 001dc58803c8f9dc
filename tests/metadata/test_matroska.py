"""Matroska and WebM: tags, seek heads, voids, checksums and sizes."""

from __future__ import annotations

import dataclasses
import io
import zlib

import pytest
from metadata.streams import LABEL, made, packets
from metadata.streams import tags as tags_of

from synthmark.errors import DamagedMediaError, SynthmarkError
from synthmark.metadata import MetadataRecord, ebml, read_metadata, sniff, to_json, write_metadata
from synthmark.metadata.matroska import CLUSTER, CUES, SEEK_HEAD, TAGS, Segment, read_segment
from synthmark.metadata.matroska_tags import tag_fields, with_tags
from synthmark.metadata.source import Source

RECORD = MetadataRecord(LABEL)
TEXT = to_json(LABEL)
TAG, TARGETS, SIMPLE, NAME, STRING = 0x7373, 0x63C0, 0x67C8, 0x45A3, 0x4487
SEEK, SEEK_ID, SEEK_POSITION, CUE_CLUSTER = 0x4DBB, 0x53AB, 0x53AC, 0xF1
HEADER, SEGMENT, INFO = 0x1A45DFA3, 0x18538067, 0x1549A966
FINISHED = ["mkv", "mkv-front", "mkv-room", "mkv-plain", "webm"]
LONG = MetadataRecord(dataclasses.replace(LABEL, reserved_code1="x" * 5000))


def segment(data: bytes) -> Segment:
    return read_segment(Source(io.BytesIO(data)))


def parts(data: bytes) -> list[tuple[int, bytes]]:
    found = ebml.elements(Source(io.BytesIO(data)), 0, len(data))
    return [(item.id, data[item.body : item.end]) for item in found]


def content(data: bytes, item: ebml.Element) -> bytes:
    return data[item.body : item.end]


def sought(data: bytes) -> dict[int, int]:
    """Follow the seek heads from the first one, and return what they say stands where."""
    whole = segment(data)
    found: dict[int, int] = {}
    queue = [whole.all(SEEK_HEAD)[0].start - whole.element.body]
    while queue:
        head = ebml.element_at(Source(io.BytesIO(data)), whole.element.body + queue.pop(), len(data))
        for name, entry in parts(content(data, head)):
            values = dict(parts(entry)) if name == SEEK else {}
            if values:
                target = int.from_bytes(values[SEEK_ID], "big")
                found[target] = int.from_bytes(values[SEEK_POSITION], "big")
                queue += [found[target]] if target == SEEK_HEAD else []
    return found


def simple(name: str, text: str, *inner: bytes) -> bytes:
    return ebml.element(SIMPLE, ebml.element(NAME, name.encode()), ebml.element(STRING, text.encode()), *inner)


@pytest.mark.parametrize("name", FINISHED)
@pytest.mark.parametrize("record", [RECORD, LONG], ids=["short", "long"])
def test_seek_heads_and_cues_point_at_what_they_name(name, record):
    data = write_metadata(made(name), record)
    whole = segment(data)
    for target, position in sought(data).items():
        place = whole.element.body + position
        assert data[place : place + len(ebml.identifier(target))] == ebml.identifier(target)
    assert whole.all(TAGS)[0].start - whole.element.body == sought(data)[TAGS]
    clusters = {item.start - whole.element.body for item in whole.all(CLUSTER)}
    (cues,) = whole.all(CUES)
    for outer, point in parts(content(data, cues)):
        for kind, inner in parts(point) if outer == 0xBB else ():
            for deeper, value in parts(inner) if kind == 0xB7 else ():
                assert deeper != CUE_CLUSTER or int.from_bytes(value, "big") in clusters
    assert whole.element.end == len(data)
    assert packets(data) == packets(made(name))


@pytest.mark.parametrize("name", FINISHED)
def test_checksums_are_right(name):
    data = write_metadata(made(name), LONG)
    checked = 0
    for item in segment(data).children:
        body = content(data, item)
        if item.id in {SEEK_HEAD, TAGS, INFO} and body[:1] == b"\xbf":
            assert int.from_bytes(body[2:6], "little") == zlib.crc32(body[6:])
            checked += 1
    assert checked >= (0 if name in {"mkv-plain", "webm"} else 2)


def test_clusters_do_not_move_in_a_file_with_an_index():
    before, after = segment(made("mkv")), segment(write_metadata(made("mkv"), LONG))
    assert [item.start for item in after.all(CLUSTER)] == [item.start for item in before.all(CLUSTER)]


def test_a_void_gives_the_room():
    data = made("mkv-room")
    written = write_metadata(data, LONG)
    assert len(written) == len(data)
    whole = segment(written)
    assert whole.all(TAGS)[0].start < whole.all(CLUSTER)[0].start
    assert packets(written) == packets(data)


@pytest.mark.parametrize("name", ["mkv-live", "webm-pipe"])
def test_a_recording_without_an_index_gets_its_tags_before_the_clusters(name):
    written = write_metadata(made(name), RECORD)
    whole = segment(written)
    assert not whole.element.known
    assert whole.all(TAGS)[-1].start < whole.all(CLUSTER)[0].start
    assert tags_of(written)["aigc"] == TEXT
    assert packets(written) == packets(made(name))


def plain(*children: bytes, size: int = 8) -> bytes:
    """Make a file of elements, with a size of some bytes."""
    body = b"".join(children)
    header = ebml.element(HEADER, ebml.element(0x4282, b"matroska"))
    return header + ebml.identifier(SEGMENT) + ebml.size_digits(len(body), size) + body


def entry(name: int, position: int) -> bytes:
    place = position.to_bytes(1, "big")
    return ebml.element(SEEK, ebml.element(SEEK_ID, ebml.identifier(name)), ebml.element(SEEK_POSITION, place))


def test_a_full_seek_head_points_at_a_second_one():
    head = ebml.element(SEEK_HEAD, entry(INFO, 60), entry(CUES, 70), entry(0x1654AE6B, 80))
    data = plain(head, ebml.element(INFO, b""), ebml.element(CLUSTER, bytes(300)), ebml.element(CUES, b""))
    written = write_metadata(data, RECORD)
    assert set(sought(written)) == {INFO, CUES, 0x1654AE6B, SEEK_HEAD, TAGS}
    whole = segment(written)
    assert sought(written)[TAGS] == whole.all(TAGS)[0].start - whole.element.body
    assert [item.start for item in whole.all(CLUSTER)] == [item.start for item in segment(data).all(CLUSTER)]
    assert write_metadata(written, RECORD) == written


@pytest.mark.parametrize("size", [2, 4, 8])
def test_the_size_of_the_segment_takes_more_bytes_where_it_must(size):
    data = plain(ebml.element(INFO, b""), ebml.element(CLUSTER, bytes(16_000)), ebml.element(CUES, b""), size=size)
    written = write_metadata(data, RECORD)
    assert segment(written).element.end == len(written)
    assert read_metadata(written).label == LABEL


def test_a_checksum_of_the_whole_segment_becomes_void():
    data = plain(ebml.checksum(b"whatever"), ebml.element(INFO, b""), ebml.element(CLUSTER, bytes(100)))
    assert segment(write_metadata(data, RECORD)).children[0].id == ebml.VOID


def test_what_follows_the_segment_stays():
    data = made("mkv") + b"more bytes"
    assert write_metadata(data, LONG).endswith(b"more bytes")


@pytest.mark.parametrize("room", range(395, 420))
def test_any_rest_of_a_room_is_filled(room):
    tags = ebml.element(TAGS, ebml.element(TAG, simple("TITLE", "A title")))
    old = tags + ebml.void(room - len(tags))
    data = plain(ebml.element(INFO, b""), old, ebml.element(CLUSTER, bytes(100)), ebml.element(CUES, b""))
    short = MetadataRecord(dataclasses.replace(LABEL, produce_id="1", propagate_id="1"))
    written = write_metadata(data, short)
    assert read_metadata(written).label == short.label
    assert written.count(b"A title") == 1
    assert segment(written).element.end == len(written)


def test_nested_tags_lose_labels_alone():
    label = simple("aigc", TEXT)
    album = ebml.element(TAG, ebml.element(TARGETS), simple("ALBUM", "One", simple("SORT", "1"), label))
    tags = album + ebml.element(TAG, label) + ebml.element(TAG, simple("PART", "2"))
    assert [field.name for field in tag_fields(tags) if field.text == TEXT] == ["AIGC", "AIGC"]
    kept = ebml.element(TAG, ebml.element(TARGETS), simple("ALBUM", "One", simple("SORT", "1")))
    assert with_tags(tags, {}) == kept + ebml.element(TAG, simple("PART", "2"))


def test_labels_in_further_tags_go_away_in_place():
    second = ebml.element(TAGS, ebml.element(TAG, simple("NOTE", "x"), simple("AIGC", TEXT)))
    data = plain(ebml.element(TAGS, b""), ebml.element(CLUSTER, bytes(100)), second, ebml.element(CUES, b""))
    written = write_metadata(data, RECORD)
    assert written.count(TEXT.encode()) == 2  # the label and its copy
    assert b"NOTE" in written
    assert len(read_metadata(written).labels) == 1


def deep(levels: int) -> bytes:
    tag = simple("A", "b")
    for _ in range(levels):
        tag = simple("A", "b", tag)
    return plain(ebml.element(TAGS, ebml.element(TAG, tag)), ebml.element(CLUSTER, bytes(10)))


@pytest.mark.parametrize(
    "data",
    [
        deep(20),
        plain(ebml.element(TAGS, b"\x73\x73\xff")),
        plain(ebml.element(TAGS, b"\0")),
        plain(ebml.element(CLUSTER, bytes(10)))[:-3],
        made("mkv")[: len(made("mkv")) // 2],
        made("mkv")[:40],
        plain(ebml.identifier(TAGS) + b"\xff"),
    ],
)
def test_damaged_files_are_not_written(data):
    with pytest.raises(DamagedMediaError):
        write_metadata(data, RECORD)
    read_metadata(data)


def test_a_cut_file_is_read_as_far_as_it_goes():
    data = made("mkv-room")
    cut = write_metadata(data, RECORD)[: len(data) // 2]
    report = read_metadata(cut)
    assert report.label == LABEL
    assert [finding.code for finding in report.findings] == ["metadata.damaged"]


def test_a_seek_head_without_room_is_refused_clearly():
    head = ebml.element(SEEK_HEAD, entry(TAGS, 30)[:-4] + b"")
    data = plain(head, ebml.element(CLUSTER, bytes(70_000)), ebml.element(CUES, b""))
    with pytest.raises(SynthmarkError):
        write_metadata(data, RECORD)


def test_numbers_of_any_length_are_read_back():
    for size in (0, 1, 126, 127, 128, 16_382, 16_383, 1 << 20, 1 << 40):
        for width in (0, 8):
            digits = ebml.size_digits(size, width)
            head = b"\xec" + digits
            found = ebml.element_at(Source(io.BytesIO(head)), 0, 1 << 50)
            assert (found.end - found.body, found.known) == (size, True)
    assert not ebml.element_at(Source(io.BytesIO(b"\xec\xff")), 0, 100).known
    for length in [2, 3, 100, 127, 128, 129, 130, 1000, 70_000]:
        assert len(ebml.void(length)) == length


def test_kinds():
    assert sniff(made("webm")) == "video/webm"
    assert sniff(made("mkv").replace(b"matroska", b"whatever", 1)) is None
    assert sniff(b"\x1a\x45\xdf\xa3") is None

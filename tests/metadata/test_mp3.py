"""MP3 and its ID3 tags of all versions."""

from __future__ import annotations

import struct
import zlib

import pytest
from metadata.streams import LABEL, RECORD, made, packets
from metadata.streams import tags as tags_of

from synthmark.errors import CredentialError, DamagedMediaError, UnsupportedMediaError
from synthmark.metadata import MetadataRecord, id3, propagate, read_metadata, sniff, to_json, write_metadata
from synthmark.metadata.source import Source

TEXT = to_json(LABEL)
PLAIN = MetadataRecord(LABEL)
COVER = b"\0image/png\0\3\0" + b"\x89PNG\xff\xe0\xff\0" * 40


def syncsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def frame(name: bytes, data: bytes, version: int = 4, flags: bytes = b"\0\0") -> bytes:
    if version == 2:
        return name + len(data).to_bytes(3, "big") + data
    size = syncsafe(len(data)) if version == 4 else len(data).to_bytes(4, "big")
    return name + size + flags + data


def tag(*frames: bytes, version: int = 4, flags: int = 0, padding: int = 0) -> bytes:
    body = b"".join(frames) + bytes(padding)
    return b"ID3" + bytes([version, 0, flags]) + syncsafe(len(body)) + body


def sound() -> bytes:
    return made("mp3-bare")


def first_tag(data: bytes) -> id3.Tag:
    import io

    (span, *_) = id3.tag_spans(Source(io.BytesIO(data)))
    return id3.parsed(data[span.start : span.end])


def test_a_file_without_a_tag_gets_one_of_version_2_4_with_utf8():
    data = write_metadata(sound(), PLAIN)
    assert data.startswith(b"ID3\4\0\0")
    assert b"TXXX" + syncsafe(len(TEXT) + 6) + b"\0\0\3AIGC\0" + TEXT.encode() in data
    assert data.endswith(sound())


@pytest.mark.parametrize("version", [2, 3, 4])
def test_frames_of_all_versions_are_read(version):
    name = b"TXX" if version == 2 else b"TXXX"
    data = tag(frame(name, b"\0AIGC\0" + TEXT.encode(), version), version=version, padding=20) + sound()
    assert [(found.label, found.place, found.findings) for found in read_metadata(data).labels] == [
        (LABEL, "MP3 ID3 TXXX AIGC", ())
    ]


@pytest.mark.parametrize("version", [3, 4])
def test_other_frames_keep_their_bytes_and_padding_takes_the_label_in(version):
    cover, title = frame(b"APIC", COVER, version), frame(b"TIT2", b"\1" + "歌".encode("utf-16"), version)
    data = tag(cover, title, version=version, padding=2000) + sound()
    written = write_metadata(data, RECORD)
    assert len(written) == len(data)
    assert written[10:].startswith(cover + title)
    assert written.endswith(sound())
    assert tags_of(written)["title"] == "歌"


def test_a_tag_of_version_2_2_becomes_one_of_2_3():
    frames = (frame(b"TT2", b"\0Title", 2), frame(b"PIC", b"\0PNG\3\0" + b"\x89PNG", 2), frame(b"TP1", b"\0Who", 2))
    written = write_metadata(tag(*frames, version=2) + sound(), RECORD)
    assert written.startswith(b"ID3\3")
    assert [item.id for item in first_tag(written).frames] == [b"TIT2", b"APIC", b"TPE1", b"PRIV", b"TXXX"]
    assert first_tag(written).frames[1].content == b"\0image/png\0\3\0\x89PNG"
    assert tags_of(written)["artist"] == "Who"
    with pytest.raises(UnsupportedMediaError, match="no counterpart"):
        write_metadata(tag(frame(b"XYZ", b"\0", 2), version=2) + sound(), PLAIN)


def test_unsynchronisation_of_a_whole_tag_is_undone_and_done_again():
    plain = frame(b"APIC", COVER, 3)
    stored = plain.replace(b"\xff\0", b"\xff\0\0").replace(b"\xff\xe0", b"\xff\0\xe0")
    data = b"ID3\3\0\x80" + syncsafe(len(stored)) + stored + sound()
    written = write_metadata(data, PLAIN)
    assert written[10:].startswith(stored)
    assert first_tag(written).frames[0].content == COVER
    assert read_metadata(written).label == LABEL
    assert b"\xff\xe0" not in written[: written.index(sound()[:20])]


def test_unsynchronised_frames_of_version_2_4_stay_as_they_are():
    stored = COVER.replace(b"\xff\0", b"\xff\0\0").replace(b"\xff\xe0", b"\xff\0\xe0")
    cover = frame(b"APIC", syncsafe(len(COVER)) + stored, 4, b"\0\3")
    written = write_metadata(tag(cover, flags=0x80) + sound(), PLAIN)
    assert cover in written
    assert first_tag(written).frames[0].content == COVER
    assert first_tag(written).frames[1].flags == b"\0\2"


@pytest.mark.parametrize("version", [3, 4])
def test_an_extended_header_goes_away(version):
    extended = b"\0\0\0\6\0\0\0\0\0\0" if version == 3 else syncsafe(6) + b"\1\0"
    title = frame(b"TIT2", b"\0Title", version)
    written = write_metadata(tag(extended, title, version=version, flags=0x40) + sound(), PLAIN)
    assert written[5] == 0
    assert written[10:].startswith(title)
    assert tags_of(written)["title"] == "Title"


def test_a_footer_follows_and_no_padding():
    title = frame(b"TIT2", b"\0Title")
    data = tag(title, flags=0x10)
    written = write_metadata(data + b"3DI" + data[3:10] + sound(), PLAIN)
    size = len(title) + 10 + 6 + len(TEXT)
    assert written[:10] == b"ID3\4\0\x10" + syncsafe(size)
    assert written[10 + size : 20 + size] == b"3DI\4\0\x10" + syncsafe(size)
    assert written[20 + size :] == sound()


def test_compressed_grouped_and_encrypted_frames_are_read_where_they_can_be():
    content = b"\0AIGC\0" + TEXT.encode()
    packed = len(content).to_bytes(4, "big") + zlib.compress(content)
    assert read_metadata(tag(frame(b"TXXX", packed, 3, b"\0\x80"), version=3) + sound()).label == LABEL
    grouped = b"\7" + syncsafe(len(content)) + zlib.compress(content)
    assert read_metadata(tag(frame(b"TXXX", grouped, 4, b"\0\x49")) + sound()).label == LABEL
    assert read_metadata(tag(frame(b"TXXX", content, 4, b"\0\4")) + sound()).labels == ()
    bomb = len(content).to_bytes(4, "big") + zlib.compress(bytes(100_000_000))
    assert read_metadata(tag(frame(b"TXXX", bomb, 3, b"\0\x80"), version=3) + sound()).labels == ()


def test_sizes_of_version_2_4_written_as_in_2_3_are_understood():
    cover = frame(b"APIC", COVER, 3)
    written = write_metadata(tag(cover, frame(b"TIT2", b"\0Title", 3)) + sound(), PLAIN)
    assert cover in written
    assert [item.id for item in first_tag(written).frames] == [b"APIC", b"TIT2", b"TXXX"]
    assert read_metadata(written).label == LABEL


def test_labels_in_comments_texts_and_further_tags_become_one():
    wrapped = to_json(LABEL, wrapped=True).encode()
    first = tag(
        frame(b"COMM", b"\0eng\0" + wrapped),
        frame(b"COMM", b"\0eng\0A comment"),
        frame(b"TXXX", b"\1" + "aigc\0".encode("utf-16") + TEXT.encode("utf-16")),
        frame(b"TXXX", b"\3Note\0" + wrapped),
    )
    second = tag(frame(b"TXXX", b"\0AIGC\0" + TEXT.encode(), 3), version=3)
    data = first + second + sound()
    assert len(read_metadata(data).labels) == 3  # the comment with the same label is its copy
    written = write_metadata(data, PLAIN)
    assert [found.place for found in read_metadata(written).labels] == ["MP3 ID3 TXXX AIGC"]
    assert written.count(b"ContentProducer") == 1
    assert b"A comment" in written


def test_tags_behind_the_sound_stay():
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0xA0000000) + bytes(8)
    ending = ape + b"TAG" + b"Title".ljust(125, b"\0")
    written = write_metadata(sound() + ending, RECORD)
    assert written.endswith(ending)
    assert packets(written) == packets(sound() + ending)


def test_a_text_outside_latin_is_written_as_version_2_3_can():
    text = '{"Label":"1","ContentProducer":"豆包","ProduceID":"p1"}'
    data = tag(frame(b"TXXX", b"\1" + "AIGC\0".encode("utf-16") + text.encode("utf-16"), 3), version=3) + sound()
    label = read_metadata(propagate(data, "platform", "q9")).label
    assert (label.content_producer, label.content_propagator) == ("豆包", "platform")
    assert first_tag(propagate(data, "platform", "q9")).frames[0].content[:1] == b"\1"


@pytest.mark.parametrize("name", [b"application/x-c2pa-manifest-store", b"application/c2pa"])
def test_a_manifest_is_seen(name):
    data = tag(frame(b"GEOB", b"\0" + name + b"\0a.c2pa\0c2pa manifest store\0jumb")) + sound()
    assert read_metadata(data).credentials == ("MP3 ID3 GEOB",)
    with pytest.raises(CredentialError):
        write_metadata(data, PLAIN)
    assert read_metadata(write_metadata(data, PLAIN, force=True)).label == LABEL


@pytest.mark.parametrize(
    "data",
    [
        tag(b"TIT2\0\0\7\x7f\0\0\0"),
        tag(b"bad!\0\0\0\1\0\0x"),
        tag(b"\1\2\3\4" * 5),
        tag(*[frame(b"TIT2", b"")] * 10_001),
        b"ID3\5\0\0\0\0\0\0",
    ],
)
def test_damaged_tags_are_not_written(data):
    assert "metadata.damaged" in [finding.code for finding in read_metadata(data + sound()).findings]
    with pytest.raises((DamagedMediaError, UnsupportedMediaError)):
        write_metadata(data + sound(), PLAIN)


def test_what_is_no_mp3_is_not_taken_for_it():
    assert sniff(b"ID3\4\0\0\0\0\0\0" + b"\xff\xf1\x50\x80" * 100) is None  # AAC behind a tag
    assert sniff(b"\xff\xfb\x90\x64" + bytes(1000)) is None  # one header, and no second
    assert sniff(b"\xff\xfb") is None
    assert sniff(b"ID3\4\0\0\x7f\x7f\x7f\x7f" + sound()) is None
    assert sniff(bytes(100) + sound()) is None

from __future__ import annotations

import struct

import pytest
from metadata.samples import (
    BARE,
    KINDS,
    LABEL,
    RECORD,
    WRAPPED,
    app,
    assert_same_pictures,
    exif,
    exiftool,
    packet,
    saved,
    segments,
    with_segment,
)

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata import read_metadata, to_json, write_metadata

XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"


def without_packets(data: bytes) -> list[tuple[int, bytes]]:
    return [(marker, payload) for marker, payload in segments(data) if not payload.startswith((XMP, EXTENDED))]


@pytest.mark.parametrize("name", ["jpeg", "jpeg-exif-xmp", "jpeg-progressive-grey"])
def test_all_other_segments_and_the_scan_stay(name: str) -> None:
    result = write_metadata(KINDS[name], RECORD)
    assert without_packets(result) == without_packets(KINDS[name])


def test_the_packet_comes_behind_jfif_and_exif() -> None:
    order = [payload[:4] for _, payload in segments(write_metadata(saved("JPEG", exif=b"Exif\0\0" + exif()), RECORD))]
    assert order[:3] == [b"JFIF", b"Exif", b"http"]


def test_an_existing_packet_keeps_its_place_and_properties() -> None:
    data = with_segment(KINDS["jpeg"], 0xE1, XMP + packet("<xmp:Rating>3</xmp:Rating>"))
    result = write_metadata(data, RECORD)
    assert segments(result)[0][1].startswith(XMP)
    tags = exiftool(result)
    assert tags["XMP-dc:Title"] == "A title & more"
    assert tags["XMP-xmp:Rating"] == 3


@pytest.mark.parametrize(
    ("marker", "payload", "place"),
    [
        (0xFE, WRAPPED.encode(), "JPEG comment"),
        (0xFE, BARE.encode() + b"\0", "JPEG comment"),
        (0xEA, b"AIGC" + BARE.encode(), "JPEG APP10"),
        (0xE5, b"\0AIGC" + WRAPPED.encode(), "JPEG APP5"),
        (0xE4, WRAPPED.encode(), "JPEG APP4"),
        (0xE1, b"Exif\0\0" + exif(comment=b"ASCII\0\0\0" + WRAPPED.encode()), "JPEG EXIF UserComment"),
        (0xE1, b"Exif\0\0" + exif(description=WRAPPED.encode()), "JPEG EXIF ImageDescription"),
    ],
)
def test_a_label_in_another_place_is_read_and_replaced(marker: int, payload: bytes, place: str) -> None:
    data = with_segment(KINDS["jpeg"], marker, payload)
    (found,) = read_metadata(data).labels
    assert (found.place, found.label and found.label.content_producer) == (place, "doubao")
    result = write_metadata(data, RECORD)
    assert [label.place for label in read_metadata(result).labels] == ["JPEG APP1 XMP"]
    assert b"doubao" not in result
    assert_same_pictures(data, result)


def test_comments_and_segments_without_label_stay() -> None:
    data = with_segment(KINDS["jpeg"], 0xFE, b'{"label":"cat"}')
    data = with_segment(data, 0xE7, b"AIGC tools made this")
    data = with_segment(data, 0xE7, b'{"app":"x"}')
    assert without_packets(write_metadata(data, RECORD)) == without_packets(data)
    assert read_metadata(data).labels == ()


def test_a_large_packet_is_split_and_exiftool_joins_it() -> None:
    text = f"<rdf:li xml:lang='x-default'>{'long ' * 12_900}</rdf:li>"
    inner = f"<dc:description><rdf:Alt>{text}</rdf:Alt></dc:description>"
    data = with_segment(KINDS["jpeg"], 0xE1, XMP + packet(inner).replace(b" " * 80, b""))
    result = write_metadata(data, RECORD)
    assert sum(payload.startswith(EXTENDED) for _, payload in segments(result)) == 1
    report = read_metadata(result)
    assert [found.label for found in report.labels] == [LABEL]
    tags = exiftool(result)
    assert tags["XMP-TC260:Aigc"] == to_json(LABEL)
    assert tags["XMP-dc:Title"] == "A title & more"
    assert len(str(tags["XMP-dc:Description"])) > 60_000
    again = write_metadata(result, RECORD)
    assert again == result


def test_padding_gives_way_before_a_packet_is_split() -> None:
    data = with_segment(KINDS["jpeg"], 0xE1, XMP + packet().replace(b" " * 80, b" " * 64_500))
    result = write_metadata(data, RECORD)
    assert not any(payload.startswith(EXTENDED) for _, payload in segments(result))
    assert read_metadata(result).label == LABEL


def extended(inner: str, standard: str = "") -> bytes:
    rest = packet(inner)
    name = b"0123456789ABCDEF" * 2
    note = f'<xmpNote:HasExtendedXMP xmlns:xmpNote="http://ns.adobe.com/xmp/note/">{name.decode()}</xmpNote:HasExtendedXMP>'
    parts = [
        app(0xE1, EXTENDED + name + struct.pack(">II", len(rest), start) + rest[start : start + 300])
        for start in range(0, len(rest), 300)
    ]
    data = KINDS["jpeg"]
    return data[:2] + app(0xE1, XMP + packet(note + standard)) + b"".join(reversed(parts)) + data[2:]


def test_an_extended_part_stays_as_it_is() -> None:
    data = extended("<xmp:Nickname>rest</xmp:Nickname>")
    result = write_metadata(data, RECORD)
    assert [s for s in segments(result) if s[1].startswith(EXTENDED)] == [
        s for s in segments(data) if s[1].startswith(EXTENDED)
    ]
    assert read_metadata(result).label == LABEL


def test_a_label_in_the_extended_part_is_read_and_not_doubled() -> None:
    data = extended(f"<TC260:AIGC>{BARE.replace('&', '&amp;')}</TC260:AIGC>")
    (found,) = read_metadata(data).labels
    assert found.place == "JPEG APP1 extended XMP"
    with pytest.raises(UnsupportedMediaError, match=r"extended XMP .* cannot be taken out safely"):
        write_metadata(data, RECORD)


def test_an_overfull_packet_with_an_extended_part_is_refused() -> None:
    with pytest.raises(UnsupportedMediaError, match="besides its extended part"):
        write_metadata(extended("", f"<xmp:Label>{'x' * 64_000}</xmp:Label>"), RECORD)


@pytest.mark.parametrize("cut", [3, 4, 10, 100])
def test_a_truncated_file_is_refused(cut: int) -> None:
    with pytest.raises(DamagedMediaError, match="JPEG"):
        write_metadata(KINDS["jpeg"][:cut], RECORD)
    assert [finding.code for finding in read_metadata(KINDS["jpeg"][:cut]).findings] == ["metadata.damaged"]


def test_a_file_without_scan_is_refused() -> None:
    with pytest.raises(DamagedMediaError, match="before any picture"):
        write_metadata(b"\xff\xd8\xff\xd9", RECORD)


def test_fill_bytes_before_markers_stay() -> None:
    data = KINDS["jpeg"]
    filled = data[:2] + b"\xff\xff" + data[2:]
    result = write_metadata(filled, RECORD)
    assert result.startswith(b"\xff\xd8\xff\xff\xff\xe0")
    assert_same_pictures(data, result)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"JP\0\1\0\0\0\1\0\0\1\0jumb\0\0\0\x1ejumdc2pa\0\x11", True),
        (b"JP\0\1\0\0\0\1\0\0\1\0jumb\0\0\0\x1ejumd360 view", False),
    ],
)
def test_a_manifest_is_told_from_other_jumbf(payload: bytes, expected: bool) -> None:
    assert read_metadata(with_segment(KINDS["jpeg"], 0xEB, payload)).has_credential is expected

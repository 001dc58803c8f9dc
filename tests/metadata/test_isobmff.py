from __future__ import annotations

import struct

import pytest
from metadata.samples import (
    BARE,
    KINDS,
    LABEL,
    RECORD,
    WRAPPED,
    assert_same_pictures,
    box,
    exif,
    exiftool,
    packet,
    saved,
)

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata import read_metadata, sniff, write_metadata
from synthmark.metadata.isobmff import item_spans, read_structure
from synthmark.metadata.isobmff_items import boxes

PICTURE = bytes(range(200))
RDF_XML = b"application/rdf+xml"


def full(kind: bytes, version: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24), *parts)


def entry(identifier: int, kind: bytes, tail: bytes = b"\0") -> bytes:
    return full(b"infe", 2, struct.pack(">HH", identifier, 0), kind, tail)


def heif(
    version: int = 1,
    sizes: tuple[int, int, int, int] = (4, 4, 0, 0),
    method: int = 0,
    xmp: bytes = b"",
    blob: bytes = b"",
    *,
    meta_last: bool = False,
    references: bool = True,
    length: int | None = None,
) -> bytes:
    """Make a file with a picture item and an EXIF item, all tables in the asked form."""
    blob = struct.pack(">I", 0) + (blob or exif())
    payloads = [(1, b"hvc1", PICTURE, 0), (2, b"Exif", blob, method)]
    entries = [entry(1, b"hvc1"), entry(2, b"Exif")]
    if xmp:
        payloads.append((7, b"mime", xmp, method))
        entries.append(entry(7, b"mime", b"XMP\0" + RDF_XML + b"\0"))
    inside = b"".join(payload for _, _, payload, how in payloads if how == 1)
    outside = b"".join(payload for _, _, payload, how in payloads if how == 0)
    start = 0
    for _ in range(2):  # the second pass knows where the media data starts
        meta = _meta(version, sizes, payloads, entries, inside, start, references=references, length=length)
        head = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
        start = len(head) + 8 + (0 if meta_last else len(meta))
    media = box(b"mdat", outside)
    return head + (media + meta if meta_last else meta + media)


def _meta(
    version: int,
    sizes: tuple[int, int, int, int],
    payloads: list[tuple[int, bytes, bytes, int]],
    entries: list[bytes],
    inside: bytes,
    start: int,
    *,
    references: bool,
    length: int | None,
) -> bytes:
    offset_size, length_size, base_size, index_size = sizes
    places, locations = {0: start, 1: 0}, b""
    for identifier, _, payload, method in payloads:
        locations += identifier.to_bytes(4 if version == 2 else 2, "big")
        locations += method.to_bytes(2, "big") if version else b""
        # Half in the base where there is one, so that both numbers count.
        base = places[method] // 2 if base_size and offset_size else places[method] if base_size else 0
        locations += bytes(2) + base.to_bytes(base_size, "big") + b"\0\1" + bytes(index_size)
        locations += (places[method] - base).to_bytes(offset_size, "big")
        locations += (len(payload) if length is None else length).to_bytes(length_size, "big")
        places[method] += len(payload)
    count = len(payloads).to_bytes(4 if version == 2 else 2, "big")
    parts = [
        full(b"hdlr", 0, bytes(4), b"pict", bytes(13)),
        full(b"pitm", 0, b"\0\1"),
        full(
            b"iloc",
            version,
            bytes([offset_size << 4 | length_size, base_size << 4 | index_size]),
            count,
            locations,
        ),
        full(b"iinf", 0, struct.pack(">H", len(entries)), *entries),
    ]
    if references:
        parts.append(full(b"iref", 0, box(b"cdsc", struct.pack(">HHH", 2, 1, 1))))
    parts.append(box(b"iprp", box(b"ipco")))
    return full(b"meta", 0, *parts, *([box(b"idat", inside)] if inside else []))


def items(data: bytes) -> dict[int, bytes]:
    structure = read_structure(data)
    return {
        item.id: b"".join(data[start:end] for start, end in item_spans(data, structure, item))
        for item in structure.items.values()
    }


FORMS = [
    (0, (4, 4, 0, 0), 0),
    (0, (4, 4, 4, 0), 0),
    (0, (0, 4, 4, 0), 0),
    (1, (4, 4, 0, 0), 0),
    (1, (8, 8, 8, 8), 0),
    (1, (4, 4, 0, 4), 1),
    (1, (0, 4, 4, 0), 1),
    (2, (4, 4, 4, 0), 0),
    (2, (4, 4, 0, 0), 1),
]


@pytest.mark.parametrize("references", [True, False])
@pytest.mark.parametrize("xmp", [b"", packet(f"<TC260:AIGC>{BARE}</TC260:AIGC>")])
@pytest.mark.parametrize(("version", "sizes", "method"), FORMS)
def test_all_forms_of_item_locations(
    version: int, sizes: tuple[int, int, int, int], method: int, xmp: bytes, references: bool
) -> None:
    data = heif(version, sizes, method, xmp, references=references)
    result = write_metadata(data, RECORD)
    before, after = items(data), items(result)
    assert (after[1], after[2]) == (PICTURE, before[2])
    assert len(after) == 3
    assert [found.label for found in read_metadata(result).labels] == [LABEL]
    assert b"doubao" not in result


@pytest.mark.parametrize(("version", "sizes", "method"), FORMS)
def test_exiftool_finds_both_metadata_items(version: int, sizes: tuple[int, int, int, int], method: int) -> None:
    tags = exiftool(write_metadata(heif(version, sizes, method), RECORD))
    # exiftool reads no item that is built from the idat box.
    assert tags.get("IFD0:Model") == ("Camera 9" if method == 0 else None)
    assert tags["XMP-iptcExt:AISystemUsed"] == "Picture Maker & Sons"


def test_the_new_item_describes_the_primary_one() -> None:
    result = write_metadata(heif(), RECORD)
    structure = read_structure(result)
    references = structure.child(b"iref")
    assert references is not None
    bodies = [result[each.body : each.end] for each in boxes(result, references.body + 4, references.end)]
    assert bodies == [struct.pack(">HHH", 2, 1, 1), struct.pack(">HHH", 3, 1, 1)]


def test_a_meta_box_behind_the_media_shifts_nothing() -> None:
    data = heif(meta_last=True)
    result = write_metadata(data, RECORD)
    assert items(result)[1] == PICTURE
    assert result[: data.index(b"meta") - 4] == data[: data.index(b"meta") - 4]


def test_a_length_of_zero_ends_at_the_old_end_of_the_file() -> None:
    data = heif(length=0)
    result = write_metadata(data, RECORD)
    assert items(result)[1] == items(data)[1]


def test_a_last_box_without_size_gets_one() -> None:
    data = heif()
    place = data.rindex(b"mdat") - 4
    data = data[:place] + bytes(4) + data[place + 4 :]
    result = write_metadata(data, RECORD)
    assert items(result)[1] == PICTURE
    assert [each.type for each in boxes(result, 0, len(result))] == [b"ftyp", b"meta", b"mdat", b"mdat"]


def test_a_label_in_the_exif_item_is_replaced() -> None:
    for method in (0, 1):
        data = heif(method=method, blob=exif(comment=b"ASCII\0\0\0" + WRAPPED.encode()))
        assert [found.place for found in read_metadata(data).labels] == ["ISOBMFF Exif item UserComment"]
        result = write_metadata(data, RECORD)
        assert [found.place for found in read_metadata(result).labels] == ["ISOBMFF XMP item"]
        assert b"doubao" not in result
        assert b"Camera 9\0" in items(result)[2]


@pytest.mark.parametrize("name", ["avif", "avif-exif-xmp", "avif-sequence"])
def test_coded_pictures_of_real_files_keep_their_bytes(name: str) -> None:
    data = KINDS[name]
    media = next(each for each in boxes(data, 0, len(data)) if each.type == b"mdat")
    result = write_metadata(data, RECORD)
    if "xmp" not in name:
        assert data[media.body : media.end] in result
    assert_same_pictures(data, result)
    before, after = items(data), items(result)
    assert {number: content for number, content in after.items() if number in before and b"rdf" not in content} == {
        number: content for number, content in before.items() if b"rdf" not in content
    }


def test_writing_twice_adds_no_second_item() -> None:
    once = write_metadata(saved("AVIF"), RECORD)
    twice = write_metadata(once, RECORD)
    assert len(read_structure(once).items) == len(read_structure(twice).items)
    assert_same_pictures(once, twice)


def test_uuid_boxes() -> None:
    manifest = box(b"uuid", bytes.fromhex("d8fec3d61b0e483c92975828877ec481"), b"manifest")
    assert read_metadata(heif() + manifest).credentials == ("ISOBMFF uuid C2PA",)
    xmp = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), packet(f"<TC260:AIGC>{BARE}</TC260:AIGC>"))
    assert [found.place for found in read_metadata(heif() + xmp).labels] == ["ISOBMFF uuid XMP"]
    with pytest.raises(UnsupportedMediaError, match="ISOBMFF uuid XMP"):
        write_metadata(heif() + xmp, RECORD)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (heif() + box(b"moof"), "fragmented"),
        (heif() + full(b"meta", 0), "2 meta boxes"),
        (box(b"ftyp", b"heic", bytes(4)), "0 meta boxes"),
        (box(b"ftyp", b"heic", bytes(4)) + full(b"meta", 0), "no item tables"),
        (heif().replace(b"pitm", b"free"), "no primary item"),
        (heif(3, (4, 4, 0, 0)), "version 3"),
    ],
)
def test_what_cannot_be_moved_safely_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(UnsupportedMediaError, match=message):
        write_metadata(data, RECORD)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (heif()[:-100], "beyond byte"),
        (heif().replace(b"\x00\x00\x00\x1airef", b"\x00\x00\x00\x03iref"), "beyond byte"),
        (heif(1, (3, 4, 0, 0)), "0, 4 and 8 are allowed"),
    ],
)
def test_a_damaged_file_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(DamagedMediaError, match=message):
        write_metadata(data, RECORD)


def test_a_small_table_cannot_ask_for_millions_of_extents() -> None:
    entries = b"".join(struct.pack(">HHHH", number, 0, 0, 65535) for number in range(65535))
    table = full(b"iloc", 1, b"\0\0", b"\xff\xff", entries)
    data = box(b"ftyp", b"heic", bytes(4)) + full(b"meta", 0, table, full(b"iinf", 0, b"\0\0"))
    with pytest.raises(DamagedMediaError, match="more than 100000 extents"):
        write_metadata(data, RECORD)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (box(b"ftyp", b"avif", bytes(4), b"mif1"), "image/avif"),
        (box(b"ftyp", b"mif1", bytes(4), b"mif1avif"), "image/avif"),
        (box(b"ftyp", b"mif1", bytes(4), b"mif1heic"), "image/heic"),
        (box(b"ftyp", b"mif1", bytes(4), b"mif1"), "image/heif"),
        (box(b"ftyp", b"isom", bytes(4), b"avif"), "video/mp4"),
        (box(b"ftyp", b"mp42", bytes(4)), "video/mp4"),
    ],
)
def test_brands(head: bytes, expected: str | None) -> None:
    assert sniff(head) == expected

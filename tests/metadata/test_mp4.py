"""MP4, M4A and QuickTime: the forms in which labels occur, and the offsets that move with the movie box."""

from __future__ import annotations

import dataclasses
import io
import struct

import pytest
from metadata.samples import BARE, TC260, WRAPPED, box, packet
from metadata.streams import LABEL, RECORD, made, packets
from metadata.streams import tags as tags_of

from synthmark.errors import CredentialError, DamagedMediaError, UnsupportedMediaError
from synthmark.metadata import MetadataRecord, read_metadata, sniff, to_json, write_metadata
from synthmark.metadata.mp4_boxes import boxes_of, split_boxes
from synthmark.metadata.mp4_offsets import moved_movie, widened_movie
from synthmark.metadata.source import Source

PLAIN = MetadataRecord(LABEL)
XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
HANDLER = {kind: box(b"hdlr", bytes(8), kind, bytes(12), b"\0") for kind in (b"mdta", b"mdir")}


def top(data: bytes) -> list[tuple[bytes, bytes]]:
    return [(item.type, data[item.start : item.end]) for item in boxes_of(Source(io.BytesIO(data)))]


def inside(data: bytes, *path: bytes) -> bytes:
    """Return the content of the first box at a path."""
    for kind in path:
        found = next(item for item in split_boxes(data)[0] if item.type == kind)
        data = data[found.body : found.end]
    return data


def with_movie_parts(data: bytes, *parts: bytes) -> bytes:
    """Put boxes at the end of the movie box of a file that ends with it."""
    *others, (kind, movie) = top(data)
    assert kind == b"moov"
    return b"".join(raw for _, raw in others) + box(b"moov", movie[8:], *parts)


def value(text: str, kind: int = 1) -> bytes:
    return box(b"data", struct.pack(">II", kind, 0), text.encode("utf-16-be" if kind == 2 else "utf-8"))


def keyed(*items: tuple[str, bytes], head: bytes = bytes(4)) -> bytes:
    keys = b"".join(struct.pack(">I4s", len(name) + 8, b"mdta") + name.encode() for name, _ in items)
    values = b"".join(box(struct.pack(">I", number), content) for number, (_, content) in enumerate(items, 1))
    table = box(b"keys", struct.pack(">II", 0, len(items)), keys)
    return box(b"meta", head, HANDLER[b"mdta"], table, box(b"ilst", values))


def itunes(*items: bytes, head: bytes = bytes(4)) -> bytes:
    return box(b"meta", head, HANDLER[b"mdir"], box(b"ilst", *items))


FREEFORM = box(b"----", box(b"mean", bytes(4), b"org"), box(b"name", bytes(4), b"AIGC"), value(BARE))
FORMS = {
    "guide": box(b"udta", keyed(("AIGC", value(BARE)))),
    "guide, wrapped, lower case": box(b"udta", keyed(("aigc", value(WRAPPED)))),
    "guide, in UTF-16": box(b"udta", keyed(("AIGC", value(BARE, 2)))),
    "bare box below the movie": keyed(("AIGC", value(BARE)), head=b""),
    "list without keys below the movie": itunes(box(b"\xa9cmt", value(WRAPPED)), head=b""),
    "list without keys, named": itunes(box(b"AIGC", value(BARE))),
    "free form of iTunes": box(b"udta", itunes(FREEFORM)),
    "box of its own": box(b"udta", box(b"AIGC", BARE.encode())),
    "box of its own with a version": box(b"udta", box(b"AIGC", bytes(4), BARE.encode())),
    "QuickTime comment": box(
        b"udta", box(b"\xa9cmt", struct.pack(">HH", len(BARE), 0x55C4), BARE.encode()), bytes(4)
    ),
}


def label_packet() -> bytes:
    return packet(f"<TC260:AIGC>{BARE.replace('&', '&amp;').replace('<', '&lt;')}</TC260:AIGC>")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["mp4", "mov"])
def test_every_form_is_read_and_replaced(name, form):
    data = with_movie_parts(made(name), FORMS[form])
    (found,) = read_metadata(data).labels
    assert found.label.content_producer == "doubao"
    written = write_metadata(data, RECORD)
    assert [(found.label, found.place) for found in read_metadata(written).labels] == [(LABEL, "MP4 mdta AIGC")]
    assert b"doubao" not in written
    assert packets(written) == packets(made(name))


def test_labels_in_xmp_are_read_and_taken_out():
    data = made("mp4") + box(b"uuid", XMP, label_packet())
    assert [found.place for found in read_metadata(data).labels] == ["MP4 uuid XMP"]
    written = write_metadata(data, PLAIN)
    assert [found.place for found in read_metadata(written).labels] == ["MP4 mdta AIGC"]
    assert b"A title &amp; more" in written
    assert f"xmlns:TC260='{TC260}'".encode() not in written
    assert b"doubao" not in written


def test_quicktime_keeps_its_packet_in_the_user_data():
    data = with_movie_parts(made("mov"), box(b"udta", box(b"XMP_", packet())))
    written = write_metadata(data, RECORD)
    assert written.count(b"<x:xmpmeta") == 1
    assert read_metadata(written).ai_system == RECORD.ai_system
    new = write_metadata(made("mov"), RECORD)
    assert inside(new, b"moov", b"udta", b"XMP_").startswith(b"<?xpacket")


@pytest.mark.parametrize("head", [b"", bytes(4)])
def test_items_of_others_keep_their_bytes_and_their_keys(head):
    others = [("com.apple.quicktime.make", value("Apple")), ("x.location", value("+1-2/"))]
    phone = keyed(others[0], ("AIGC", value(BARE)), others[1], head=head)
    lists = itunes(box(b"\xa9nam", value("Title")), box(b"covr", box(b"data", bytes(8), b"\xff\xd8\xff")))
    place = box(b"\xa9xyz", b"\0\4\x15\xc7+1-2")
    data = with_movie_parts(made("mov"), phone, box(b"udta", lists, place, bytes(4)))
    written = write_metadata(data, PLAIN)
    movie = inside(written, b"moov")
    assert movie.endswith(keyed(*others, head=head))
    assert lists + place in movie
    assert write_metadata(written, PLAIN) == written


def test_players_with_one_table_of_keys_read_all_items():
    """FFmpeg finds the items of all metadata boxes by the first table of keys in the file."""
    phone = keyed(("com.apple.quicktime.make", value("Apple")), ("x.location", value("+1-2/")), head=b"")
    for data in (with_movie_parts(made("mov"), phone), with_movie_parts(made("mov-bare"), phone)):
        before, after = tags_of(data), tags_of(write_metadata(data, PLAIN))
        assert before["com.apple.quicktime.make"] == "Apple"
        assert after["aigc"] == after["comment"] == to_json(LABEL)
        assert {key: after[key] for key in before} == before


def test_the_bytes_of_the_guide():
    udta = inside(write_metadata(made("mp4-sound"), PLAIN), b"moov", b"udta")
    text = to_json(LABEL)
    expected = box(
        b"meta",
        bytes(4),
        HANDLER[b"mdta"],
        box(b"keys", struct.pack(">II", 0, 1), b"\0\0\0\x0cmdtaAIGC"),
        box(b"ilst", box(b"\0\0\0\1", box(b"data", b"\0\0\0\1\0\0\0\0", text.encode()))),
    )
    assert udta.endswith(expected)


def test_free_space_behind_the_movie_takes_the_label_in():
    *before, last = top(made("mp4-first"))
    roomy = b"".join(raw for kind, raw in before if kind in {b"ftyp", b"moov"}) + box(b"free", bytes(1000)) + last[1]
    written = write_metadata(roomy, PLAIN)
    assert len(written) == len(roomy)
    assert top(written)[-1] == last
    exact = len(top(written)[1][1]) - len(top(roomy)[1][1])
    tight = roomy.replace(box(b"free", bytes(1000)), box(b"free", bytes(exact - 8)))
    assert [kind for kind, _ in top(write_metadata(tight, PLAIN))] == [b"ftyp", b"moov", b"mdat"]


def chunk_offsets(data: bytes) -> list[int]:
    content = inside(data, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stco")
    return list(struct.unpack_from(f">{struct.unpack_from('>I', content, 4)[0]}I", content, 8))


@pytest.mark.parametrize("name", ["mp4-first", "mov-first", "m4a-first"])
def test_chunk_offsets_move_with_the_chunks(name):
    before, after = made(name), write_metadata(made(name), RECORD)
    grown = len(after) - len(before)
    assert grown > 500
    assert [offset - grown for offset in chunk_offsets(after)] == chunk_offsets(before)


def test_chunk_offsets_before_the_movie_stay():
    assert chunk_offsets(write_metadata(made("mp4"), RECORD)) == chunk_offsets(made("mp4"))


def test_fragments_and_their_tables_move():
    data = made("mp4-base-offsets")
    written = write_metadata(data, RECORD)
    grown = len(written) - len(data)
    fragments = [item.start for item in boxes_of(Source(io.BytesIO(written))) if item.type == b"moof"]
    bases = []
    for kind, raw in top(written):
        if kind == b"moof":
            header = inside(raw[8:], b"traf", b"tfhd")
            assert header[3] & 1
            bases.append(struct.unpack_from(">Q", header, 8)[0])
    assert bases == fragments
    table = inside(written, b"mfra", b"tfra")
    size = 8 if table[0] else 4
    assert int.from_bytes(table[16 + size : 16 + 2 * size], "big") in fragments
    assert grown > 500


def test_an_index_before_the_movie_keeps_its_distance():
    ftyp, movie, *rest = [raw for _, raw in top(made("mp4-fragments"))]
    index = struct.pack(">IIIIIHHIII", 0, 1, 1000, 0, len(movie), 0, 1, 100, 0, 0)
    data = ftyp + box(b"sidx", index) + movie + b"".join(rest)
    written = write_metadata(data, RECORD)
    content = inside(written, b"sidx")
    place = len(ftyp) + 8 + len(content) + struct.unpack_from(">I", content, 16)[0]
    assert written[place + 4 : place + 8] == b"moof"


def test_items_of_a_file_level_box_move():
    locations = struct.pack(">IBBHHHIHII", 0, 0x44, 0x40, 1, 1, 0, 0, 1, 4000, 10)
    meta = box(b"meta", bytes(4), box(b"hdlr", bytes(8), b"pict", bytes(12), b"\0"), box(b"iloc", locations))
    data = made("mp4-first") + meta
    written = write_metadata(data, RECORD)
    moved = inside(inside(written, b"meta")[4:], b"iloc")
    assert struct.unpack_from(">I", moved, 18)[0] == 4000 + len(written) - len(data)


def tables(stbl: bytes, *, external: bool = False) -> bytes:
    reference = box(b"url ", struct.pack(">I", 0 if external else 1))
    dinf = box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), reference))
    return box(b"trak", box(b"mdia", box(b"minf", dinf, box(b"stbl", stbl))))


def test_offsets_that_outgrow_32_bits_get_64():
    movie = tables(box(b"stco", struct.pack(">III", 0, 1, 0xFFFFFFF0)))
    wide = widened_movie(movie, 1 << 32)
    moved = moved_movie(wide, [(100, 1000)])
    content = inside(moved, b"trak", b"mdia", b"minf", b"stbl", b"co64")
    assert struct.unpack(">IIQ", content) == (0, 1, 0xFFFFFFF0 + 1000)
    assert widened_movie(movie, 1 << 31) == movie
    with pytest.raises(UnsupportedMediaError, match="does not fit"):
        moved_movie(movie, [(100, 1000)])


def test_auxiliary_information_moves_too():
    for head, size in ((b"\0\0\0\0", 4), (b"\1\0\0\1cenc\0\0\0\0", 8)):
        movie = tables(box(b"saio", head, struct.pack(">I", 1), (5000).to_bytes(size, "big")))
        content = inside(moved_movie(movie, [(100, 7)]), b"trak", b"mdia", b"minf", b"stbl", b"saio")
        assert int.from_bytes(content[-size:], "big") == 5007


def test_tracks_in_other_files_are_not_moved():
    with pytest.raises(UnsupportedMediaError, match="another file"):
        moved_movie(tables(b"", external=True), [(100, 7)])


def test_large_tables_move_in_portions():
    count = 200_000
    movie = tables(box(b"stco", struct.pack(">II", 0, count), struct.pack(f">{count}I", *range(count))))
    content = inside(moved_movie(movie, [(150_000, -9), (100, 5)]), b"trak", b"mdia", b"minf", b"stbl", b"stco")
    numbers = struct.unpack_from(f">{count}I", content, 8)
    assert numbers[99:101] == (99, 105)
    assert numbers[-1] == count - 1 + 5 - 9


@pytest.mark.parametrize("extra", [box(b"uuid", C2PA, b"manifest"), box(b"jumb", b"x")])
def test_a_manifest_is_seen(extra):
    data = made("mp4") + extra
    assert read_metadata(data).has_credential
    with pytest.raises(CredentialError):
        write_metadata(data, PLAIN)
    assert read_metadata(write_metadata(data, PLAIN, force=True)).label == LABEL


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (box(b"ftyp", b"isom", bytes(4)) + box(b"mdat", b"x"), UnsupportedMediaError),
        (box(b"ftyp", b"isom", bytes(4)) + 2 * box(b"moov"), UnsupportedMediaError),
        (box(b"ftyp", b"isom", bytes(4)) + box(b"moov", box(b"cmov", b"x")), UnsupportedMediaError),
        (box(b"ftyp", b"isom", bytes(4)) + struct.pack(">I4s", 500, b"moov"), DamagedMediaError),
        (box(b"ftyp", b"isom", bytes(4)) + struct.pack(">I4sQ", 1, b"moov", 1 << 63), DamagedMediaError),
        (box(b"ftyp", b"isom", bytes(4)) + box(b"moov", struct.pack(">I4s", 4, b"udta")), DamagedMediaError),
        (made("mp4")[:-5], DamagedMediaError),
    ],
)
def test_files_that_cannot_be_written_are_refused(data, error):
    with pytest.raises(error):
        write_metadata(data, PLAIN)
    read_metadata(data)


def test_kinds_by_brands_and_tracks():
    assert sniff(box(b"ftyp", b"M4A ", bytes(4))) == "audio/mp4"
    assert sniff(box(b"ftyp", b"qt  ", bytes(4))) == "video/quicktime"
    assert sniff(box(b"ftyp", b"jp2 ", bytes(4))) is None
    assert sniff(box(b"ftyp", b"crx ", bytes(4), b"crx isom")) == "video/mp4"
    assert sniff(box(b"wide") + made("mov")[20:]) == "video/quicktime"
    assert sniff(box(b"wide") + box(b"mdat", b"x")) is None


def test_a_comment_with_the_same_label_counts_once():
    data = write_metadata(made("mp4"), PLAIN)
    assert len(read_metadata(data).labels) == 1
    assert data.count(to_json(LABEL).encode()) == 2
    other = to_json(dataclasses.replace(LABEL, produce_id="synthmark-0123456789abcdee")).encode()
    start = data.rindex(to_json(LABEL).encode())
    assert len(read_metadata(data[:start] + other + data[start + len(other) :]).labels) == 2

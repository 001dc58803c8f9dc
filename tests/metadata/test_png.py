from __future__ import annotations

import time
import zlib

import pytest
from metadata.samples import (
    BARE,
    KINDS,
    LABEL,
    RECORD,
    WRAPPED,
    assert_same_pictures,
    chunk,
    chunks,
    exif,
    exiftool,
    packet,
    with_chunk,
)

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata import read_metadata, write_metadata

KEYWORD = b"XML:com.adobe.xmp"


def without_packets(data: bytes) -> list[tuple[bytes, bytes]]:
    return [item for item in chunks(data) if not item[1].startswith(KEYWORD)]


@pytest.mark.parametrize("name", ["png", "png-exif", "png-palette", "apng"])
def test_all_other_chunks_stay_and_the_packet_comes_before_the_picture(name: str) -> None:
    result = write_metadata(KINDS[name], RECORD)
    assert without_packets(result) == without_packets(KINDS[name])
    kinds = [kind for kind, _ in chunks(result)]
    assert kinds.index(b"iTXt") < min(kinds.index(kind) for kind in kinds if kind in {b"IDAT", b"fcTL"})


def test_bytes_behind_the_last_chunk_stay() -> None:
    assert write_metadata(KINDS["png"] + b"appended", RECORD).endswith(b"IEND\xaeB`\x82appended")


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(
    ("kind", "payload", "place"),
    [
        (b"tEXt", b"AIGC\0" + WRAPPED.encode(), "PNG tEXt AIGC"),
        (b"tEXt", b"AIGC\0" + BARE.encode(), "PNG tEXt AIGC"),
        (b"zTXt", b"AIGC\0\0" + zlib.compress(WRAPPED.encode()), "PNG zTXt AIGC"),
        (b"iTXt", b"AIGC\0\0\0\0\0" + WRAPPED.encode(), "PNG iTXt AIGC"),
        (b"iTXt", b"AIGC\0\1\0zh\0\0" + zlib.compress(WRAPPED.encode()), "PNG iTXt AIGC"),
        (b"tEXt", b"Comment\0" + WRAPPED.encode(), "PNG tEXt Comment"),
        (b"eXIf", exif(comment=b"ASCII\0\0\0" + WRAPPED.encode()), "PNG eXIf UserComment"),
    ],
)
def test_a_label_in_another_place_is_read_and_replaced(kind: bytes, payload: bytes, place: str, last: bool) -> None:
    data = with_chunk(KINDS["png"], kind, payload, last=last)
    (found,) = read_metadata(data).labels
    assert (found.place, found.label and found.label.content_producer) == (place, "doubao")
    result = write_metadata(data, RECORD)
    assert [(label.place, label.label) for label in read_metadata(result).labels] == [("PNG iTXt", LABEL)]
    assert_same_pictures(data, result)


def test_the_two_places_of_the_guide_are_no_deviation() -> None:
    data = with_chunk(KINDS["png"], b"tEXt", b"AIGC\0" + WRAPPED.encode())
    assert read_metadata(data).labels[0].findings == ()
    other = with_chunk(KINDS["png"], b"tEXt", b"Comment\0" + WRAPPED.encode())
    assert [finding.code for finding in read_metadata(other).labels[0].findings] == ["place.unlisted"]


@pytest.mark.parametrize("compressed", [False, True])
def test_a_packet_behind_the_picture_is_updated(compressed: bool) -> None:
    text = zlib.compress(packet()) if compressed else packet()
    data = with_chunk(KINDS["png"], b"iTXt", KEYWORD + bytes([0, compressed, 0, 0, 0]) + text, last=True)
    result = write_metadata(data, RECORD)
    assert [kind for kind, _ in chunks(result)][-2:] == [b"iTXt", b"IEND"]
    assert exiftool(result)["XMP-dc:Title"] == "A title & more"
    assert read_metadata(result).label == LABEL


def test_generator_settings_are_traces_and_stay() -> None:
    data = with_chunk(KINDS["png"], b"tEXt", b"parameters\0a cat\nSteps: 20, Sampler: Euler, Seed: 1")
    data = with_chunk(data, b"tEXt", b'prompt\0{"3": {"class_type": "KSampler"}}')
    data = with_chunk(data, b"iTXt", b'workflow\0\0\0\0\0{"nodes": []}')
    data = with_chunk(data, b"tEXt", b"Software\0NovelAI")
    traces = read_metadata(data).traces
    assert [trace.kind for trace in traces] == ["software", "workflow", "prompt", "parameters"]
    assert traces[3].text.startswith("a cat")
    assert without_packets(write_metadata(data, RECORD)) == without_packets(data)


def test_an_ordinary_program_is_no_trace() -> None:
    assert read_metadata(with_chunk(KINDS["png"], b"tEXt", b"Software\0GIMP 3")).traces == ()


def raw_profile(kind: str, content: bytes) -> bytes:
    return f"Raw profile type {kind}\0".encode() + f"\n{kind}\n{len(content):8}\n{content.hex()}\n".encode()


def test_profiles_in_hexadecimal_are_read_and_a_label_there_is_not_doubled() -> None:
    data = with_chunk(KINDS["png"], b"tEXt", raw_profile("xmp", packet(f"<TC260:AIGC>{BARE}</TC260:AIGC>")))
    assert [found.place for found in read_metadata(data).labels] == ["PNG tEXt Raw profile type xmp"]
    with pytest.raises(UnsupportedMediaError, match="Raw profile type xmp"):
        write_metadata(data, RECORD)
    comment = b"Exif\0\0" + exif(comment=b"ASCII\0\0\0" + WRAPPED.encode())
    data = with_chunk(KINDS["png"], b"tEXt", raw_profile("exif", comment))
    assert len(read_metadata(data).labels) == 1


def test_a_manifest_chunk_is_a_credential() -> None:
    assert read_metadata(with_chunk(KINDS["png"], b"caBX", b"\0\0\0\1jumb")).credentials == ("PNG caBX",)


def test_compressed_bombs_are_bounded_in_time() -> None:
    bomb = zlib.compress(bytes(40 << 20), 9)
    data = KINDS["png"]
    for _ in range(8):
        data = with_chunk(data, b"zTXt", b"x\0\0" + bomb)
    start = time.perf_counter()
    assert "metadata.damaged" in {finding.code for finding in read_metadata(data).findings}
    assert time.perf_counter() - start < 5
    many = KINDS["png"][:33] + chunk(b"zTXt", b"x\0\0" + zlib.compress(b"a")) * 33 + KINDS["png"][33:]
    with pytest.raises(DamagedMediaError, match="32 compressed"):
        write_metadata(many, RECORD)


def test_a_text_that_cannot_be_decompressed_stays() -> None:
    data = with_chunk(KINDS["png"], b"zTXt", b"AIGC\0\0broken")
    assert without_packets(write_metadata(data, RECORD)) == without_packets(data)


@pytest.mark.parametrize("cut", [8, 20, 40, 200, -1])
def test_a_truncated_file_is_refused(cut: int) -> None:
    with pytest.raises(DamagedMediaError, match="PNG"):
        write_metadata(KINDS["png"][:cut], RECORD)


def test_a_file_without_picture_is_refused() -> None:
    with pytest.raises(DamagedMediaError, match="no picture"):
        write_metadata(KINDS["png"][:33] + chunk(b"IEND", b""), RECORD)

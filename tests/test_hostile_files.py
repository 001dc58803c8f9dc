"""Damaged and hostile files: only errors of the package escape, and nothing is left behind."""

import random
import struct
import time

import pytest
import stand_in_watermark
from hypothesis import given, settings
from hypothesis import strategies as st
from media import files, suffix

from synthmark.config import Config
from synthmark.errors import MediaError, SynthmarkError
from synthmark.files.picture_file import read_picture
from synthmark.files.writing import encode_pictures
from synthmark.labelling import label_file
from synthmark.verification import verify_file

CONFIG = Config(producer="studio", visible=False)
CONTENT_ID = 0x5A23456789ABCDEF
# One small file for each reader and each writer: fuzzing many small ones finds more than a few large ones.
NAMES = [name for name in files() if name not in {"jpeg-rgb", "png-animated-still", "tiff-pages"}]


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch):
    stand_in_watermark.install(monkeypatch)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return a file with some damage: bits, bytes, numbers, parts lost, doubled, or swapped."""
    result = bytearray(data)
    headers = chance.random() < 0.7
    for _ in range(chance.choice([1, 1, 2, 5, 30])):
        place = chance.randrange(min(len(result), 600) if headers else len(result))
        kind = chance.randrange(6)
        if kind == 0:
            result[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            result[place] = chance.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif kind == 2:
            number = chance.choice([0, 1, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, len(data), 1 << 20])
            result[place : place + 4] = struct.pack(chance.choice([">I", "<I"]), number)
        elif kind == 3:
            del result[place : place + chance.randrange(1, 200)]
        elif kind == 4:
            result[place:place] = result[place : place + chance.randrange(1, 200)]
        else:
            result = result[: max(8, place)]
        if len(result) < 16:
            break
    return bytes(result)


def survives(data: bytes) -> None:
    """Take a file apart, put it together, take it apart again; only errors of the package may come."""
    try:
        file = read_picture(data)
        read_picture(encode_pictures(file, file.frames))
    except SynthmarkError:
        return


@pytest.mark.parametrize("name", NAMES)
def test_mutated_files_raise_only_errors_of_the_package(name):
    chance = random.Random(name)
    heavy = name.startswith(("avif", "png-animated", "webp-animated"))
    for _ in range(6 if heavy else 25):
        survives(mutated(files()[name], chance))


@pytest.mark.parametrize("name", NAMES)
def test_labelling_a_mutated_file_leaves_the_source_and_no_half_file(name, tmp_path):
    chance = random.Random(f"label {name}")
    source, target = tmp_path / f"a{suffix(name)}", tmp_path / f"b{suffix(name)}"
    for _ in range(3):
        data = mutated(files()[name], chance)
        source.write_bytes(data)
        target.unlink(missing_ok=True)
        try:
            label_file(source, target, CONFIG, content_id=CONTENT_ID)
            written = True
        except SynthmarkError:
            written = False
        assert source.read_bytes() == data
        assert sorted(path.name for path in tmp_path.iterdir()) == [source.name, target.name][: 1 + written]
        if written:
            assert verify_file(target).layer("watermark").outcome == "detected"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("part", [0.02, 0.5, 0.95])
def test_a_truncated_file_is_a_clear_error_or_still_whole(name, part, tmp_path):
    path = tmp_path / f"a{suffix(name)}"
    path.write_bytes(files()[name][: max(4, int(len(files()[name]) * part))])
    try:
        verify_file(path)
    except MediaError as error:
        message = str(error)
    else:
        return
    assert len(message) > 20


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0"]),
)
@settings(max_examples=150, deadline=None)
def test_arbitrary_bytes_raise_only_errors_of_the_package(data, start):
    survives(start + data)
    survives(b"RIFF" + struct.pack("<I", len(data)) + b"WEBP" + data)
    survives(b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + data)


def test_directories_of_a_tiff_that_form_a_loop_end(tmp_path):
    data = bytearray(files()["tiff-rgb-16"])
    (directory,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, directory)
    struct.pack_into("<I", data, directory + 2 + 12 * count, directory)
    start = time.perf_counter()
    survives(bytes(data))
    assert time.perf_counter() - start < 5


def test_a_tiff_tag_with_an_enormous_count_reserves_nothing():
    data = bytearray(files()["tiff-lzw"])
    (directory,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, directory)
    for number in range(count):
        struct.pack_into("<I", data, directory + 2 + 12 * number + 4, 0xFFFFFFFF)
    survives(bytes(data))


@pytest.mark.parametrize("content", [b"%PDF-1.4 text", b"<html></html>", b"MZ" + bytes(100), bytes(1000)])
def test_what_is_no_picture_is_refused_by_name(content, tmp_path):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(MediaError):
        label_file(tmp_path / "a.jpg", tmp_path / "b.jpg", CONFIG)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]

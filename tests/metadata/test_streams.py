"""What holds for the metadata label in every container of sound and video."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import json
import random
import shutil
import struct
import subprocess
import tracemalloc

import av
import pytest
from metadata.samples import box
from metadata.streams import LABEL, RECIPES, RECORD, frames, made, packets, tags

from synthmark.errors import DamagedMediaError, InputError, MediaError, SynthmarkError, UnsupportedMediaError
from synthmark.metadata import (
    MetadataRecord,
    propagate,
    propagate_file,
    propagated,
    read_metadata,
    read_metadata_file,
    sniff,
    sniff_file,
    to_json,
    write_metadata,
    write_metadata_file,
)

EVERY = pytest.mark.parametrize("name", RECIPES)
TEXT = to_json(LABEL)
WITHOUT_XMP = ("opus", "vorbis", "flac", "mkv", "webm", "flv")
PLACES = {
    "mp3": "MP3 ID3 TXXX AIGC",
    "opus": "Ogg AIGC",
    "vorbis": "Ogg AIGC",
    "flac": "FLAC AIGC",
    "wav": "WAV AIGC",
    "aiff": "AIFF ID3 TXXX AIGC",
    "m4a": "MP4 mdta AIGC",
    "mp4": "MP4 mdta AIGC",
    "mov": "MP4 mdta AIGC",
    "mkv": "Matroska AIGC",
    "webm": "Matroska AIGC",
    "avi": "AVI INFO AIGC",
    "flv": "FLV AIGC",
}
MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "vorbis": "audio/ogg",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "aiff": "audio/aiff",
    "m4a": "audio/mp4",
    "mp4": "video/mp4",
    "mp4-sound": "audio/mp4",
    "mov": "video/quicktime",
    "mkv": "video/x-matroska",
    "webm": "video/webm",
    "avi": "video/x-msvideo",
    "flv": "video/x-flv",
}


@functools.cache
def labelled(name: str) -> bytes:
    return write_metadata(made(name), RECORD)


def of(name: str, table: dict[str, str]) -> str:
    return table.get(name, table[name.split("-", maxsplit=1)[0]])


@EVERY
def test_what_is_written_reads_back_as_one_label(name: str) -> None:
    report = read_metadata(labelled(name))
    found = [(label.label, label.place, label.form, label.findings) for label in report.labels]
    assert found == [(LABEL, of(name, PLACES), "bare", ())]
    assert report.findings == ()
    xmp = not name.startswith(WITHOUT_XMP)
    assert (report.digital_source_type == RECORD.digital_source_type) is xmp
    assert (report.ai_system, report.ai_system_version) == (
        ("Film Maker & Sons", "1.0 <beta>") if xmp else (None, None)
    )


@EVERY
def test_the_kind_is_told_by_content(name: str, tmp_path) -> None:
    expected = of(name, MEDIA_TYPES)
    (tmp_path / "unnamed").write_bytes(made(name))
    assert sniff(made(name)) == sniff_file(tmp_path / "unnamed") == expected
    assert read_metadata(made(name)).media_type == expected
    assert read_metadata(made(name)).labels == ()


@EVERY
def test_sound_and_pictures_are_the_same_before_and_after(name: str) -> None:
    before, after = made(name), labelled(name)
    assert packets(after) == packets(before)
    assert frames(after) == frames(before)


@EVERY
def test_players_read_the_label_and_all_tags_of_before(name: str) -> None:
    before, after = tags(made(name)), tags(labelled(name))
    assert {key: after.get(key) for key in before if "size" not in key and "location" not in key} == {
        key: value for key, value in before.items() if "size" not in key and "location" not in key
    }
    if name.startswith("wav"):  # FFmpeg does not show chunks that it does not know
        return
    assert after["aigc"] == TEXT
    assert ("comment" in after) is (RECIPES[name].pictures is not None)
    assert after.get("comment", TEXT) == TEXT


@EVERY
def test_writing_again_gives_the_same_bytes(name: str) -> None:
    once = labelled(name)
    assert write_metadata(once, RECORD) == once


@EVERY
def test_a_longer_and_a_shorter_label_replace_the_first(name: str) -> None:
    data = labelled(name)
    for length in (3000, 1, 2, 300):
        label = dataclasses.replace(LABEL, reserved_code1="x" * length)
        data = write_metadata(data, MetadataRecord(label))
        assert [found.label for found in read_metadata(data).labels] == [label]
        assert packets(data) == packets(made(name))
    assert data.count(b'"ContentProducer":"ACME"') == (2 if RECIPES[name].pictures else 1)


@EVERY
def test_propagation_changes_three_fields(name: str) -> None:
    data = propagate(labelled(name), "platform", "q9", "sig")
    report = read_metadata(data)
    assert [found.label for found in report.labels] == [propagated(LABEL, "platform", "q9", "sig")]
    assert packets(data) == packets(made(name))


@EVERY
def test_files_are_written_by_their_paths(name: str, tmp_path) -> None:
    source, target, spread = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    source.write_bytes(made(name))
    write_metadata_file(source, target, RECORD)
    assert target.read_bytes() == labelled(name)
    assert source.read_bytes() == made(name)
    assert read_metadata_file(target) == read_metadata(target.read_bytes())
    propagate_file(target, spread, "platform", "q9")
    assert spread.read_bytes() == propagate(target.read_bytes(), "platform", "q9")


@pytest.mark.parametrize("name", [name for name, recipe in RECIPES.items() if recipe.pictures])
def test_a_comment_that_is_there_stays(name: str) -> None:
    comment = f"metadata.streams.{name}"
    data = with_comment(name, comment)
    assert tags(data)["comment"] == comment
    written = write_metadata(data, RECORD)
    assert tags(written)["comment"] == comment
    assert written.count(b'"ContentProducer":"ACME"') == 1


def with_comment(name: str, comment: str) -> bytes:
    from metadata.streams import _made

    recipe = dataclasses.replace(RECIPES[name], tags={"title": "A title", "comment": comment}, seconds=0.4)
    if name == "flv-bare":
        recipe = dataclasses.replace(recipe, options={})
    return _made(recipe)


@pytest.mark.parametrize("name", ["mp4", "mov", "mkv", "flv", "avi"])
def test_a_comment_with_another_label_is_a_second_label(name: str) -> None:
    other = to_json(dataclasses.replace(LABEL, produce_id="another"))
    data = with_comment(name, other)
    assert len(read_metadata(data).labels) == 1
    assert [found.label for found in read_metadata(write_metadata(data, RECORD)).labels] == [LABEL]
    longer = labelled(name)
    place = longer.rindex(b"0123456789abcdef")
    second = longer[:place] + b"f" + longer[place + 1 :]
    assert len(read_metadata(second).labels) == 2


OTHERS = pytest.mark.parametrize(
    "name",
    ["mp3", "opus", "flac", "wav-rf64", "aiff", "m4a", "mp4", "mp4-fragments", "mov", "mkv", "avi-tight", "flv"],
)


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
@OTHERS
def test_exiftool_takes_the_file(name: str, tmp_path) -> None:
    (tmp_path / "a").write_bytes(labelled(name))
    done = subprocess.run(
        ["exiftool", "-json", "-G1", "-struct", "-validate", "-warning", "-all", str(tmp_path / "a")],
        capture_output=True,
        check=False,
        timeout=60,
    )
    read = json.loads(done.stdout)[0]
    assert "ExifTool:Error" not in read
    values = [value for key, value in read.items() if key.rpartition(":")[2].lower() == "aigc"]
    if name.startswith(("mp4", "mov", "m4a", "flac")):
        assert values == [TEXT]
    if not name.startswith((*WITHOUT_XMP, "aiff", "mp3")):
        assert read["XMP-iptcExt:DigitalSourceType"] == RECORD.digital_source_type


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
@OTHERS
def test_ffprobe_takes_the_file(name: str, tmp_path) -> None:
    (tmp_path / "a").write_bytes(labelled(name))
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", str(tmp_path / "a")],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == b""
    if not name.startswith("wav"):
        assert TEXT in json.dumps(json.loads(done.stdout)).replace('\\"', '"')


@pytest.mark.parametrize("name", [name for name in RECIPES if not name.startswith(("mp3", "flac", "vorbis", "opus"))])
def test_a_truncated_file_is_not_written(name: str) -> None:
    data = made(name)
    cut = data[: len(data) // 2]
    if name.startswith(("flv", "mkv-live", "webm-pipe")):  # their tags stand before, and no length tells the end
        return
    with pytest.raises(MediaError):
        write_metadata(cut, RECORD)


MUTATED = ["mp3", "vorbis", "flac", "wav-rf64", "aiff-id3", "m4a", "mp4-first", "mp4-base-offsets", "mp4-index"]
MUTATED += ["mov", "mkv", "mkv-live", "avi", "avi-tight", "flv-index"]


@pytest.mark.parametrize("name", MUTATED)
def test_mutated_files_raise_nothing_but_our_errors(name: str) -> None:
    """Structure is what is changed: both ends of the file, and the surroundings of names in it."""
    chance = random.Random(name)
    whole = labelled(name)
    places = interesting(whole)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            place = min(max(chance.choice(places) + chance.randint(-12, 12), 0), len(data) - 1)
            data[place] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randint(0, 255)))
        if chance.random() < 0.3:
            place = chance.choice(places)
            del data[place : place + chance.randint(1, 40)]
        if chance.random() < 0.2:
            del data[chance.randint(0, len(data)) :]
        attempt(bytes(data))


NAMES = (
    *(b"moov", b"udta", b"meta", b"keys", b"ilst", b"data", b"stco", b"trak", b"moof", b"tfhd", b"sidx", b"tfra"),
    *(b"uuid", b"hdlr", b"dref", b"LIST", b"INFO", b"AIGC", b"ICMT", b"idx1", b"indx", b"ix00", b"RIFF", b"JUNK"),
    *(b"TXXX", b"PRIV", b"ID3", b"OggS", b"vorbis", b"onMetaData", b"keyframes", b"filepositions", b"comment"),
    *(b"\x18\x53\x80\x67", b"\x11\x4d\x9b\x74", b"\x12\x54\xc3\x67", b"\x73\x73", b"\x1f\x43\xb6\x75", b"ds64"),
    *(b"FORM", b"COMM", b"mfra", b"mdat", b"free", b"_PMX", b"fLaC"),
)


def interesting(data: bytes) -> list[int]:
    places = [*range(64), *range(len(data) - 32, len(data))]
    for name in NAMES:
        start = data.find(name)
        for _ in range(8):
            if start < 0:
                break
            places += [start] * 8
            start = data.find(name, start + 1)
    return places


def attempt(data: bytes) -> None:
    """Read and write; what is written must hold exactly the new label."""
    with contextlib.suppress(UnsupportedMediaError):
        read_metadata(data)
    try:
        result = write_metadata(data, RECORD, force=True)
    except SynthmarkError:
        return
    assert [found.label for found in read_metadata(result).labels] == [LABEL]


@pytest.mark.parametrize("name", ["mp4-first", "mp4-fragments", "mkv", "avi-tight", "flv", "wav", "mp3", "opus"])
def test_a_large_file_passes_in_portions(name: str, tmp_path) -> None:
    """Memory does not grow with the file: half of it more media data, as one more box or chunk where that fits."""
    data = enlarged(name, 64 << 20)
    (tmp_path / "a").write_bytes(data)
    del data
    tracemalloc.start()
    write_metadata_file(tmp_path / "a", tmp_path / "b", RECORD)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 << 20
    assert read_metadata_file(tmp_path / "b").label == LABEL


def enlarged(name: str, size: int) -> bytes:
    data, filling = made(name), bytes(size)
    if name.startswith("mp4"):
        return data + (size + 8).to_bytes(4, "big") + b"mdat" + filling
    if name == "mkv":
        return data + b"\xec\x01" + size.to_bytes(7, "big") + filling
    if name == "wav":
        grown = data + b"xtra" + size.to_bytes(4, "little") + filling
        return grown[:4] + (len(grown) - 8).to_bytes(4, "little") + grown[8:]
    if name == "opus":
        return data
    return data + filling


def test_source_and_target_are_two_files(tmp_path) -> None:
    (tmp_path / "a").write_bytes(made("mp3"))
    with pytest.raises(InputError, match="one file"):
        write_metadata_file(tmp_path / "a", tmp_path / "a", RECORD)
    assert (tmp_path / "a").read_bytes() == made("mp3")


def test_files_that_cannot_be_opened_raise_our_error(tmp_path) -> None:
    for path in (tmp_path / "missing", tmp_path, "a\0b"):
        with pytest.raises(MediaError):
            read_metadata_file(path)
    (tmp_path / "a").write_bytes(made("mp3"))
    with pytest.raises(MediaError):
        write_metadata_file(tmp_path / "a", tmp_path / "no" / "b", RECORD)


def test_an_error_of_the_disk_is_ours(tmp_path, monkeypatch) -> None:
    (tmp_path / "a").write_bytes(made("wav"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("synthmark.metadata.writing.write_pieces", full)
    with pytest.raises(MediaError, match="No space left"):
        write_metadata_file(tmp_path / "a", tmp_path / "b", RECORD)


def test_an_empty_source_is_read_as_nothing() -> None:
    from synthmark.metadata.source import Source

    source = Source(io.BytesIO(b""))
    assert source.peek(0, 10) == source.peek(-1, 10) == b""
    with pytest.raises(DamagedMediaError):
        source.read(0, 1)


@pytest.mark.parametrize(
    "name", ["mp4", "mp4-first", "mp4-index", "mov-first", "mkv", "mkv-front", "webm", "avi-tight"]
)
def test_players_find_the_same_frame_after_seeking(name: str) -> None:
    for start in (0.3, 0.7):
        assert frame_at(labelled(name), start) == frame_at(made(name), start)


def frame_at(data: bytes, start: float) -> tuple[int | None, bytes]:
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        container.seek(int(start / stream.time_base), stream=stream)
        frame = next(container.decode(stream))
        return frame.pts, bytes(frame.planes[0])


@pytest.mark.parametrize("name", ["mp4", "mov", "mkv", "avi"])
@pytest.mark.parametrize("form", ["mp4", "matroska"])
def test_a_copy_of_the_streams_by_others_keeps_a_label(name: str, form: str) -> None:
    """The key AIGC gets lost on the way to MP4; the comment does not."""
    target = io.BytesIO()
    with av.open(io.BytesIO(labelled(name))) as source, av.open(target, "w", format=form) as copy:
        copy.metadata.update(source.metadata)
        template = source.streams.video[0]
        stream = copy.add_stream_from_template(template)
        for packet in source.demux(template):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    assert read_metadata(target.getvalue()).label == LABEL


HOSTILE = {
    "many empty boxes": box(b"ftyp", b"isom", bytes(4)) + struct.pack(">I4s", 8, b"free") * 2_000,
    "boxes within boxes": functools.reduce(lambda inner, _: box(b"udta", inner), range(5000), b"x"),
    "a table that claims all": box(b"ftyp", b"isom", bytes(4))
    + box(b"moov", box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", box(b"stco", b"\0\0\0\0\xff\xff\xff\xff")))))),
    "keys that claim all": box(b"ftyp", b"isom", bytes(4))
    + box(
        b"moov",
        box(b"udta", box(b"meta", bytes(4), box(b"hdlr", bytes(8), b"mdta", bytes(12)), box(b"keys", b"\xff" * 8))),
    ),
    "many empty elements": b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska\x18\x53\x80\x67\x01"
    + b"\xff" * 7
    + b"\xec\x80" * 2_000,
    "empty Ogg pages": made("opus")[:47] + b"OggS".ljust(27, b"\0") * 100_000,
    "empty chunks": b"RIFF\0\0\0\0WAVE" + b"abcd\0\0\0\0" * 100_000,
    "empty AIFF chunks": b"FORM\0\0\0\0AIFF" + b"abcd\0\0\0\0" * 100_000,
    "empty parts": b"RIFF\x04\0\0\0AVI " + b"RIFF\x04\0\0\0AVIX" * 100_000,
    "objects within objects": b"FLV\1\5\0\0\0\x09\0\0\0\0\x12\x03\0\0"
    + bytes(7)
    + b"\2\0\x0aonMetaData\3"
    + (b"\0\1a\3" * 49_149).ljust(0x30000 - 14, b"\0"),
    "tags that claim all": b"ID3\4\0\0\x1f\x7f\x7f\x7f" + made("mp3-bare"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_structure_ends_in_an_answer(name: str, monkeypatch) -> None:
    monkeypatch.setattr("synthmark.metadata.mp4_boxes._MAX_BOXES", 1000)
    monkeypatch.setattr("synthmark.metadata.matroska._MAX_CHILDREN", 1000)
    attempt(HOSTILE[name])
    if name.startswith("many"):
        with pytest.raises(DamagedMediaError, match="more than 1000"):
            write_metadata(HOSTILE[name], RECORD)

import io
import json
import struct
import subprocess
from shutil import which

import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from synthmark.errors import DamagedMediaError, SynthmarkError
from synthmark.metadata import MetadataRecord, flac, new_label, propagate, read_metadata, to_json, write_metadata

LABEL = new_label("ACME", "synthmark-0123456789abcdef")
RECORD = MetadataRecord(LABEL)
PICTURE = flac.Block(6, b"cover" * 50)


def comments(*texts):
    strings = [b"vendor", *(text.encode() for text in texts)]
    packed = [struct.pack("<I", len(text)) + text for text in strings]
    return packed[0] + struct.pack("<I", len(texts)) + b"".join(packed[1:])


def sound(*texts, blocks=(PICTURE,)):
    buffer = io.BytesIO()
    soundfile.write(buffer, [n / 2000 for n in range(1001)], 8000, format="FLAC")
    _, found, coded = flac.split(buffer.getvalue())
    kept = [block for block in found if block.type == flac.STREAM_INFO]
    tags = [flac.Block(flac.COMMENTS, comments(*texts))] if texts else []
    return flac.joined(b"", [*kept, *tags, *blocks], coded)


@pytest.mark.parametrize("texts", [(), ("TITLE=a",), ("aigc=old", "TITLE=a", "AIGC={}")])
def test_label_is_the_one_comment_of_its_name(texts):
    data = sound(*texts)
    written = write_metadata(data, RECORD)
    assert written.count(b"AIGC=") == 1
    assert b"aigc=" not in written
    report = read_metadata(written)
    assert [(found.label, found.place, found.findings) for found in report.labels] == [(LABEL, "FLAC AIGC", ())]
    assert report.media_type == "audio/flac"
    _, blocks, coded = flac.split(written)
    assert PICTURE in blocks
    assert coded == flac.split(data)[2]
    assert (b"TITLE=a" in written) is bool(texts)
    assert write_metadata(written, RECORD) == written


def test_old_label_in_another_comment_is_replaced():
    data = sound(f"COMMENT={to_json(LABEL, wrapped=True)}")
    assert len(read_metadata(data).labels) == 1
    assert [found.place for found in read_metadata(write_metadata(data, RECORD)).labels] == ["FLAC AIGC"]


def test_propagating_changes_the_propagator_alone():
    changed = read_metadata(propagate(write_metadata(sound(), RECORD), "SPREAD", "42")).label
    assert (changed.content_producer, changed.content_propagator) == ("ACME", "SPREAD")


def test_tag_before_the_file_stays():
    tag = b"ID3\4\0\0\0\0\0\5hello"
    written = write_metadata(tag + sound(), RECORD)
    assert written.startswith(tag + b"fLaC")
    assert read_metadata(b"ID3\4\0\0\0\0\0\x0aGEOB\0c2pa\0" + sound()).has_credential


@pytest.mark.parametrize(
    "data",
    [
        b"fLaC",
        b"fLaC\x84\0\0\0",
        b"fLaC\x80\xff\xff\xff",
        flac.joined(b"", [flac.Block(0, b"")] * 1001, b""),
        sound(blocks=[flac.Block(flac.COMMENTS, b"\xff\xff\xff\xff")]),
        sound(blocks=[flac.Block(flac.COMMENTS, struct.pack("<II", 0, 0xFFFFFFFF))]),
    ],
)
def test_damaged_metadata_is_not_written(data):
    with pytest.raises(DamagedMediaError):
        write_metadata(data, RECORD)
    assert "metadata.damaged" in [finding.code for finding in read_metadata(data).findings]


@given(st.data())
def test_hostile_bytes_raise_only_known_errors(data):
    whole = bytearray(write_metadata(sound("TITLE=a"), RECORD)[:700])
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        read_metadata(cut)
        write_metadata(cut, RECORD, force=True)
    except SynthmarkError:
        pass


@pytest.mark.skipif(which("ffprobe") is None, reason="ffprobe is not installed")
def test_ffprobe_reads_the_label(tmp_path):
    (tmp_path / "a.flac").write_bytes(write_metadata(sound("TITLE=a", blocks=()), RECORD))
    done = subprocess.run(
        ["ffprobe", "-v", "warning", "-of", "json", "-show_format", str(tmp_path / "a.flac")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout)["format"]["tags"]["AIGC"] == to_json(LABEL)


@pytest.mark.skipif(which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_reads_the_label(tmp_path):
    (tmp_path / "a.flac").write_bytes(write_metadata(sound("TITLE=a", blocks=()), RECORD))
    done = subprocess.run(
        ["exiftool", "-s3", "-Aigc", str(tmp_path / "a.flac")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == to_json(LABEL)

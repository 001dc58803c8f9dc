import io
import struct
import subprocess
from shutil import which

import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from synthmark.errors import DamagedMediaError, SynthmarkError
from synthmark.metadata import MetadataRecord, new_label, propagate, read_metadata, to_json, wav, write_metadata
from synthmark.metadata.containers import Change
from synthmark.metadata.source import Source, Span

LABEL = new_label("ACME", "synthmark-0123456789abcdef")
RECORD = MetadataRecord(LABEL, "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia")


def sound(form="WAV", subtype="PCM_16", count=1001):
    buffer = io.BytesIO()
    soundfile.write(buffer, [[n / 2000] for n in range(count)], 8000, format=form, subtype=subtype)
    return buffer.getvalue()


def with_chunk(data, kind, payload):
    return wav.joined(data[:4], [*wav.chunks_of(data), wav.Chunk(kind, payload)])


def info(*texts):
    return b"INFO" + b"".join(struct.pack("<4sI", kind, len(text)) + text for kind, text in texts)


@pytest.mark.parametrize(
    ("form", "subtype"), [("WAV", "PCM_U8"), ("WAV", "FLOAT"), ("WAVEX", "PCM_24"), ("RF64", "PCM_16")]
)
def test_label_stands_in_its_own_chunk_and_the_sound_is_the_same(form, subtype):
    data = sound(form, subtype)
    written = write_metadata(data, RECORD)
    text = to_json(LABEL).encode()
    chunk = b"AIGC" + struct.pack("<I", len(text)) + text
    assert written.endswith((chunk, chunk + b"\0"))
    assert len(written) % 2 == 0
    report = read_metadata(written)
    assert [(found.label, found.place, found.findings) for found in report.labels] == [(LABEL, "WAV AIGC", ())]
    assert report.media_type == "audio/wav"
    assert list(soundfile.read(io.BytesIO(written))[0]) == list(soundfile.read(io.BytesIO(data))[0])


def test_sizes_are_right():
    assert struct.unpack_from("<I", written := write_metadata(sound(), RECORD), 4)[0] == len(written) - 8
    long = write_metadata(sound("RF64"), RECORD)
    assert long[:8] == b"RF64\xff\xff\xff\xff"
    assert struct.unpack_from("<4sIQQ", long, 12) == (b"ds64", 28, len(long) - 8, 2002)


def test_writing_twice_leaves_one_label_and_the_same_bytes():
    once = write_metadata(sound(), RECORD)
    assert write_metadata(once, RECORD) == once
    changed = read_metadata(propagate(once, "SPREAD", "42"))
    assert [label.label.content_propagator for label in changed.labels] == ["SPREAD"]
    assert changed.label.produce_id == LABEL.produce_id


def test_old_label_in_a_list_of_texts_is_replaced_and_its_neighbours_stay():
    old = to_json(LABEL, wrapped=True).encode()
    old += b"\0" * (len(old) % 2)
    data = with_chunk(sound(), b"LIST", info((b"INAM", b"name"), (b"ICMT", old)))
    assert [found.place for found in read_metadata(data).labels] == ["WAV INFO ICMT"]
    written = write_metadata(data, RECORD)
    assert [found.place for found in read_metadata(written).labels] == ["WAV AIGC"]
    assert wav.Chunk(b"LIST", info((b"INAM", b"name"))) in list(wav.chunks_of(written))


def test_other_chunks_stay_as_they_are():
    data = with_chunk(sound(), b"bext", b"x" * 603)
    assert list(wav.chunks_of(write_metadata(data, MetadataRecord(LABEL))))[:-1] == list(wav.chunks_of(data))


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF000, 0x80000000])
def test_size_left_open_by_a_pipe_is_closed(size):
    data = bytearray(sound())
    data[4:8] = data[40:44] = struct.pack("<I", size)
    written = write_metadata(bytes(data), RECORD)
    chunks = {chunk.type: chunk.payload for chunk in wav.chunks_of(written)}
    assert len(chunks[b"data"]) == 2002
    assert b"AIGC" in chunks


def test_manifest_is_seen():
    assert read_metadata(with_chunk(sound(), b"C2PA", b"jumb")).has_credential


def test_truncated_file_is_not_written():
    with pytest.raises(DamagedMediaError, match="beyond the end"):
        write_metadata(sound()[:-10], RECORD)


@given(st.data())
def test_hostile_bytes_raise_only_known_errors(data):
    whole = bytearray(write_metadata(sound(count=20), RECORD))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        read_metadata(cut)
        write_metadata(cut, RECORD, force=True)
    except SynthmarkError:
        pass


@pytest.mark.skipif(which("ffprobe") is None, reason="ffprobe is not installed")
@pytest.mark.parametrize("form", ["WAV", "WAVEX", "RF64"])
def test_other_programs_take_the_file(tmp_path, form):
    (tmp_path / "a.wav").write_bytes(write_metadata(sound(form), RECORD))
    done = subprocess.run(
        ["ffprobe", "-v", "warning", "-show_streams", str(tmp_path / "a.wav")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "duration_ts=1001" in done.stdout
    assert done.stderr == ""


def test_iptc_properties_stand_in_a_packet_and_a_later_one_replaces_them():
    written = write_metadata(sound(), RECORD)
    assert read_metadata(written).digital_source_type == RECORD.digital_source_type
    again = write_metadata(written, MetadataRecord(LABEL, RECORD.digital_source_type, "Maker"))
    assert [chunk.type for chunk in wav.chunks_of(again)].count(b"_PMX") == 1
    assert read_metadata(again).ai_system == "Maker"


def test_label_in_a_tag_of_id3_is_replaced_and_the_rest_of_the_tag_stays():
    text = b"\3AIGC\0" + to_json(LABEL).encode()
    title = b"TIT2\0\0\0\6\0\0\3Title"
    label = b"TXXX" + bytes((0, 0, len(text) >> 7, len(text) & 0x7F)) + b"\0\0" + text
    size = len(title) + len(label)
    data = with_chunk(sound(), b"id3 ", b"ID3\4\0\0" + bytes((0, 0, size >> 7, size & 0x7F)) + title + label)
    assert len(read_metadata(data).labels) == 1
    written = write_metadata(data, MetadataRecord(LABEL))
    assert [found.place for found in read_metadata(written).labels] == ["WAV AIGC"]
    assert title in written


def test_a_long_form_beyond_four_gibibytes_is_written_in_portions(tmp_path):
    """The data are a hole in the file, so that nothing of that size is stored or held."""
    size = (1 << 32) + 1000
    head = struct.pack("<4sI4s4sIQQQI", b"RF64", 0xFFFFFFFF, b"WAVE", b"ds64", 28, size + 72, size, size // 2, 0)
    head += struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16) + b"data\xff\xff\xff\xff"
    report = wav.rewrite(Source(_Hole(head, size)), Change("label", ()))
    pieces = [piece if isinstance(piece, Span) else len(piece) for piece in report]
    assert Span(len(head), len(head) + size) in pieces
    assert sum(piece for piece in pieces if isinstance(piece, int)) < 1000


class _Hole(io.BytesIO):
    """A file that is all zeros behind its first bytes."""

    def __init__(self, head, size):
        super().__init__(head)
        self.end, self.place = len(head) + size, 0

    def seek(self, place, whence=0):
        self.place = self.end if whence == 2 else place
        return self.place

    def read(self, count=-1):
        return self.getvalue()[self.place : self.place + count].ljust(count, b"\0")

"""Sound files on the whole way: read, labelled, written, verified."""

import dataclasses
import io
import struct

import numpy as np
import pytest
import soundfile
from sounds import CONTENT_ID, synthetic_voice

from synthmark import Config, audio, label_file, verify_file
from synthmark.cli import main
from synthmark.errors import CapacityError, DamagedMediaError, InputError, SynthmarkError, UnsupportedMediaError
from synthmark.files import limits, sound_file
from synthmark.files.sound_file import encode_sound, read_sound
from synthmark.labelling import embed_file
from synthmark.metadata import flac, wav

CONFIG = Config(producer="ACME")
RATE = 16000
FORMS = [
    ("WAV", "PCM_16"),
    ("WAVEX", "PCM_24"),
    ("WAV", "FLOAT"),
    ("RF64", "PCM_32"),
    ("FLAC", "PCM_16"),
    ("FLAC", "PCM_24"),
]


def encoded(samples, form="WAV", subtype="PCM_16", rate=RATE):
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=form, subtype=subtype)
    return buffer.getvalue()


def voice_file(folder, form="WAV", subtype="PCM_16", channels=1):
    voice = synthetic_voice(4)
    path = folder / f"voice.{'flac' if form == 'FLAC' else 'wav'}"
    path.write_bytes(encoded(np.stack([voice, voice / 2][:channels], axis=1), form, subtype))
    return path


@pytest.mark.parametrize(("form", "subtype"), FORMS)
def test_all_layers_read_back_and_the_form_stays(tmp_path, form, subtype):
    source = voice_file(tmp_path, form, subtype, channels=2)
    before = source.read_bytes()
    record = label_file(source, tmp_path / "out" / source.name, CONFIG, content_id=CONTENT_ID)
    assert record.exit_code == 0
    assert source.read_bytes() == before
    described, original = soundfile.info(record.target), soundfile.info(source)
    for name in ("format", "subtype", "samplerate", "channels"):
        assert getattr(described, name) == getattr(original, name)
    report = verify_file(record.target)
    assert report.verdict == "labelled"
    outcomes = {layer.layer: layer.outcome for layer in report.layers}
    assert outcomes == {
        "metadata": "detected",
        "watermark": "detected",
        "credential": "not_detected",
        "visible": "detected",
    }
    assert report.agreement == {"content_id": ("metadata", "watermark")}
    assert report.layer("watermark").claims["content_id"] == f"{CONTENT_ID:016x}"
    assert report.layer("visible").evidence["positions"] == ["start"]
    assert report.layer("visible").evidence["spans"][0] == pytest.approx([0, 1.32], abs=0.05)
    assert report.as_json()["layers"][1]["evidence"]["marks"][0]["content_id"] == f"{CONTENT_ID:016x}"


def test_metadata_alone_leaves_every_sample(tmp_path):
    source = voice_file(tmp_path, "FLAC")
    config = dataclasses.replace(CONFIG, visible=False, watermark=False)
    record = label_file(source, tmp_path / "out.flac", config)
    assert flac.split(record.target.read_bytes())[2] == flac.split(source.read_bytes())[2]
    assert verify_file(record.target).layer("watermark").outcome == "not_detected"


def test_watermark_alone_keeps_the_length(tmp_path):
    source = voice_file(tmp_path)
    record = embed_file(source, tmp_path / "out.wav", CONTENT_ID)
    samples, rate = soundfile.read(record.target)
    assert len(samples) == 4 * RATE
    assert audio.extract(samples, rate).content_id == CONTENT_ID
    assert verify_file(record.target).layer("visible").outcome == "not_detected"


def test_labelling_again_adds_no_second_cue(tmp_path):
    first = label_file(voice_file(tmp_path), tmp_path / "a.wav", CONFIG)
    with pytest.raises(InputError, match="already"):
        label_file(first.target, tmp_path / "b.wav", CONFIG)
    second = label_file(first.target, tmp_path / "b.wav", dataclasses.replace(CONFIG, propagator="B"), relabel=True)
    assert soundfile.info(second.target).frames == soundfile.info(first.target).frames
    assert len(second.report.layer("visible").evidence["spans"]) == 1
    assert second.content_id == first.content_id


def test_other_chunks_of_a_wav_file_stay_and_cue_points_move():
    point = struct.pack("<II4sIII", 1, 100, b"data", 0, 0, 100)
    data = encoded(np.zeros(1000), subtype="FLOAT")
    extra = [wav.Chunk(b"bext", b"x" * 602), wav.Chunk(b"cue ", struct.pack("<I", 1) + point)]
    file = read_sound(wav.joined(b"RIFF", [*wav.chunks_of(data), *extra]))
    written = {c.type: c.payload for c in wav.chunks_of(encode_sound(file, np.zeros(1050, np.float32), added=50))}
    assert written[b"bext"] == b"x" * 602
    assert struct.unpack("<III4sIII", written[b"cue "])[2::4] == (150, 150)
    assert struct.unpack("<I", written[b"fact"]) == (1050,)
    assert b"PEAK" not in written


def test_tags_and_pictures_of_a_flac_file_stay():
    _, blocks, coded = flac.split(encoded(np.zeros(5000), "FLAC"))
    tags = flac.Block(flac.COMMENTS, struct.pack("<III", 0, 1, 7) + b"TITLE=a")
    picture = flac.Block(6, struct.pack(">II9sIIIIII", 3, 9, b"image/png", 0, 1, 1, 24, 0, 5) + b"cover")
    file = read_sound(flac.joined(b"", [blocks[0], tags, picture], coded))
    written = encode_sound(file, np.ones(6000, np.int16))
    assert {tags, picture} <= set(flac.split(written)[1])
    assert list(soundfile.read(io.BytesIO(written), dtype="int16")[0]) == [1] * 6000


@pytest.mark.parametrize("form", ["WAV", "FLAC"])
def test_truncated_sound_is_refused(form):
    data = encoded(synthetic_voice(1), form)
    for size in (20, len(data) // 2, len(data) - 3):
        with pytest.raises(DamagedMediaError):
            read_sound(data[:size])


def test_headers_that_lie_are_refused(monkeypatch):
    data = bytearray(encoded(np.zeros(100)))
    for rate, error in ((0, SynthmarkError), (7000, UnsupportedMediaError), (200000, UnsupportedMediaError)):
        data[24:28] = struct.pack("<I", rate)
        with pytest.raises(error):
            read_sound(bytes(data))
    data = bytearray(encoded(np.zeros(100)))
    data[22:24] = bytes(2)  # no channels
    with pytest.raises(SynthmarkError):
        read_sound(bytes(data))
    long = bytearray(encoded(np.zeros(100), "FLAC"))
    long[21:26] = bytes([long[21] | 15]) + b"\xff" * 4  # 2**36 - 1 samples
    with pytest.raises(DamagedMediaError, match="at most"):
        read_sound(bytes(long))
    monkeypatch.setattr(sound_file, "MAX_SAMPLES", 99)
    assert limits.MAX_SAMPLES > 99
    with pytest.raises(DamagedMediaError, match="at most 99"):
        read_sound(encoded(np.zeros(100)))


def test_flac_of_unstated_length_is_refused_clearly():
    data = bytearray(encoded(np.zeros(3000), "FLAC"))
    data[21:26] = bytes([data[21] & 0xF0]) + bytes(4)
    with pytest.raises(UnsupportedMediaError, match="length"):
        read_sound(bytes(data))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_refused(value):
    with pytest.raises(DamagedMediaError, match="finite"):
        read_sound(encoded(np.full(100, value, np.float32), subtype="FLOAT"))


def test_other_codings_and_empty_sound_are_refused():
    with pytest.raises(UnsupportedMediaError, match="IMA_ADPCM"):
        read_sound(encoded(np.zeros(1000), subtype="IMA_ADPCM"))
    with pytest.raises(DamagedMediaError, match="holds 0"):
        read_sound(encoded(np.zeros(0)))


def test_sound_too_plain_for_a_mark_leaves_no_file(tmp_path):
    source = tmp_path / "silent.wav"
    source.write_bytes(encoded(np.zeros(3 * RATE)))
    config = dataclasses.replace(CONFIG, visible=False)
    with pytest.raises(CapacityError):
        label_file(source, tmp_path / "out.wav", config)
    assert [path.name for path in tmp_path.iterdir()] == ["silent.wav"]


def test_commands_take_sound_files(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    voice_file(tmp_path / "in")
    arguments = ["label", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--jobs", "1", "--producer", "ACME"]
    assert main(arguments) == 0
    capsys.readouterr()
    assert main(["extract", str(tmp_path / "out"), "--lang", "en"]) == 0
    assert "Audible label            yes" in capsys.readouterr().out

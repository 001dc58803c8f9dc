"""Sound files of every kind on the whole way: labelled, written, read back, verified; what stays, what is refused."""

import dataclasses
import struct

import numpy as np
import pytest
import soundfile
from sounds import CONTENT_ID, encoded, synthetic_voice

from synthmark import Config, audio, label_file, verify_file
from synthmark.cli import main
from synthmark.containers.sound import SoundForm
from synthmark.containers.sound_av import bit_rate_of, facts_of, write_with_av
from synthmark.errors import CapacityError, DamagedMediaError, InputError, SynthmarkError
from synthmark.files import sound_loop
from synthmark.files.sound_file import open_sound
from synthmark.labelling import embed_file
from synthmark.metadata import flac

CONFIG = Config(producer="ACME")
RATE = 16000
ADDED = round(1.32 * RATE) + round(0.3 * RATE)  # the cue and the pause behind it
LOSSLESS = [
    ("WAV", "PCM_16"),
    ("WAVEX", "PCM_24"),
    ("RF64", "PCM_32"),
    ("FLAC", "PCM_24"),
    ("AIFF", "PCM_16"),
]
SUFFIXES = {"WAV": ".wav", "WAVEX": ".wav", "RF64": ".wav", "FLAC": ".flac", "AIFF": ".aiff", "OGG": ".ogg"}
# Coding, container of FFmpeg, extension, bit rate, whether it is constant.
LOSSY = [
    ("mp3", "mp3", ".mp3", 96000, True),
    ("mp3", "mp3", ".mp3", 70000, False),
    ("aac", "ipod", ".m4a", 80000, False),
    ("aac", "mp4", ".mp4", 80000, False),
    ("alac", "ipod", ".m4a", 0, False),
    ("opus", "opus", ".opus", 40000, False),
]


def voices(rate=RATE, seconds=4.0):
    voice = synthetic_voice(seconds, rate)
    return np.stack([voice, voice / 2], axis=1)


def voice_file(folder, form="WAV", subtype="PCM_16"):
    path = folder / f"voice{SUFFIXES[form]}"
    path.write_bytes(encoded(voices(), form, subtype))
    return path


def coded_file(folder, coding, container, suffix, bit_rate, *, constant=False, chapters=(), language=None):
    """Write a file through PyAV, at 48 kHz since Opus has no other rate."""
    form = SoundForm(
        rate=48000,
        channels=2,
        dtype="float32",
        coding=coding,
        layout="stereo",
        bit_rate=bit_rate,
        constant=constant,
    )
    path = folder / f"voice{suffix}"
    samples = voices(48000).astype(np.float32)
    write_with_av(path, container, form, iter([samples]), language=language, chapters=chapters)
    return path


def form_and_length(path):
    with open_sound(path) as reader:
        return reader.form, sum(len(block) for block in reader.blocks())


def outcomes(report):
    return {layer.layer: layer.outcome for layer in report.layers}


ALL = {"metadata": "detected", "watermark": "detected", "credential": "not_detected", "visible": "detected"}


@pytest.mark.parametrize(("form", "subtype"), LOSSLESS)
def test_all_layers_read_back_and_the_form_stays(tmp_path, form, subtype):
    source = voice_file(tmp_path, form, subtype)
    before = source.read_bytes()
    record = label_file(source, tmp_path / "out" / source.name, CONFIG, content_id=CONTENT_ID)
    assert record.exit_code == 0
    assert source.read_bytes() == before
    described, original = soundfile.info(record.target), soundfile.info(source)
    for name in ("format", "subtype", "samplerate", "channels"):
        assert getattr(described, name) == getattr(original, name)
    assert described.frames == original.frames + ADDED
    report = verify_file(record.target)
    assert report.verdict == "labelled"
    assert outcomes(report) == ALL
    assert report.agreement == {"content_id": ("metadata", "watermark")}
    assert report.layer("watermark").claims["content_id"] == f"{CONTENT_ID:016x}"
    assert report.layer("watermark").evidence["spans"][0][1] > 4
    visible = report.layer("visible").evidence
    assert (visible["kind"], visible["positions"], visible["conforms"]) == ("rhythm", ["start"], True)
    assert visible["spans"][0] == pytest.approx([0, 1.32], abs=0.05)
    assert report.as_json()["layers"][1]["evidence"]["marks"][0]["content_id"] == f"{CONTENT_ID:016x}"
    assert record.placement["start"] == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize(("coding", "container", "suffix", "bit_rate", "constant"), LOSSY)
def test_codings_keep_form_length_start_and_bit_rate(tmp_path, coding, container, suffix, bit_rate, constant):
    source = coded_file(tmp_path, coding, container, suffix, bit_rate, constant=constant)
    config = dataclasses.replace(CONFIG, visible=False)
    record = label_file(source, tmp_path / "out" / source.name, config, content_id=CONTENT_ID)
    (before, length), (after, written) = form_and_length(source), form_and_length(record.target)
    assert written == length == 4 * 48000
    for name in ("rate", "channels", "coding", "layout", "dtype", "constant"):
        if name != "constant" or constant:
            assert getattr(after, name) == getattr(before, name), name
    assert after.bit_rate >= before.bit_rate * 0.9999
    if constant:
        assert after.bit_rate == pytest.approx(before.bit_rate, rel=1e-3)
    with open_sound(source) as old, open_sound(record.target) as new:
        first, second = (next(reader.blocks())[:48000, 0].astype(float) for reader in (old, new))
    likeness = np.fft.irfft(np.fft.rfft(first) * np.fft.rfft(second).conj())
    assert np.argmax(likeness) <= (5 if coding == "opus" else 0)  # Opus itself moves voices by some 0.1 ms
    assert outcomes(verify_file(record.target)) == ALL | {"visible": "not_detected"}


def test_vorbis_keeps_length_and_bit_rate(tmp_path):
    source = voice_file(tmp_path, "OGG", "VORBIS")
    record = label_file(source, tmp_path / "out.ogg", CONFIG, content_id=CONTENT_ID)
    assert soundfile.info(record.target).frames == soundfile.info(source).frames + ADDED
    assert soundfile.info(record.target).subtype == "VORBIS"
    assert bit_rate_of(record.target, "ogg", "Ogg") >= bit_rate_of(source, "ogg", "Ogg")
    assert outcomes(verify_file(record.target)) == ALL


def test_tags_around_an_mp3_stay_and_its_chapters_move(tmp_path):
    chapter = b"one\0" + struct.pack(">IIII", 500, 1500, 7, 9)
    lyrics = b"\0eng\2\1\0la\0" + struct.pack(">I", 250)
    title = b"\0a title"
    frames = b"".join(
        name + struct.pack(">I", len(data)) + b"\0\0" + data
        for name, data in ((b"TIT2", title), (b"CHAP", chapter), (b"SYLT", lyrics))
    )
    tag = b"ID3\3\0\0" + bytes([0, 0, len(frames) >> 7, len(frames) & 127]) + frames
    old_tag = b"TAG" + b"x" * 125
    source = coded_file(tmp_path, "mp3", "mp3", ".mp3", 64000, constant=True)
    source.write_bytes(tag + source.read_bytes() + old_tag)
    record = label_file(source, tmp_path / "out.mp3", CONFIG)
    data = record.target.read_bytes()
    added = round((form_and_length(record.target)[1] - 4 * 48000) / 48)
    assert title in data
    assert b"one\0" + struct.pack(">IIII", 500 + added, 1500 + added, 0xFFFFFFFF, 0xFFFFFFFF) in data
    assert b"la\0" + struct.pack(">I", 250 + added) in data
    assert data.endswith(old_tag)
    assert record.messages == ()


def test_tags_chapters_and_language_of_an_m4a_stay(tmp_path):
    chapters = [(0.0, 1.5, "one"), (1.5, 4.0, "two")]
    source = coded_file(tmp_path, "aac", "ipod", ".m4a", 64000, chapters=chapters, language="deu")
    with_tags = tmp_path / "tags.m4a"
    _add_tag(source, with_tags)
    record = label_file(with_tags, tmp_path / "out.m4a", CONFIG)
    facts = facts_of(record.target, "mov", "M4A")
    added = (form_and_length(record.target)[1] - 4 * 48000) / 48000
    assert facts.language == "deu"
    assert [title for *_, title in facts.chapters] == ["one", "two"]
    assert facts.chapters[1][0] == pytest.approx(1.5 + added, abs=0.01)
    assert b"\xa9nam" in record.target.read_bytes()
    assert b"a title" in record.target.read_bytes()
    assert record.target.read_bytes()[8:12] == b"M4A "


def _add_tag(source, target):
    import av

    with av.open(str(source)) as file, av.open(str(target), "w", format="ipod") as copy:
        copy.metadata["title"] = "a title"
        copy.set_chapters(file.chapters())
        stream = copy.add_stream_from_template(file.streams.audio[0])
        stream.metadata["language"] = "deu"
        for packet in file.demux(file.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)


def test_comments_of_an_opus_file_stay_and_chapters_move(tmp_path):
    import av

    source = tmp_path / "voice.opus"
    with av.open(str(source), "w", format="opus") as file:
        file.metadata.update({"TITLE": "a title", "CHAPTER001": "00:00:01.000"})
        stream = file.add_stream("libopus", rate=48000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(voices(48000).astype(np.float32)).reshape(1, -1), format="flt", layout="stereo"
        )
        frame.sample_rate = 48000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    record = label_file(source, tmp_path / "out.opus", CONFIG)
    data = record.target.read_bytes()
    assert b"a title" in data
    assert b"00:00:02.620" in data


def test_metadata_alone_leaves_every_sample(tmp_path):
    source = voice_file(tmp_path, "FLAC")
    config = dataclasses.replace(CONFIG, visible=False, watermark=False)
    record = label_file(source, tmp_path / "out.flac", config)
    assert flac.split(record.target.read_bytes())[2] == flac.split(source.read_bytes())[2]
    assert verify_file(record.target).layer("watermark").outcome == "not_detected"


def test_metadata_alone_leaves_every_packet(tmp_path):
    source = coded_file(tmp_path, "mp3", "mp3", ".mp3", 64000, constant=True)
    config = dataclasses.replace(CONFIG, visible=False, watermark=False)
    record = label_file(source, tmp_path / "out.mp3", config)
    assert record.target.read_bytes().endswith(source.read_bytes())


def test_watermark_alone_keeps_the_length(tmp_path):
    record = embed_file(voice_file(tmp_path), tmp_path / "out.wav", CONTENT_ID)
    samples, rate = soundfile.read(record.target)
    assert len(samples) == 4 * RATE
    assert audio.extract(samples, rate).content_id == CONTENT_ID
    assert verify_file(record.target).layer("visible").outcome == "not_detected"


def test_a_stronger_mark_changes_more(tmp_path):
    source = voice_file(tmp_path, "WAV", "FLOAT")
    original = soundfile.read(source)[0]
    changes = []
    for strength in (0.5, 1.0, 2.0):
        record = embed_file(source, tmp_path / f"{strength}.wav", CONTENT_ID, strength=strength)
        changes.append(np.square(soundfile.read(record.target)[0] - original).sum())
    assert changes[0] < changes[1] < changes[2]


def test_a_mark_that_does_not_survive_is_tried_more_strongly(tmp_path, monkeypatch):
    read, strengths = sound_loop._read_back, []

    def strict(final, task, content):
        strengths.append(content._strength)
        if len(strengths) < 2:
            raise CapacityError("erased")
        return read(final, task, content)

    monkeypatch.setattr(sound_loop, "_read_back", strict)
    record = label_file(voice_file(tmp_path), tmp_path / "out.wav", CONFIG)
    assert strengths == [1.0, 1.25]
    assert [message.code for message in record.messages] == ["note.stronger"]


def test_labelling_again_adds_no_second_cue(tmp_path):
    first = label_file(voice_file(tmp_path), tmp_path / "a.wav", CONFIG)
    with pytest.raises(InputError, match="already"):
        label_file(first.target, tmp_path / "b.wav", CONFIG)
    second = label_file(first.target, tmp_path / "b.wav", dataclasses.replace(CONFIG, propagator="B"), relabel=True)
    assert soundfile.info(second.target).frames == soundfile.info(first.target).frames
    assert len(second.report.layer("visible").evidence["spans"]) == 1
    assert second.content_id == first.content_id


@pytest.mark.parametrize(
    ("options", "kind", "positions"),
    [
        ({"audible_place": "end"}, "rhythm", ["end"]),
        ({"audible_place": "both"}, "rhythm", ["start", "end"]),
        ({"audible_place": [1.0]}, "rhythm", ["middle"]),
        ({"audible": "spoken"}, "spoken", ["start"]),
        ({"audible": "spoken", "audible_language": "en", "audible_place": "both"}, "spoken", ["start", "end"]),
    ],
)
def test_the_audible_label_takes_the_form_and_place_asked_for(tmp_path, options, kind, positions):
    config = Config(producer="ACME", watermark=False, **options)
    record = label_file(voice_file(tmp_path), tmp_path / "out.wav", config)
    assert [message.code for message in record.messages] == []
    evidence = verify_file(record.target).layer("visible").evidence
    assert (evidence["kind"], evidence["positions"], evidence["findings"]) == (kind, positions, [])
    again = label_file(record.target, tmp_path / "again.wav", config, relabel=True)
    assert soundfile.info(again.target).frames == soundfile.info(record.target).frames


def test_an_own_prompt_is_left_to_the_listener(tmp_path):
    prompt = tmp_path / "prompt.wav"
    prompt.write_bytes(encoded(synthetic_voice(1.0, seed=8), rate=RATE))
    config = Config(producer="ACME", watermark=False, audible="spoken", audible_prompt=prompt)
    record = label_file(voice_file(tmp_path), tmp_path / "out.wav", config)
    assert soundfile.info(record.target).frames == 5.3 * RATE
    visible = record.report.layer("visible")
    assert (visible.outcome, visible.messages[0].code) == ("not_checked", "not_checked.own_prompt")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"audible_text": "本音频由AI生成"}, "spoken"),
        ({"audible": "spoken", "audible_text": "hello"}, "lacks an element"),
        ({"audible_place": [99.0]}, "99"),
    ],
)
def test_audible_labels_that_cannot_be_meant_are_refused(tmp_path, options, words):
    with pytest.raises(InputError, match=words):
        label_file(voice_file(tmp_path), tmp_path / "out.wav", Config(producer="ACME", **options))
    assert not (tmp_path / "out.wav").exists()


def test_sound_too_plain_or_short_for_a_mark_leaves_no_file(tmp_path):
    config = dataclasses.replace(CONFIG, visible=False)
    for name, samples in (("silent", np.zeros(3 * RATE)), ("short", synthetic_voice(1))):
        source = tmp_path / f"{name}.wav"
        source.write_bytes(encoded(samples))
        with pytest.raises(CapacityError):
            label_file(source, tmp_path / "out.wav", config)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["short.wav", "silent.wav"]


@pytest.mark.parametrize("how", [LOSSY[0], LOSSY[2], LOSSY[5]], ids=["mp3", "m4a", "opus"])
def test_damaged_coded_sound_gives_only_errors_of_the_package(tmp_path, how):
    suffix = how[2]
    data = coded_file(tmp_path, *how[:4], constant=how[4]).read_bytes()
    rng = np.random.default_rng(3)
    source, target = tmp_path / f"damaged{suffix}", tmp_path / f"out{suffix}"
    variants = [data[: len(data) // 2], data[:300], data[:60] + bytes(200) + data[260:], b"\0" * 4000]
    for _ in range(3):
        changed = bytearray(data)
        for place in rng.integers(0, 600, 4):
            changed[place] = rng.integers(256)
        variants.append(bytes(changed))
    for variant in variants:
        source.write_bytes(variant)
        for act in (lambda: verify_file(source), lambda: label_file(source, target, CONFIG)):
            try:
                act()
            except SynthmarkError:
                continue
        assert {path.name for path in tmp_path.iterdir()} <= {f"voice{suffix}", source.name, target.name}
        target.unlink(missing_ok=True)


def test_coded_sound_without_samples_or_with_endless_length_is_refused(tmp_path):
    with pytest.raises(DamagedMediaError):
        verify_file(_written(tmp_path / "tag.mp3", b"\xff\xfb\x90\x64" + bytes(413)))
    vorbis = bytearray(encoded(voices(), "OGG", "VORBIS"))
    last = vorbis.rfind(b"OggS")
    vorbis[last + 6 : last + 14] = struct.pack("<q", 10 * 3600 * RATE)  # ten hours, and a wrong checksum
    assert verify_file(_written(tmp_path / "long.ogg", bytes(vorbis))).verdict == "not_labelled"  # by what is there


def _written(path, data):
    path.write_bytes(data)
    return path


def test_commands_take_sound_files(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    voice_file(tmp_path / "in")
    arguments = ["label", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--jobs", "1", "--producer", "ACME"]
    assert main([*arguments, "--audible", "spoken", "--audible-place", "end"]) == 0
    capsys.readouterr()
    assert main(["extract", str(tmp_path / "out"), "--lang", "en"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "Audible label yes" in printed
    assert "Spoken labels found: 1" in printed

"""Labelling and checking whole video files, with a stand-in for the watermark of pictures."""

import av
import clips
import numpy as np
import pytest
from clips import CONTENT_ID, clip, sound_of, times_of
from stand_in_video_watermark import install

import synthmark
from synthmark import video
from synthmark.config import Config
from synthmark.errors import InputError

CONFIG = Config(producer="Studio", preset="ultrafast")
CONFIG_FOR_METADATA = Config(producer="Studio", no_reencode=True)


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch):
    install(monkeypatch)


def labelled(source, config=CONFIG, name=None, **options):
    target = source.with_name(name or f"labelled{source.suffix}")
    return target, synthmark.label_file(source, target, config, content_id=CONTENT_ID, **options)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.webm", "a.avi", "a.flv"])
def test_all_layers_are_written_in_one_pass_and_read_back(tmp_path, name):
    film = {".webm": "vp9", ".avi": "mpeg4"}.get(name[1:], "h264")
    config = Config(producer="Studio", preset="8" if film == "vp9" else None)
    sound = "libopus" if film == "vp9" else "libmp3lame"
    source = clip(tmp_path / name, film, frames=60, size=(192, 108), sounds=(sound,))
    target, record = labelled(source, config)
    assert record.layers == ("visible", "watermark", "metadata")
    assert record.frames == 60
    assert record.placement["span"] == "whole"
    report = synthmark.verify_file(target)
    assert report.verdict == "labelled"
    watermark = report.layer("watermark")
    assert watermark.claims["content_id"] == f"{CONTENT_ID:016x}"
    assert (watermark.evidence["in_pictures"], watermark.evidence["in_sound"]) == (True, True)
    assert report.layer("metadata").claims["content_id"] == f"{CONTENT_ID:016x}"
    assert report.agreement == {"content_id": ("metadata", "watermark")}
    assert times_of(target) == times_of(source)


def test_the_label_is_seen_where_the_record_says(tmp_path):
    source = clip(tmp_path / "a.mkv", "ffv1", frames=30)
    target, record = labelled(source, Config(producer="Studio", watermark=False))
    left, top, right, bottom = record.placement["box"]
    with av.open(str(source)) as before, av.open(str(target)) as after:
        for old, new in zip(before.decode(video=0), after.decode(video=0), strict=True):
            change = old.to_ndarray()[:180].astype(int) != new.to_ndarray()[:180]
            inside = np.zeros_like(change)
            inside[top:bottom, left:right] = True
            assert change[inside].mean() > 0.5
            assert not change[~inside].any()


def test_a_label_at_the_start_ends_after_three_seconds(tmp_path):
    source = clip(tmp_path / "a.mkv", "ffv1", frames=100, size=(160, 120))
    target, record = labelled(source, Config(producer="Studio", watermark=False, label="start"))
    assert record.placement["span"] == "start"
    with av.open(str(source)) as before, av.open(str(target)) as after:
        pairs = zip(before.decode(video=0), after.decode(video=0), strict=True)
        changed = [not np.array_equal(old.to_ndarray(), new.to_ndarray()) for old, new in pairs]
    assert changed == [True] * 75 + [False] * 25


@pytest.mark.parametrize("watermark", [True, False])
def test_the_audible_label_lies_over_the_sound_where_it_is_asked_for(tmp_path, watermark):
    source = clip(tmp_path / "a.mkv", frames=150, size=(128, 96), sounds=("flac",))
    config = Config(producer="Studio", audible_in_video=True, audible_place="both", watermark=watermark)
    target, record = labelled(source, config)
    assert record.messages == ()
    spans = synthmark.verify_file(target).layer("visible").evidence["audible"]["spans"]
    assert [round(start) for start, _ in spans] == [0, 5]
    before, after = (sound_of(file)[1] for file in (source, target))
    assert len(after) == len(before)
    between = slice(2 * 48000, 4 * 48000)
    assert watermark or np.array_equal(before[between], after[between])
    plain, _ = labelled(source, Config(producer="Studio"), "plain.mkv")
    assert "audible" not in synthmark.verify_file(plain).layer("visible").evidence


def test_a_video_without_sound_gets_no_audible_label_and_it_is_said(tmp_path):
    source = clip(tmp_path / "a.mkv", "ffv1", frames=30)
    _, record = labelled(source, Config(producer="Studio", audible_in_video=True, watermark=False))
    assert [message.code for message in record.messages] == ["note.sound_unlabelled"]


def test_the_label_does_not_make_a_black_scene_carry_a_mark(tmp_path, monkeypatch):
    bright = clips.texture
    monkeypatch.setattr(clips, "texture", lambda number, *size: bright(number, *size) * (number < 30) + 0.0627)
    source = clip(tmp_path / "a.mkv", frames=60, pixel_format="yuv420p")
    _, record = labelled(source)
    codes = [(message.code, dict(message.params)) for message in record.messages]
    assert codes == [("note.spans_unmarked", {"seconds": "1.2"})]


def test_without_coding_anew_every_packet_stays(tmp_path):
    source = clip(tmp_path / "a.mp4", sounds=("aac",))
    target, record = labelled(source, CONFIG_FOR_METADATA)
    assert [message.code for message in record.messages] == ["note.not_coded_anew"]
    assert record.layers == ("metadata",)
    packets = []
    for file in (source, target):
        with av.open(str(file)) as container:
            packets.append([(each.stream.index, each.pts, bytes(each)) for each in container.demux()])
    assert packets[0] == packets[1]
    report = synthmark.verify_file(target)
    assert report.layer("metadata").outcome == "detected"
    assert report.layer("watermark").outcome == "not_detected"


def test_pictures_and_sound_of_different_files_are_a_contradiction(tmp_path):
    source = clip(tmp_path / "a.mkv", frames=60, size=(192, 108), sounds=("flac",))
    first, second = tmp_path / "first.mkv", tmp_path / "second.mkv"
    video.embed(source, first, CONTENT_ID)
    video.embed(source, second, CONTENT_ID + 1)
    mixed = tmp_path / "mixed.mkv"
    with av.open(str(first)) as pictures, av.open(str(second)) as sound, av.open(str(mixed), "w") as output:
        parts = ((pictures, pictures.streams.video[0]), (sound, sound.streams.audio[0]))
        copies = [output.add_stream_from_template(stream, opaque=True) for _, stream in parts]
        for (container, stream), copy in zip(parts, copies, strict=True):
            for packet in container.demux(stream):
                if packet.size:
                    packet.stream = copy
                    output.mux(packet)
    report = synthmark.verify_file(mixed)
    assert report.verdict == "conflict"
    assert "conflict.sound" in [message.code for message in report.layer("watermark").messages]
    assert video.extract(mixed).agrees is False


def test_a_mark_in_the_sound_alone_is_found_and_said(tmp_path):
    source = clip(tmp_path / "a.mkv", frames=60, size=(192, 108), sounds=("flac",))
    marked = tmp_path / "marked.mkv"
    video.embed(source, marked, CONTENT_ID)
    other = tmp_path / "other.mkv"
    with av.open(str(source)) as pictures, av.open(str(marked)) as sound, av.open(str(other), "w") as output:
        parts = ((pictures, pictures.streams.video[0]), (sound, sound.streams.audio[0]))
        copies = [output.add_stream_from_template(stream, opaque=True) for _, stream in parts]
        for (container, stream), copy in zip(parts, copies, strict=True):
            for packet in container.demux(stream):
                if packet.size:
                    packet.stream = copy
                    output.mux(packet)
    evidence = synthmark.verify_file(other).layer("watermark").evidence
    assert (evidence["in_pictures"], evidence["in_sound"]) == (False, True)
    found = video.extract(other)
    assert found.content_id == CONTENT_ID
    assert found.agrees is None


def test_a_copy_of_another_container_is_refused(tmp_path):
    source = clip(tmp_path / "a.mp4", frames=4)
    with pytest.raises(InputError, match="MP4"):
        synthmark.label_file(source, tmp_path / "b.mkv", CONFIG)


def test_a_labelled_video_is_not_labelled_twice(tmp_path):
    target, _ = labelled(clip(tmp_path / "a.mp4", frames=30))
    with pytest.raises(InputError, match="already"):
        synthmark.label_file(target, tmp_path / "again.mp4", CONFIG)


def test_the_command_line_marks_and_reads_a_video(tmp_path, capsys):
    from synthmark.cli import main

    source, target = clip(tmp_path / "a.mp4", frames=40), tmp_path / "b.mp4"
    arguments = ["embed", str(source), "-o", str(target), "--content-id", f"{CONTENT_ID:x}", "--crf", "14"]
    assert main([*arguments, "--preset", "ultrafast"]) == 0
    assert f"{CONTENT_ID:016x}" in capsys.readouterr().out
    assert video.extract(target).content_id == CONTENT_ID
    assert main([*arguments, "--overwrite", "--preset", "warp"]) == 2
    assert "medium" in capsys.readouterr().err

"""Looking for labels in a video while it is decoded: which frames are looked at, and what is reported of them."""

from fractions import Fraction

import av
import numpy as np
import pytest
from clips import clip, frame, voice
from stand_in_video_watermark import install

import synthmark
from synthmark.audio.cue import rhythm_cue
from synthmark.config import Config
from synthmark.files import video_looks
from synthmark.files.video_form import frame_form
from synthmark.files.video_looks import LabelWatch, Witness
from synthmark.video.visible import prepare_label


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch):
    install(monkeypatch)


def looked_at(monkeypatch, times, seconds):
    """Return when the frames that are looked at begin and end, of frames shown at these times."""
    monkeypatch.setattr(video_looks, "_label_in", lambda *_: None)
    watch = LabelWatch(Fraction(1), seconds)
    for time in times:
        watch.push(frame(0, width=64, height=64), time)
    return [(round(look.begin, 3), round(look.end, 3)) for look in watch.finish()]


def test_first_and_last_frame_two_moments_and_the_middle_are_looked_at(monkeypatch):
    times = [number / 25 for number in range(250)]
    assert looked_at(monkeypatch, times, 10.0) == [(0, 0.04), (0.96, 1), (1.96, 2), (4.96, 5), (9.96, 9.96)]


def test_short_videos_and_slow_ones(monkeypatch):
    assert looked_at(monkeypatch, [0.0], None) == [(0, 0)]
    assert looked_at(monkeypatch, [0.0, 0.04], None) == [(0, 0.04), (0.04, 0.04)]
    assert looked_at(monkeypatch, [0.0, 3.0, 9.0], 9.0) == [(0, 3), (3, 9), (9, 9)]
    assert looked_at(monkeypatch, [], 9.0) == []


def test_a_frame_too_large_to_search_is_left_out(monkeypatch):
    monkeypatch.setattr(video_looks, "_MOST_PIXELS", 64 * 64)
    watch = LabelWatch(Fraction(2), None)
    watch.push(frame(0, width=64, height=64), 0.0)
    assert watch.finish() == ()


@pytest.mark.parametrize("size", [(640, 360), (3840, 1632)])
def test_the_label_is_measured_in_pixels_of_the_frame(size):
    shown = frame(1, width=size[0], height=size[1])
    form = frame_form(shown, None)
    planes = [np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[:, : plane.width] for plane in shown.planes]
    label = prepare_label([planes], form)
    label.draw(planes, 0.0)
    found = video_looks._label_in(shown, None)
    assert found.text == "AI生成"
    assert found.box.shared_area(label.placement.box) > 0.9 * label.placement.box.area
    assert found.ink_height == pytest.approx(label.placement.ink_height, rel=0.06)
    assert found.fraction == pytest.approx(label.placement.ink_height / size[1], rel=0.06)


def checked(tmp_path, frames, **options):
    source = clip(tmp_path / "a.mp4", size=(320, 240), frames=frames)
    target = tmp_path / "b.mp4"
    config = Config(producer="Studio", watermark=False, preset="ultrafast", **options)
    record = synthmark.label_file(source, target, config)
    return record, synthmark.verify_file(target).layer("visible")


def test_a_label_all_through_conforms(tmp_path):
    record, layer = checked(tmp_path, 80)
    assert layer.outcome == "detected"
    assert layer.claims["text"] == "AI生成"
    assert layer.evidence["conforms"]
    assert layer.evidence["seen_at"] == layer.evidence["looked_at"]
    assert np.allclose(layer.evidence["box"], record.placement["box"], atol=3)
    codes = [message.code for message in layer.messages]
    assert codes == ["visible.found", "visible.video_whole", "visible.video_conforming"]
    assert record.report.layer("visible").messages[0].code == "not_checked.drawn"


def test_a_label_of_the_first_seconds_conforms_and_says_how_long_it_was_seen(tmp_path):
    _, layer = checked(tmp_path, 100, label="start")
    codes = [message.code for message in layer.messages]
    assert codes == ["visible.found", "visible.video_shown", "visible.video_conforming"]
    assert layer.messages[1].params == {"end": "2.0"}
    assert len(layer.evidence["seen_at"]) < len(layer.evidence["looked_at"])


def test_without_a_label_nothing_is_said_of_the_labels_of_others(tmp_path):
    layer = synthmark.verify_file(clip(tmp_path / "a.mp4", frames=30)).layer("visible")
    assert layer.outcome == "not_checked"
    assert [message.code for message in layer.messages] == ["visible.video_unknown"]


def test_a_rhythm_cue_in_the_sound_is_reported(tmp_path):
    source = clip(tmp_path / "a.mkv", frames=30, size=(128, 96))
    samples = 0.3 * rhythm_cue(48000)
    with av.open(str(source)) as container:
        witness = Witness(_Reader(container.streams.video[0]), 48000)
        for picture in container.decode(video=0):
            witness.see(picture, float(picture.time))
    for part in np.array_split(np.concatenate([np.zeros(48000), samples, np.zeros(48000)])[:, None], 5):
        witness.hear(part.astype(np.float32))
    looks, heard = witness.finish()
    assert len(looks) >= 2
    assert [cue.start for cue in heard.cues] == [pytest.approx(1.0, abs=0.05)]


class _Reader:
    """As much of a reader as a witness asks for."""

    def __init__(self, film):
        self.film, self.seconds = film, 1.2


def test_sound_of_a_video_reaches_the_witness(tmp_path, monkeypatch):
    heard = []
    monkeypatch.setattr(Witness, "hear", lambda _, samples: heard.append(samples))
    synthmark.verify_file(clip(tmp_path / "a.mp4", frames=30, sounds=("aac",)))
    assert sum(map(len, heard)) == pytest.approx(voice(1.2).shape[1], abs=4096)
    assert {samples.shape[1] for samples in heard} == {2}

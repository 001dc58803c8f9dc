"""Frames from all over a video, found without decoding more of it than needed."""

import pytest
from clips import clip

from synthmark.video.sampling import sample_frames


def seconds_of(path):
    return [frame.time for frame in sample_frames(path)]


def test_a_short_video_is_sampled_from_its_beginning_to_its_end(tmp_path):
    times = seconds_of(clip(tmp_path / "a.mp4", frames=100, size=(64, 48), options={"preset": "medium", "crf": "20"}))
    assert times[0] == 0
    assert len(times) >= 12
    assert times == sorted(set(times))
    assert times[-1] > 3.4


@pytest.mark.parametrize("frames", [100, 1050])
def test_key_frames_are_taken_where_there_are_enough(tmp_path, frames):
    times = seconds_of(clip(tmp_path / "a.mp4", frames=frames, size=(64, 48), options={"g": "5"}))
    assert times[0] == 0
    assert len(times) == 16
    assert times[-1] > 0.9 * frames / 25 - 0.2
    assert all(round(time * 25) % 5 == 0 for time in times)


def test_a_long_video_with_few_key_frames_is_sampled_between_them(tmp_path):
    options = {"g": "2000", "sc_threshold": "0"}
    times = seconds_of(clip(tmp_path / "a.mp4", frames=1100, size=(64, 48), options=options))
    assert times[0] == 0
    assert len(times) == 16
    assert times[-1] > 40


def test_a_single_frame_is_all_there_is(tmp_path):
    assert seconds_of(clip(tmp_path / "a.mp4", frames=1, size=(64, 48))) == [0]

import numpy as np
import pytest

from synthmark.video.stretches import SceneCuts, StretchClock


def test_the_first_frame_begins_a_scene_and_noise_begins_none():
    random, cuts = np.random.default_rng(1), SceneCuts()
    frames = [100 + random.normal(0, 3, (40, 60)).astype(np.float32) for _ in range(20)]
    assert [cuts.is_cut(frame) for frame in frames] == [True] + [False] * 19


def test_another_picture_begins_a_scene():
    random, cuts = np.random.default_rng(2), SceneCuts()
    first, second = (random.uniform(0, 255, (40, 60)).astype(np.float32) for _ in range(2))
    assert [cuts.is_cut(frame) for frame in (first, first + 1, second, second)] == [True, False, True, False]


def test_a_scene_that_moves_quickly_is_no_row_of_cuts():
    random, cuts = np.random.default_rng(3), SceneCuts()
    frames = [random.uniform(0, 60, (40, 60)).astype(np.float32) for _ in range(10)]
    assert sum(cuts.is_cut(frame) for frame in frames) <= 2


def test_motion_is_the_change_within_a_scene():
    cuts = SceneCuts()
    for number in range(40):
        cuts.is_cut(np.full((40, 60), 100.0 + 5 * (number % 2), np.float32))
    assert cuts.motion == pytest.approx(5, abs=0.1)
    assert cuts.is_cut(np.full((40, 60), 200.0, np.float32))
    assert cuts.motion == 0


def test_a_stretch_lasts_ten_seconds_and_fades_into_the_next():
    clock = StretchClock()
    assert clock.shares(0.0, True) == ((0, 1.0),)
    assert clock.shares(9.9, False) == ((0, 1.0),)
    (old, much), (new, little) = clock.shares(10.0, False)
    assert (old, new, much, little) == (0, 1, 1.0, 0.0)
    (_, some), (_, more) = clock.shares(10.25, False)
    assert some**2 + more**2 == pytest.approx(1)
    assert clock.shares(10.6, False) == ((1, 1.0),)


def test_a_cut_changes_the_pattern_at_once():
    clock = StretchClock()
    clock.shares(0.0, True)
    assert clock.shares(3.0, True) == ((1, 1.0),)
    assert clock.number == 1

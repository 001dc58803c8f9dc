import numpy as np
import pytest

from synthmark.video.masking import Mask, local_activity

SHAPE = (64, 96)


def flat(level):
    return np.full(SHAPE, level, np.float32)


def test_flat_still_light_frames_have_strength_one():
    wanted, limit = Mask().follow(flat(128), True)
    assert wanted == pytest.approx(1.0)
    assert limit == pytest.approx(0.9)


def test_the_mark_is_weaker_where_it_is_black():
    wanted, limit = Mask().follow(flat(16), True)
    assert wanted == pytest.approx(0.8)
    assert limit == pytest.approx(0.72)


def test_texture_hides_more():
    texture = 128 + 30 * np.random.default_rng(1).standard_normal(SHAPE).astype(np.float32)
    wanted, limit = Mask().follow(texture, True)
    assert wanted.min() > 1.2
    assert limit.min() > 1.08
    assert wanted.max() <= 1.41


def test_an_edge_hides_nothing_on_its_flat_side():
    frame = flat(60)
    frame[:, 48:] = 200
    assert local_activity(frame)[:, :36].max() < 1e-3


def test_motion_takes_strength_and_allows_more():
    random, mask = np.random.default_rng(2), Mask()
    still, _ = mask.follow(flat(128), True)
    for _ in range(20):
        wanted, limit = mask.follow(flat(128) + random.choice([-8, 8], SHAPE).astype(np.float32), False)
    texture = Mask().follow(flat(128) + random.choice([-8, 8], SHAPE).astype(np.float32), True)
    assert wanted.mean() < 0.5 * texture[0].mean()
    assert limit.mean() > 1.5 * texture[1].mean()
    assert still == pytest.approx(1.0)


def test_noise_is_no_motion():
    random, mask = np.random.default_rng(3), Mask()
    frames = [flat(128) + random.normal(0, 0.5, SHAPE).astype(np.float32) for _ in range(10)]
    for number, frame in enumerate(frames):
        wanted, _ = mask.follow(frame, number == 0)
    assert wanted.min() > 0.99


def test_a_cut_forgets_what_was_before():
    mask = Mask()
    mask.follow(flat(16), True)
    wanted, _ = mask.follow(flat(128), True)
    assert wanted == pytest.approx(1.0)
    slow, _ = mask.follow(flat(16), False)
    assert slow == pytest.approx(1 + 0.3 * (0.8 / 13 - 1))

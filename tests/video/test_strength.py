import numpy as np
import pytest
from scenes import photograph

from synthmark.image.carriers import carriers
from synthmark.keys import key_bytes
from synthmark.video.pattern import pattern
from synthmark.video.strength import (
    BEST_PSNR,
    LOOKED_AT_PSNR,
    MOVING_PSNR,
    OPENING_PSNR,
    STILL_PSNR,
    StrengthControl,
    Survival,
    surviving,
)

CARRIERS = carriers(key_bytes(None))
CONTENT_ID = 5
MOVING = 10.0
CODED = CARRIERS.coded_signs(CONTENT_ID)
EASY = 20.0


def eb_n0(amplitude, lines=512):
    luma = photograph()[:256, :400].astype(np.float32) + amplitude * pattern(CARRIERS, CONTENT_ID, 256, 400, 0)
    return surviving(np.clip(luma, 0, 255).astype(np.uint8), lines, (256, 400), CARRIERS, CODED)


def test_a_stronger_mark_survives_better():
    assert eb_n0(0.0).mild < 0
    assert eb_n0(1.0).hard < eb_n0(3.0).hard < eb_n0(9.0).hard
    assert eb_n0(1.0).mild < eb_n0(3.0).mild < eb_n0(9.0).mild
    assert eb_n0(3.0).hard < eb_n0(3.0).mild


def test_frames_of_more_lines_lose_less():
    assert eb_n0(2.0, 1080).hard > eb_n0(2.0, 512).hard
    assert eb_n0(2.0, 1080).mild == eb_n0(2.0, 512).mild
    assert eb_n0(2.0, 4320).hard > eb_n0(2.0, 2160).mild


def settled(survived, motion, mild=EASY, **options):
    """Return the quality of a scene that began ten seconds ago."""
    control = StrengthControl(1.0, **options)
    control.observe(0.0, Survival(survived, mild), True)
    control.psnr(0.0, motion)
    return control.psnr(10.0, motion)


def begun(survived, motion=MOVING, mild=EASY, **options):
    control = StrengthControl(1.0, **options)
    control.observe(0.0, Survival(survived, mild), True)
    return control.psnr(0.0, motion)


def test_what_is_spared_is_given_back():
    assert settled(5.5, MOVING) == pytest.approx(LOOKED_AT_PSNR + 0.9 * 4.0)


@pytest.mark.parametrize(("survived", "psnr"), [(-20.0, MOVING_PSNR - 1.5), (-4.0, MOVING_PSNR), (40.0, BEST_PSNR)])
def test_quality_stays_between_its_bounds(survived, psnr):
    assert settled(survived, MOVING) == pytest.approx(psnr)


def test_what_hardly_moves_is_changed_less():
    assert settled(0.0, 0.0) == STILL_PSNR
    assert MOVING_PSNR < settled(0.0, 5.0) < STILL_PSNR
    assert settled(0.0, 0.0, room=1.25) == pytest.approx(STILL_PSNR - 1.94, abs=0.01)
    assert settled(-20.0, 0.0, room=0.8) == pytest.approx(STILL_PSNR - 3.0 + 1.94, abs=0.01)
    assert settled(0.0, 0.0, room=0.8) == BEST_PSNR


def test_a_still_scene_that_survives_badly_is_changed_more():
    assert settled(-4.0, 0.0) == pytest.approx(STILL_PSNR - 1.0)
    assert settled(-30.0, 0.0) == pytest.approx(STILL_PSNR - 3.0)


def test_a_still_scene_is_changed_enough_to_read_a_frame_alone():
    assert settled(0.0, 0.0, mild=3.0) == pytest.approx(LOOKED_AT_PSNR + 3.0 + 2.8)
    assert settled(0.0, 0.0, mild=-20.0) == MOVING_PSNR
    assert settled(0.0, MOVING, mild=3.0) == MOVING_PSNR


def test_a_scene_begins_with_as_much_as_its_mark_needs():
    assert begun(-20.0) == OPENING_PSNR
    assert OPENING_PSNR < begun(0.0) < begun(1.0) < MOVING_PSNR
    assert begun(1.3) == pytest.approx(LOOKED_AT_PSNR)
    assert begun(40.0) == pytest.approx(49.0)
    assert begun(-20.0, room=1.6) == pytest.approx(OPENING_PSNR - 0.3)


def test_scenes_that_follow_soon_begin_with_less_and_so_do_short_videos():
    control = StrengthControl(1.0)
    starts = []
    for seconds in (0.0, 1.0, 2.9, 3.1):
        control.observe(seconds, Survival(-4.0, EASY), True)
        starts.append(control.psnr(seconds, MOVING))
    assert starts == pytest.approx([OPENING_PSNR, 47.0, 47.0, OPENING_PSNR])
    assert begun(-4.0, seconds=2.9) == pytest.approx(47.0)
    assert begun(-4.0, seconds=3.1) == OPENING_PSNR


def test_the_strong_beginning_fades_and_says_by_how_much_it_exceeds():
    control = StrengthControl(1.0)
    control.observe(0.0, Survival(-4.0, EASY), True)
    control.psnr(0.0, MOVING)
    assert control.excess == pytest.approx(BEST_PSNR - OPENING_PSNR)
    assert control.psnr(0.2, MOVING) == pytest.approx(OPENING_PSNR + 1.8)
    assert control.psnr(2.0, MOVING) == MOVING_PSNR
    assert control.excess == 0


def test_within_a_scene_quality_changes_slowly():
    control = StrengthControl(1.0)
    control.observe(0.0, Survival(40.0, EASY), True)
    control.psnr(0.0, MOVING)
    control.observe(2.0, Survival(-4.0, EASY), False)
    assert control.psnr(2.0, MOVING) == MOVING_PSNR  # two seconds later
    control.observe(4.0, Survival(40.0, EASY), False)
    assert control.psnr(2.2, MOVING) == pytest.approx(MOVING_PSNR + 1.8)
    control.psnr(4.0, MOVING)
    control.observe(6.0, Survival(-4.0, EASY), False)
    assert control.psnr(4.5, MOVING) == pytest.approx(BEST_PSNR - 2.0)


def test_it_looks_every_two_seconds_and_after_cuts():
    control = StrengthControl(1.0)
    assert control.due(0.0, False)
    control.observe(0.0, Survival(3.0, EASY), True)
    assert not control.due(1.9, False)
    assert control.due(1.9, True)
    assert control.due(2.0, False)


def test_a_factor_lowers_the_quality_by_as_much():
    plain, louder = StrengthControl(1.0), StrengthControl(2.0)
    assert plain.psnr(0.0, 0.0) - louder.psnr(0.0, 0.0) == pytest.approx(6.02, abs=0.01)

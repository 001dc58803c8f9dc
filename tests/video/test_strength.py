import numpy as np
import pytest
from scenes import photograph

from synthmark.image.carriers import carriers
from synthmark.keys import key_bytes
from synthmark.video.pattern import pattern
from synthmark.video.strength import BEST_PSNR, STILL_PSNR, WORST_PSNR, StrengthControl, surviving

CARRIERS = carriers(key_bytes(None))
CONTENT_ID = 5
MOVING = 10.0
CODED = CARRIERS.coded_signs(CONTENT_ID)


def eb_n0(amplitude, lines=512):
    luma = photograph()[:256, :400].astype(np.float32) + amplitude * pattern(CARRIERS, CONTENT_ID, 256, 400, 0)
    return surviving(np.clip(luma, 0, 255).astype(np.uint8), lines, (256, 400), CARRIERS, CODED)


def test_a_stronger_mark_survives_better():
    assert eb_n0(0.0) < 0
    assert eb_n0(1.0) < eb_n0(3.0) < eb_n0(9.0)


def test_frames_of_more_lines_lose_less():
    assert eb_n0(2.0, 1080) > eb_n0(2.0, 512)


def test_what_is_spared_is_given_back():
    control = StrengthControl(1.0)
    control.observe(0.0, 5.5, True)
    assert control.psnr(0.0, MOVING) == pytest.approx(WORST_PSNR + 0.9 * 4.0)


@pytest.mark.parametrize(("survived", "psnr"), [(-20.0, WORST_PSNR), (40.0, BEST_PSNR)])
def test_quality_stays_between_its_bounds(survived, psnr):
    control = StrengthControl(1.0)
    control.observe(0.0, survived, True)
    assert control.psnr(0.0, MOVING) == pytest.approx(psnr)


def test_what_hardly_moves_is_changed_less():
    still, slow, small, large = (StrengthControl(1.0, room) for room in (1.0, 1.0, 1.25, 0.8))
    assert still.psnr(0.0, 0.0) == STILL_PSNR
    assert WORST_PSNR < slow.psnr(0.0, 5.0) < STILL_PSNR
    assert small.psnr(0.0, 0.0) == pytest.approx(STILL_PSNR - 1.94, abs=0.01)
    assert large.psnr(0.0, 0.0) == pytest.approx(STILL_PSNR + 1.94, abs=0.01)
    assert large.psnr(0.0, MOVING) > StrengthControl(1.0).psnr(0.0, MOVING)


def test_within_a_scene_quality_changes_slowly():
    control = StrengthControl(1.0)
    control.observe(0.0, -20.0, True)
    control.psnr(0.0, MOVING)
    control.observe(2.0, 40.0, False)
    assert control.psnr(0.5, MOVING) == pytest.approx(WORST_PSNR + 2.0)
    assert control.psnr(1.0, MOVING) == pytest.approx(WORST_PSNR + 4.0)


def test_it_looks_every_two_seconds_and_after_cuts():
    control = StrengthControl(1.0)
    assert control.due(0.0, False)
    control.observe(0.0, 3.0, True)
    assert not control.due(1.9, False)
    assert control.due(1.9, True)
    assert control.due(2.0, False)


def test_a_factor_lowers_the_quality_by_as_much():
    plain, louder = StrengthControl(1.0), StrengthControl(2.0)
    assert plain.psnr(0.0, 0.0) - louder.psnr(0.0, 0.0) == pytest.approx(6.02, abs=0.01)

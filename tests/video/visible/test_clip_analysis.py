"""What is found in the frames of a clip."""

import numpy as np
import pytest
from skimage import data

from synthmark.video.visible.clip_analysis import active_area, analyse_clip, reduced_frames
from synthmark.video.visible.frame_form import FrameForm
from synthmark.visible.boxes import Box

WHOLE = Box(0, 0, 1, 1)


def moving(number, shape=(240, 400)):
    scene = np.tile(data.coffee()[..., 1], (2, 3))
    return np.roll(scene, 41 * number, axis=1)[: shape[0], : shape[1]].copy()


def ring(picture):
    """A logo in the corner."""
    rows, columns = np.mgrid[-15:15, -15:15]
    picture[10:40, 10:40][np.hypot(rows, columns) % 8 < 4] = 255
    return picture


LOGO = Box(12, 12, 38, 38)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_copies_are_upright_and_on_one_scale(rotation):
    form = FrameForm(width=640, height=360, bit_depth=10, rotation=rotation)
    shown = np.zeros(form.displayed_size[::-1], np.uint16) + 64
    shown[: shown.shape[0] // 4] = 940
    (grey,) = reduced_frames([[np.ascontiguousarray(form.stored(shown))]], form)
    assert grey.shape[0] / grey.shape[1] == pytest.approx(shown.shape[0] / shown.shape[1], rel=0.02)
    assert grey[5].min() == 255
    assert grey[-5].max() == 0


@pytest.mark.parametrize(
    ("top", "bottom", "left", "right", "expected"),
    [
        (0, 0, 0, 0, WHOLE),
        (30, 30, 0, 0, Box(0, 0.125, 1, 0.875)),
        (0, 0, 50, 50, Box(0.125, 0, 0.875, 1)),
        (30, 30, 50, 50, Box(0.125, 0.125, 0.875, 0.875)),
        (60, 30, 0, 0, Box(0, 0.125, 1, 0.875)),
        (60, 0, 0, 0, WHOLE),
        (2, 2, 0, 0, WHOLE),
        (100, 100, 0, 0, WHOLE),
    ],
)
def test_bars_are_found_where_both_sides_have_them(top, bottom, left, right, expected):
    frame = np.full((240, 400), 4, np.uint8)
    frame[top : 240 - bottom, left : 400 - right] = 90
    assert active_area([frame, frame]) == pytest.approx(expected, abs=0.004)


def test_a_dark_scene_is_no_bar_when_another_scene_is_bright_there():
    dark, bright = np.full((240, 400), 4, np.uint8), np.full((240, 400), 90, np.uint8)
    dark[60:180] = 90
    assert active_area([dark, bright]) == WHOLE


def test_something_lit_in_the_dark_has_no_bars():
    rows, columns = np.mgrid[-120:120, -200:200]
    lit = np.where(np.hypot(rows / 90, columns / 150) < 1, 120, 4).astype(np.uint8)
    assert active_area([lit]) == WHOLE


def test_a_logo_that_lasts_is_a_mark_over_moving_pictures_only():
    panned = analyse_clip([ring(moving(number)) for number in range(12)], WHOLE, (400, 240))
    fixed = analyse_clip([ring(moving(0)) for _ in range(12)], WHOLE, (400, 240))
    elsewhere = Box(200, 100, 300, 200)
    assert panned.mean("marks", LOGO) > 0.8
    assert panned.mean("marks", elsewhere) < 0.1
    assert fixed.mean("marks", LOGO) < 0.5


def test_a_face_in_one_frame_of_many_is_a_false_find():
    clip = analyse_clip([moving(number) for number in range(12)], WHOLE, (400, 240))
    box = Box(300, 180, 390, 230)
    for frame in clip.frames:
        frame.faces.clear()
    clip.frames[3].faces.append(box)
    assert clip.covered(box) == 0
    clip.frames[7].faces.append(box)
    assert clip.covered(box) == pytest.approx(2 / 12)
    few = analyse_clip([moving(0), moving(1)], WHOLE, (400, 240))
    few.frames[0].faces[:], few.frames[1].faces[:] = [box], []
    assert few.covered(box) == 0.5


def test_platform_zones_are_marks_on_portraits_only():
    portrait = analyse_clip([np.full((400, 225), 90, np.uint8)] * 4, WHOLE, (225, 400))
    landscape = analyse_clip([np.full((225, 400), 90, np.uint8)] * 4, WHOLE, (400, 225))
    assert portrait.mean("marks", Box(0, 325, 225, 400)) == 1
    assert portrait.mean("marks", Box(200, 0, 225, 400)) == 1
    assert portrait.mean("marks", Box(0, 0, 190, 315)) == 0
    assert landscape.mean("marks", Box(0, 0, 400, 225)) == 0

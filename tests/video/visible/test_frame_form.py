"""How frames are stored and shown."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthmark.errors import InputError
from synthmark.video.visible.frame_form import FrameForm, require_planes
from synthmark.visible.boxes import Box


@pytest.mark.parametrize(
    ("rotation", "aspect", "shown"),
    [
        (0, 1, (720, 480)),
        (90, 1, (480, 720)),
        (-90, 1, (480, 720)),
        (180, 1, (720, 480)),
        (0, Fraction(32, 27), (853, 480)),
        (90, Fraction(32, 27), (480, 853)),
        (0, Fraction(8, 9), (720, 540)),
    ],
)
def test_the_displayed_size_is_turned_and_in_square_pixels(rotation, aspect, shown):
    form = FrameForm(width=720, height=480, rotation=rotation, sample_aspect=Fraction(aspect))
    assert form.displayed_size == shown


@given(
    st.sampled_from([0, 90, 180, 270, -90, -180]),
    st.integers(0, 30),
    st.integers(0, 20),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_a_box_of_the_displayed_frame_is_found_in_the_stored_one(rotation, left, top, width, height):
    form = FrameForm(width=60, height=45, rotation=rotation)
    box = Box(left, top, left + width, top + height)
    shown = np.zeros(form.displayed_size[::-1])
    shown[box.top : box.bottom, box.left : box.right] = 1
    stored = form.stored_box(box)
    assert shown.sum() == box.area
    assert form.stored(shown)[stored.top : stored.bottom, stored.left : stored.right].sum() == box.area
    assert np.array_equal(form.displayed(form.stored(shown)), shown)


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 0},
        {"bit_depth": 7},
        {"subsampling": (3, 1)},
        {"matrix": "rgb"},
        {"transfer": "log"},
        {"rotation": 45},
        {"sample_aspect": Fraction(0)},
        {"sample_aspect": Fraction(1, 1000)},
    ],
)
def test_an_impossible_form_is_refused_by_name(wrong):
    (name,) = wrong
    with pytest.raises(InputError, match=name):
        FrameForm(**{"width": 64, "height": 64} | wrong)


@pytest.mark.parametrize(
    "shapes",
    [[(45, 61)], [(45, 61), (23, 31), (23, 31)], [(45, 61), (23, 31, 2)]],
)
def test_planes_of_the_form_are_accepted(shapes):
    require_planes([np.zeros(shape, np.uint8) for shape in shapes], FrameForm(width=61, height=45))


@pytest.mark.parametrize(
    ("shapes", "dtype"),
    [
        ([], np.uint8),
        ([(61, 45)], np.uint8),
        ([(45, 61), (22, 30), (22, 30)], np.uint8),
        ([(45, 61), (23, 31)], np.uint8),
        ([(45, 61), (23, 31), (23, 31)], np.uint16),
    ],
)
def test_other_planes_are_refused(shapes, dtype):
    with pytest.raises(InputError, match="Planes"):
        require_planes([np.zeros(shape, dtype) for shape in shapes], FrameForm(width=61, height=45))

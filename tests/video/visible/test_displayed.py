"""Frames as they are displayed."""

from fractions import Fraction

import numpy as np
import pytest

from synthmark.errors import InputError
from synthmark.image.visible import find_label
from synthmark.video.visible import FrameForm, displayed_grey, prepare_label

FORMS = [
    FrameForm(width=640, height=360),
    FrameForm(width=641, height=361, rotation=90, full_range=True),
    FrameForm(width=720, height=576, sample_aspect=Fraction(64, 45), rotation=270),
    FrameForm(width=704, height=480, sample_aspect=Fraction(10, 11)),
    FrameForm(width=640, height=360, bit_depth=10, matrix="bt2020nc", transfer="pq", rotation=180),
    FrameForm(width=640, height=360, bit_depth=10, matrix="bt2020nc", transfer="hlg"),
]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_our_label_is_found_in_the_displayed_frame_where_it_was_placed(form):
    dtype, factor = (np.uint8, 1) if form.bit_depth == 8 else (np.uint16, 4)
    frame = [np.full((form.height, form.width), 100 * factor, dtype)]
    label = prepare_label([frame], form)
    label.draw(frame, 0.0)
    shown = displayed_grey(frame, form)
    found = find_label(shown)
    assert shown.shape == form.displayed_size[::-1]
    assert found.text == "AI生成"
    assert found.conforming
    assert found.anchor == label.placement.anchor
    assert found.box.shared_area(label.placement.box) > 0.9 * label.placement.box.area
    assert found.ink_height == pytest.approx(label.placement.ink_height, rel=0.2, abs=1)


def test_planes_of_another_form_are_refused():
    with pytest.raises(InputError, match="Planes"):
        displayed_grey([np.zeros((10, 10), np.uint8)], FORMS[0])

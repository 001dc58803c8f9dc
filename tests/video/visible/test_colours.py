"""The colours of a label."""

import numpy as np
import pytest

from synthmark.video.visible.colours import choose_colours
from synthmark.video.visible.frame_form import FrameForm
from synthmark.visible.boxes import Box

BOX = Box(8, 8, 40, 24)


def grey(form, level):
    """A frame of one level of signal."""
    black, white = (16, 235) if not form.full_range else (0, 255)
    dtype = np.uint8 if form.bit_depth == 8 else np.uint16
    code = (black + (white - black) * level) * 2 ** (form.bit_depth - 8)
    return [np.full((form.height, form.width), round(code), dtype)]


@pytest.mark.parametrize(
    ("levels", "white_text"), [([0.1, 0.2], True), ([0.9, 1.0], False), ([0.9, 0.1], True), ([0.6, 0.95], False)]
)
def test_black_text_is_for_clips_that_are_bright_there(levels, white_text):
    form = FrameForm(width=48, height=32)
    assert choose_colours([grey(form, level) for level in levels], BOX, form).white_text == white_text


@pytest.mark.parametrize("transfer", ["pq", "hlg"])
def test_hdr_always_has_white_text(transfer):
    form = FrameForm(width=48, height=32, bit_depth=10, matrix="bt2020nc", transfer=transfer)
    chosen = choose_colours([grey(form, 1.0)], BOX, form)
    assert chosen.white_text
    assert chosen.contrast >= 4.5


def test_the_contrast_is_that_of_the_worst_frame():
    form = FrameForm(width=48, height=32)
    dark, light = ([grey(form, level)] for level in (0.1, 0.5))
    alone = choose_colours(light, BOX, form).contrast
    assert choose_colours(dark + light, BOX, form).contrast == alone
    assert choose_colours(dark, BOX, form).contrast > alone


def test_only_what_lies_below_the_label_counts():
    form = FrameForm(width=48, height=32)
    frame = grey(form, 0.1)
    expected = choose_colours([frame], BOX, form)
    frame[0][25:] = 235
    assert choose_colours([frame], BOX, form) == expected

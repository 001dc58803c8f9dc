"""How large a label is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthmark.errors import CapacityError
from synthmark.visible.layout import fit
from synthmark.visible.typeface import load_typeface


@settings(max_examples=60, deadline=None)
@given(st.integers(40, 5000), st.integers(40, 5000), st.floats(0.05, 0.12))
def test_ink_is_as_high_as_asked_for_and_the_label_fits(width, height, fraction):
    layout = fit("AI生成", load_typeface(), (width, height), fraction)
    assert layout.ink_height >= fraction * min(width, height) - 1e-6
    assert layout.full_width <= width
    assert layout.full_height <= height
    # No more than one pixel, or what small pictures get to stay legible, above what is asked for.
    assert layout.ink_height <= max(fraction * min(width, height) * 1.05 + 2, 10)


def test_long_text_takes_two_lines_where_one_is_too_long():
    text = "本图片由人工智能生成，疑似AI编辑"
    assert fit(text, load_typeface(), (800, 400), 0.05).lines == (text,)
    lines = fit(text, load_typeface(), (400, 400), 0.05).lines
    assert len(lines) == 2
    assert "".join(lines) == text


def test_a_very_wide_picture_gets_a_small_label():
    layout = fit("AI生成", load_typeface(), (16000, 300), 0.05)
    assert 15 <= layout.ink_height <= 17
    assert layout.width < 120


def test_too_long_for_two_lines_says_what_would_fit():
    with pytest.raises(CapacityError, match="'AI生成' would fit"):
        fit("AI生成" * 20, load_typeface(), (300, 300), 0.05)


@pytest.mark.parametrize("size", [(1, 1), (10, 10), (24, 24), (5000, 8), (8, 5000)])
def test_a_picture_too_small_to_read_anything_is_refused(size):
    with pytest.raises(CapacityError, match="Use a larger picture"):
        fit("AI生成", load_typeface(), size, 0.05)


def test_a_hopeless_height_is_refused_without_drawing_it():
    with pytest.raises(CapacityError, match="needs about"):
        fit("AI生成" * 9, load_typeface(), (100_000, 100_000), 0.5)

"""Templates of our own label."""

import numpy as np
import pytest

from synthmark.image.visible.templates import ELEMENTS, TEXTS, ink_of, template, texts_with
from synthmark.visible.layout import PADDING_X, PADDING_Y, fit
from synthmark.visible.typeface import load_typeface


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_is_in_the_bundled_font_and_holds_an_element_to_search_for(text):
    load_typeface().require_glyphs(text)
    assert any(element in text for element in ELEMENTS)


@pytest.mark.parametrize("text", ["AI生成", "人工智能生成合成"])
@pytest.mark.parametrize("size", [16.0, 32.0, 47.5])
def test_a_template_is_as_large_as_the_plate_of_that_font_size(text, size):
    coverage = template(text, size)
    ink = load_typeface().mask((text,), 128).shape
    assert coverage.shape[1] == pytest.approx((ink[1] / 128 + 2 * PADDING_X) * size, abs=1)
    assert coverage.shape[0] == pytest.approx((ink[0] / 128 + 2 * PADDING_Y) * size, abs=1)
    assert 0 <= coverage.min() < coverage.max() <= 1.001
    assert coverage[0].max() == coverage[:, 0].max() == 0


def test_the_ink_is_that_of_the_layout():
    layout = fit("AI生成", load_typeface(), (2000, 2000), 0.05)
    assert ink_of("AI生成") * layout.font_size == pytest.approx(layout.ink_height, abs=0.6)


@pytest.mark.parametrize("element", ELEMENTS)
def test_an_element_begins_where_it_is_said_to(element):
    for text, offset in texts_with(element):
        whole, part = template(text, 64.0, bare=True), template(element, 64.0, bare=True)
        left = round(offset * 64)
        rows = min(whole.shape[0], part.shape[0])
        best = max(
            np.corrcoef(
                whole[top : top + rows, move : move + part.shape[1]].ravel(),
                part[:rows, : whole.shape[1] - move].ravel(),
            )[0, 1]
            for move in range(max(0, left - 6), left + 7)
            for top in range(whole.shape[0] - rows + 1)
            if whole[top : top + rows, move : move + part.shape[1]].shape[1] == part.shape[1]
        )
        assert best > 0.9, text

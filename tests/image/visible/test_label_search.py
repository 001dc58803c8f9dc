"""Searching a grey picture for a text of ours."""

import numpy as np
import pytest

from synthmark.image.visible import label_search
from synthmark.image.visible.label_search import Match, best_match
from synthmark.image.visible.templates import template


def shown(text, size, *, white_text=True, level=110.0):
    """A grey picture with a text on a plate of ours."""
    picture = np.full((300, 420), level, np.float32)
    coverage = template(text, size)
    rows, columns = slice(40, 40 + coverage.shape[0]), slice(60, 60 + coverage.shape[1])
    plate, ink = (0.38 * level, 255) if white_text else (0.38 * level + 0.62 * 255, 0)
    picture[rows, columns] = plate + (ink - plate) * coverage
    return picture


@pytest.mark.parametrize("size", [14.0, 21.3, 37.0, 60.0])
@pytest.mark.parametrize("white_text", [True, False])
def test_text_size_and_place_are_found(size, white_text):
    match = best_match(shown("AI生成", size, white_text=white_text))
    assert match.text == "AI生成"
    assert match.white_text == white_text
    assert match.size == pytest.approx(size, rel=0.015)
    assert (match.left, match.top) == pytest.approx((60, 40), abs=1.5)
    assert match.correlation > 0.95


def test_letters_without_the_contrast_of_a_plate_are_not_read():
    picture = shown("AI生成", 30.0)
    assert best_match(100 + picture / 8) is None


def test_places_with_next_to_no_contrast_correlate_with_nothing():
    rng = np.random.default_rng(0)
    flat = (100 + rng.random((90, 120))).astype(np.float32)
    assert np.abs(label_search._correlation(flat, template("生成", 16.0, bare=True))).max() == 0


def test_the_longest_of_texts_that_match_as_well_is_taken():
    short, long = (Match(text, 20.0, 0, 0, True, share) for text, share in [("AI生成", 0.95), ("由AI生成", 0.93)])
    assert label_search._longest([short, long]) is long
    worse = Match("由AI生成", 20.0, 0, 0, True, 0.84)
    assert label_search._longest([short, worse]) is short
    assert label_search._longest([]) is None


def test_long_strips_are_not_searched_for_letters_that_are_hardly_legible(monkeypatch):
    searched = []
    monkeypatch.setattr(label_search, "_peaks", lambda small, *_: searched.append(small.size) or iter(()))
    assert best_match(np.zeros((40, 16000), np.float32)) is None
    assert 0 < max(searched) <= label_search.MOST_SEARCHED

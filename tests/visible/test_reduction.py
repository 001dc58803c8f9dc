"""Small copies of pictures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthmark.visible.reduction import copy_size, resized, thinned


@given(st.floats(64, 1e5), st.floats(64, 1e5))
def test_copies_are_of_moderate_size(width, height):
    across, down = copy_size(width, height)
    assert min(across, down) >= 1
    assert across * down <= 220_000


@pytest.mark.parametrize(
    ("size", "expected"), [((1920, 1080), (596, 335)), ((640, 480), (507, 380)), ((100, 100), (200, 200))]
)
def test_the_form_stays(size, expected):
    assert copy_size(*size) == expected


def test_large_pictures_are_thinned_to_twice_the_size_before_they_are_averaged():
    picture = np.arange(800 * 1200, dtype=np.uint16).reshape(800, 1200)
    few = thinned(picture, (100, 60))
    assert few.shape == (134, 200)
    assert set(few.ravel()) <= set(picture.ravel())


@pytest.mark.parametrize("size", [(50, 40), (300, 200), (300, 40)])
def test_the_mean_stays(size):
    grey = np.random.default_rng(0).integers(60, 190, (100, 150)).astype(np.uint8)
    assert resized(grey, size).shape == size[::-1]
    assert resized(grey, size).mean() == pytest.approx(grey.mean(), abs=1)

"""The fine fit: frames that are a little wrong come right."""

import numpy as np
import pytest
from frames import CARRIERS, CONTENT_ID, OTHER, grey_picture, tiled

from synthmark._opencv import opencv
from synthmark.image.alignment import Source, composed
from synthmark.image.fitting import refinements
from synthmark.image.readout import pilot_score, read, soft_bits

SOURCE = Source(grey_picture(tiled(512, 640, sigma=1.0)))


def corners(frame):
    places = frame @ np.array([[0, 0, 1], [639, 0, 1], [0, 511, 1], [639, 511, 1]]).T
    return (places[:2] / places[2]).T


def displaced(*moves):
    """Return a frame whose corners were moved by these pixels."""
    square = np.float32([[0, 0], [639, 0], [0, 511], [639, 511]])
    return opencv().getPerspectiveTransform(square, square + np.float32(moves)).astype(float)


FRAMES = {
    "shifted": composed(np.eye(3), np.eye(2), (1.0, -1.4)),
    "too large": displaced((-5, -4), (5, -4), (-5, 4), (5, 4)),
    "turned": displaced((-4, 5), (-4, -5), (4, 5), (4, -5)),
    "sheared": displaced((-4, 0), (-4, 0), (4, 0), (4, 0)),
    "keystone": displaced((3, 1), (-3, 1), (-3, -1), (3, -1)),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_that_is_a_little_wrong_comes_right(name):
    steps = list(refinements(SOURCE, FRAMES[name], CARRIERS))
    scores = [pilot_score(spectrum, CARRIERS) for _, spectrum in steps]
    frame, spectrum = steps[-1]
    assert scores[-1] == max(scores) > scores[0] + 2
    assert np.abs(corners(frame) - corners(np.eye(3))).max() < 1.0
    assert read(soft_bits(spectrum, CARRIERS), CARRIERS).content_id == CONTENT_ID


def test_a_frame_that_is_right_stays():
    steps = list(refinements(SOURCE, np.eye(3), CARRIERS))
    assert len(steps) <= 2
    np.testing.assert_array_equal(steps[0][0], np.eye(3))
    assert np.abs(corners(steps[-1][0]) - corners(np.eye(3))).max() < 0.5


def test_the_frame_that_is_given_comes_first_and_is_not_changed():
    frame = FRAMES["turned"].copy()
    first, _ = next(refinements(SOURCE, frame, CARRIERS))
    np.testing.assert_array_equal(first, FRAMES["turned"])


def test_another_key_finds_nothing_to_fit():
    scores = [pilot_score(spectrum, OTHER) for _, spectrum in refinements(SOURCE, np.eye(3), OTHER)]
    assert len(scores) <= 4
    assert max(scores) < 6


@pytest.mark.parametrize("size", [(40, 600), (600, 40), (100, 100), (9, 9)])
def test_frames_smaller_than_a_tile(size):
    source = Source(grey_picture(tiled(*size)))
    for frame, spectrum in refinements(source, np.eye(3), CARRIERS):
        assert np.isfinite(frame).all()
        assert np.isfinite(spectrum).all()

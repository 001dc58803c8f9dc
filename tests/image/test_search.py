"""The search for the map: views with known rotation, scale and aspect, and views with nothing in them."""

import numpy as np
import pytest
from frames import CARRIERS, seen_through, tiled, turn
from hypothesis import given, settings
from hypothesis import strategies as st

from synthmark.image.carriers import TILE
from synthmark.image.engine import engine
from synthmark.image.search import VIEWS, _segments, candidate_maps, line_spectrum

VIEW = VIEWS[0]


def whitened(view):
    return engine().whiten(view[None] * 8 + 128, True)[0]


def maps_of(view, where=VIEW):
    return candidate_maps(line_spectrum(whitened(view), where.fft_size), CARRIERS, where)


def error(candidates, linear):
    """Return how far the best candidate is from a map, up to mirrors and half turns, relative to its size."""
    mirrors = [np.diag([a, b]) for a in (-1, 1) for b in (-1, 1)]
    size = np.abs(linear).max()
    return min(np.abs(mirror @ candidate - linear).max() for candidate in candidates for mirror in mirrors) / size


@settings(max_examples=12, deadline=None)
@given(st.floats(-180, 180), st.floats(0.75, 1.8))
def test_any_rotation_and_scale_is_found(degrees, scale):
    linear = turn(degrees, scale)
    assert error(maps_of(seen_through(linear, 512, 640, sigma=1.0)), linear) < 0.008


@settings(max_examples=8, deadline=None)
@given(st.floats(0.78, 1.28), st.floats(0.8, 1.5))
def test_any_aspect_is_found(aspect, scale):
    linear = turn(0, scale, aspect)
    assert error(maps_of(seen_through(linear, 512, 640, sigma=1.0)), linear) < 0.008


@pytest.mark.parametrize("sigma", [0.0, 2.0, 4.0])
def test_the_best_comes_first(sigma):
    linear = turn(17, 1.2)
    assert error(maps_of(seen_through(linear, 512, 640, sigma=sigma))[:1], linear) < 0.008


@pytest.mark.parametrize("mirror", [(-1, 1), (1, -1), (-1, -1)])
def test_mirrored_pictures_show_the_same_lines(mirror):
    linear = np.diag(mirror) @ turn(30, 1.1)
    assert error(maps_of(seen_through(linear, 512, 512, sigma=1.0)), linear) < 0.008


def test_the_small_view_finds_a_tile_and_a_half():
    linear = turn(-8, 0.6)
    assert error(maps_of(seen_through(linear, 208, 260, sigma=0.5), VIEWS[1]), linear) < 0.02


def test_the_large_view_finds_small_tiles():
    linear = turn(3, 1.6)
    assert error(maps_of(seen_through(linear, 900, 1000, sigma=1.0), VIEWS[2]), linear) < 0.008


@pytest.mark.parametrize("size", [(40, 700), (700, 40), (8, 8), (1, 1), (512, 512), (1500, 1500)])
def test_every_size_of_view(size):
    candidates = maps_of(np.random.default_rng(1).normal(size=size).astype(np.float32))
    assert len(candidates) <= VIEW.candidates
    assert all(candidate.shape == (2, 2) for candidate in candidates)
    assert np.isfinite(candidates).all()


def test_candidates_differ_from_one_another():
    candidates = maps_of(np.random.default_rng(2).normal(size=(512, 512)).astype(np.float32))
    assert len(candidates) == VIEW.candidates
    for number, one in enumerate(candidates):
        for other in candidates[:number]:
            assert min(np.abs(one - other).max(), np.abs(one + other).max()) > 0.003 * np.abs(one).max()


def test_lines_stand_out_of_the_spectrum():
    """A line at k cycles per tile stands k fft_size / 128 bins from the middle."""
    spectrum = line_spectrum(whitened(tiled(512, 512)), 1024)
    assert spectrum.shape == (1024, 513)
    bins = CARRIERS.lines[CARRIERS.lines[:, 0] > 0] * 1024 // TILE
    values = spectrum[bins[:, 1] + 512, bins[:, 0]]
    assert np.median(values) > 5
    assert abs(np.median(spectrum)) < 1.01
    assert spectrum.max() <= 7
    assert spectrum.min() >= -1


@pytest.mark.parametrize("level", [0.0, 100.0])
def test_an_empty_view_has_finite_lines(level):
    assert np.isfinite(line_spectrum(np.full((300, 400), level, np.float32), 1024)).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 2000), st.integers(1, 2000))
def test_segments_lie_in_the_view(rows, columns):
    view = np.zeros((rows, columns), np.float32)
    segments = _segments(view, 512)
    assert 1 <= len(segments) <= 4
    assert all(part.shape == (min(rows, 512), min(columns, 512)) for part in segments)

"""The compiled kernels and their NumPy twins against the same functions written the obvious way."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import picture_kernels as reference

from synthmark.image import _kernels, _plain
from synthmark.image.canonical import taps

ENGINES = pytest.mark.parametrize("engine", [_kernels, _plain], ids=["compiled", "plain"])
DTYPES = {"uint8": 255, "uint16": 65535, "float32": 1.0, "float64": 1.0}


def pixels_of(dtype, shape, seed=0):
    values = np.random.default_rng(seed).random(shape) * DTYPES[dtype]
    return values.astype(dtype)


def photograph(rows, columns, channels=3, seed=0):
    """Return something smooth with edges and grain, 0..255: float32 (channels, rows, columns)."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :columns]
    waves = [np.sin(x / (3 + k) + k) * 60 + np.cos(y / (4 + k)) * 40 for k in range(channels)]
    edges = 50.0 * (x > columns // 2)
    return np.asarray(np.stack(waves) + edges + 100 + chance.normal(0, 4, (channels, rows, columns)), np.float32)


def test_both_engines_have_the_same_functions():
    assert _kernels.__all__ == _plain.__all__
    for name in _kernels.__all__:
        compiled, plain = (inspect.signature(getattr(module, name)) for module in (_kernels, _plain))
        assert list(compiled.parameters) == list(plain.parameters)


@ENGINES
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(19, 27), (9, 40), (60, 5), (3, 4)])
def test_resample(engine, dtype, channels, size):
    pixels = pixels_of(dtype, (23, 17, channels))
    tables = (*taps(23, size[0]), *taps(17, size[1]), 255 / DTYPES[dtype])
    result = np.full((channels, *size), np.nan, np.float32)
    engine.resample(pixels, *tables, result)
    np.testing.assert_allclose(result, reference.resample(pixels, *tables), atol=1e-3)


def test_resample_in_strips(monkeypatch):
    monkeypatch.setattr(_plain, "_STRIP_SAMPLES", 100)
    pixels = pixels_of("uint8", (40, 30, 3))
    tables = (*taps(40, 21), *taps(30, 18), 1.0)
    result = np.full((3, 21, 18), np.nan, np.float32)
    _plain.resample(pixels, *tables, result)
    np.testing.assert_allclose(result, reference.resample(pixels, *tables), atol=1e-3)


@ENGINES
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(24, 33), (5, 40), (13, 3), (1, 1)])
def test_whiten(engine, weighted, channels, size):
    planes = photograph(*size, channels)
    whitened, activity = engine.whiten(planes, weighted)
    expected, expected_activity = reference.whiten(planes, weighted)
    np.testing.assert_allclose(whitened, expected, atol=2e-3)
    np.testing.assert_allclose(activity, expected_activity, rtol=1e-4, atol=1e-3)


@ENGINES
@pytest.mark.parametrize("level", [0.0, 128.0, 255.0])
def test_whitening_one_colour_gives_nothing(engine, level):
    whitened, activity = engine.whiten(np.full((3, 30, 40), level, np.float32), True)
    assert np.abs(whitened).max() < 0.01
    assert np.abs(activity).max() < 0.01


@ENGINES
def test_whitening_keeps_to_its_range(engine):
    planes = np.zeros((1, 31, 31), np.float32)
    planes[0, 15, 15] = 255
    assert np.abs(engine.whiten(planes, False)[0]).max() <= 2


def test_engines_whiten_a_large_picture_alike():
    """Running sums must not drift over a long row."""
    planes = photograph(200, 3000)
    for weighted in (False, True):
        for one, other in zip(_kernels.whiten(planes, weighted), _plain.whiten(planes, weighted), strict=True):
            np.testing.assert_allclose(one, other, atol=5e-3)


@ENGINES
@pytest.mark.parametrize("size", [(16, 16), (35, 50), (7, 40), (33, 3), (1, 1)])
def test_fold(engine, size):
    plane = np.random.default_rng(1).normal(size=size).astype(np.float32)
    np.testing.assert_allclose(engine.fold(plane, 16), reference.fold(plane, 16), atol=1e-5)


@ENGINES
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(25, 18), (31, 22), (90, 41), (25, 100)])
def test_add_mark(engine, dtype, channels, size):
    pixels, peak = pixels_of(dtype, (*size, channels)), DTYPES[dtype]
    delta = (np.random.default_rng(2).normal(size=(25, 18)) * peak / 20).astype(np.float32)
    tables = (*taps(25, size[0], False), *taps(18, size[1], False))
    rounding = 0.5 if pixels.dtype.kind == "u" else 0.0
    out, before = np.empty_like(pixels), pixels.copy()
    change = engine.add_mark(pixels, delta, *tables, float(peak), rounding, out)
    expected = reference.add_mark(pixels.astype(float), delta, *tables, peak, rounding).astype(dtype)
    np.testing.assert_array_equal(pixels, before)
    step = 1 if pixels.dtype.kind == "u" else 1e-6  # a rounding of float32 may fall to the other side
    difference = np.abs(out.astype(float) - expected.astype(float))
    assert difference.max() <= step
    assert (difference > 1e-6).mean() < 0.01
    assert out.max() <= peak
    wanted = np.mean((out.astype(float) - pixels)[::5] ** 2)
    assert change == pytest.approx(wanted, rel=1e-3)


def test_add_mark_in_strips(monkeypatch):
    pixels, delta = pixels_of("uint8", (40, 30, 3)), np.full((20, 15), 7.0, np.float32)
    tables = (*taps(20, 40, False), *taps(15, 30, False), 255.0, 0.5)
    whole, strips = np.empty_like(pixels), np.empty_like(pixels)
    first = _plain.add_mark(pixels, delta, *tables, whole)
    monkeypatch.setattr(_plain, "_STRIP_SAMPLES", 200)
    assert _plain.add_mark(pixels, delta, *tables, strips) == pytest.approx(first)
    np.testing.assert_array_equal(whole, strips)


def spectrum_of(size=32):
    return np.random.default_rng(3).random((size, size // 2 + 1)).astype(np.float32)


@ENGINES
def test_sample_spectrum(engine):
    power = spectrum_of()
    across, down = np.random.default_rng(4).uniform(-20, 20, (2, 40, 30)).astype(np.float32)
    expected = reference.sample_spectrum(power, across, down)
    assert (expected == 0).any(), "some lie outside"
    np.testing.assert_allclose(engine.sample_spectrum(power, across, down), expected, atol=1e-4)


@ENGINES
def test_sample_spectrum_at_whole_bins(engine):
    power = spectrum_of()
    down, across = np.mgrid[-16:15, 0:16].astype(np.float32)
    np.testing.assert_array_equal(engine.sample_spectrum(power, across, down), power[:31, :16])
    np.testing.assert_array_equal(engine.sample_spectrum(power, -across[:, 1:], -down[:, 1:]), power[:31, 1:16])


@ENGINES
def test_sum_lines(engine):
    grid = np.random.default_rng(5).random((20, 30)).astype(np.float32)
    down, across = np.array([0, 3, 19, 7], np.int32), np.array([0, 9, 2, 20], np.int32)
    expected = reference.sum_lines(grid, down, across, 20, 10)
    np.testing.assert_allclose(engine.sum_lines(grid, down, across, 20, 10), expected, atol=1e-5)


@ENGINES
def test_line_power(engine):
    chance = np.random.default_rng(6)
    power, matrices = spectrum_of(64), chance.normal(0, 1.2, (12, 2, 2))
    lines, weights = chance.integers(-20, 21, (50, 2)).astype(float), chance.uniform(1, 6, 50)
    expected = reference.line_power(power, matrices, lines, weights)
    np.testing.assert_allclose(engine.line_power(power, matrices, lines, weights), expected, atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 2**32 - 1), st.sampled_from([1, 3]))
def test_engines_agree_on_any_size(rows, columns, seed, channels):
    planes = photograph(rows, columns, channels, seed)
    compiled, plain = _kernels.whiten(planes, True)[0], _plain.whiten(planes, True)[0]
    np.testing.assert_allclose(compiled, plain, atol=5e-3)
    np.testing.assert_allclose(_kernels.fold(compiled, 16), _plain.fold(compiled, 16), atol=1e-4)

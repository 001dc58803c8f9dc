"""The canonical frame: sizes, and resampling against Pillow and OpenCV."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from synthmark._opencv import opencv
from synthmark.image.canonical import SHORT_SIDE, canonical_planes, canonical_size, planes_at, taps
from synthmark.image.pictures import as_picture

SIDES = st.integers(1, 40_000)


def noise(rows, columns, seed=0):
    return np.random.default_rng(seed).random((rows, columns)).astype(np.float32)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((512, 512), (512, 512)),
        ((768, 1024), (512, 683)),
        ((256, 512), (512, 1024)),
        ((4000, 3000), (683, 512)),
        ((500, 2000), (512, 2048)),
        ((300, 4000), (280, 3739)),
        ((1, 1), (512, 512)),
        ((16000, 1000), (4096, 256)),
    ],
)
def test_size(size, expected):
    assert canonical_size(*size) == expected


@given(SIDES, SIDES)
def test_size_has_the_short_side_or_a_bounded_area(height, width):
    rows, columns = canonical_size(height, width)
    assert min(rows, columns) <= SHORT_SIDE
    assert (rows - 0.51) * (columns - 0.51) <= 512 * 2048
    if max(height, width) <= 4 * min(height, width):
        assert min(rows, columns) == SHORT_SIDE


@given(st.integers(512, 4000), st.integers(512, 4000), st.floats(0.5, 2))
def test_size_of_a_resized_picture_is_the_same(height, width, factor):
    rows, columns = canonical_size(height, width)
    resized = canonical_size(round(height * factor), round(width * factor))
    assert abs(resized[0] - rows) <= 0.003 * rows + 1
    assert abs(resized[1] - columns) <= 0.003 * columns + 1


def applied(size, result, values, cubic=True):
    index, weight = taps(size, result, cubic)
    return (values[index] * weight).sum(axis=1)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 500), st.integers(1, 500), st.booleans())
def test_taps_keep_a_constant_and_stay_inside(size, result, cubic):
    index, weight = taps(size, result, cubic)
    assert index.shape == weight.shape == (result, index.shape[1])
    assert index.dtype == np.int32
    assert weight.dtype == np.float32
    assert index.min() >= 0
    assert index.max() < size
    np.testing.assert_allclose(weight.sum(axis=1), 1, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(20, 400), st.integers(20, 400), st.booleans())
def test_a_ramp_stays_a_ramp_in_the_middle(size, result, cubic):
    """Nothing is shifted: sample k of the result stands for (k + 1/2) size / result - 1/2 of the source."""
    expected = (np.arange(result) + 0.5) * size / result - 0.5
    found = applied(size, result, np.arange(size, dtype=float), cubic)
    inside = (expected > 3 * size / result + 3) & (expected < size - 4 - 3 * size / result)
    # Areas are of whole steps; where they are large, three samples stand for all. Weights have 24 bits.
    tolerance = 1e-3 if result >= size else 0.26 if size / result < 2.5 else 0.5 + 1e-5
    assert np.abs(found - expected)[inside].max(initial=0) < tolerance


@pytest.mark.parametrize(("size", "result"), [(40, 64), (50, 131), (33, 33)])
def test_enlarging_is_the_bicubic_of_pillow(size, result):
    values = noise(1, size)
    expected = np.asarray(Image.fromarray(values).resize((result, 1), Image.Resampling.BICUBIC))[0]
    margin = 2 * -(-result // size) + 1
    np.testing.assert_allclose(applied(size, result, values[0])[margin:-margin], expected[margin:-margin], atol=1e-5)


@pytest.mark.parametrize(("size", "result"), [(40, 64), (50, 131)])
def test_enlarging_the_mark_is_the_bilinear_of_opencv(size, result):
    values = noise(1, size)
    expected = opencv().resize(values, (result, 1), interpolation=opencv().INTER_LINEAR)[0]
    np.testing.assert_allclose(applied(size, result, values[0], cubic=False), expected, atol=1e-5)


@pytest.mark.parametrize(("size", "result"), [(100, 40), (100, 35), (400, 130), (4000, 683)])
def test_far_shrinking_is_the_mean_of_three_samples_of_each_area(size, result):
    step, values = size / result, noise(1, size)[0]
    index = [[int(k * step + (third + 0.5) * step / 3) for third in range(3)] for k in range(result)]
    np.testing.assert_allclose(applied(size, result, values), values[index].mean(axis=1), atol=1e-5)


@pytest.mark.parametrize(("size", "result"), [(64, 40), (100, 50), (100, 45), (513, 512)])
def test_shrinking_is_the_area_mean_of_opencv(size, result):
    values = noise(1, size)
    expected = opencv().resize(values, (result, 1), interpolation=opencv().INTER_AREA)[0]
    np.testing.assert_allclose(applied(size, result, values[0]), expected, atol=1e-5)


@pytest.mark.parametrize("step", [3, 7, 20])
def test_shrinking_a_lot_takes_three_samples_of_each_area(step):
    index, weight = taps(40 * step, 40)
    assert weight.shape == (40, 3)
    assert (index // step == np.arange(40)[:, None]).all()
    assert (np.diff(index, axis=1) > 0).all()


PIXELS = np.random.default_rng(5).integers(0, 256, (60, 90, 3)).astype(np.uint8)


def test_kinds_of_picture_give_the_same_planes():
    planes = canonical_planes(as_picture(PIXELS))
    assert planes.shape == (3, 512, 768)
    for same in (PIXELS.astype(np.uint16) * 257, PIXELS / 255.0, Image.fromarray(PIXELS)):
        np.testing.assert_allclose(canonical_planes(as_picture(same)), planes, atol=0.02)
    grey = canonical_planes(as_picture(PIXELS[..., 0]))
    assert grey.shape == (1, 512, 768)


def test_planes_at_the_size_of_the_picture():
    luma, blue, red = planes_at(as_picture(PIXELS), 60, 90)
    pixels = PIXELS.astype(float)
    np.testing.assert_allclose(luma, pixels @ [0.299, 0.587, 0.114], atol=1e-3)
    np.testing.assert_allclose(blue, pixels[..., 2] - pixels[..., 1], atol=1e-3)
    np.testing.assert_allclose(red, pixels[..., 0] - pixels[..., 1], atol=1e-3)


def test_part_of_the_planes():
    whole = planes_at(as_picture(PIXELS), 200, 130)
    part = planes_at(as_picture(PIXELS), 200, 130, (slice(30, 77), slice(12, 1000)))
    np.testing.assert_array_equal(part, whole[:, 30:77, 12:])


def test_a_picture_that_is_a_view_of_another_array():
    mirrored = PIXELS[::-1, ::-1]
    np.testing.assert_array_equal(
        planes_at(as_picture(mirrored), 40, 50), planes_at(as_picture(mirrored.copy()), 40, 50)
    )

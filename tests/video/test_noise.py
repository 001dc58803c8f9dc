import numpy as np
import pytest

from synthmark.image.carriers import TILE, carriers, radial_frequency
from synthmark.keys import key_bytes
from synthmark.video.noise import levelled_pictures, tile_noise
from synthmark.video.pattern import pattern

SHAPE = (256, 384)


def noise(seed=1, shape=SHAPE):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def striped(seed=1, shape=SHAPE):
    """Return noise with much power at frequencies around 16 cycles per tile across, and little down."""
    across = np.arange(shape[1]) * 16 / TILE
    return noise(seed, shape) + (6 * np.cos(2 * np.pi * across + noise(seed + 1, shape)[:, :1] * 9)).astype(
        np.float32
    )


def power(picture, down, across, reach=3):
    """Return the mean power of a picture around a frequency in cycles per tile, by a plain DFT."""
    spectrum = np.abs(np.fft.fft2(picture)) ** 2
    rows, columns = np.fft.fftfreq(SHAPE[0], 1 / TILE), np.fft.fftfreq(SHAPE[1], 1 / TILE)
    near = (np.abs(rows - down) < reach)[:, None] & (np.abs(columns - across) < reach)[None, :]
    return float(spectrum[near].mean())


def test_white_noise_is_the_same_everywhere():
    level = tile_noise(noise())
    assert level.shape == (TILE, TILE)
    assert np.sqrt(np.mean(level**2)) == pytest.approx(1.0)
    assert 0.7 < level.min() < level.max() < 1.4


def test_it_tells_where_the_power_lies():
    level, picture = tile_noise(striped()), striped()
    ratio = level[0, 16] / level[16, 0]
    assert ratio > 2
    assert ratio**2 == pytest.approx(power(picture, 0, 16, 1) / power(picture, 16, 0, 1), rel=0.5)


def test_the_lines_of_a_tile_that_repeats_do_not_show():
    tiles = pattern(carriers(key_bytes(None)), 7, *SHAPE, 0)
    raised = tile_noise(noise() + 0.5 * tiles)
    radius = radial_frequency()
    band = (radius >= 10) & (radius <= 25)
    beside = (np.roll(raised, 2, 0) + np.roll(raised, -2, 0) + np.roll(raised, 2, 1) + np.roll(raised, -2, 1)) / 4
    assert np.abs(raised[band] / beside[band] - 1).max() < 0.35  # of single lines no more is seen than of noise


@pytest.mark.parametrize("shape", [(256, 455), (100, 300), (40, 1000)])
def test_frames_of_any_shape_are_measured(shape):
    level = tile_noise(noise(shape=shape))
    assert np.isfinite(level).all()
    assert level.min() > 0.3


def test_pictures_are_filtered_alike_until_their_sum_is_level():
    first, second = striped(3), striped(5)
    levelled = levelled_pictures([first, second], TILE)
    total = sum(levelled)
    assert [each.dtype for each in levelled] == [np.float32] * 2
    assert power(first + second, 0, 16) > 5 * power(first + second, 16, 0)
    assert power(total, 0, 16) < 2 * power(total, 16, 0)
    filtered_sum = levelled_pictures([first + second], TILE)[0]
    assert np.allclose(total, filtered_sum, atol=1e-3)


def test_nothing_is_not_divided_by_nothing():
    empty = np.zeros(SHAPE, np.float32)
    assert np.isfinite(tile_noise(empty)).all()
    assert np.isfinite(levelled_pictures([empty], TILE)[0]).all()

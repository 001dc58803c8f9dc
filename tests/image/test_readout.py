"""Reading an aligned frame: folding, the pilot's score, weights, decoding, and what noise gives."""

import math

import numpy as np
import pytest
from frames import CARRIERS, CONTENT_ID, OTHER, tiled
from hypothesis import given, settings
from hypothesis import strategies as st

from synthmark.image.carriers import TILE, radial_frequency
from synthmark.image.readout import (
    LIST_SIZE,
    aligned,
    decoding_false_alarm,
    folded_at,
    folded_spectrum,
    pilot_score,
    pilot_surface,
    read,
    ring_weights,
    signal_to_noise,
    soft_bits,
)

SHIFTS = st.integers(0, TILE - 1)


def noise(seed, rows=256, columns=256):
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def test_every_ring_of_the_folded_tile_has_unit_power():
    spectrum = folded_spectrum(tiled(300, 400, sigma=0.5))
    rings = np.rint(radial_frequency())
    for ring in range(1, 60):
        assert np.mean(np.abs(spectrum[rings == ring]) ** 2) == pytest.approx(1, abs=1e-6)


def test_nothing_in_nothing_out():
    assert not np.abs(folded_spectrum(np.zeros((200, 200), np.float32))).any()


@settings(max_examples=10, deadline=None)
@given(SHIFTS, SHIFTS)
def test_the_surface_peaks_where_the_tile_begins(down, across):
    spectrum = folded_spectrum(tiled(256, 384, -down, -across, sigma=3.0))
    surface = pilot_surface(spectrum, CARRIERS.pilot)
    assert divmod(int(surface.argmax()), TILE) == (down, across)
    moved = aligned(spectrum, down, across)
    assert pilot_score(moved, CARRIERS) == pytest.approx(surface.max())
    assert read(soft_bits(moved, CARRIERS), CARRIERS).content_id == CONTENT_ID


def test_surface_is_the_score_at_every_shift():
    spectrum = folded_spectrum(noise(1))
    surface = pilot_surface(spectrum, CARRIERS.pilot)
    for down, across in [(0, 0), (3, 120), (77, 1)]:
        assert pilot_score(aligned(spectrum, down, across), CARRIERS) == pytest.approx(surface[down, across])


@settings(max_examples=10, deadline=None)
@given(SHIFTS, SHIFTS)
def test_a_frame_that_begins_within_a_tile(top, left):
    spectrum = folded_at(tiled(200, 300, top, left, sigma=1.0), top, left)
    assert pilot_score(spectrum, CARRIERS) > 6
    assert read(soft_bits(spectrum, CARRIERS), CARRIERS).content_id == CONTENT_ID


def test_half_a_pixel_of_shift():
    """Shifts need not be whole: half a pixel there and back is nothing, and in between the score falls."""
    spectrum = folded_spectrum(tiled(256, 256))
    half = aligned(spectrum, 0.5, 0.5)
    np.testing.assert_allclose(aligned(half, -0.5, -0.5), spectrum, atol=1e-12)
    assert pilot_score(half, CARRIERS) < pilot_score(spectrum, CARRIERS)


def test_the_score_of_noise_is_standard_normal():
    """400 frames of noise: mean 0 and variance 1 to within four standard errors."""
    scores = np.array([pilot_score(folded_spectrum(noise(seed, 128, 128)), CARRIERS) for seed in range(400)])
    assert abs(scores.mean()) < 0.2
    assert abs(scores.var() - 1) < 0.3


def test_the_highest_score_of_noise_over_all_shifts():
    highest = [pilot_surface(folded_spectrum(noise(seed, 128, 128)), CARRIERS.pilot).max() for seed in range(50)]
    assert max(highest) < 5.6
    assert 3 < np.mean(highest) < 4.6


def test_weights_follow_what_is_left_of_the_pilot():
    """Where a filter took the high rings away, their carriers count for nothing."""
    frame = tiled(256, 256, sigma=0.3)
    spectrum = np.fft.fft2(frame)
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(256, 1 / 128), np.fft.fftfreq(256, 1 / 128)))
    lost = np.fft.ifft2(spectrum * (radius < 15)).real + noise(9) * 0.05
    weights = ring_weights(folded_spectrum(lost.astype(np.float32)), CARRIERS)
    assert (weights >= 0).all()
    low, high = CARRIERS.frequency < 12, CARRIERS.frequency > 24
    assert np.median(weights[low]) > 10 * np.median(weights[high])
    assert ring_weights(folded_spectrum(noise(2)), CARRIERS).max() < 0.6


@pytest.mark.parametrize("sigma", [0.5, 4.0, 8.0])
def test_reading_under_noise(sigma):
    spectrum = folded_spectrum(tiled(512, 512, sigma=sigma))
    reading = read(soft_bits(spectrum, CARRIERS), CARRIERS)
    assert reading.content_id == CONTENT_ID
    assert reading.signal_to_noise > 0


def test_more_noise_leaves_less_signal():
    levels = [
        read(soft_bits(folded_spectrum(tiled(512, 512, sigma=sigma)), CARRIERS), CARRIERS).signal_to_noise
        for sigma in (1, 4, 8)
    ]
    assert levels == sorted(levels, reverse=True)


def test_nothing_is_read_from_noise_or_with_another_key():
    for seed in range(20):
        assert read(soft_bits(folded_spectrum(noise(seed)), CARRIERS), CARRIERS) is None
    spectrum = folded_spectrum(tiled(512, 512))
    assert pilot_score(spectrum, OTHER) < 4
    assert read(soft_bits(spectrum, OTHER), OTHER) is None


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan, np.inf])
def test_odd_soft_bits_read_as_nothing_or_a_frame(value):
    assert read(np.full(1024, value), CARRIERS) is None


def test_signal_to_noise_of_a_known_ratio():
    """Code bits of mean 1 and variance 4: Eb/N0 = 1024 / (2 * 96 * 4)."""
    coded = CARRIERS.coded_signs(CONTENT_ID)
    soft = coded * (1 + np.resize([2.0, -2.0], 1024))
    assert signal_to_noise(soft, coded) == pytest.approx(10 * math.log10(1024 / (2 * 96 * 4)))
    assert signal_to_noise(-soft, coded) == -math.inf


def test_chance_of_a_false_decoding():
    assert decoding_false_alarm() == LIST_SIZE / 2**32 < 1e-8

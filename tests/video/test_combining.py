import numpy as np
import pytest

from synthmark.image.carriers import TILE, carriers
from synthmark.image.readout import ring_levelled, signal_to_noise, soft_bits
from synthmark.keys import key_bytes
from synthmark.video.combining import combined, combining_weights

CONTENT_ID = 99
KEY = carriers(key_bytes(None))
MARK = np.fft.fft2(KEY.tile(CONTENT_ID).astype(np.float64))


def noise(seed, level=3.0):
    return np.fft.fft2(level * np.random.default_rng(seed).standard_normal((TILE, TILE)))


def eb_n0(spectrum):
    return signal_to_noise(soft_bits(spectrum, KEY), KEY.coded_signs(CONTENT_ID))


def plain(spectra):
    return ring_levelled(sum(spectra))


def test_what_shows_more_of_the_mark_counts_for_more():
    strengths = (1.0, 0.5, 0.2, 0.0)
    spectra = [strength * MARK + noise(seed) for seed, strength in enumerate(strengths)]
    weights = combining_weights(spectra, KEY)
    assert list(np.argsort(-weights)) == [0, 1, 2, 3]
    assert eb_n0(combined(spectra, KEY)) > eb_n0(plain(spectra)) + 1


def test_what_lies_in_the_way_of_all_is_taken_away():
    still = noise(8)
    spectra = [strength * MARK + still + noise(seed, 1.0) for seed, strength in enumerate((1.0, 0.2, 0.2))]
    weights = combining_weights(spectra, KEY)
    assert weights[0] > 0 > weights[1:].sum()
    assert eb_n0(combined(spectra, KEY)) > eb_n0(plain(spectra)) + 2


def test_equal_spectra_are_added_up():
    spectra = [0.6 * MARK + noise(seed) for seed in range(4)]
    weights = combining_weights(spectra, KEY)
    assert weights.min() > 0.5 * weights.max()
    assert eb_n0(combined(spectra, KEY)) == pytest.approx(eb_n0(plain(spectra)), abs=0.5)


def test_the_size_of_the_weights_changes_nothing():
    spectra = [MARK + noise(seed) for seed in range(3)]
    louder = [100.0 * each for each in spectra]
    assert np.allclose(combined(spectra, KEY), combined(louder, KEY))


def test_the_message_of_noise_owes_nothing_to_the_pilot():
    spectra = [noise(seed) for seed in range(6)]
    lines = np.abs(KEY.pilot) > 0
    others = [np.where(lines, each, 0) + np.where(lines, 0, noise(50 + n)) for n, each in enumerate(spectra)]
    for each in (spectra, others):
        assert abs(eb_n0(combined(each, KEY))) > 5 or eb_n0(combined(each, KEY)) < -3

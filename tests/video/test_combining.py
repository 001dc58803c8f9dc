import numpy as np
import pytest

from synthmark.image.carriers import TILE, carriers
from synthmark.image.readout import pilot_score, ring_levelled, signal_to_noise, soft_bits
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


def test_weights_raise_the_pilot_of_noise_and_not_its_message():
    coded = KEY.coded_signs(CONTENT_ID)
    scores, agreements = [], []
    for number in range(40):
        spectrum = combined([noise(100 * number + part) for part in range(6)], KEY)
        plain_lines = np.where(np.abs(KEY.pilot) > 0, 0, spectrum)
        soft = KEY.code_bits(plain_lines, np.ones(len(KEY.frequency)))
        scores.append(pilot_score(spectrum, KEY))
        agreements.append(float((soft * coded).sum() / np.sqrt((soft**2).sum())))
    assert np.mean(scores) > 1.5  # which is why they do not decide whether to decode
    assert abs(np.mean(agreements)) < 4 / np.sqrt(len(agreements))
    assert np.std(agreements) < 1.5

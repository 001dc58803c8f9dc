import math

import numpy as np
import pytest

from synthmark.audio.loudness import integrated_loudness


def tone(seconds, decibels, rate=48000, hertz=1000.0, channels=2):
    wave = 10 ** (decibels / 20) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


@pytest.mark.parametrize("rate", [16000, 44100, 48000, 96000])
def test_a_full_scale_tone_of_997_hz_is_at_minus_3_lufs(rate):
    """BS.1770-4, annex 1: 0 dB, 997 Hz, on one front channel reads -3.01."""
    assert integrated_loudness(tone(5, 0, rate, 997, 1), rate) == pytest.approx(-3.01, abs=0.03)


@pytest.mark.parametrize("level", [-23, -33])
def test_ebu_tech_3341_cases_1_and_2(level):
    assert integrated_loudness(tone(20, level), 48000) == pytest.approx(level, abs=0.1)


def test_ebu_tech_3341_case_3_the_relative_gate():
    parts = [tone(10, -36), tone(60, -23), tone(10, -36)]
    assert integrated_loudness(np.concatenate(parts), 48000) == pytest.approx(-23, abs=0.1)


def test_ebu_tech_3341_case_4_the_absolute_gate():
    parts = [tone(10, -72), tone(10, -36), tone(60, -23), tone(10, -36), tone(10, -72)]
    assert integrated_loudness(np.concatenate(parts), 48000) == pytest.approx(-23, abs=0.1)


def test_ebu_tech_3341_case_6_surround():
    levels = (-28, -28, -24, -math.inf, -30, -30)
    sound = np.concatenate([tone(20, level, channels=1) for level in levels], axis=1)
    assert integrated_loudness(sound, 48000) == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize("samples", [np.zeros((96000, 2)), np.zeros((0, 1)), np.ones((100, 1))])
def test_silence_and_scraps_have_none(samples):
    assert integrated_loudness(samples.astype(np.float32), 48000) == -math.inf

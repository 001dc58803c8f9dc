import math
import sys

import numpy as np
import pytest

from synthmark.audio.loudness import LoudnessMeter, integrated_loudness
from synthmark.errors import DependencyError


def tone(seconds, decibels, rate=48000, hertz=1000.0, channels=2):
    wave = 10 ** (decibels / 20) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


@pytest.mark.parametrize("rate", [16000, 44100, 48000, 96000])
def test_a_full_scale_tone_of_997_hz_is_at_minus_3_lufs(rate):
    """BS.1770-4, annex 1: 0 dB, 997 Hz, on one front channel reads -3.01; EBU Tech 3341 allows 0.1."""
    assert integrated_loudness(tone(5, 0, rate, 997, 1), rate) == pytest.approx(-3.01, abs=0.1)


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


@pytest.mark.parametrize("channels", [3, 4, 7, 9, 64])
def test_without_a_known_layout_all_channels_count_alike(channels):
    one, all_alike = (integrated_loudness(tone(2, -40, channels=n), 48000) for n in (1, channels))
    assert all_alike - one == pytest.approx(10 * math.log10(channels), abs=0.02)


@pytest.mark.parametrize("size", [1, 997, 4800, 100_000])
def test_pieces_of_any_size_give_the_loudness_of_the_whole(size):
    sound = np.concatenate([tone(1, -30), tone(1, -20)])[: 48000 if size == 1 else None]
    meter = LoudnessMeter(48000)
    meter.push(sound[:0])
    for first in range(0, len(sound) if size > 1 else 500, size):
        meter.push(sound[first : first + size])
    if size == 1:
        meter.push(sound[500:])
    assert meter.loudness() == integrated_loudness(sound, 48000)


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "av.filter", None)
    with pytest.raises(DependencyError, match="pip install av"):
        integrated_loudness(tone(1, -20), 48000)

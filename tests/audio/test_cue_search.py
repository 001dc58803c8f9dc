import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import synthetic_voice

from synthmark import audio
from synthmark.audio.cue import CUE_UNITS, rhythm_cue

RATE = 16000


def with_cue(cue, before=1.0, after=1.0, noise=1e-4):
    samples = np.random.default_rng(0).standard_normal(len(cue) + round((before + after) * RATE)) * noise
    first = round(before * RATE)
    samples[first : first + len(cue)] += 0.2 * cue
    return samples


def test_the_cue_is_short_long_short_short():
    cue = np.abs(rhythm_cue(RATE, unit=0.1, hertz=1000.0))
    units = cue.reshape(CUE_UNITS, -1).mean(axis=1)
    assert (units > 0.3).tolist() == [c == "#" for c in "#.###...#.#"]
    assert cue.max() <= 1
    assert cue[0] == pytest.approx(0, abs=1e-3)


@given(unit=st.floats(0.08, 0.18), hertz=st.floats(500, 2000), before=st.floats(0, 3))
@settings(max_examples=12, deadline=None)
def test_any_tempo_and_pitch_is_found_with_its_place(unit, hertz, before):
    (found,) = audio.find_cues(with_cue(rhythm_cue(RATE, unit=unit, hertz=hertz), before), RATE)
    assert found.unit == pytest.approx(unit, rel=0.06)
    assert found.hertz == pytest.approx(hertz, abs=40)
    assert found.start == pytest.approx(before, abs=0.06)
    assert found.end == pytest.approx(before + CUE_UNITS * unit, abs=0.12)


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_any_sample_rate(rate):
    cue = rhythm_cue(rate)
    (found,) = audio.find_cues(np.concatenate([cue, np.zeros(rate)]) * 0.1, rate)
    assert found.start == pytest.approx(0.0, abs=0.03)


OTHER_RHYTHMS = {
    "long short": (1, 1, 1, 0, 1, 0, 0, 0, 1, 0, 1),
    "short short": (1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1),
    "one tone": (1,) * 11,
    "S": (1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0),
    "even": (1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1),
}


@pytest.mark.parametrize("pattern", OTHER_RHYTHMS.values(), ids=OTHER_RHYTHMS)
def test_other_rhythms_are_no_cue(pattern):
    level = np.repeat(np.array(pattern, float), round(0.12 * RATE))
    cue = level * np.sin(2 * np.pi * 880 * np.arange(len(level)) / RATE)
    assert audio.find_cues(with_cue(cue), RATE) == ()


@pytest.mark.parametrize(
    "samples",
    [
        synthetic_voice(12.0, seed=8),
        np.random.default_rng(0).standard_normal(100000) * 0.1,
        np.zeros(50000),
        np.zeros(0),
        np.ones(300),
        np.sin(np.arange(80000) * 0.3) * (1 + np.sin(np.arange(80000) * 0.002)) * 0.2,
    ],
    ids=["voice", "noise", "silence", "nothing", "scrap", "tremolo"],
)
def test_other_sound_is_no_cue(samples):
    assert audio.find_cues(samples, RATE) == ()


def test_a_cue_far_into_a_long_sound_is_found_once():
    voice = np.tile(synthetic_voice(15.0, 8000, seed=8), 5)
    labelled = audio.label(voice, 8000, times=[56.9])
    (found,) = audio.find_cues(labelled, 8000)
    assert found.start == pytest.approx(56.9, abs=0.05)
    assert found.position == "middle"

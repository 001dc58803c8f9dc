import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthmark.audio.resampling import resampler_between

RATES = [8000, 11025, 16000, 22050, 32000, 44100, 44101, 48000, 96000, 192000]


def two_tones(times):
    return np.sin(2 * np.pi * 1000 * times) + np.sin(2 * np.pi * 3300 * times)


@pytest.mark.parametrize("rate", RATES)
def test_tones_below_4_khz_go_there_and_back(rate):
    down, up = resampler_between(rate, 16000), resampler_between(16000, rate)
    host = two_tones(np.arange(rate // 2) / rate).astype(np.float32)
    work = down.convert(host, 0, 0, int(len(host) * down.ratio))
    expected = two_tones(np.arange(len(work)) / float(down.ratio) / rate)
    np.testing.assert_allclose(work[400:-400], expected[400:-400], atol=2e-3)
    back = up.convert(work, 0, 0, len(host))
    np.testing.assert_allclose(back[rate // 10 : -rate // 10], host[rate // 10 : -rate // 10], atol=5e-3)
    assert down.ratio * up.ratio == 1


@pytest.mark.parametrize("rate", [24000, 44100, 48000])
def test_what_would_fold_into_the_used_band_is_removed(rate):
    down = resampler_between(rate, 16000)
    tone = np.sin(2 * np.pi * 11800 * np.arange(rate // 2) / rate).astype(np.float32)
    assert np.abs(down.convert(tone, 0, 0, 7000)[400:-400]).max() < 5e-3


@given(first=st.integers(0, 3000), count=st.integers(0, 900), seed=st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_a_stretch_equals_that_stretch_of_the_whole(first, count, seed):
    down = resampler_between(44100, 16000)
    host = np.random.default_rng(seed).standard_normal(12000).astype(np.float32)
    whole = down.convert(host, 0, 0, 4300)
    low, high = down.inputs_for(first, first + count)
    low = max(low, 0)
    part = down.convert(host[low : max(high, 0)], low, first, first + count)
    np.testing.assert_allclose(part, whole[first : first + count], atol=1e-5)

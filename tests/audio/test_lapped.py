import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthmark.audio.lapped import analyse, synthesise

WINDOW = np.sin(np.pi * (np.arange(512) + 0.5) / 512)


def noise(count, seed=0):
    return np.random.default_rng(seed).standard_normal(count).astype(np.float32)


def test_entries_are_the_bands_of_the_lapped_transform():
    frame = noise(512)
    bands = np.exp(-1j * np.pi * np.outer(2 * np.arange(256) + 1, np.arange(512)) / 512) @ (frame * WINDOW)
    got = analyse(frame)[0]
    np.testing.assert_allclose(got[:128], bands[0::2], atol=1e-4)
    np.testing.assert_allclose(got[:127:-1].conj(), bands[1::2], atol=1e-4)


def test_the_real_part_is_the_mdct():
    frame = noise(512)
    bands, times = np.arange(256)[:, None] + 0.5, np.arange(512)[None, :] + 0.5 + 128
    mdct = np.cos(np.pi / 256 * bands * times) @ (frame * WINDOW)
    phase = np.exp(-1j * np.pi / 256 * (bands[:, 0]) * (0.5 + 128))
    spectrum = analyse(frame)[0]
    ordered = np.empty(256, complex)
    ordered[0::2], ordered[1::2] = spectrum[:128], spectrum[:127:-1].conj()
    np.testing.assert_allclose((ordered * phase).real, mdct, atol=1e-4)


@given(frames=st.integers(1, 12), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_synthesis_gives_the_sound_back(frames, seed):
    samples = noise(256 * (frames + 1), seed)
    back = synthesise(analyse(samples))
    assert back.shape == samples.shape
    np.testing.assert_allclose(back[256:-256], samples[256:-256], atol=1e-5)


@pytest.mark.parametrize("hop", [128, 256, 512])
def test_frames_start_every_hop(hop):
    samples = noise(2048)
    spectra = analyse(samples, hop)
    assert len(spectra) == 1 + (2048 - 512) // hop
    np.testing.assert_allclose(spectra[2], analyse(samples[2 * hop : 2 * hop + 512])[0], atol=1e-4)

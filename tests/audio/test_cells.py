import numpy as np

from synthmark.audio.cells import CLIP, band_energies, energy_floor, whiten
from synthmark.audio.lapped import analyse
from synthmark.audio.layout import BANDS, RATE


def test_a_tone_lies_in_its_band():
    time = np.arange(2048) / RATE
    for band in (0, 17, 59):
        tone = np.sin(2 * np.pi * (312.5 + 62.5 * band + 31.25) * time).astype(np.float32)
        energy = band_energies(analyse(tone))
        assert energy.shape == (7, BANDS)
        assert (energy.argmax(axis=1) == band).all()


def test_whitening_ignores_volume_and_is_clipped():
    energy = np.random.default_rng(0).gamma(2.0, 1.0, (80, BANDS)).astype(np.float32)
    plain = whiten(energy, 1e-9, 1)
    np.testing.assert_allclose(whiten(energy * 1e4, 1e-5, 1), plain, atol=1e-3)
    assert np.abs(plain).max() <= CLIP
    assert np.abs(plain).max() > 0.9 * CLIP


def test_an_even_spectrum_says_nothing():
    assert np.abs(whiten(np.full((40, BANDS), 3.0, np.float32), 1e-9, 4)).max() < 1e-4


def test_cells_below_the_floor_say_nothing():
    energy = np.random.default_rng(0).gamma(2.0, 1e-10, (80, BANDS)).astype(np.float32)
    assert np.abs(whiten(energy, energy_floor(0.0), 1)).max() < 0.03


def test_one_louder_cell_stands_out():
    energy = np.ones((40, BANDS), np.float32)
    energy[20, 30] = 2.0
    shown = whiten(energy, 1e-9, 1)
    assert np.unravel_index(shown.argmax(), shown.shape) == (20, 30)
    assert abs(shown[20, 30] - 10 * np.log10(2) * 6 / 7 * 4 / 5) < 1e-3

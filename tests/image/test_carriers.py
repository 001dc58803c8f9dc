"""Carriers and pilot: against PyWavelets and SciPy, and what the rest of the mark relies on."""

import numpy as np
import pytest
import pywt
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.fft import dctn, idctn

from synthmark.codes import PolarCode
from synthmark.image import carriers as module
from synthmark.image.carriers import CODE_LENGTH, HIGHEST, LOWEST, TILE, analyse, carriers, synthesise
from synthmark.keys import DEFAULT_KEY
from synthmark.payload import frame_bits

# PyWavelets warns that every coefficient of a small sub-band reaches the border: a tile repeats, it has none.
pytestmark = pytest.mark.filterwarnings("ignore:Level value of 5 is too high")

OWN = carriers(DEFAULT_KEY)
OTHER = carriers(b"another key of 32 bytes, or more")
COUNT = len(OWN.frequency)
IDS = st.integers(0, 2**64 - 1)


def coefficients(tile):
    """Return the DCT of every detail sub-band of a tile, fine levels first, as the text-books have them."""
    _, *levels = pywt.wavedec2(tile, "sym4", mode="periodization", level=5)
    return [dctn(band, norm="ortho") for level in reversed(levels) for band in level]


def bands():
    """Return which coefficients carry the message, by sub-band; fine sub-bands that carry nothing are left out."""
    chosen = {band.chosen.shape[0]: [] for band in module._sub_bands()}
    for band in module._sub_bands():
        chosen[band.chosen.shape[0]].append(band.chosen)
    return chosen


def test_analysis_is_a_wavelet_transform_and_a_dct():
    tile = np.random.default_rng(1).normal(size=(TILE, TILE))
    by_size = {}
    for band in coefficients(tile):
        by_size.setdefault(len(band), []).append(band)
    expected = [
        band[chosen] for size, masks in bands().items() for band, chosen in zip(by_size[size], masks, strict=True)
    ]
    np.testing.assert_allclose(analyse(tile), np.concatenate(expected), atol=1e-9)


def test_synthesis_is_the_inverse_wavelet_transform():
    values = np.random.default_rng(2).normal(size=COUNT)
    empty = pywt.wavedec2(np.zeros((TILE, TILE)), "sym4", mode="periodization", level=5)
    first = 0
    masks = bands()
    filled = [empty[0]]
    for level in reversed(empty[1:]):
        details = []
        for number, band in enumerate(level):
            spread = np.zeros(band.shape)
            if len(band) in masks:
                chosen = masks[len(band)][number]
                spread[chosen] = values[first : first + chosen.sum()]
                first += chosen.sum()
            details.append(idctn(spread, norm="ortho"))
        filled.insert(1, tuple(details))
    assert first == COUNT
    expected = pywt.waverec2(filled, "sym4", mode="periodization")
    np.testing.assert_allclose(synthesise(values), expected, atol=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_analysis_gives_back_what_synthesis_took(seed):
    values = np.random.default_rng(seed).normal(size=COUNT)
    tile = synthesise(values)
    np.testing.assert_allclose(analyse(tile), values, atol=1e-9)
    assert np.sum(tile**2) == pytest.approx(np.sum(values**2)), "the transform is orthonormal"


def test_carriers_lie_in_the_band():
    """Of a carrier's energy at least four fifths lie at 7 to 30 cycles per tile: for a sample of them."""
    radius = module.radial_frequency()
    inside = (radius >= LOWEST) & (radius <= HIGHEST)
    for place in np.random.default_rng(3).integers(0, COUNT, 60):
        energy = np.abs(np.fft.fft2(synthesise(np.eye(1, COUNT, place)[0]))) ** 2
        assert energy[inside].sum() >= 0.8 * energy.sum() - 1e-9
        assert OWN.frequency[place] == pytest.approx((energy * radius).sum() / energy.sum())


def test_no_coefficient_of_the_band_is_left_out():
    radius = module.radial_frequency()
    inside = (radius >= LOWEST) & (radius <= HIGHEST)
    chance = np.random.default_rng(4)
    for band in module._sub_bands():
        for y, x in chance.integers(0, len(band.chosen), (15, 2)):
            energy = np.abs(np.fft.fft2(np.outer(band.rows[y], band.columns[x]))) ** 2
            assert band.chosen[y, x] == (energy[inside].sum() / energy.sum() >= 0.8)


def test_radial_frequency():
    radius = module.radial_frequency()
    assert radius[0, 0] == 0
    assert radius[3, 4] == radius[-3, 4] == radius[-3, -4] == 5
    assert radius[64, 0] == 64


@pytest.mark.parametrize("one", [OWN, OTHER], ids=["default key", "other key"])
def test_pilot(one):
    """64 different lines of magnitude one in mirrored pairs, a real signal without any other frequency."""
    assert one.lines.shape == (64, 2)
    assert len({tuple(line) for line in one.lines.tolist()}) == 64
    assert {(-across, down) for across, down in one.lines.tolist()} == {tuple(p) for p in one.lines.tolist()}
    assert (one.lines[:, 1] > 0).all()
    radius = np.hypot(*one.lines.T)
    assert radius.min() >= 9
    assert radius.max() <= 26
    magnitude = np.abs(one.pilot)
    assert np.allclose(magnitude[one.lines[:, 1], one.lines[:, 0]], 1)
    assert np.count_nonzero(magnitude) == 128
    assert np.abs(np.fft.ifft2(one.pilot).imag).max() < 1e-15


def test_keys_draw_their_own_lines_phases_carriers_and_signs():
    assert not np.array_equal(OWN.lines, OTHER.lines)
    assert not np.array_equal(OWN.bit_of, OTHER.bit_of)
    assert abs(np.mean(OWN.sign * OTHER.sign)) < 0.1


def test_every_code_bit_has_as_many_carriers():
    uses = np.bincount(OWN.bit_of, minlength=CODE_LENGTH)
    assert uses.sum() == COUNT
    assert uses.max() - uses.min() <= 1
    assert uses.min() >= 2


@settings(max_examples=10, deadline=None)
@given(IDS)
def test_tile(content_id):
    tile = OWN.tile(content_id)
    assert tile.shape == (TILE, TILE)
    assert tile.dtype == np.float32
    assert tile.std() == pytest.approx(1, abs=1e-5)
    assert abs(tile.mean()) < 1e-3
    energy = np.abs(np.fft.fft2(tile)) ** 2
    radius = module.radial_frequency()
    assert energy[(radius >= 5) & (radius <= 36)].sum() > 0.97 * energy.sum()
    pilot = np.abs(OWN.pilot) > 0
    assert 0.15 < energy[pilot].sum() / energy.sum() < 0.35
    phases = np.angle(np.fft.fft2(tile)[pilot] * OWN.pilot[pilot].conj())
    assert np.abs(phases).max() < 1e-3, "the message does not touch the pilot"


@settings(max_examples=10, deadline=None)
@given(IDS)
def test_code_bits_of_a_tile_have_the_signs_of_its_code(content_id):
    soft = OWN.code_bits(np.fft.fft2(OWN.tile(content_id).astype(float)), np.ones(COUNT))
    coded = PolarCode(1024, 96).encode(frame_bits(content_id))
    np.testing.assert_array_equal(OWN.coded_signs(content_id), 1.0 - 2.0 * coded)
    assert np.mean(np.sign(soft) == 1.0 - 2.0 * coded) > 0.995
    other = OTHER.code_bits(np.fft.fft2(OWN.tile(content_id).astype(float)), np.ones(COUNT))
    assert abs(np.mean(np.sign(other) == 1.0 - 2.0 * coded) - 0.5) < 0.1


def test_code_bits_weigh_and_add():
    spectrum = np.fft.fft2(np.random.default_rng(6).normal(size=(TILE, TILE)))
    weight = np.random.default_rng(7).random(COUNT)
    without_pilot = np.where(np.abs(OWN.pilot) > 0, 0, spectrum)
    values = analyse(np.fft.ifft2(without_pilot).real) * weight * OWN.sign
    expected = [values[OWN.bit_of == bit].sum() for bit in range(CODE_LENGTH)]
    np.testing.assert_allclose(OWN.code_bits(spectrum, weight), expected)


def test_carriers_are_kept_for_a_few_keys():
    assert carriers(DEFAULT_KEY) is carriers(DEFAULT_KEY)


def test_no_platform_can_choose_other_carriers():
    """No coefficient lies so close to the limit of four fifths that rounding could decide."""
    radius = module.radial_frequency()
    inside = ((radius >= LOWEST) & (radius <= HIGHEST)).astype(float)
    for band in module._sub_bands():
        rows, columns = (np.abs(np.fft.fft(side, axis=1)) ** 2 / TILE for side in (band.rows, band.columns))
        assert np.abs(rows @ inside @ columns.T - 0.8).min() > 1e-5

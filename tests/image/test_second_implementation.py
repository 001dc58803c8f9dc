"""The format as `docs/image-watermark.md` describes it, written a second time, makes and reads the same marks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import mark_v1
from skimage import data

from synthmark import image
from synthmark.image import carriers as module
from synthmark.image.carriers import TILE, analyse, carriers
from synthmark.image.extraction import extract
from synthmark.keys import DEFAULT_KEY

# A tile repeats: it has no border that PyWavelets could warn of.
pytestmark = pytest.mark.filterwarnings("ignore:Level value of 5 is too high")


@pytest.fixture(scope="module")
def masks():
    return [mark_v1.chosen(level, band) for level in (2, 3, 4) for band in range(3)]


def test_the_same_carriers(masks):
    own = [band.chosen for band in module._sub_bands()]
    assert [mask.tolist() for mask in masks] == [mask.tolist() for mask in own]
    assert [int(mask.sum()) for mask in masks] == [562, 562, 172, 256, 256, 256, 19, 19, 55]
    for level in (1, 5):
        assert not any(mark_v1.chosen(level, band).any() for band in range(3))


def test_the_same_pilot():
    for key in (DEFAULT_KEY, bytes(range(32))):
        np.testing.assert_allclose(carriers(key).pilot, mark_v1.pilot(key), atol=1e-12)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**64 - 1), st.binary(min_size=16, max_size=40))
def test_the_same_tile(content_id, key):
    masks = [band.chosen for band in module._sub_bands()]
    expected = mark_v1.tile(content_id, key, masks)
    np.testing.assert_allclose(carriers(key).tile(content_id), expected, atol=2e-6)


def test_the_same_analysis(masks):
    tile = np.random.default_rng(1).normal(size=(TILE, TILE))
    np.testing.assert_allclose(analyse(tile), mark_v1.analysed(tile, masks), atol=1e-9)


def test_a_mark_of_the_second_implementation_reads(masks):
    """A picture of canonical size needs no resampling: the tile is added as it is."""
    picture, tile = data.astronaut() / 255, mark_v1.tile(0xC0FFEE, DEFAULT_KEY, masks)
    marked = np.clip(picture + np.tile(tile, (4, 4))[..., None] * (2.0 / 255), 0, 1)
    assert extract(marked).content_id == 0xC0FFEE


def test_the_second_implementation_reads_a_mark(masks):
    """Informed and simple-minded: the mean of all tiles of the difference has the signs of the codeword."""
    picture = data.astronaut() / 255
    change = (image.embed(picture, 0xC0FFEE) - picture).mean(axis=2)
    mean = change.reshape(4, TILE, 4, TILE).mean(axis=(0, 2))
    spectrum = np.fft.fft2(mean)
    spectrum[mark_v1.pilot(DEFAULT_KEY) != 0] = 0
    values = mark_v1.analysed(np.fft.ifft2(spectrum).real, masks)
    count = len(values)
    minus = np.array([word >> 63 for word in mark_v1.words(DEFAULT_KEY, "1/image/signs", count)])
    soft = np.zeros(1024)
    for i, carrier in enumerate(mark_v1.permutation(DEFAULT_KEY, "1/image/carriers", count)):
        soft[i % 1024] += values[carrier] * (-1.0) ** int(minus[carrier])
    assert np.mean((soft < 0) == mark_v1.codeword(0xC0FFEE)) > 0.97

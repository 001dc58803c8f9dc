import hashlib

import numpy as np
import pytest

from synthmark import keys
from synthmark.audio.layout import BANDS, CODED_BITS, PILOT_CELLS, TILE_ROWS, layout_for

ANOTHER_KEY = bytes(range(32))


@pytest.fixture(params=[keys.DEFAULT_KEY, ANOTHER_KEY], ids=["default", "another"])
def layout(request):
    return layout_for(request.param)


def test_every_coded_bit_has_two_cells_and_the_rest_is_pilot(layout):
    counts = np.bincount(layout.bit.ravel())
    assert (counts[:CODED_BITS] == 2).all()
    assert counts[CODED_BITS] == PILOT_CELLS == np.count_nonzero(layout.pilot)


def test_signs_are_signs_and_keyed(layout):
    assert set(np.unique(layout.sign)) == {-1.0, 1.0}
    assert abs(layout.sign.mean()) < 0.1
    other = layout_for(bytes(32))
    assert np.mean(other.sign == layout.sign) == pytest.approx(0.5, abs=0.06)


def test_a_tile_reads_back_its_content_id(layout):
    tile = layout.tile(0x0123456789ABCDEF)
    assert tile.shape == (TILE_ROWS, BANDS)
    assert layout.read(layout.soft_bits(tile)) == 0x0123456789ABCDEF


def test_a_noisy_tile_reads_back_and_noise_does_not(layout):
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((TILE_ROWS, BANDS)).astype(np.float32)
    assert layout.read(layout.soft_bits(layout.tile(7) + 2.0 * noise)) == 7
    assert layout.read(layout.soft_bits(noise)) is None


def test_another_key_does_not_read_it():
    tile = layout_for(keys.DEFAULT_KEY).tile(7)
    other = layout_for(ANOTHER_KEY)
    assert other.read(other.soft_bits(tile)) is None


@pytest.mark.parametrize(
    ("key", "digest"),
    [(keys.DEFAULT_KEY, "9ac4fd571b0e401e"), (ANOTHER_KEY, "c269ca2bc3eae8c8")],
)
def test_the_layout_of_format_version_1_never_changes(key, digest):
    layout = layout_for(key)
    cells = np.where(layout.sign > 0, layout.bit + 1, -layout.bit - 1).astype("<i4")
    assert hashlib.sha256(cells.tobytes() + layout.mask.tobytes()).hexdigest()[:16] == digest

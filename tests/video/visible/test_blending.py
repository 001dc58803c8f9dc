"""A label as weights for planes."""

import numpy as np
import pytest

from synthmark.video.visible.blending import interleaved, layers, weights
from synthmark.video.visible.frame_form import FrameForm
from synthmark.visible.boxes import Box

MASK = np.zeros((8, 20), np.uint8)
MASK[2:6, 4:16] = 255


@pytest.mark.parametrize("white_text", [True, False])
def test_text_is_opaque_the_plate_lets_through_and_corners_are_free(white_text):
    label = weights((40, 20), MASK, white_text=white_text, opacity=0.6)
    text, plate, corner = (10, 20), (10, 2), (0, 0)
    assert label.kept[text] == 0
    assert label.white[text] == white_text
    assert label.kept[plate] == pytest.approx(0.4)
    assert label.white[plate] == pytest.approx(0 if white_text else 0.6)
    assert (label.kept[corner], label.white[corner]) == (1, 0)
    assert (label.kept + label.white).max() <= 1 + 1e-6


@pytest.mark.parametrize("box", [Box(4, 6, 44, 26), Box(5, 7, 45, 27), Box(7, 4, 47, 24)])
@pytest.mark.parametrize("subsampling", [(1, 1), (2, 1), (2, 2), (4, 1), (4, 4)])
def test_chroma_keeps_the_mean_of_what_luma_keeps(box, subsampling):
    form = FrameForm(width=64, height=48, subsampling=subsampling)
    luma, chroma = layers(weights((40, 20), MASK, white_text=True, opacity=0.6), box, form, white=1.0)
    across, down = subsampling
    whole = np.ones((48, 64))
    whole[luma.rows, luma.columns] = luma.kept
    cells = np.ones((48 // down, 64 // across))
    cells[chroma.rows, chroma.columns] = chroma.kept
    assert np.allclose(cells, whole.reshape(48 // down, down, 64 // across, across).mean(axis=(1, 3)), atol=1e-6)


def test_samples_that_are_kept_whole_stay_exact_in_every_depth():
    for depth in (8, 10, 12, 16):
        form = FrameForm(width=64, height=48, bit_depth=depth)
        luma, _ = layers(weights((40, 20), MASK, white_text=True, opacity=0.6), Box(4, 6, 44, 26), form, white=1.0)
        dtype = np.uint8 if depth == 8 else np.uint16
        plane = np.random.default_rng(0).integers(0, 2**depth, (48, 64)).astype(dtype)
        before = plane.copy()
        luma.draw(plane)
        corner = luma.kept == 1
        assert corner.sum() >= 4
        assert np.array_equal(plane[6:26, 4:44][corner], before[6:26, 4:44][corner])
        assert plane[16, 24] == 235 * 2 ** (depth - 8)


def test_interleaved_layers_do_the_same_to_both_colours():
    form = FrameForm(width=64, height=48)
    _, chroma = layers(weights((40, 20), MASK, white_text=True, opacity=0.6), Box(4, 6, 44, 26), form, white=1.0)
    both = np.random.default_rng(0).integers(0, 256, (24, 32, 2)).astype(np.uint8)
    single = both[..., 1].copy()
    interleaved(chroma).draw(both)
    chroma.draw(single)
    assert np.array_equal(both[..., 1], single)

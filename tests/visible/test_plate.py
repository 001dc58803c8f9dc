"""Drawing a label on the pixels of its box."""

import numpy as np
import pytest

from synthmark.visible.plate import OPACITY, Patch, contrast, is_bright, with_label

MASK = np.zeros((10, 30), np.uint8)
MASK[2:8, 5:25] = 255


def wcag(first, second):
    """The contrast ratio of two 8-bit sRGB colours, as WCAG 2.2 words it."""

    def luminance(colour):
        parts = [c / 255 for c in colour]
        light = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]

    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("text", [0.0, 1.0])
@pytest.mark.parametrize("grey", [0, 90, 128, 200, 255])
def test_the_reported_contrast_is_that_of_the_drawn_pixels(text, grey):
    patch = Patch(np.full((20, 50, 3), grey, np.uint8), None, 255.0)
    drawn = with_label(patch, MASK, text=text, opacity=OPACITY).colour
    assert tuple(drawn[10, 25]) == (255 * text,) * 3
    measured = wcag(drawn[10, 25], drawn[10, 5])
    assert measured == pytest.approx(contrast(patch, text=text, opacity=OPACITY), rel=1e-3)
    assert measured >= 4.5


@pytest.mark.parametrize("text", [0.0, 1.0])
def test_no_colour_lowers_the_contrast_below_the_limit(text):
    colours = np.stack(np.meshgrid(*[[0, 64, 128, 192, 255]] * 3), axis=-1).reshape(5, 25, 3).astype(np.uint8)
    assert contrast(Patch(colours, None, 255.0), text=text, opacity=OPACITY) >= 5.5


def test_the_label_is_opaque_over_transparent_pixels_whatever_their_colour():
    rng = np.random.default_rng(1)
    hidden = rng.integers(0, 256, (20, 50, 3)).astype(np.uint8)
    drawn = with_label(Patch(hidden, np.zeros((20, 50), np.uint8), 255.0), MASK, text=1.0, opacity=OPACITY)
    assert (drawn.alpha[6:14, 6:44] == 255).all()
    assert drawn.alpha[0, 0] < 255
    assert set(np.unique(drawn.colour[10])) == {0, 255}


def test_half_transparent_pixels_become_opaque_and_keep_contrast():
    patch = Patch(np.full((20, 50, 3), 255, np.uint8), np.full((20, 50), 128, np.uint8), 255.0)
    drawn = with_label(patch, MASK, text=1.0, opacity=OPACITY)
    assert drawn.alpha[10, 10] == 255
    assert wcag(drawn.colour[10, 25], drawn.colour[10, 5]) >= 4.5


@pytest.mark.parametrize(
    ("dtype", "peak"), [(np.uint8, 255.0), (np.uint16, 65535.0), (np.float32, 1.0), (np.float64, 1.0)]
)
@pytest.mark.parametrize("shape", [(20, 50), (20, 50, 3)])
def test_every_dtype_shows_the_same_label(dtype, peak, shape):
    eight = with_label(Patch(np.full(shape, 150, np.uint8), None, 255.0), MASK, text=1.0, opacity=OPACITY).colour
    value = np.array(150 / 255 * peak).astype(dtype)
    drawn = with_label(Patch(np.full(shape, value, dtype), None, peak), MASK, text=1.0, opacity=OPACITY).colour
    assert drawn.dtype == dtype
    assert drawn.shape == shape
    assert np.abs(drawn / peak - eight / 255).max() < 0.6 / 255


def test_corners_are_round_and_sides_are_straight():
    drawn = with_label(Patch(np.full((40, 90), 255, np.uint8), None, 255.0), MASK, text=1.0, opacity=1.0).colour
    assert drawn[0, 0] == 255
    assert drawn[0, 45] == drawn[20, 0] == drawn[-1, 45] == drawn[20, -1] == 0
    assert np.array_equal(drawn, drawn[::-1, ::-1])


def test_bright_places_are_told_from_dark_ones():
    assert is_bright(Patch(np.full((4, 4, 3), 230, np.uint8), None, 255.0))
    assert not is_bright(Patch(np.full((4, 4, 3), 150, np.uint8), None, 255.0))
    assert not is_bright(Patch(np.full((4, 4), 255, np.uint8), np.zeros((4, 4), np.uint8), 255.0))

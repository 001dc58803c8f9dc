"""The small grey copy of a picture."""

import numpy as np
import pytest

from synthmark.image.pictures import as_picture
from synthmark.image.visible.reduction import reduced


@pytest.mark.parametrize("shape", [(1, 1), (2, 900), (64, 64), (3000, 4000), (16000, 300), (300, 16000)])
@pytest.mark.parametrize("channels", [(), (3,), (4,)])
def test_the_copy_is_of_moderate_size_and_keeps_the_level(shape, channels):
    copy = reduced(as_picture(np.full((*shape, *channels), 201, np.uint8)))
    assert copy.size <= 210_000
    assert abs(copy.shape[0] / copy.shape[1] / (shape[0] / shape[1]) - 1) < 0.3
    expected = 201 if channels != (4,) else 201 * 201 / 255 + 127 * (1 - 201 / 255)
    assert np.abs(copy.astype(float) - expected).max() <= 2


@pytest.mark.parametrize(("dtype", "peak"), [(np.uint16, 65535), (np.float32, 1), (np.float64, 1)])
def test_every_dtype_gives_the_same_copy(dtype, peak):
    picture = np.random.default_rng(0).integers(0, 256, (500, 700, 3)).astype(np.uint8)
    other = (picture / 255 * peak).astype(dtype)
    difference = reduced(as_picture(picture)).astype(int) - reduced(as_picture(other))
    assert np.abs(difference).max() <= 2

"""What is found in a picture before a label is placed."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from synthmark.image.pictures import as_picture
from synthmark.image.visible.analysis import analyse, reduced
from synthmark.image.visible.boxes import Box


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


def written(text, xy, size=26, colour=(250, 250, 250)):
    image = Image.new("RGB", (800, 600), (70, 90, 110))
    ImageDraw.Draw(image).text(xy, text, fill=colour, font=ImageFont.load_default(size=size))
    return np.asarray(image)


def test_text_is_found_and_is_a_mark_only_near_an_edge():
    middle = analyse(as_picture(written("Some words here", (300, 280))))
    corner = analyse(as_picture(written("Some words here", (590, 560))))

    def amount(analysis, name, box):
        return analysis.mean(name, Box(*box).scaled(*analysis.scale))

    assert amount(middle, "text", (310, 290, 460, 305)) > 0.8
    assert amount(middle, "marks", (310, 290, 460, 305)) == 0
    assert amount(corner, "marks", (600, 570, 750, 585)) > 0.8
    assert amount(corner, "text", (10, 10, 400, 400)) == 0


def test_texture_is_detail_but_neither_text_nor_mark():
    noise = np.random.default_rng(3).integers(0, 256, (600, 800, 3)).astype(np.uint8)
    analysis = analyse(as_picture(noise))
    everywhere = Box(0, 0, analysis.grey.shape[1], analysis.grey.shape[0])
    assert analysis.mean("detail", everywhere) > 0.9
    assert analysis.mean("marks", everywhere) < 0.02


def test_a_lone_object_draws_the_eye():
    picture = np.full((400, 400), 128, np.uint8)
    picture[90:120, 280:310] = 255
    analysis = analyse(as_picture(picture))
    around, elsewhere = Box(270, 80, 320, 130), Box(50, 250, 100, 300)
    there = analysis.mean("saliency", around.scaled(*analysis.scale))
    assert there > 10 * analysis.mean("saliency", elsewhere.scaled(*analysis.scale))

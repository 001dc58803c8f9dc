"""What is found in a picture before a label is placed."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from synthmark.image.pictures import as_picture
from synthmark.image.visible.reduction import reduced
from synthmark.visible.analysis import analyse
from synthmark.visible.boxes import Box


def analysed(picture):
    """Look at an array of pixels."""
    return analyse(reduced(as_picture(picture)), picture.shape[1::-1])


def written(text, xy, size=26, colour=(250, 250, 250)):
    image = Image.new("RGB", (800, 600), (70, 90, 110))
    ImageDraw.Draw(image).text(xy, text, fill=colour, font=ImageFont.load_default(size=size))
    return np.asarray(image)


def test_text_is_found_and_is_a_mark_only_near_an_edge():
    middle = analysed(written("Some words here", (300, 280)))
    corner = analysed(written("Some words here", (590, 560)))

    def amount(analysis, name, box):
        return analysis.mean(name, Box(*box).scaled(*analysis.scale))

    assert amount(middle, "text", (310, 290, 460, 305)) > 0.8
    assert amount(middle, "marks", (310, 290, 460, 305)) == 0
    assert amount(corner, "marks", (600, 570, 750, 585)) > 0.8
    assert amount(corner, "text", (10, 10, 400, 400)) == 0


def test_texture_is_detail_but_neither_text_nor_mark():
    noise = np.random.default_rng(3).integers(0, 256, (600, 800, 3)).astype(np.uint8)
    analysis = analysed(noise)
    everywhere = Box(0, 0, analysis.grey.shape[1], analysis.grey.shape[0])
    assert analysis.mean("detail", everywhere) > 0.9
    assert analysis.mean("marks", everywhere) < 0.02


def test_a_lone_object_draws_the_eye():
    picture = np.full((400, 400), 128, np.uint8)
    picture[90:120, 280:310] = 255
    analysis = analysed(picture)
    around, elsewhere = Box(270, 80, 320, 130), Box(50, 250, 100, 300)
    there = analysis.mean("saliency", around.scaled(*analysis.scale))
    assert there > 10 * analysis.mean("saliency", elsewhere.scaled(*analysis.scale))

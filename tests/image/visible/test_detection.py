"""Recognising our own label."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from synthmark.errors import InputError
from synthmark.image.visible import draw_label, find_label, place_label
from synthmark.image.visible.templates import TEXTS
from synthmark.video.visible import FrameForm, prepare_label

PICTURES = {
    "astronaut": data.astronaut(),
    "coffee": data.coffee(),
    "text": np.kron(data.page(), np.ones((3, 3), np.uint8)),
}


def jpeg(picture, quality=70):
    memory = io.BytesIO()
    Image.fromarray(picture).save(memory, "JPEG", quality=quality)
    return np.asarray(Image.open(memory))


def half(picture):
    image = Image.fromarray(picture)
    return np.asarray(image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS))


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("text", ["AI生成", "本图片由人工智能生成"])
@pytest.mark.parametrize("change", [lambda p: p, jpeg, half, lambda p: jpeg(half(p))], ids=range(4))
def test_a_label_is_found_with_its_text_place_and_height(name, text, change):
    picture = PICTURES[name]
    placement = place_label(picture, text)
    changed = change(draw_label(picture, placement))
    scale = changed.shape[1] / picture.shape[1]
    found = find_label(changed)
    assert (found.text, found.anchor, found.text_colour) == (text, placement.anchor, placement.text_colour)
    assert found.violations == ()
    assert found.conforming
    assert found.ink_height == pytest.approx(placement.ink_height * scale, abs=1.0)
    assert found.fraction == pytest.approx(placement.fraction, rel=0.07)
    for edge, expected in zip(found.box, placement.box, strict=True):
        assert edge == pytest.approx(expected * scale, abs=3)


@pytest.mark.parametrize("text", TEXTS)
def test_every_standard_text_is_told_from_the_others(text):
    picture = np.random.default_rng(0).normal(110, 12, (600, 900, 3)).clip(0, 255).astype(np.uint8)
    found = find_label(draw_label(picture, place_label(picture, text, force=True)))
    assert found.text == text
    assert found.violations == (() if "成" in text else ("elements",))


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("change", [lambda p: p, jpeg, half], ids=range(3))
def test_nothing_is_found_where_nothing_is(name, change):
    assert find_label(change(PICTURES[name])) is None


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_found_in_noise_patterns_and_flat_pictures(seed):
    rng = np.random.default_rng(seed)
    assert find_label(rng.integers(0, 256, (300, 400, 3)).astype(np.uint8)) is None
    assert find_label(np.kron(rng.integers(0, 2, (50, 60)), np.full((8, 8), 255)).astype(np.uint8)) is None
    assert find_label(np.full((300, 400), 100 * seed, np.uint8)) is None


@pytest.mark.parametrize("words", ["AI generated", "AIGC", "Made with AI"])
def test_the_labels_of_others_are_not_guessed_at(words):
    image = Image.fromarray(data.coffee())
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((400, 350, 590, 392), 8, (20, 20, 20))
    draw.text((410, 352), words, "white", ImageFont.load_default(28))
    assert find_label(image) is None


def test_our_words_without_a_plate_are_no_label_of_ours():
    picture = np.full((400, 600, 3), 150, np.uint8)
    placement = place_label(picture, position="bottom-right")
    shown = draw_label(picture, placement).astype(int)
    box = placement.box
    area = shown[box.top : box.bottom, box.left : box.right]
    area[...] = 150 + (area > 200) * 40
    assert find_label(shown.astype(np.uint8)) is None


def test_a_label_that_is_too_low_or_inside_the_picture_does_not_conform():
    picture = data.coffee()
    low = draw_label(picture, place_label(picture, height=0.04, force=True))
    assert find_label(low).violations == ("height",)
    assert not find_label(low).conforming
    inside = draw_label(picture, place_label(picture, position=(0.4, 0.5), force=True))
    assert find_label(inside).violations == ("place",)


@pytest.mark.parametrize("height", [0.05, 0.08, 0.15])
def test_high_labels_are_found(height):
    picture = data.coffee()
    placement = place_label(picture, height=height)
    assert find_label(draw_label(picture, placement)).fraction == pytest.approx(placement.fraction, rel=0.03)


@pytest.mark.parametrize("shape", [(1600, 2400), (300, 3000), (2000, 250), (90, 120)])
def test_large_long_and_small_pictures(shape):
    picture = np.random.default_rng(1).normal(200, 20, (*shape, 3)).clip(0, 255).astype(np.uint8)
    placement = place_label(picture)
    found = find_label(draw_label(picture, placement))
    assert found.text == "AI生成"
    assert found.box.shared_area(placement.box) > 0.85 * placement.box.area


@pytest.mark.parametrize("kind", [np.uint16, np.float32, "L", "RGBA", "P"])
def test_every_kind_of_picture_is_searched(kind):
    shown = draw_label(data.astronaut(), place_label(data.astronaut()))
    if isinstance(kind, str):
        other = Image.fromarray(shown).convert(kind)
    else:
        other = (shown.astype(float) * (257 if kind is np.uint16 else 1 / 255)).astype(kind)
    assert find_label(other).text == "AI生成"


def test_the_label_of_a_video_frame_is_found():
    form = FrameForm(width=640, height=360)
    frame = [np.full((360, 640), 120, np.uint8), *(np.full((180, 320), 128, np.uint8) for _ in range(2))]
    label = prepare_label([frame], form)
    label.draw(frame, 0.0)
    found = find_label(((frame[0].astype(float) - 16) / 219).clip(0, 1))
    assert found.text == "AI生成"
    assert found.box.shared_area(label.placement.box) > 0.9 * label.placement.box.area


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (20, 20), (500, 2)])
def test_pictures_too_small_for_any_label_hold_none(shape):
    assert find_label(np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)) is None


def test_what_is_no_picture_is_refused():
    with pytest.raises(InputError):
        find_label("picture.png")

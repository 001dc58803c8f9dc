"""The label on whole pictures: measured on the pixels that come out."""

import dataclasses
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from synthmark.errors import CapacityError, InputError
from synthmark.image.visible import LabelPlacement, draw_label, label, place_label
from synthmark.visible.boxes import Box

FACE = Box(175, 75, 265, 195)


def glyph_heights(picture, text=255):
    """Heights of the parts of a label that columns without any text set apart, on a medium grey picture."""
    shown = np.abs(picture.astype(int) - text) < 26
    columns = np.flatnonzero(np.diff(np.r_[0, shown.any(axis=0), 0]))
    rows = [np.flatnonzero(shown[:, a:b].any(axis=1)) for a, b in zip(columns[::2], columns[1::2], strict=True)]
    return [r[-1] - r[0] + 1 for r in rows]


def changed_box(before, after):
    """The least box that holds all pixels that differ."""
    different = (before != after).reshape(*before.shape[:2], -1).any(axis=2)
    rows, columns = np.flatnonzero(different.any(axis=1)), np.flatnonzero(different.any(axis=0))
    return Box(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)


def luminance(picture):
    unit = np.asarray(picture, float) / 255
    light = np.where(unit <= 0.04045, unit / 12.92, ((unit + 0.055) / 1.055) ** 2.4)
    return light @ [0.2126, 0.7152, 0.0722] if light.ndim == 3 else light


@settings(max_examples=25, deadline=None)
@given(st.integers(64, 1400), st.integers(64, 1400))
def test_the_smallest_glyph_has_five_percent_of_the_short_side(width, height):
    heights = glyph_heights(label(np.full((height, width), 128, np.uint8)))
    assert len(heights) >= 3
    assert min(heights) >= 0.05 * min(width, height)


@pytest.mark.parametrize("text", ["AI生成", "人工智能生成合成", "AI生成 AI-generated", "本图片由人工智能生成"])
@pytest.mark.parametrize("fraction", [0.05, 0.08])
def test_every_text_reaches_the_height_that_is_asked_for(text, fraction):
    picture = np.full((700, 900), 128, np.uint8)
    placement = place_label(picture, text, height=fraction)
    letters = [h for h in glyph_heights(draw_label(picture, placement)) if h > 0.4 * placement.ink_height]
    assert min(letters) >= placement.ink_height * 0.99 >= fraction * 700 * 0.99
    assert placement.fraction >= fraction


@pytest.mark.parametrize("seed", range(4))
def test_contrast_holds_at_every_pixel_of_the_plate(seed):
    rng = np.random.default_rng(seed)
    centre = [40, 128, 215, 250][seed]
    picture = np.clip(rng.normal(centre, 60, (400, 500, 3)), 0, 255).astype(np.uint8)
    placement = place_label(picture)
    box, white = placement.box, placement.text_colour == "white"
    area = slice(int(box.top), int(box.bottom)), slice(int(box.left), int(box.right))
    # On two flat pictures text is where both show the text's colour, plate where neither shows any of it.
    flat = [draw_label(np.full((400, 500), value, np.uint8), placement)[area].astype(int) for value in (60, 200)]
    text = (flat[0] == flat[1]) & (flat[0] == 255 * white)
    plate = (flat[0] == flat[0][box_middle(flat[0])]) & ~text
    shown = luminance(draw_label(picture, placement)[area])
    worst = shown[plate].max() if white else shown[plate].min()
    ratio = (max(shown[text][0], worst) + 0.05) / (min(shown[text][0], worst) + 0.05)
    assert text.sum() > 100
    assert plate.sum() > 1000
    assert np.ptp(shown[text]) == 0
    assert ratio >= 4.5
    assert ratio >= placement.contrast * 0.99


def box_middle(area):
    """A pixel of the plate that no text covers: in the padding, half way up."""
    return area.shape[0] // 2, 3


def test_only_the_box_changes():
    picture = data.astronaut()
    placement = place_label(picture)
    changed = changed_box(picture, draw_label(picture, placement))
    assert changed.left >= placement.box.left
    assert changed.top >= placement.box.top
    assert changed.right <= placement.box.right
    assert changed.bottom <= placement.box.bottom


@pytest.mark.parametrize(
    "crop",
    [
        np.s_[:, :],
        np.s_[:210, :290],
        np.s_[50:, 150:],
        np.s_[40:220, 130:310],
        np.s_[:, :, 0],
        np.s_[::4, ::4],
    ],
)
def test_no_face_is_covered(crop):
    picture = data.astronaut()
    shown = np.zeros(picture.shape[:2], bool)
    shown[int(FACE.top) : int(FACE.bottom), int(FACE.left) : int(FACE.right)] = True
    picture, shown = np.ascontiguousarray(picture[crop]), shown[crop[:2]]
    box = place_label(picture).box
    assert shown.any()
    assert not shown[int(box.top) : int(box.bottom), int(box.left) : int(box.right)].any()


@pytest.mark.parametrize("position", [None, "bottom-right", "top", "left"])
def test_a_second_label_does_not_cover_the_first(position):
    for picture in (data.astronaut(), data.coffee(), np.full((400, 600, 3), 90, np.uint8)):
        first = place_label(picture, position=position)
        second = place_label(draw_label(picture, first))
        assert first.box.shared_area(second.box) == 0
        assert second.anchor != first.anchor
    if first.anchor == "bottom-right":
        assert second.reason == "marks"


def test_detail_in_the_usual_corner_moves_the_label():
    picture = np.full((500, 700, 3), 100, np.uint8)
    assert place_label(picture).reason == "usual"
    picture[300:, 400:] = np.random.default_rng(0).integers(0, 256, (200, 300, 3))
    placement = place_label(picture)
    assert placement.anchor != "bottom-right"
    assert placement.reason == "detail"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64, ">u2"])
@pytest.mark.parametrize("shape", [(200, 300), (200, 300, 1), (200, 300, 2), (200, 300, 3), (200, 300, 4)])
def test_arrays_come_back_as_they_are(dtype, shape):
    peak = 1.0 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    picture = (np.random.default_rng(5).random(shape) * peak).astype(dtype)
    before = picture.copy()
    shown = label(picture)
    assert shown.dtype == picture.dtype
    assert shown.shape == shape
    assert np.array_equal(picture, before)
    assert not np.shares_memory(shown, picture)
    assert changed_box(picture, shown).area > 500
    assert shown.max() <= peak


def test_views_and_read_only_arrays_are_accepted():
    picture = data.astronaut()
    picture.setflags(write=False)
    turned = picture[::-1, ::-1].transpose(1, 0, 2)
    assert np.array_equal(label(turned), label(np.ascontiguousarray(turned)))


def test_the_same_picture_gives_the_same_label_in_all_kinds():
    picture = data.astronaut()
    shown = label(picture)
    assert np.array_equal(shown, label(picture))
    assert np.array_equal(shown, np.asarray(label(Image.fromarray(picture))))
    assert np.abs(label(picture / 255.0) * 255 - shown).max() < 0.51


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "F"])
def test_pillow_images_keep_their_mode_and_show_the_label(mode):
    source = Image.fromarray(data.astronaut()[:256, :256])
    source = source.convert("I").point(lambda v: v * 257).convert("I;16") if mode == "I;16" else source.convert(mode)
    shown = label(source, position="bottom-right")
    assert shown.mode == mode
    assert shown.size == source.size
    box = place_label(source, position="bottom-right").box
    grey = np.asarray(shown.convert("RGBA").convert("L") if mode not in ("I;16", "F") else shown, float)
    area = grey[int(box.top) : int(box.bottom), int(box.left) : int(box.right)] / (257 if mode == "I;16" else 1)
    assert area.max() - np.median(area) > 100


def test_a_palette_keeps_the_contrast():
    image = Image.fromarray(data.astronaut()).quantize(256)
    placement = place_label(image)
    assert placement.opacity == 1
    shown = np.asarray(draw_label(image, placement).convert("RGB"))
    box = placement.box
    area = luminance(shown[int(box.top) : int(box.bottom), int(box.left) : int(box.right)])
    text, plate = np.percentile(area, 99), np.percentile(area, 50)
    assert (text + 0.05) / (plate + 0.05) >= 4.5


@pytest.mark.parametrize("kind", ["array", "RGBA", "P"])
def test_the_label_shows_on_a_transparent_picture(kind):
    picture = np.zeros((256, 256, 4), np.uint8)
    picture[64:192, 64:192] = (200, 30, 30, 255)
    given_picture = picture if kind == "array" else Image.fromarray(picture).convert(kind)
    placement = place_label(given_picture)
    shown = draw_label(given_picture, placement)
    shown = shown if kind == "array" else np.asarray(shown.convert("RGBA"))
    box = placement.box.grown(-6)
    area = shown[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
    assert (area[..., 3] == 255).all()
    assert set(area[0, 0, :3]) == {0}
    assert area[..., :3].max() >= 250
    outside = np.ones(shown.shape[:2], bool)
    outside[
        int(placement.box.top) : int(placement.box.bottom), int(placement.box.left) : int(placement.box.right)
    ] = 0
    assert np.array_equal(shown[outside][:, 3], picture[outside][:, 3])


def test_one_placement_serves_all_frames():
    rng = np.random.default_rng(2)
    frames = [rng.integers(0, 256, (240, 320, 3)).astype(np.uint8) for _ in range(3)]
    placement = place_label(frames[0])
    for frame in frames:
        assert changed_box(frame, draw_label(frame, placement)).area > 0.9 * placement.box.area
    with pytest.raises(InputError, match="Place it again"):
        draw_label(frames[0][:-1], placement)
    with pytest.raises(InputError, match="place_label"):
        draw_label(frames[0], "bottom-right")


def test_a_placement_is_frozen_and_can_be_sent_to_another_process():
    placement = place_label(np.full((100, 100), 50, np.uint8))
    assert isinstance(placement, LabelPlacement)
    assert pickle.loads(pickle.dumps(placement)) == placement
    with pytest.raises(dataclasses.FrozenInstanceError):
        placement.anchor = "top"


def test_extreme_shapes():
    for shape in ((300, 16000), (16000, 300), (40, 3000), (9000, 9000)):
        picture = np.full(shape, 128, np.uint8)
        placement = place_label(picture)
        assert placement.fraction >= 0.05
        assert placement.box.inside(shape[1], shape[0]) == placement.box


def test_memory_is_one_copy_and_some_boxes():
    picture = np.full((3000, 3000, 3), 128, np.uint8)
    box = place_label(picture).box
    tracemalloc.start()
    label(picture)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    analysis = 12_000_000
    assert peak < picture.nbytes + 80 * box.area + analysis


@pytest.mark.parametrize(
    "options",
    [
        {"text": "AI"},
        {"text": None},
        {"text": "AI生成餐"},
        {"height": 0.04},
        {"height": 0},
        {"height": -1},
        {"height": 0.9},
        {"height": float("nan")},
        {"height": float("inf")},
        {"height": "5%"},
        {"height": True},
        {"position": "middle"},
        {"position": (0.5, 0.5)},
        {"font": "missing.otf"},
        {"font": 3},
    ],
)
def test_unusable_options_are_refused(options):
    with pytest.raises(InputError):
        label(np.full((100, 100, 3), 128, np.uint8), **options)


def test_force_lifts_what_the_standard_asks_for():
    picture = np.full((400, 400, 3), 128, np.uint8)
    placement = place_label(picture, "fiction", height=0.03, position=(0.5, 0.5), force=True)
    assert placement.text == "fiction"
    assert 0.03 <= placement.fraction < 0.05
    assert placement.box.left == pytest.approx(400 - placement.box.right, abs=2)


@pytest.mark.parametrize(
    "picture",
    [
        None,
        5,
        "picture.png",
        [[1, 2]],
        np.zeros((0, 5), np.uint8),
        np.zeros((5, 5, 7), np.uint8),
        np.full((90, 90), np.nan),
        np.zeros((90, 90), complex),
        np.zeros((90, 90), bool),
        np.zeros(9, np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(InputError):
        label(picture)


@pytest.mark.parametrize("shape", [(1, 1), (20, 20), (4, 900)])
def test_a_picture_too_small_for_any_label_is_refused(shape):
    with pytest.raises(CapacityError):
        label(np.zeros(shape, np.uint8))

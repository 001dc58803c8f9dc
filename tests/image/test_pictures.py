"""Every kind of picture as colour and alpha, and back to the same kind."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageCms

from synthmark.errors import DamagedMediaError, InputError
from synthmark.image.palettes import as_palette
from synthmark.image.pictures import as_picture

RANDOM = np.random.default_rng(5)
RGB = RANDOM.integers(0, 256, (40, 50, 3), dtype=np.uint8)
SMOOTH = np.add.outer(np.arange(40), np.arange(50))[..., None] * np.array([1, 2, 1]) + np.array([20, 10, 60])
SMOOTH = SMOOTH.astype(np.uint8)
HOLES = np.where(np.indices((40, 50)).sum(0) < 30, 0, 255).astype(np.uint8)
LEVELS = RANDOM.choice(np.array([0, 80, 200, 255], np.uint8), (40, 50))


def lab(image):
    srgb, target = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    return ImageCms.profileToProfile(image, srgb, target, outputMode="LAB")


def with_info(image, **info):
    image.info.update(info)
    return image


BASE, SOFT = Image.fromarray(RGB), Image.fromarray(SMOOTH)
RGBA = Image.fromarray(np.dstack([RGB, LEVELS]))
IMAGES = {
    "1": BASE.convert("1"),
    "L": BASE.convert("L"),
    "LA": RGBA.convert("LA"),
    "La": RGBA.convert("LA").convert("La"),
    "P": BASE.quantize(64),
    "P with a transparent entry": with_info(BASE.quantize(64), transparency=3),
    "P with alpha per entry": with_info(BASE.quantize(40), transparency=bytes(range(0, 240, 6))),
    "P with RGBA palette": RGBA.quantize(80),
    "PA": RGBA.convert("PA"),
    "RGB": BASE,
    "RGBA": RGBA,
    "RGBa": RGBA.convert("RGBa"),
    "RGBX": BASE.convert("RGBX"),
    "CMYK": Image.frombytes("CMYK", (50, 40), RANDOM.integers(0, 256, 8000, dtype=np.uint8).tobytes()),
    "YCbCr": BASE.convert("YCbCr"),
    "HSV": BASE.convert("HSV"),
    "LAB": lab(BASE),
    "I": BASE.convert("I"),
    "I;16": Image.fromarray(RANDOM.integers(0, 65536, (40, 50), dtype=np.uint16)),
    "I;16B": Image.frombytes("I;16B", (50, 40), RANDOM.integers(0, 256, 4000, dtype=np.uint8).tobytes()),
    "F": BASE.convert("F"),
    "F within 0..1": Image.fromarray(RANDOM.random((40, 50), np.float32)),
}
# What comes back after rounding through the other colour space, in levels of 255.
ROUNDING = {"La": 1, "RGBa": 1, "HSV": 6}

KINDS = st.sampled_from([np.uint8, np.dtype("<u2"), np.dtype(">u2"), np.float32, np.float64])
SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(
    lambda size: st.sampled_from([size, *((*size, channels) for channels in (1, 2, 3, 4))])
)


@st.composite
def any_array(draw):
    dtype = np.dtype(draw(KINDS))
    values = st.floats(0, 1, width=32) if dtype.kind == "f" else st.integers(0, np.iinfo(dtype).max)
    return draw(arrays.arrays(dtype, draw(SHAPES), elements=values))


@given(any_array())
def test_an_array_comes_back_as_it_was(array):
    view = as_picture(array)
    back = view.rebuilt(view.colour)
    assert back.shape == array.shape
    assert back.dtype == array.dtype
    assert np.array_equal(back, array)
    assert view.colour.shape[:2] == array.shape[:2] == (view.height, view.width)
    assert view.colour.ndim == 2 or view.colour.shape[2] == 3
    assert view.colour.dtype.isnative


@given(any_array())
def test_only_the_colour_of_an_array_changes(array):
    view = as_picture(array)
    changed = (view.peak - view.colour).astype(view.colour.dtype)
    again = as_picture(view.rebuilt(changed))
    assert np.array_equal(again.colour, changed)
    assert (again.alpha is None and view.alpha is None) or np.array_equal(again.alpha, view.alpha)


@pytest.mark.parametrize(("dtype", "peak"), [("uint8", 255), ("uint16", 65535), ("float32", 1), ("float64", 1)])
def test_the_peak_is_white(dtype, peak):
    assert as_picture(np.zeros((2, 2), dtype)).peak == peak


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_comes_back_in_its_mode_with_its_info(name):
    image = with_info(IMAGES[name].copy(), dpi=(72, 72), icc_profile=b"profile")
    view = as_picture(image)
    back = view.rebuilt(view.colour)
    assert (back.mode, back.size) == (image.mode, image.size)
    assert (back.info["dpi"], back.info["icc_profile"]) == ((72, 72), b"profile")
    again = as_picture(back)
    assert np.abs(again.colour.astype(float) - view.colour).max() <= ROUNDING.get(name, 0)
    assert (again.alpha is None and view.alpha is None) or np.array_equal(again.alpha, view.alpha)
    if view.exact:
        assert back.tobytes() == image.tobytes()


@pytest.mark.parametrize("name", [name for name in IMAGES if as_picture(IMAGES[name]).exact])
def test_an_exact_image_takes_a_change_exactly(name):
    view = as_picture(IMAGES[name])
    changed = view.colour.copy()
    changed[3:9, 4:20] = view.colour[20:26, 10:26]
    assert np.allclose(as_picture(view.rebuilt(changed)).colour, changed, atol=1e-7)


def test_the_image_is_not_changed():
    for image in IMAGES.values():
        before = image.copy()
        view = as_picture(image)
        view.rebuilt(view.colour[::-1].copy())
        assert image.tobytes() == before.tobytes()
        assert image.info == before.info


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "LAB", "RGBX"])
def test_a_small_change_survives_the_other_colour_space(mode):
    image = lab(SOFT) if mode == "LAB" else SOFT.convert(mode)
    view = as_picture(image)
    change = np.where(np.indices((40, 50)).sum(0) % 20 < 10, 3, -3)
    changed = (view.colour.astype(int) + change[..., None]).astype(np.uint8)
    got = as_picture(view.rebuilt(changed)).colour.astype(int) - view.colour
    assert np.corrcoef(got.mean(2).ravel(), change.ravel())[0, 1] > 0.9


def test_the_black_plate_of_cmyk_stays():
    image = IMAGES["CMYK"]
    view = as_picture(image)
    back = view.rebuilt(np.clip(view.colour.astype(int) + 2, 0, 255).astype(np.uint8))
    assert back.getchannel("K").tobytes() == image.getchannel("K").tobytes()
    assert back.tobytes() != image.tobytes()


def test_one_bit_is_a_threshold():
    view = as_picture(IMAGES["1"])
    assert not view.exact
    faint = np.where(view.colour == 0, 3, 252).astype(np.uint8)
    assert view.rebuilt(faint).tobytes() == IMAGES["1"].tobytes()


@pytest.mark.parametrize("alpha", [None, HOLES, LEVELS], ids=["opaque", "holes", "levels"])
@pytest.mark.parametrize("colours", [RGB, SMOOTH], ids=["many colours", "few colours"])
def test_a_palette_keeps_alpha_and_nearly_the_colours(colours, alpha):
    image = as_palette(colours, alpha)
    assert image.mode == "P"
    back = np.asarray(image.convert("RGBA")).astype(int)
    visible = np.ones((40, 50), bool) if alpha is None else alpha > 0
    assert np.array_equal(back[..., 3], np.full((40, 50), 255) if alpha is None else alpha)
    difference = np.abs(back[..., :3] - colours)[visible].mean()
    assert difference < (30 if colours is RGB else 2)


def test_a_palette_of_256_colours_is_exact():
    colours = RANDOM.integers(0, 256, (256, 3), dtype=np.uint8)[RANDOM.integers(0, 256, (30, 40))]
    assert np.array_equal(np.asarray(as_palette(colours).convert("RGB")), colours)


def test_alpha_can_be_replaced():
    for name in ("RGBA", "LA", "PA", "P with a transparent entry"):
        view = as_picture(IMAGES[name])
        again = as_picture(view.rebuilt(view.colour, np.full((40, 50), 200, np.uint8)))
        assert np.unique(again.alpha).tolist() == [200]


def test_alpha_cannot_be_invented():
    view = as_picture(RGB)
    with pytest.raises(InputError, match="no alpha"):
        view.rebuilt(view.colour, HOLES)


@pytest.mark.parametrize("colour", [RGB[:-1], RGB[..., 0], RGB.astype(np.uint16), RGB.tolist()])
def test_another_shape_or_dtype_is_refused(colour):
    with pytest.raises(InputError, match="New colour needs"):
        as_picture(RGB).rebuilt(colour)


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (None, "NumPy array or a PIL image"),
        ([[1, 2]], "list"),
        (b"bytes", "bytes"),
        (np.zeros((4, 4), bool), "bool"),
        (np.zeros((4, 4), np.int32), "int32"),
        (np.zeros((4, 4), np.float16), "float16"),
        (np.zeros((4, 4), complex), "complex"),
        (np.zeros(4, np.uint8), r"\(4,\)"),
        (np.zeros((4, 4, 5), np.uint8), "Channels come last"),
        (np.zeros((3, 40, 40), np.uint8), "Channels come last"),
        (np.zeros((0, 4), np.uint8), "empty"),
        (np.zeros((4, 0, 3), np.uint8), "empty"),
        (np.full((4, 4), np.nan), "not finite"),
        (np.full((4, 4), np.inf), "not finite"),
        (np.array([[0.5, np.nan]]), "not finite"),
        (np.full((4, 4), 200.0), "0 to 1"),
        (np.full((4, 4), -1.0), "0 to 1"),
        (Image.new("I", (4, 4), 70000), "70000"),
        (Image.new("I", (4, 4), -1), "-1"),
        (Image.new("F", (4, 4), -5.0), "0 to 1"),
        (Image.new("F", (4, 4), 1e6), "0 to 1"),
        (Image.new("RGB", (0, 4)), "empty"),
    ],
)
def test_anything_else_is_refused_with_what_was_found(picture, words):
    with pytest.raises(InputError, match=words):
        as_picture(picture)


def test_an_image_that_cannot_be_decoded_is_damaged_media():
    import io

    buffer = io.BytesIO()
    BASE.save(buffer, "PNG")
    broken = Image.open(io.BytesIO(buffer.getvalue()[:3000]))
    with pytest.raises(DamagedMediaError, match="cannot be decoded"):
        as_picture(broken)

"""What embedding promises: the kind of picture, its quality, a mark that reads, and plain words where it cannot."""

import io

import numpy as np
import pytest
from frames import CARRIERS
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from synthmark import image
from synthmark._opencv import opencv
from synthmark.errors import CapacityError, InputError
from synthmark.image.canonical import planes_at
from synthmark.image.embedding import BEST_PSNR, WORST_PSNR
from synthmark.image.pictures import as_picture

CONTENT_ID = 0x1122334455667788
KEY, OTHER_KEY = b"k" * 32, b"o" * 16
ASTRONAUT, COFFEE, CAT = data.astronaut(), data.coffee(), data.chelsea()


def saved(pixels, quality):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def psnr(one, other, peak=255.0):
    return 10 * np.log10(peak**2 / np.mean((np.asarray(one, float) - np.asarray(other, float)) ** 2))


def resized(pixels, width, height):
    return opencv().resize(pixels, (width, height), interpolation=opencv().INTER_AREA)


def read(picture, key=None):
    return image.extract(picture, key, search="fast").content_id


def holes(pixels):
    """Return an alpha channel with a transparent rectangle and a half-transparent edge."""
    alpha = np.full(pixels.shape[:2], 255, np.uint8)
    alpha[40:120, 60:200], alpha[:, :10] = 0, 128
    return alpha


def arrays():
    """Return the kinds of array that a picture can be."""
    grey, alpha = np.ascontiguousarray(CAT[..., 1]), holes(CAT)
    return {
        "RGB": CAT,
        "grey": grey,
        "one channel": grey[..., None],
        "RGBA": np.dstack([CAT, alpha]),
        "16 bits": CAT.astype(np.uint16) * 257,
        "16 bits grey": grey.astype(np.uint16) * 257,
        "16 bits RGBA": np.dstack([CAT, alpha]).astype(np.uint16) * 257,
        "float32": (CAT / 255).astype(np.float32),
        "float64": CAT / 255,
        "float64 RGBA": np.dstack([CAT, alpha]) / 255,
        "mirrored view": CAT[:, ::-1],
        "upside-down grey view": grey[::-1],
        "Fortran order": np.asfortranarray(CAT),
        "read-only": np.frombuffer(CAT.tobytes(), np.uint8).reshape(CAT.shape),
    }


def pillow_images():
    """Return the Pillow images that a picture can be."""
    picture = Image.fromarray(CAT)
    modes = {mode: picture.convert(mode) for mode in ("L", "RGB", "CMYK", "YCbCr", "LAB")}
    modes["RGBA"] = Image.fromarray(np.dstack([CAT, holes(CAT)]))
    modes["LA"] = modes["RGBA"].convert("LA")
    modes["P"] = picture.quantize(256)
    return modes


@pytest.mark.parametrize("name", arrays())
def test_kind_shape_and_dtype_are_kept_and_the_mark_reads(name):
    picture = arrays()[name]
    before = picture.copy()
    marked = image.embed(picture, CONTENT_ID)
    assert type(marked) is np.ndarray
    assert (marked.shape, marked.dtype) == (picture.shape, picture.dtype)
    np.testing.assert_array_equal(picture, before, "the picture of the caller is not touched")
    peak = {"u": np.iinfo(picture.dtype).max if picture.dtype.kind == "u" else 0, "f": 1.0}[picture.dtype.kind]
    assert marked.min() >= 0
    assert marked.max() <= peak
    assert psnr(marked, picture, peak) >= WORST_PSNR - 0.1
    assert read(marked) == CONTENT_ID


@pytest.mark.parametrize("mode", pillow_images())
def test_pillow_images_come_back_in_their_mode(mode):
    picture = pillow_images()[mode]
    picture.info["dpi"] = (72, 72)
    before = picture.tobytes()
    marked = image.embed(picture, CONTENT_ID)
    assert isinstance(marked, Image.Image)
    assert (marked.mode, marked.size, marked.info.get("dpi")) == (mode, picture.size, (72, 72))
    assert picture.tobytes() == before
    assert read(marked) == CONTENT_ID


@pytest.mark.parametrize("name", ["RGBA", "16 bits RGBA", "float64 RGBA"])
def test_alpha_and_the_colour_under_alpha_zero_stay(name):
    picture = arrays()[name]
    marked = image.embed(picture, CONTENT_ID)
    np.testing.assert_array_equal(marked[..., 3], picture[..., 3])
    hidden = picture[..., 3] == 0
    assert hidden.any()
    np.testing.assert_array_equal(marked[hidden], picture[hidden])
    assert not np.array_equal(marked[~hidden], picture[~hidden])


def test_it_does_the_same_every_time():
    first = image.embed(ASTRONAUT, CONTENT_ID, KEY)
    np.testing.assert_array_equal(first, image.embed(ASTRONAUT.copy(), CONTENT_ID, KEY))
    assert not np.array_equal(first, image.embed(ASTRONAUT, CONTENT_ID, OTHER_KEY))
    assert not np.array_equal(first, image.embed(ASTRONAUT, CONTENT_ID + 1, KEY))


def test_the_published_key_is_the_default():
    from synthmark.keys import DEFAULT_KEY

    np.testing.assert_array_equal(image.embed(CAT, 5), image.embed(CAT, 5, DEFAULT_KEY))


def test_every_channel_changes_alike():
    """The mark is grey: it adds the same to red, green and blue, up to clipping and rounding."""
    change = image.embed(CAT / 255, CONTENT_ID) - CAT / 255
    inside = ((CAT > 20) & (CAT < 235)).all(axis=2)
    assert np.abs(np.diff(change[inside], axis=1)).max() < 1e-6


def test_the_change_is_the_tile_of_the_content_id():
    canonical = resized(CAT, 770, 512)
    change = image.embed(canonical / 255, CONTENT_ID)[..., 1] - canonical[..., 1] / 255
    tile = np.tile(CARRIERS.tile(CONTENT_ID), (4, 7))[:512, :770]
    assert np.corrcoef(change.ravel(), tile.ravel())[0, 1] > 0.75


@pytest.mark.parametrize("content_id", [0, 1, 2**63, 2**64 - 1, np.uint64(2**64 - 1), np.int32(7)])
def test_every_content_id(content_id):
    assert read(image.embed(CAT, content_id)) == int(content_id)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**64 - 1), st.binary(min_size=16, max_size=40))
def test_any_content_id_and_key(content_id, key):
    marked = image.embed(CAT, content_id, key)
    assert read(marked, key) == content_id
    assert read(saved(marked, 75), key) == content_id


@pytest.mark.parametrize(
    "picture", [ASTRONAUT, COFFEE, CAT, data.rocket(), data.camera(), data.coins(), data.brick()],
    ids=["astronaut", "coffee", "cat", "rocket", "camera", "coins", "brick"],
)  # fmt: skip
def test_quality(picture):
    marked = image.embed(picture, CONTENT_ID)
    assert 42 <= psnr(marked, picture) < BEST_PSNR + 1


@pytest.mark.parametrize("width", [256, 300, 700])
@pytest.mark.parametrize("height", [256, 391])
@pytest.mark.parametrize("picture", [ASTRONAUT, COFFEE, CAT], ids=["astronaut", "coffee", "cat"])
def test_from_256_pixels_it_always_works(picture, width, height):
    marked = image.embed(resized(picture, width, height), CONTENT_ID)
    assert read(marked) == CONTENT_ID
    assert read(saved(marked, 75)) == CONTENT_ID


@pytest.mark.parametrize("side", [160, 128, 96, 64, 40, 32])
@pytest.mark.parametrize("picture", [ASTRONAUT, CAT], ids=["astronaut", "cat"])
def test_smaller_pictures_read_or_are_refused(picture, side):
    try:
        marked = image.embed(resized(picture, side, side), CONTENT_ID)
    except CapacityError:
        return
    assert read(marked) == CONTENT_ID


def test_a_refusal_says_what_to_do():
    with pytest.raises(CapacityError, match=r"40 x 40 pixels at 42 dB.* Use a larger picture, or a strength above 1"):
        image.embed(resized(CAT, 40, 40), CONTENT_ID)


@pytest.mark.parametrize("size", [(1, 1), (31, 500), (500, 31), (2, 3)])
def test_tiny_pictures_are_refused(size):
    with pytest.raises(CapacityError, match=f"{size[1]} x {size[0]} pixels; .* at least 32 on each side"):
        image.embed(np.full((*size, 3), 90, np.uint8), 1)


@pytest.mark.parametrize("size", [(300, 4000), (4000, 300), (80, 3000)])
def test_strips(size):
    strip = np.tile(COFFEE, (10, 7, 1))[: size[0], : size[1]]
    marked = image.embed(strip, CONTENT_ID)
    assert read(marked) == CONTENT_ID
    assert read(saved(marked, 75)) == CONTENT_ID
    assert psnr(marked, strip) >= 42


def flat_pictures():
    ramp = np.linspace(0, 255, 600).astype(np.uint8)
    page = np.full((512, 400, 3), 255, np.uint8)
    page[60:450:18, 50:350] = 0
    return {
        "black": np.zeros((400, 512, 3), np.uint8),
        "white": np.full((400, 512, 3), 255, np.uint8),
        "grey": np.full((512, 512), 128, np.uint8),
        "gradient": np.tile(ramp, (512, 1)),
        "lines on white": page,
        "half black": np.where(np.arange(512)[:, None, None] < 256, 0, CAT[:1, :1]).repeat(512, 1).astype(np.uint8),
    }


@pytest.mark.parametrize("name", flat_pictures())
def test_flat_pictures_read_or_are_refused(name):
    picture = flat_pictures()[name]
    try:
        marked = image.embed(picture, CONTENT_ID)
    except CapacityError:
        return
    assert psnr(marked, picture) >= 42
    smooth = name in {"black", "white", "grey", "gradient"}
    assert np.abs(marked.astype(int) - picture).max() <= (8 if smooth else 30)
    assert read(marked) == CONTENT_ID
    assert read(saved(marked, 75)) == CONTENT_ID


def test_pure_noise_is_within_the_bound_or_refused():
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3)).astype(np.uint8)
    try:
        marked = image.embed(noise, CONTENT_ID)
    except CapacityError:
        return
    assert psnr(marked, noise) >= 42
    assert read(marked) == CONTENT_ID


def test_strength_scales_the_mark():
    amounts = [psnr(image.embed(COFFEE, CONTENT_ID, strength=s), COFFEE) for s in (0.5, 1.0, 2.0)]
    assert amounts == sorted(amounts, reverse=True)
    assert amounts[1] - amounts[2] == pytest.approx(6, abs=1)


@pytest.mark.parametrize("strength", [0.2, 4.1, -1, 0, float("nan"), float("inf"), "1", "auto", None, [1]])
def test_other_strengths_are_refused(strength):
    with pytest.raises(InputError, match=r"a factor from 0\.25 to 4 is needed"):
        image.embed(CAT, 1, strength=strength)


@pytest.mark.parametrize("content_id", [-1, 2**64, 10**40, 1.5, "1", None, b"1", float("nan")])
def test_other_content_ids_are_refused(content_id):
    with pytest.raises(InputError, match="content id"):
        image.embed(CAT, content_id)


@pytest.mark.parametrize("key", ["k" * 32, b"", b"short", bytes(2000), bytearray(32), 5])
def test_other_keys_are_refused(key):
    with pytest.raises(InputError, match="key"):
        image.embed(CAT, 1, key)
    with pytest.raises(InputError, match="key"):
        image.extract(CAT, key)


@pytest.mark.parametrize(
    "picture",
    [
        None, "picture.png", [[1, 2], [3, 4]], np.zeros((0, 5, 3), np.uint8), np.zeros((9, 9, 2, 2), np.uint8),
        np.zeros((50, 50, 5), np.uint8), np.zeros((50, 50, 3), np.int64), np.zeros((50, 50), np.complex64),
        np.full((50, 50), np.nan), np.full((50, 50), np.inf), np.full((50, 50), 7.0), np.zeros(50, np.uint8),
        np.array([["a"]]), np.array(None),
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_picture_is_refused(picture):
    for function in (lambda p: image.embed(p, 1), image.extract):
        with pytest.raises(InputError):
            function(picture)


def test_two_keys_both_read():
    marked = image.embed(image.embed(COFFEE, 111, KEY), 222, OTHER_KEY)
    for picture in (marked, saved(marked, 75)):
        assert (read(picture, KEY), read(picture, OTHER_KEY), read(picture)) == (111, 222, None)


@pytest.mark.parametrize("picture", [ASTRONAUT, COFFEE, CAT], ids=["astronaut", "coffee", "cat"])
def test_marked_again_with_the_same_key_the_last_id_reads_or_it_is_refused(picture):
    first = image.embed(picture, 111)
    try:
        second = image.embed(first, 222)
    except CapacityError:
        return
    assert read(second) == 222
    assert read(saved(second, 75)) in {222, None}, "never the first"


def test_marking_again_with_the_same_id_works():
    assert read(image.embed(image.embed(COFFEE, 111), 111)) == 111


def test_the_mark_is_invisible_in_the_colours():
    marked = image.embed(CAT / 255, CONTENT_ID)
    before, after = (planes_at(as_picture(p), 300, 451) for p in (CAT / 255, marked))
    inside = ((CAT > 20) & (CAT < 235)).all(axis=2)
    assert np.abs(after[1:] - before[1:])[:, inside].max() < 0.01
    assert np.abs(after[0] - before[0]).max() > 0.5

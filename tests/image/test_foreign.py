"""The public marks of Stable Diffusion, SDXL and FLUX, against pictures that another program marked."""

import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from synthmark.image import foreign
from synthmark.image.foreign import MESSAGES, find_foreign_mark

PICTURE = skimage.data.astronaut()


def embedded(picture: np.ndarray, bits: np.ndarray, numbers: str, order: str) -> np.ndarray:
    """Write a mark as the method dwtDct does, block by block in plain loops; the reader has no such loops."""
    import cv2
    import pywt

    given = np.ascontiguousarray(picture[..., ::-1] if order == "BGR" else picture)
    yuv = cv2.cvtColor(given.astype(np.float32) if numbers == "float" else given, cv2.COLOR_BGR2YUV)
    rows, columns = (side // 4 * 4 for side in picture.shape[:2])
    low, (across, down, both) = pywt.dwt2(yuv[:rows, :columns, 1], "haar")
    number = 0
    for top in range(0, low.shape[0] // 4 * 4, 4):
        for left in range(0, low.shape[1] // 4 * 4, 4):
            block = low[top : top + 4, left : left + 4]
            place = divmod(int(np.argmax(np.abs(block.flatten()[1:]))) + 1, 4)
            size = abs(block[place])
            sign = 1 if block[place] >= 0 else -1
            block[place] = sign * (size // 36 + 0.25 + 0.5 * bits[number % len(bits)]) * 36
            number += 1
    yuv[:rows, :columns, 1] = pywt.idwt2((low, (across, down, both)), "haar")
    out = np.clip(np.rint(cv2.cvtColor(yuv, cv2.COLOR_YUV2BGR)), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(out[..., ::-1] if order == "BGR" else out)


@pytest.mark.parametrize("numbers", ["8-bit", "float"])
@pytest.mark.parametrize("order", ["BGR", "RGB"])
@pytest.mark.parametrize("name", MESSAGES)
def test_each_message_is_found_in_each_variant(name, numbers, order):
    found = find_foreign_mark(embedded(PICTURE, MESSAGES[name], numbers, order))
    assert (found.name, found.order) == (name, order)
    assert found.false_alarm_probability <= 1e-6
    assert found.agreeing <= found.bits == len(MESSAGES[name])


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_nothing_is_found_in_photographs(name):
    assert not find_foreign_mark(getattr(skimage.data, name)())


def test_another_message_is_none_of_these():
    bits = np.random.default_rng(3).integers(0, 2, 48).astype(bool)
    assert not find_foreign_mark(embedded(PICTURE, bits, "8-bit", "BGR"))


def test_the_messages_have_the_lengths_of_their_programs():
    assert {name: len(bits) for name, bits in MESSAGES.items()} == {
        "Stable Diffusion 1": 136,
        "Stable Diffusion 2": 32,
        "SDXL": 48,
        "FLUX": 46,
    }
    assert np.packbits(MESSAGES["Stable Diffusion 1"]).tobytes() == b"StableDiffusionV1"
    assert np.packbits(MESSAGES["SDXL"]).tobytes().hex() == "b3ec907bb19e"


def test_the_reader_agrees_with_the_package():
    """The bits that the package itself reads, where it is installed."""
    import sys
    import types

    sys.modules.setdefault("imwatermark.rivaGan", types.SimpleNamespace(RivaWatermark=object))
    package = pytest.importorskip("imwatermark")
    encoder = package.WatermarkEncoder()
    encoder.set_watermark("bits", MESSAGES["SDXL"].astype(int).tolist())
    bgr = encoder.encode(np.ascontiguousarray(PICTURE[..., ::-1]), "dwtDct")
    read = package.WatermarkDecoder("bits", 48).decode(bgr, "dwtDct")
    found = find_foreign_mark(np.ascontiguousarray(bgr[..., ::-1]))
    assert found.name == "SDXL"
    assert found.agreeing == int(np.sum(np.asarray(read, bool) == MESSAGES["SDXL"]))


def test_a_grey_picture_cannot_hold_one():
    assert not find_foreign_mark(PICTURE[..., 0])


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))))
def test_small_pictures_hold_nothing(picture):
    assert not find_foreign_mark(picture)


def test_of_a_large_picture_the_first_rows_are_read(monkeypatch):
    seen = []
    whole = foreign._candidates
    monkeypatch.setattr(foreign, "_MOST_PIXELS", 100 * 100)
    monkeypatch.setattr(foreign, "_candidates", lambda rgb: seen.append(rgb.shape) or whole(rgb))
    assert not find_foreign_mark(np.zeros((300, 100, 3), np.uint8))
    assert not find_foreign_mark(np.zeros((300, 60_000, 3), np.uint16))
    assert seen == [(100, 100, 3), (foreign._BLOCK, 60_000, 3)]

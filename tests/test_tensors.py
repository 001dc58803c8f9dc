"""Tensors: taken apart into pictures and put together again."""

import numpy as np
import pytest
from stand_in_tensors import Tensor

from synthmark.errors import InputError
from synthmark.tensors import TensorPictures, is_tensor

PICTURE = np.random.default_rng(1).random((20, 30, 3)).astype(np.float32)


@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8"])
@pytest.mark.parametrize(
    ("layout", "array"),
    [
        ("HWC", PICTURE),
        ("CHW", PICTURE.transpose(2, 0, 1)),
        ("BHWC", np.stack([PICTURE, 1 - PICTURE])),
        ("BCHW", np.stack([PICTURE, 1 - PICTURE]).transpose(0, 3, 1, 2)),
        ("CHW", PICTURE.transpose(2, 0, 1)[:1]),
    ],
)
def test_tensors_come_back_as_they_were(layout, array, dtype):
    tensor = Tensor(array * 255 if dtype == "uint8" else array, "cuda:0", dtype)
    taken = TensorPictures.of(tensor)
    assert len(taken.pictures) == (2 if layout.startswith("B") else 1)
    assert all(picture.shape[:2] == (20, 30) for picture in taken.pictures)
    assert {picture.dtype.name for picture in taken.pictures} == {"uint8" if dtype == "uint8" else "float32"}
    back = taken.rebuilt(taken.pictures)
    assert (back.device, back.dtype, back.shape) == ("cuda:0", tensor.dtype, tensor.shape)
    assert np.array_equal(back.cpu().numpy(), tensor.cpu().numpy())


def test_the_range_of_a_model_is_the_range_of_pictures():
    taken = TensorPictures.of(Tensor(PICTURE * 2 - 1), value_range=(-1.0, 1.0))
    assert np.allclose(taken.pictures[0], PICTURE, atol=1e-6)
    assert np.allclose(taken.rebuilt([PICTURE]).numpy(), PICTURE * 2 - 1, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "options", "said"),
    [
        ((3, 20, 3), {}, "may be CHW or HWC"),
        ((20, 30), {}, "fits no layout"),
        ((2, 20, 30), {}, "fits no layout"),
        ((3, 20, 30), {"layout": "HWC"}, "is not HWC"),
        ((3, 20, 30), {"value_range": (1.0, 0.0)}, "value range"),
    ],
)
def test_what_cannot_be_told_is_refused(shape, options, said):
    with pytest.raises(InputError, match=said):
        TensorPictures.of(Tensor(np.zeros(shape, np.float32)), **options)


def test_other_values_are_refused():
    with pytest.raises(InputError, match="uint8 or floating point"):
        TensorPictures.of(Tensor(np.zeros((3, 20, 30), np.int64)))


def test_a_layout_that_is_named_settles_what_the_shape_leaves_open():
    assert TensorPictures.of(Tensor(np.zeros((3, 20, 3), np.uint8)), "CHW").pictures[0].shape == (20, 3, 3)


def test_arrays_and_pictures_are_no_tensors():
    from PIL import Image

    assert is_tensor(Tensor(PICTURE))
    assert not is_tensor(PICTURE)
    assert not is_tensor(Image.new("RGB", (2, 2)))

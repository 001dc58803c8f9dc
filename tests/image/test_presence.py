"""The map of where a mark is present."""

import cv2
import numpy as np
import pytest
import skimage.data

from synthmark import image
from synthmark.errors import InputError
from synthmark.image.presence import presence_map

CONTENT_ID = 0x5A23456789ABCDEF


@pytest.fixture(scope="module")
def marked() -> np.ndarray:
    return image.embed(skimage.data.astronaut(), CONTENT_ID)


def agreement(spliced: np.ndarray, truth: np.ndarray, key: bytes | None = None) -> float:
    found = presence_map(spliced, image.extract(spliced, key), key).present
    real = cv2.resize(truth.astype(np.uint8), found.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    return float(np.mean(found == real))


@pytest.mark.parametrize("half", ["left", "bottom"])
def test_the_map_agrees_with_the_truth_on_spliced_pictures(marked, half):
    truth = np.zeros((512, 512), bool)
    truth[(slice(None), slice(0, 256)) if half == "left" else (slice(256, None),)] = True
    other = cv2.resize(skimage.data.coffee(), (512, 512))
    assert agreement(np.where(truth[..., None], marked, other), truth) >= 0.85


def test_a_pasted_part_stands_out_in_a_turned_and_mirrored_picture(marked):
    truth = np.ones((512, 512), bool)
    truth[150:400, 100:300] = False
    spliced = np.where(truth[..., None], marked, cv2.resize(skimage.data.coffee(), (512, 512)))
    turned = np.ascontiguousarray(np.rot90(spliced)[:, ::-1])
    assert agreement(turned, np.rot90(truth)[:, ::-1]) >= 0.85


def test_a_wholly_marked_picture_is_marked_all_over(marked):
    found = presence_map(marked, image.extract(marked))
    assert found.share >= 0.9
    assert found.score.shape == found.present.shape == (256, 256)


def test_the_size_of_the_map_can_be_chosen(marked):
    wide = np.concatenate([marked, marked], axis=1)
    assert presence_map(wide, image.extract(wide), short_side=64).present.shape == (64, 128)


def test_without_a_mark_there_is_no_map(marked):
    with pytest.raises(InputError, match="found no mark"):
        presence_map(
            marked, image.ImageDetection() if hasattr(image, "ImageDetection") else image.extract(marked * 0)
        )

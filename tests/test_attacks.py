"""The attacks behave, and a mark survives those that the robustness table asks for, on one bundled picture.

The whole table, over many pictures, is made by ``benchmarks/robustness_image.py``.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from skimage import data

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from attacks_image import ATTACKS, SWEEPS, Attack, attack_named, attacked
from measures_image import luma_ssim, rgb_psnr

from synthmark import image

CONTENT_ID = 0xFEDCBA9876543210
# Rows that may fail on a few pictures are judged by the benchmark, over many.
CERTAIN = [attack for attack in ATTACKS.values() if attack.required >= 98]

REQUIRED = {
    "none": 100, "PNG": 100, "JPEG 95": 100, "JPEG 75": 100, "JPEG 50": 100, "WebP 75": 100, "AVIF 60": 100,
    "JPEG 30": 99, "JPEG 15": 90, "resize 0.25": 100, "resize 0.35": 100, "resize 0.5": 100,
    "resize 0.75": 100, "resize 1.5": 100, "resize 2": 100, "resize 3": 100, "width 0.85": 98,
    "width 1.15": 98, "flip left-right": 100, "flip upside down": 100, "rotation 90": 100,
    "rotation 180": 100, "rotation 270": 100, "rotation 1 cut": 99, "rotation 77 filled": 99,
    "rotation random expanded": 99, "rotation 10 filled + JPEG 50": 98, "crop 75 %": 100, "crop 50 %": 100,
    "crop 25 %": 95, "crop 10 %": 70, "cut 1 px": 100, "cut 50 px": 100,
    "crop 50 % + resize 0.7 + JPEG 60": 95, "screenshot": 98, "chat application": 100,
    "brightness 0.8": 100, "brightness 1.2": 100, "contrast 0.7": 100, "contrast 1.3": 100,
    "gamma 0.7": 100, "gamma 1.4": 100, "grey": 100, "hue +30 degrees": 100, "saturation 0.5": 100,
    "sharpen": 100, "posterise 32 levels": 100, "noise 5": 100, "noise 10": 100, "noise 20": 95,
    "blur 1": 100, "blur 2": 98, "blur 3": 75, "median 3": 100, "median 5": 90, "caption 20 %": 100,
    "logo 20 %": 100, "half painted": 95, "boxes over 50 %": 95, "perspective 3 % inward": 90,
}  # fmt: skip


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.ascontiguousarray(data.astronaut())


@pytest.fixture(scope="module")
def marked(picture):
    return np.asarray(image.embed(picture, CONTENT_ID))


def test_the_table_asks_for_what_it_must():
    assert {name: ATTACKS[name].required for name in REQUIRED} == REQUIRED


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attack_changes_the_picture_the_same_way_every_time(picture, attack: Attack):
    small = picture[100:356, 60:380].copy()
    before = small.copy()
    first, second = attacked(small, attack, seed=3), attacked(small, attack, seed=3)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(small, before)
    assert first.dtype == np.uint8
    assert first.ndim == 3
    assert first.shape[2] == 3
    assert (attack.name in {"none", "PNG"}) == np.array_equal(first, small)


def test_chance_depends_on_seed_and_label(picture):
    attack = ATTACKS["noise 10"]
    first = attacked(picture, attack, 1, "a")
    assert not np.array_equal(first, attacked(picture, attack, 2, "a"))
    assert not np.array_equal(first, attacked(picture, attack, 1, "b"))


@pytest.mark.parametrize("share", [10, 25, 50, 75])
@pytest.mark.parametrize("variant", ["", " any aspect"])
def test_crop_keeps_its_share_of_the_area(picture, share, variant):
    cut = attacked(picture, ATTACKS[f"crop {share} %{variant}"])
    assert cut.shape[0] * cut.shape[1] == pytest.approx(picture[..., 0].size * share / 100, rel=0.02)


@pytest.mark.parametrize("degrees", [1, 15, 45, 77])
def test_cut_corners_leave_no_filling(degrees):
    white = np.full((240, 400, 3), 255, np.uint8)
    assert attacked(white, ATTACKS[f"rotation {degrees} filled"]).min() == 0
    assert attacked(white, ATTACKS[f"rotation {degrees} cut"]).min() == 255


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("stickers 20 %", 0.2),
        ("boxes over 50 %", 0.5),
        ("caption 20 %", 0.2),
        ("logo 20 %", 0.2),
        ("half painted", 0.5),
    ],
)
def test_covering_hides_at_least_its_share(picture, name, share):
    noise = np.random.default_rng(1).integers(0, 256, picture.shape).astype(np.uint8)
    changed = (attacked(noise, ATTACKS[name]) != noise).any(axis=2).mean()
    assert share - 0.01 < changed < share + 0.04


def test_resize_to_a_quarter_applies_only_while_192_pixels_are_left():
    attack = ATTACKS["resize 0.25"]
    assert attack.applies(np.zeros((768, 900, 3), np.uint8))
    assert not attack.applies(np.zeros((767, 900, 3), np.uint8))


def test_sweeps_have_names_of_their_own_and_grow(picture):
    names = [attack.name for steps in SWEEPS.values() for attack in steps.values()]
    assert len(set(names)) == len(names)
    assert not set(names) & set(ATTACKS)
    assert all(attack_named(name).name == name for name in names)
    steps = [rgb_psnr(picture, attacked(picture, attack)) for attack in SWEEPS["noise sigma"].values()]
    assert steps == sorted(steps, reverse=True)


def test_psnr_of_a_known_difference(picture):
    changed = picture.astype(int) + np.where(picture < 255, 1, -1)
    assert rgb_psnr(picture, changed.astype(np.uint8)) == pytest.approx(20 * math.log10(255))
    assert rgb_psnr(picture, picture) == math.inf


def test_ssim_is_one_for_the_same_picture_and_falls_with_noise(picture):
    assert luma_ssim(picture, picture) == pytest.approx(1)
    few, many = (luma_ssim(picture, attacked(picture, ATTACKS[f"noise {sigma}"])) for sigma in (5, 20))
    assert many < few < 1


def test_quality(picture, marked):
    assert rgb_psnr(picture, marked) >= 42
    assert luma_ssim(picture, marked) >= 0.985


@pytest.mark.parametrize("attack", CERTAIN, ids=lambda attack: attack.name)
def test_mark_survives(picture, marked, attack: Attack):
    if not attack.applies(marked):
        pytest.skip("the picture is too small for this row")
    assert image.extract(attacked(marked, attack)).content_id == CONTENT_ID


@pytest.mark.parametrize("attack", ["none", "JPEG 50", "rotation 5 cut", "screenshot"])
def test_no_mark_is_found_where_there_is_none(picture, attack):
    assert image.extract(attacked(picture, ATTACKS[attack])).content_id is None

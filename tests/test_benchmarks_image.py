"""The benchmark programs run and count rightly; the method is a toy whose successes are known."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from attacks_image import ATTACKS  # noqa: E402
from peers_image import LeastSignificantBit  # noqa: E402
from pictures_image import awkward_pictures, enlarged, pictures_below  # noqa: E402
from tail_fit import fitted_tail  # noqa: E402


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    folder = tmp_path_factory.mktemp("robustness")
    Image.fromarray(data.astronaut()[:200, :320]).save(folder / "a.png")
    Image.fromarray(data.chelsea()[:200, :320]).save(folder / "b.png")
    out = folder / "result.json"
    command = [sys.executable, str(BENCHMARKS / "robustness_image.py"), "--images", str(folder)]
    command += ["--methods", "least-significant-bit", "--attacks", "none,JPEG 50,resize 0.25,cut 5 px"]
    subprocess.run([*command, "--out", str(out)], check=True, capture_output=True, timeout=120)
    return json.loads(out.read_text(encoding="utf-8"))


def test_record_says_where_it_comes_from(record):
    assert {"command", "date", "machine", "python", "versions", "ssim", "seed"} <= set(record)
    assert "--images robustness" in record["command"]


def test_recovery_is_counted_over_the_pictures_an_attack_applies_to(record):
    attacks = record["methods"]["least-significant-bit"]["attacks"]
    assert (attacks["none"]["achieved"], attacks["none"]["pictures"], attacks["none"]["met"]) == (
        100,
        2,
        True,
    )
    assert (attacks["JPEG 50"]["achieved"], attacks["JPEG 50"]["met"]) == (0, False)
    assert attacks["JPEG 50"]["failures"] == {"a.png": "nothing", "b.png": "nothing"}
    assert (attacks["resize 0.25"]["achieved"], attacks["resize 0.25"]["pictures"]) == (None, 0)


def test_quality_is_that_of_the_toy(record):
    method = record["methods"]["least-significant-bit"]
    # Half of the blue samples change by one: the error is 1/6 over the three channels.
    assert method["psnr_mean"] == pytest.approx(10 * np.log10(255**2 * 6), abs=0.1)
    assert method["ssim_mean"] > 0.999
    assert method["wrong_ids"] == method["ids_in_unmarked_pictures"] == 0


def test_toy_reads_its_own_marks_and_nothing_else():
    picture, toy = np.ascontiguousarray(data.chelsea()), LeastSignificantBit()
    assert toy.extract(picture) is None
    assert toy.extract(toy.embed(picture, 2**64 - 2)) == 2**64 - 2


def test_unknown_names_are_refused(tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    command = [sys.executable, str(BENCHMARKS / "robustness_image.py"), "--images", str(tmp_path)]
    result = subprocess.run([*command, "--attacks", "dance"], check=False, capture_output=True, text=True, timeout=60)
    assert result.returncode == 2
    assert "dance" in result.stderr


def test_pictures_are_spread_over_the_list(tmp_path):
    for number in range(6):
        (tmp_path / f"{number}.png").touch()
    assert [path.name for path in pictures_below([tmp_path], 3)] == ["0.png", "2.png", "4.png"]
    with pytest.raises(FileNotFoundError):
        pictures_below([tmp_path / "none"])


def test_enlarged_picture_has_the_size_and_a_cameras_noise():
    flat = enlarged(np.full((60, 80, 3), 128, np.uint8), 0.3)
    assert flat.shape[0] * flat.shape[1] == pytest.approx(3e5, rel=0.01)
    assert flat.std() == pytest.approx(2, rel=0.05)


def test_awkward_pictures_are_rgb():
    assert all(p.shape == (512, 512, 3) and p.dtype == np.uint8 for p in awkward_pictures().values())


def test_exponential_tail_is_recovered():
    tail = fitted_tail(np.random.default_rng(5).exponential(0.5, 20_000))
    assert tail is not None
    assert tail["scale"] == pytest.approx(0.5, rel=0.2)
    assert tail["score_at_1e-9"] == pytest.approx(0.5 * np.log(1e9), rel=0.2)
    assert tail["fit_p_value"] > 0.01


def test_no_tail_from_too_few_or_equal_scores():
    assert fitted_tail(np.arange(100.0)) is None
    assert fitted_tail(np.zeros(5000)) is None


def test_every_attack_names_its_row_and_group():
    assert all(attack.row and attack.group and 0 < attack.required <= 100 for attack in ATTACKS.values())

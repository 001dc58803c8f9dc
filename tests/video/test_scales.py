import math

import cv2
import numpy as np
import pytest

from synthmark.image.carriers import TILE, carriers
from synthmark.keys import key_bytes
from synthmark.video.acceptance import Ledger
from synthmark.video.pictures import Chunk
from synthmark.video.runs import Run
from synthmark.video.scales import FINE_SCALES, Folds, Scale
from synthmark.video.search import KeySearch

CONTENT_ID = 0x0123456789ABCDEF
KEY = carriers(key_bytes(None))


SHAPE = (320, 240)  # at the scales below, a tile or two: next to no repetition, which is what makes lines


def picture(scale, strength, seed, mirrored=False):
    """Return noise in which the tile stands at a scale, as an averaged picture would show it."""
    noise = np.random.default_rng(seed).standard_normal(SHAPE).astype(np.float32)
    tiles = np.tile(KEY.tile(CONTENT_ID), (6, 8))[17:, 40:]
    matrix = np.array([[scale, 0, 0], [0, scale, 0]])
    mark = cv2.warpAffine(tiles.astype(np.float32), matrix, SHAPE[::-1])
    return noise + strength * (mark[:, ::-1] if mirrored else mark)


def run_of(pictures, canonical=(256, 256)):
    empty = np.zeros((TILE, TILE), np.complex128)
    return Run([Chunk(0.5 * n, 0.5 * n + 0.5, each, empty) for n, each in enumerate(pictures)], canonical)


def noise_run(scale, strength, count=8, mirrored=False):
    return run_of([picture(scale, strength, seed, mirrored) for seed in range(count)])


@pytest.fixture
def search():
    return KeySearch(KEY, Ledger())


@pytest.mark.parametrize("scale", [1.1, 2.3])
def test_the_scale_of_a_faint_mark_is_found_closely(scale):
    best = Folds(picture(scale, 0.25, 1)).likely_scales(KEY)[0]
    assert best.score > 7
    assert best.scale == pytest.approx(scale, rel=0.004)


def test_scales_beside_a_likely_one_are_tried_after_it():
    nearby = Scale(8.0, 2.0).nearby()
    assert nearby[0] == 2.0
    assert sorted(nearby) == pytest.approx([2.0 * (1 + 0.002 * step) for step in range(-2, 3)], rel=1e-4)
    assert [round(abs(math.log(each / 2.0)) / 0.002) for each in nearby] == [0, 1, 1, 2, 2]


def test_what_was_folded_serves_another_key():
    folds = Folds(picture(2.3, 0.25, 1))
    other = folds.likely_scales(carriers(bytes(range(16))))
    assert max(each.score for each in other) < 7
    assert folds.likely_scales(KEY) == Folds(picture(2.3, 0.25, 1)).likely_scales(KEY)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_faint_mark_at_an_unknown_scale_is_read_though_its_lines_do_not_show_it(search, mirrored):
    faint = noise_run(2.3, 0.038, mirrored=mirrored)
    assert search.mapped(faint) is None
    found = search.upright(faint)
    assert found is not None
    assert found.content_id == CONTENT_ID
    assert found.false_alarm_probability < 1e-9
    # So faint a mark may read at a neighbour of the best scale: within four fine steps, less than a coarse one.
    assert math.sqrt(abs(np.linalg.det(found.frame[:2, :2]))) == pytest.approx(2.3, rel=0.008)
    assert (np.linalg.det(found.frame[:2, :2]) < 0) is np.bool_(mirrored)


def test_nothing_is_decoded_where_there_is_no_mark():
    ledger = Ledger()
    assert KeySearch(KEY, ledger).upright(noise_run(1.0, 0.0, 12)) is None
    assert ledger.decoded == 0


def test_all_scales_orientations_and_places_count_towards_the_threshold(monkeypatch):
    asked = []
    ledger = Ledger()
    trial = ledger.trial
    monkeypatch.setattr(ledger, "trial", lambda kind, places: asked.append((kind, places)) or trial(kind, places))
    KeySearch(KEY, ledger).upright(noise_run(1.0, 0.0, 12))
    ((kind, places),) = asked
    least = FINE_SCALES * 2 * TILE**2  # fine scales, orientations, places
    assert kind == "upright"
    assert places >= 10 * 4 * least  # four shifts, and a tenth of the decodings of other ways


def test_the_expected_decodings_of_all_four_ways_stay_below_a_tenth():
    ways = (("fixed", 1, 1), ("turned", 1, 1), ("mapped", 1, 1), ("upright", 10, 5))  # share, scales side by side
    ledger, places = Ledger(), 1e6
    expected = 0.0
    for kind, share, scales in ways:
        for _ in range(2000):
            score = ledger.trial(kind, places * share).certain
            expected += scales * places * 0.5 * math.erfc(score / math.sqrt(2))
    assert 0.05 < expected < 0.1


def test_a_regular_pattern_is_not_decoded_though_its_strong_lines_fit_the_pilot_at_some_scale():
    ledger = Ledger()
    rows, columns = np.indices((320, 568))
    noise = np.random.default_rng(2)
    squares = np.where((rows // 12 + columns // 12) % 2, 1.0, -1.0)
    seen = [(squares + 0.05 * noise.standard_normal(squares.shape)).astype(np.float32) for _ in range(8)]
    assert KeySearch(carriers(bytes([1] * 16)), ledger).upright(run_of(seen, (256, 454))) is None
    assert ledger.decoded == 0

import math

import numpy as np
import pytest

from synthmark import keys
from synthmark.audio.layout import LIST_SIZE, layout_for
from synthmark.audio.listening import TILE_STEPS, Listening
from synthmark.audio.search import Search, marks_at_plain_speed

SHORT_KEYS = [bytes([n]) * 16 for n in range(40)]


def test_the_bound_counts_what_was_tried():
    search = Search(layout_for(keys.DEFAULT_KEY), tried=1000)
    expected = 1000 * math.exp(-(6.0**2) / 2) * LIST_SIZE / 2**32
    assert search.bound(6.0) == pytest.approx(expected)
    search.tried = 2000
    assert search.bound(6.0) == pytest.approx(2 * expected)


def test_the_bound_is_a_probability():
    search = Search(layout_for(keys.DEFAULT_KEY), tried=10**12)
    assert search.bound(0.0) == 1.0
    assert search.bound(-9.0) == 1.0
    assert Search(layout_for(keys.DEFAULT_KEY)).bound(40.0) > 0.0


def test_pilot_scores_of_unmarked_sound_keep_to_the_bound_they_are_judged_by(voice):
    """Among n scores of a fair keyed pilot fewer than n exp(-z^2 / 2) lie above z."""
    listening = Listening.to(voice.astype(np.float32))
    tiles = listening.tiles()
    scores = np.array(
        [
            [at.score for at in listening.scan(layout_for(key), 1.0, 1.0, [(0, tiles)], best=TILE_STEPS)]
            for key in SHORT_KEYS
        ]
    ).ravel()
    assert len(scores) == TILE_STEPS * len(SHORT_KEYS)
    for z in (1.0, 2.0, 3.0):
        assert (scores > z).mean() < math.exp(-(z**2) / 2)
    assert scores.std() == pytest.approx(1.0, abs=0.15)


def test_no_key_finds_a_mark_in_unmarked_sound(voice):
    listening = Listening.to(voice.astype(np.float32))
    assert [marks_at_plain_speed(listening, Search(layout_for(key))) for key in SHORT_KEYS] == [[]] * len(SHORT_KEYS)


def test_the_pilot_of_marked_sound_stands_out(marked):
    listening = Listening.to(marked.astype(np.float32))
    best, second = listening.scan(layout_for(keys.DEFAULT_KEY), 1.0, 1.0, [(0, listening.tiles())], best=2)
    assert best.score > 8
    assert min(best.offset, TILE_STEPS - best.offset) <= 3
    assert abs(second.offset - best.offset) % TILE_STEPS in {1, TILE_STEPS - 1}

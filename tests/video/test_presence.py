import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthmark.image.carriers import carriers
from synthmark.keys import key_bytes
from synthmark.video.pattern import pattern
from synthmark.video.pictures import Chunk
from synthmark.video.presence import Template, merged, runs
from synthmark.video.search import Found

KEY = carriers(key_bytes(None))
CONTENT_ID = 31


def chunk(strength, stretch, seed):
    noise = np.random.default_rng(seed).standard_normal((256, 384)).astype(np.float32)
    picture = noise + np.float32(strength) * pattern(KEY, CONTENT_ID, 256, 384, stretch)
    return Chunk(0.5 * seed, 0.5 * seed + 0.5, picture, np.zeros((128, 128), np.complex128))


@pytest.fixture
def template():
    return Template(Found(CONTENT_ID, 5.0, np.eye(3), 0.0), KEY)


def test_a_mark_is_present_whatever_its_shift(template):
    assert template.presence([chunk(0.1, stretch, stretch) for stretch in range(4)]) == [True] * 4
    assert template.presence([chunk(0.0, 0, seed) for seed in range(6)]) == [False] * 6


def test_beside_a_present_chunk_less_is_enough(template):
    faint = chunk(0.022, 1, 3)
    assert 3.2 <= max(template.scores(faint)) < 5.5
    nothing, plain = chunk(0.0, 1, 5), chunk(0.1, 1, 4)
    assert template.presence([faint]) == [False]
    assert template.presence([nothing, faint, faint, plain, faint]) == [False, True, True, True, True]
    assert template.presence([plain, nothing, faint]) == [True, False, False]


def test_beside_a_present_chunk_of_another_shift_it_is_not(template):
    assert template.presence([chunk(0.1, 0, 4), chunk(0.022, 1, 3)]) == [True, False]


def test_spans_are_joined_over_short_gaps_only():
    assert merged([(1.0, 1.5), (0.0, 0.5), (0.5, 1.0), (2.0, 2.5), (4.0, 4.5)]) == ((0.0, 2.5), (4.0, 4.5))
    assert merged([]) == ()


@given(st.lists(st.booleans(), max_size=20))
def test_runs_hold_every_absent_chunk_once(absent):
    chunks = list(range(len(absent)))
    found = runs(chunks, absent)
    assert [chunk for run in found for chunk in run] == [chunk for chunk in chunks if absent[chunk]]
    assert all(run[-1] - run[0] == len(run) - 1 for run in found)
    assert all(after[0] - before[-1] > 1 for before, after in itertools.pairwise(found))

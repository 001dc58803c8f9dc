import itertools

from hypothesis import given
from hypothesis import strategies as st

from synthmark.video.presence import merged, runs


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

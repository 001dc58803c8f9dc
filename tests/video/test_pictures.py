import itertools

import numpy as np
import pytest
from scenes import pan

from synthmark.video.pictures import SHORT_SIDE, ChunkMaker


def chunks_of(frames, rate, depth=8):
    maker = ChunkMaker(*frames[0].shape, depth)
    found = [maker.push(frame, number / rate) for number, frame in enumerate(frames)]
    return [chunk for chunk in [*found, maker.finish()] if chunk is not None]


def test_half_seconds_follow_one_another():
    chunks = chunks_of(pan(frames=30), 12.0)
    assert [chunk.start for chunk in chunks] == pytest.approx([0, 0.5, 1, 1.5, 2])
    assert all(before.end == after.start for before, after in itertools.pairwise(chunks))
    assert chunks[0].picture.shape == (SHORT_SIDE, 474)
    assert chunks[0].spectrum.shape == (128, 128)


def test_frames_beyond_twelve_a_second_are_not_looked_at():
    frames = pan(frames=13)
    among = [frame for frame in frames for _ in range(4)]
    assert len(chunks_of(among, 48.0)) == len(chunks_of(frames, 12.0))
    assert np.array_equal(chunks_of(among, 48.0)[0].picture, chunks_of(frames, 12.0)[0].picture)


def test_ten_bits_give_the_same_picture():
    frames = pan(frames=4)
    deep = [frame.astype(np.uint16) * 4 for frame in frames]
    (plain,), (same,) = chunks_of(frames, 12.0), chunks_of(deep, 12.0, 10)
    assert np.abs(plain.picture - same.picture).mean() < 0.1  # reducing rounds in eight bits, not in ten


def test_slow_videos_have_chunks_of_one_frame():
    chunks = chunks_of(pan(frames=3), 1.0)
    assert [(chunk.start, chunk.end) for chunk in chunks[:2]] == [(0.0, 1.0), (1.0, 2.0)]


def test_nothing_gives_nothing():
    assert ChunkMaker(100, 100, 8).finish() is None

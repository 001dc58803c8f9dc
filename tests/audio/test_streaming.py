import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import CONTENT_ID, synthetic_voice

from synthmark import audio
from synthmark.errors import InputError

RATE = 22050
HOST = (synthetic_voice(7.3, RATE) * 32000).astype(np.int16)[:, None] * np.array([1, 0], np.int16)
HOST[:, 1] = np.roll(HOST[:, 0], 300) // 2


@functools.cache
def marked_at_once():
    return audio.embed(HOST, RATE, CONTENT_ID)


def pushed(stream, sizes):
    """Return the pieces that come back when the host is pushed in chunks of the given sizes, then finished."""
    pieces, first = [], 0
    for size in sizes:
        pieces.append(stream.push(HOST[first : first + size]))
        first += size
    pieces.append(stream.push(HOST[first:]))
    return [*pieces, stream.finish()]


@given(sizes=st.lists(st.integers(0, 60000), max_size=6))
@settings(max_examples=8, deadline=None)
def test_chunks_equal_one_shot_whatever_their_sizes(sizes):
    pieces = pushed(audio.StreamEmbedder(RATE, CONTENT_ID), sizes)
    np.testing.assert_array_equal(np.concatenate(pieces), marked_at_once())


def test_the_latency_is_kept():
    stream = audio.StreamEmbedder(RATE, CONTENT_ID)
    came = 0
    for first in range(0, len(HOST), 1000):
        came += len(stream.push(HOST[first : first + 1000]))
        assert first + 1000 - came <= stream.latency * RATE + 1000
    assert 2.0 < stream.latency < 3.0
    assert came + len(stream.finish()) == len(HOST)


def test_an_empty_stream_is_empty():
    assert len(audio.StreamEmbedder(RATE, CONTENT_ID).finish()) == 0


def test_sound_too_short_for_a_mark_passes_at_full_length():
    stream = audio.StreamEmbedder(RATE, CONTENT_ID)
    out = np.concatenate([stream.push(HOST[:500]), stream.finish()])
    assert out.shape == (500, 2)
    assert out.dtype == np.int16


def test_the_form_may_not_change_midway():
    stream = audio.StreamEmbedder(RATE, CONTENT_ID)
    stream.push(HOST[:100])
    with pytest.raises(InputError, match="first one had 2 of int16"):
        stream.push(HOST[:100, 0])


def test_nothing_comes_after_the_end():
    stream = audio.StreamEmbedder(RATE, CONTENT_ID)
    stream.push(HOST[:100])
    stream.finish()
    assert len(stream.finish()) == 0
    with pytest.raises(InputError, match="finished"):
        stream.push(HOST[:100])


def test_silence_longer_than_a_block_passes_unchanged():
    stream = audio.StreamEmbedder(RATE, CONTENT_ID)
    silence = np.zeros(8 * RATE, np.float32)
    np.testing.assert_array_equal(np.concatenate([stream.push(silence), stream.finish()]), silence)


def test_a_mark_that_begins_within_a_stream_reads():
    pieces = pushed(audio.StreamEmbedder(RATE, CONTENT_ID), [3000])
    assert audio.extract(np.concatenate(pieces)[40000:], RATE).content_id == CONTENT_ID

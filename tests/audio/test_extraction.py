import numpy as np
import pytest
from sounds import CONTENT_ID, synthetic_voice

from synthmark import audio
from synthmark.audio.search import FALSE_ALARM_LIMIT
from synthmark.errors import InputError

RATE = 16000
OTHER_KEY = bytes(range(16))


def noisy(samples, decibels):
    noise = np.random.default_rng(3).standard_normal(samples.shape)
    return samples + noise * np.sqrt((samples**2).mean()) * 10 ** (-decibels / 20)


def echoed(samples):
    out = samples.copy()
    out[1600:] += 0.3 * samples[:-1600]
    return out


def band_limited(samples, low, high):
    spectrum = np.fft.rfft(samples)
    frequency = np.fft.rfftfreq(len(samples), 1 / RATE)
    return np.fft.irfft(np.where((frequency > low) & (frequency < high), spectrum, 0), len(samples))


def played_faster(samples, factor):
    """Change speed by linear interpolation of four times oversampled sound; the pitch moves."""
    fine = np.fft.irfft(np.fft.rfft(samples), 4 * len(samples)) * 4
    return np.interp(np.arange(0, 4 * (len(samples) - 1), 4 * factor), np.arange(len(fine)), fine)


CHANGES = {
    "none": lambda s: s,
    "softer": lambda s: 0.1 * s,
    "inverted": lambda s: -s,
    "odd trim": lambda s: s[1237:],
    "five seconds": lambda s: s[30001:110001],
    "three seconds": lambda s: s[50003:98003],
    "16 bit": lambda s: np.round(s * 32767).astype(np.int16),
    "8 bit": lambda s: np.round(s * 127) / 127,
    "noise 20 dB": lambda s: noisy(s, 20),
    "echo": echoed,
    "telephone band": lambda s: band_limited(s, 300, 3400),
    "below 2 kHz": lambda s: band_limited(s, 0, 2000),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_mark_survives(marked, change):
    found = audio.extract(change(marked), RATE)
    assert found.content_id == CONTENT_ID
    assert found.speed == found.tempo == 1.0
    assert found.false_alarm_probability <= FALSE_ALARM_LIMIT
    assert found.version == 1
    assert found


@pytest.mark.parametrize("factor", [0.9, 0.95, 1.05, 1.1])
def test_other_speeds(marked, factor):
    found = audio.extract(played_faster(marked, factor), RATE)
    assert found.content_id == CONTENT_ID
    assert found.speed == pytest.approx(factor, abs=0.004)
    assert found.tempo == 1.0


def test_another_key_finds_nothing(marked):
    assert not audio.extract(marked, RATE, OTHER_KEY)


def test_a_secret_key_reads_its_own_mark_only(voice):
    marked = audio.embed(voice[:80000], RATE, 5, OTHER_KEY)
    assert audio.extract(marked, RATE, OTHER_KEY).content_id == 5
    assert not audio.extract(marked, RATE)


UNMARKED = {
    "voice": synthetic_voice(8.0, seed=2),
    "noise": np.random.default_rng(0).standard_normal(100000) * 0.1,
    "silence": np.zeros(100000),
    "constant": np.ones(100000),
    "tone": np.sin(np.arange(100000) / 5),
    "huge": np.random.default_rng(0).standard_normal(50000) * 1e300,
    "nothing": np.zeros(0),
    "no time": np.zeros((0, 2), np.int16),
    "one sample": np.ones(1),
    "one frame": np.ones(512),
    "one step more": np.ones(513 + 256),
}


@pytest.mark.parametrize("samples", UNMARKED.values(), ids=UNMARKED)
def test_nothing_is_found_where_nothing_is(samples):
    found = audio.extract(samples, RATE)
    assert not found
    assert found == audio.AudioDetection()


def test_spans_tell_where_the_mark_is(marked):
    other = synthetic_voice(16.0, seed=4)
    found = audio.extract(np.concatenate([other[:90000], marked, other[90000:]]), RATE)
    assert found.content_id == CONTENT_ID
    ((start, end),) = found.spans
    assert start == pytest.approx(90000 / RATE, abs=0.5)
    assert end == pytest.approx(90000 / RATE + 8.0, abs=0.5)


def test_two_files_joined_give_both_content_ids_with_their_spans(marked):
    second = audio.embed(synthetic_voice(6.0, seed=5), RATE, 99)
    found = audio.extract(np.concatenate([marked, second]), RATE)
    assert [mark.content_id for mark in found.marks] == [CONTENT_ID, 99]
    first, last = (mark.spans for mark in found.marks)
    assert first[0][0] == pytest.approx(0.0, abs=0.5)
    assert first[-1][1] == pytest.approx(8.0, abs=0.5)
    assert last[0][0] == pytest.approx(8.0, abs=0.5)
    assert last[-1][1] == pytest.approx(14.0, abs=0.5)
    assert found.content_id == CONTENT_ID


def test_a_long_file_is_one_span():
    host = np.tile(synthetic_voice(20.0, 8000, seed=6), 6)
    found = audio.extract(audio.embed(host, 8000, 11), 8000)
    assert [mark.content_id for mark in found.marks] == [11]
    ((start, end),) = found.spans
    assert start < 0.5
    assert end > 119.0


def test_a_stream_gives_the_answer_of_the_whole():
    host = np.tile(synthetic_voice(19.0, 8000, seed=6), 5)
    marked = audio.embed(host, 8000, 11)
    stream = audio.StreamExtractor(8000)
    for first in range(0, len(marked), 77777):
        stream.push(marked[first : first + 77777])
    assert stream.finish() == audio.extract(marked, 8000)


def test_an_empty_stream_finds_nothing():
    assert not audio.StreamExtractor(8000).finish()


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
def test_samples_that_are_no_numbers_are_refused(voice, bad):
    samples = voice.copy()
    samples[5] = bad
    with pytest.raises(InputError, match="NaN or infinite"):
        audio.extract(samples, RATE)

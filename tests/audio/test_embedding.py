import numpy as np
import pytest
from sounds import CONTENT_ID, synthetic_voice

from synthmark import audio
from synthmark.errors import CapacityError, InputError

RATE = 16000


def test_the_change_is_small_and_lies_between_300_hz_and_4_khz(voice, marked):
    change = marked - voice
    assert 10 * np.log10((voice**2).sum() / (change**2).sum()) > 8
    power = np.abs(np.fft.rfft(change)) ** 2
    frequency = np.fft.rfftfreq(len(change), 1 / RATE)
    assert power[(frequency > 250) & (frequency < 4150)].sum() > 0.999 * power.sum()


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32, np.float64])
def test_dtype_shape_and_length_stay(voice, dtype):
    full = 1.0 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    host = (voice[:50001] * full).astype(dtype)
    before = host.copy()
    marked = audio.embed(host, RATE, CONTENT_ID)
    assert marked.dtype == dtype
    assert marked.shape == host.shape
    np.testing.assert_array_equal(host, before)
    assert audio.extract(marked, RATE).content_id == CONTENT_ID


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000, 192000])
def test_any_rate(rate):
    host = synthetic_voice(4.0, rate).astype(np.float32)
    marked = audio.embed(host, rate, CONTENT_ID)
    assert marked.shape == host.shape
    assert audio.extract(marked, rate).content_id == CONTENT_ID


def test_channels_are_marked_each_in_its_own_way(voice):
    host = np.zeros((len(voice), 8))
    host[:, 2], host[:, 0] = voice, 0.3 * np.roll(voice, 500)
    marked = audio.embed(host, RATE, CONTENT_ID)
    changed = np.flatnonzero((marked != host).any(axis=0))
    assert changed.tolist() == [0, 2]
    assert audio.extract(marked, RATE).content_id == CONTENT_ID
    assert audio.extract(marked[:, 2], RATE).content_id == CONTENT_ID


def test_channels_of_opposite_sign_carry_the_mark(voice):
    marked = audio.embed(np.stack([voice, -voice], axis=1), RATE, CONTENT_ID)
    assert audio.extract(marked, RATE).content_id == CONTENT_ID


def test_a_steady_tone_between_words_hardly_flutters(voice):
    """Its change stays 30 dB below the tone, and within a critical band of it."""
    tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(4 * 16000) / 16000)
    host = np.concatenate([voice[: 3 * 16000], tone, voice[3 * 16000 :]])
    within = slice(round(3.5 * 16000), round(6.5 * 16000))
    change = (audio.embed(host, 16000, CONTENT_ID) - host)[within]
    assert np.mean(change**2) < 1e-3 * np.mean(host[within] ** 2)
    power = np.abs(np.fft.rfft(change * np.hanning(len(change)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(change), 1 / 16000) - 440) < 100
    assert power[near].sum() > 0.99 * power.sum()


def test_digital_silence_stays_silent(voice):
    host = voice.copy()
    host[40000:70011] = 0
    marked = audio.embed(host, RATE, CONTENT_ID)
    assert (marked[40000:70011] == 0).all()
    assert audio.extract(marked, RATE).content_id == CONTENT_ID


def test_a_loud_master_stays_within_full_scale_and_reads():
    host = np.clip(synthetic_voice(6.0) * 12, -1, 1)
    assert (np.abs(host) == 1).mean() > 0.02
    marked = audio.embed(host, RATE, CONTENT_ID)
    assert np.abs(marked).max() <= 1
    assert audio.extract(marked, RATE).content_id == CONTENT_ID


@pytest.mark.parametrize("seconds", [0, 0.01, 1.9])
def test_short_sound_is_refused(seconds):
    with pytest.raises(CapacityError, match="at least 2 s"):
        audio.embed(synthetic_voice(seconds + 0.001)[: int(seconds * RATE)], RATE, CONTENT_ID)


def test_two_seconds_are_enough():
    marked = audio.embed(synthetic_voice(2.0), RATE, CONTENT_ID)
    assert audio.extract(marked, RATE).content_id == CONTENT_ID


@pytest.mark.parametrize(
    "host",
    [
        np.zeros(80000),
        np.full(80000, 0.5),
        1e-6 * np.random.default_rng(0).standard_normal(80000),
        0.5 * np.sin(2 * np.pi * 440 * np.arange(80000) / RATE),
        0.5 * np.sin(2 * np.pi * 6000 * np.arange(80000) / RATE),
        np.concatenate([np.zeros(70000), synthetic_voice(0.6)]),
    ],
    ids=["silence", "constant", "whisper of noise", "tone", "high tone", "one word"],
)
def test_sound_that_carries_nothing_is_refused_with_what_is_needed(host):
    with pytest.raises(CapacityError, match="About 3 s of speech or music are needed"):
        audio.embed(host, RATE, CONTENT_ID)


@pytest.mark.parametrize("content_id", [-1, 2**64, 1.5, "7", None])
def test_wrong_content_ids_are_refused(voice, content_id):
    with pytest.raises(InputError, match="content id"):
        audio.embed(voice, RATE, content_id)


@pytest.mark.parametrize("content_id", [0, 1, 2**63, 2**64 - 1])
def test_the_extremes_of_the_content_id(voice, content_id):
    marked = audio.embed(voice[:60000], RATE, content_id)
    assert audio.extract(marked, RATE).content_id == content_id


@pytest.mark.parametrize("key", [b"short", "text", 7])
def test_wrong_keys_are_refused(voice, key):
    with pytest.raises(InputError, match="key"):
        audio.embed(voice, RATE, CONTENT_ID, key)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_refused(voice, bad):
    host = voice.copy()
    host[60000] = bad
    with pytest.raises(InputError, match="NaN or infinite"):
        audio.embed(host, RATE, CONTENT_ID)

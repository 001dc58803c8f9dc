import numpy as np
import pytest
from sounds import CONTENT_ID, synthetic_voice

from synthmark import audio
from synthmark.audio.loudness import integrated_loudness
from synthmark.errors import InputError

RATE = 22050
VOICE = synthetic_voice(5.0, RATE, seed=9)


def positions(samples, rate=RATE):
    return [cue.position for cue in audio.find_cues(samples, rate)]


@pytest.mark.parametrize(("place", "expected"), [("start", ["start"]), ("end", ["end"]), ("both", ["start", "end"])])
def test_the_rhythm_cue_stands_before_or_after_the_untouched_content(place, expected):
    labelled = audio.label(VOICE, RATE, place=place)
    assert positions(labelled) == expected
    first = (
        0 if place == "end" else len(labelled) - len(VOICE) if place == "start" else (len(labelled) - len(VOICE)) // 2
    )
    np.testing.assert_array_equal(labelled[first : first + len(VOICE)], VOICE)


def test_it_is_at_the_start_when_nothing_is_said():
    assert positions(audio.label(VOICE, RATE)) == ["start"]


def test_a_label_within_keeps_the_length_and_lowers_the_content():
    labelled = audio.label(VOICE, RATE, times=[2.0])
    assert labelled.shape == VOICE.shape
    assert positions(labelled) == ["middle"]
    np.testing.assert_array_equal(labelled[: 2 * RATE], VOICE[: 2 * RATE])
    np.testing.assert_array_equal(labelled[-RATE:], VOICE[-RATE:])


def test_a_label_asked_for_at_the_very_end_is_moved_forward():
    assert positions(audio.label(VOICE, RATE, times=[5.0])) == ["end"]


@pytest.mark.parametrize("gain", [0.05, 0.3, 1.0])
def test_it_is_as_loud_as_the_content(gain):
    labelled = audio.label(gain * VOICE, RATE)
    cue = labelled[: len(labelled) - len(VOICE)]
    programme = integrated_loudness((gain * VOICE)[:, None].astype(np.float32), RATE)
    assert integrated_loudness(cue[:, None].astype(np.float32), RATE) == pytest.approx(max(programme, -35), abs=0.7)
    assert np.abs(cue).max() <= 10 ** (-3 / 20) + 1e-9


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("channels", [0, 1, 2, 6])
def test_dtype_and_channels_stay(dtype, channels):
    full = 1.0 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    content = (VOICE * full).astype(dtype)
    content = content if channels == 0 else np.repeat(content[:, None], channels, axis=1)
    labelled = audio.label(content, RATE, place="end", times=[1.0])
    assert labelled.dtype == dtype
    assert labelled.shape[1:] == content.shape[1:]
    assert positions(labelled) == ["middle", "end"]


def test_a_surround_label_sounds_from_the_centre():
    labelled = audio.label(np.repeat(VOICE[:, None], 6, axis=1), RATE)
    cue = labelled[: len(labelled) - len(VOICE)]
    assert np.flatnonzero(cue.any(axis=0)).tolist() == [2]


def test_silent_content_gets_a_label_too():
    assert positions(audio.label(np.zeros(3 * RATE), RATE)) == ["start"]
    assert positions(audio.label(np.zeros(0), RATE)) == ["start"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_bundled_prompts(language):
    labelled = audio.label(VOICE, RATE, kind="speech", language=language)
    seconds = (len(labelled) - len(VOICE)) / RATE - 0.3
    assert 2.0 < seconds < 5.1
    if language == "zh":
        assert 120 <= 10 * 60 / seconds <= 160
    assert positions(labelled) == []


def test_ones_own_recording_is_used():
    own = np.sin(np.arange(8000) * 0.4)
    labelled = audio.label(VOICE, RATE, kind="speech", prompt=(own, 8000))
    assert len(labelled) - len(VOICE) == RATE + round(0.3 * RATE)
    spectrum = np.abs(np.fft.rfft(labelled[:RATE]))
    assert spectrum.argmax() == pytest.approx(0.4 * 8000 / (2 * np.pi), abs=2)


def test_a_marked_and_labelled_sound_still_carries_its_mark():
    marked = audio.embed(VOICE, RATE, CONTENT_ID)
    found = audio.extract(audio.label(marked, RATE, place="both"), RATE)
    assert found.content_id == CONTENT_ID


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"kind": "bell"}, "bell"),
        ({"place": "top"}, "top"),
        ({"times": [-1.0]}, "-1.0"),
        ({"times": [99.0]}, "99.0"),
        ({"times": ["now"]}, "now"),
        ({"kind": "speech", "language": "fr"}, "fr"),
        ({"kind": "speech", "text": "hello"}, "lacks an element"),
        ({"kind": "speech", "text": ""}, "1 to 200"),
        ({"kind": "speech", "prompt": (np.zeros(9000), 8000)}, "silent"),
        ({"kind": "speech", "prompt": (np.ones(10), 8000)}, "shorter"),
        ({"kind": "speech", "prompt": (np.ones(9000), 1)}, "rate"),
    ],
)
def test_wrong_options_are_refused(options, says):
    with pytest.raises(InputError, match=says):
        audio.label(VOICE, RATE, **options)

"""`Labeler.stream`: labelled from the first sample on, recorded however it ends, closed where it cannot be marked."""

import numpy as np
import pytest
from sounds import synthetic_voice

import synthmark
from synthmark import audio
from synthmark.config import Config
from synthmark.errors import CapacityError, InputError, RegistryError
from synthmark.registry import open_registry

RATE = 16000
VOICE = synthetic_voice(8)
CONFIG = Config(producer="Example-Studio")


def pieces(samples, size=1600):
    return [samples[first : first + size] for first in range(0, len(samples), size)]


def streamed(stream, samples, size=1600):
    return np.concatenate([*(stream.push(piece) for piece in pieces(samples, size)), stream.finish()])


@pytest.mark.parametrize("form", ["float32", "int16", "stereo"])
def test_the_whole_carries_cue_and_mark_in_the_form_that_was_given(form):
    samples = {
        "float32": VOICE.astype(np.float32),
        "int16": np.rint(VOICE * 20000).astype(np.int16),
        "stereo": np.stack([VOICE, VOICE * 0.5], axis=1).astype(np.float32),
    }[form]
    stream = synthmark.Labeler(CONFIG).stream(RATE)
    sent = streamed(stream, samples)
    assert sent.dtype == samples.dtype
    assert sent.shape[1:] == samples.shape[1:]
    assert audio.find_cues(sent, RATE)[0].start < 0.1
    assert f"{audio.extract(sent, RATE).content_id:016x}" == stream.record.content_id
    assert stream.record.layers == ("visible", "watermark")
    assert stream.record.xmp


def test_the_content_is_what_the_marking_of_the_whole_gives():
    config = Config(producer="Example-Studio", visible=False)
    samples = VOICE.astype(np.float32)
    sent = streamed(synthmark.Labeler(config).stream(RATE, content_id=5), samples, 999)
    assert np.array_equal(sent, audio.embed(samples, RATE, 5))


def test_the_cue_leaves_before_the_content():
    first = synthmark.Labeler(CONFIG).stream(RATE).push(VOICE[:160])
    assert len(first) > RATE
    assert audio.find_cues(first, RATE)


def test_the_label_may_stand_at_both_ends():
    config = Config(producer="Example-Studio", audible_place="both", watermark=False)
    cues = audio.find_cues(streamed(synthmark.Labeler(config).stream(RATE), VOICE), RATE)
    assert len(cues) == 2


@pytest.mark.parametrize("place", ["end", (1.0,)])
def test_a_stream_begins_with_its_label(place):
    with pytest.raises(InputError, match="begins with its audible label"):
        synthmark.Labeler(Config(audible_place=place)).stream(RATE)


@pytest.fixture
def recorded(tmp_path):
    labeler = synthmark.Labeler(Config(producer="Example-Studio", registry=tmp_path / "registry.sqlite"))
    yield labeler
    labeler.close()


def records(labeler):
    with open_registry(labeler.config.registry) as registry:
        return [stored.record for stored in registry.latest(9)]


def test_a_finished_stream_is_recorded(recorded):
    with recorded.stream(RATE) as stream:
        streamed(stream, VOICE)
    (record,) = records(recorded)
    assert record.content_id == stream.record.content_id
    assert (record.layers, record.sha256_after) == (("visible", "watermark"), stream.record.sha256_after)


@pytest.mark.parametrize(("seconds", "layers"), [(7, ("visible", "watermark")), (1, ("visible",))])
def test_a_stream_that_breaks_off_is_recorded_with_what_left(recorded, seconds, layers):
    def served():
        with recorded.stream(RATE) as stream:
            for piece in pieces(VOICE[: seconds * RATE]):
                yield stream.push(piece)
            yield stream.finish()

    response = served()
    for _ in range(10 * seconds):
        next(response)
    response.close()  # the listener went away
    (record,) = records(recorded)
    assert record.layers == layers
    assert record.mark_format == (1 if "watermark" in layers else None)


@pytest.mark.parametrize("samples", [VOICE[:RATE], np.zeros(6 * RATE)])
def test_the_rest_of_what_cannot_be_marked_does_not_leave(recorded, samples):
    with recorded.stream(RATE) as stream:
        for piece in pieces(samples):
            stream.push(piece)
        with pytest.raises(CapacityError):
            stream.finish()
        with pytest.raises(InputError, match="finished"):
            stream.finish()
    assert [record.layers for record in records(recorded)] == [("visible",)]


def test_what_the_registry_cannot_take_does_not_leave(recorded, monkeypatch):
    def full(*_args: object) -> None:
        raise RegistryError("the disk is full")

    monkeypatch.setattr("synthmark.registry.Registry.add_many", full)
    stream = recorded.stream(RATE)
    for piece in pieces(VOICE):
        stream.push(piece)
    with pytest.raises(RegistryError):
        stream.finish()


def test_silence_without_end_is_no_stream(recorded):
    with recorded.stream(RATE) as stream, pytest.raises(CapacityError, match="No sound arrived"):
        stream.finish()
    assert records(recorded) == []


@pytest.mark.parametrize("wrong", [VOICE[:99].astype(np.float32), np.zeros((99, 2)), np.full(99, np.nan)])
@pytest.mark.parametrize("watermark", [True, False])
def test_pieces_of_another_form_are_refused(wrong, watermark):
    stream = synthmark.Labeler(Config(watermark=watermark)).stream(RATE)
    stream.push(VOICE[:99])
    with pytest.raises(InputError):
        stream.push(wrong)


def test_nothing_comes_after_the_end():
    stream = synthmark.Labeler(Config(watermark=False)).stream(RATE)
    streamed(stream, VOICE[:RATE])
    with pytest.raises(InputError, match="finished"):
        stream.push(VOICE)

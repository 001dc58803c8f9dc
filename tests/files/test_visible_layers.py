"""How visible labels are reported: what the standard asks, and what a label misses."""

import dataclasses

import numpy as np
import pytest
from skimage import data

from synthmark.audio.cue_search import RhythmCue
from synthmark.files.sound_layers import Labels
from synthmark.files.video_looks import Look
from synthmark.files.visible_layers import film_label, just_drawn, picture_label
from synthmark.image.visible import FoundLabel, draw_label, place_label
from synthmark.visible.boxes import Box

LABEL = FoundLabel(
    text="AI生成",
    box=Box(500, 310, 630, 350),
    anchor="bottom-right",
    text_colour="white",
    ink_height=20.0,
    fraction=0.0556,
    correlation=0.97,
    violations=(),
)
LOW = dataclasses.replace(LABEL, violations=("height",), fraction=0.02)
CUE = RhythmCue(start=0.0, end=1.0, unit=0.1, hertz=900, likeness=0.98, level=-20.0, position="start")
HEARD = Labels((CUE,), (), -22.0)


def looks(*labels):
    """A look each second at frames of a second each."""
    return [Look(float(second), second + 1.0, label) for second, label in enumerate(labels)]


def codes(layer):
    return [message.code for message in layer.messages]


@pytest.mark.parametrize(
    ("seen", "violations", "until"),
    [
        ([LABEL] * 4, [], 4.0),
        ([LABEL, LABEL, None, None], [], 2.0),
        ([LABEL, None, LABEL, LABEL], ["duration"], 1.0),
        ([None, LABEL, LABEL], ["start"], 0.0),
        ([LABEL], [], 1.0),  # all of a shorter video is enough
        ([LOW, LOW], ["height"], 2.0),
    ],
)
def test_the_time_of_a_label_is_compared_with_the_standard(seen, violations, until):
    layer = film_label(looks(*seen), Labels())
    assert layer.outcome == "detected"
    assert layer.evidence["violations"] == violations
    assert layer.evidence["conforms"] == (not violations)
    assert layer.evidence["seen_until"] == until
    expected = [f"visible.video_{name}" for name in violations] or ["visible.video_conforming"]
    assert codes(layer)[-len(expected) :] == expected


def test_labels_of_others_are_left_to_people():
    layer = film_label(looks(None, None), Labels())
    assert (layer.outcome, codes(layer)) == ("not_checked", ["visible.video_unknown"])
    assert film_label([], Labels()).outcome == "not_checked"


def test_a_cue_in_the_sound_of_a_video_is_a_label_too():
    alone = film_label(looks(None), HEARD)
    assert (alone.outcome, codes(alone)) == ("detected", ["visible.video_unknown", "audible.cue"])
    assert "conforms" not in alone.evidence  # a video needs text, and that of others is not known
    both = film_label(looks(LABEL), HEARD)
    assert both.claims == {"text": "AI生成"}
    assert both.evidence["audible"]["spans"] == [[0.0, 1.0]]
    assert codes(both)[-1] == "audible.cue"


def test_the_label_of_a_picture_is_measured():
    picture = data.astronaut()
    layer = picture_label(draw_label(picture, place_label(picture)))
    assert (layer.outcome, layer.evidence["conforms"]) == ("detected", True)
    assert codes(layer) == ["visible.found", "visible.conforming"]
    low = picture_label(draw_label(picture, place_label(picture, height=0.03, force=True)))
    assert codes(low) == ["visible.found", "visible.height"]
    assert codes(picture_label(np.zeros((64, 64), np.uint8))) == ["visible.unknown"]


def test_a_label_that_was_just_drawn_is_not_looked_for():
    assert codes(just_drawn({"box": []})) == ["not_checked.drawn"]
    assert codes(just_drawn(None)) == ["not_checked.visible"]

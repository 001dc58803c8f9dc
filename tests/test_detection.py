"""The record of an extraction."""

import dataclasses

import pytest

from synthmark.detection import Detection


def test_nothing_found_is_false_and_says_nothing():
    nothing = Detection()
    assert not nothing
    assert (nothing.found, nothing.content_id, nothing.false_alarm_probability) == (False, None, None)
    assert (nothing.strength, nothing.version) == (0.0, 0)


def test_found_is_true_whatever_was_found():
    assert Detection(found=True, content_id=0, false_alarm_probability=1e-12)


def test_it_cannot_be_changed_or_made_by_position():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Detection().found = True
    with pytest.raises((AttributeError, TypeError)):
        Detection().other = 1
    with pytest.raises(TypeError):
        Detection(True)


def test_equal_by_value():
    assert Detection(found=True, content_id=3) == Detection(found=True, content_id=3) != Detection()

"""500 damaged files through the sandbox; the benchmark of the same name checks 20 000."""

import random

import pytest
from fuzz_extract import FAILURES, fuzz, mutated, seeds


@pytest.fixture(scope="module")
def found():
    return fuzz(500, seed=7)


def test_every_file_has_a_report_and_none_ends_the_process(found):
    assert sum(found["outcomes"].values()) == 500
    assert found["ended"] == []
    assert FAILURES & found["outcomes"].keys() == set()


def test_nothing_is_detected_in_damage(found):
    assert found["detected"] == []


def test_some_damaged_files_are_read_and_some_are_refused(found):
    """Else the damage would be too weak, or too strong, to try the readers."""
    assert found["outcomes"]["not_labelled"] >= 50
    assert found["outcomes"].keys() & {"DamagedMediaError", "UnsupportedMediaError"}


def test_no_playlist_is_followed(found):
    assert {"m3u8", "ffconcat", "sdp", "mpd"} <= found["kinds"].keys()


def test_damage_is_repeatable():
    data = seeds()["png"]
    assert mutated(data, random.Random(1)) == mutated(data, random.Random(1)) != data

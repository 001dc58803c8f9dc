"""Marked sound kept from format version 1: every later version has to read it. The files are never made anew."""

import wave
from pathlib import Path

import numpy as np
import pytest

from synthmark import audio

VECTORS = Path(__file__).parent / "vectors"


@pytest.mark.parametrize(
    ("name", "key", "content_id"),
    [
        ("default_key", None, 0x7F3A19C200000001),
        ("another_key", bytes(range(32)), 0xFEDCBA9876543210),
    ],
)
def test_sound_marked_by_format_version_1_reads(name, key, content_id):
    with wave.open(str(VECTORS / f"{name}.wav"), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
        found = audio.extract(samples, file.getframerate(), key)
    assert found.content_id == content_id
    assert found.version == 1
    assert found.false_alarm_probability < 1e-8

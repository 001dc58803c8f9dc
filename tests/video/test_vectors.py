"""Marks of format version 1 in video, which have to read for ever."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synthmark.image.carriers import carriers
from synthmark.keys import key_bytes
from synthmark.video.extraction import LumaExtractor
from synthmark.video.pattern import SHIFTS, frame_size, pattern

FOLDER = Path(__file__).parents[1] / "vectors" / "v1"
VECTORS = json.loads((FOLDER / "video.json").read_text(encoding="utf-8"))
CONTENT_ID = int(VECTORS["content_id"], 16)


def key_of(mark):
    return None if mark["key"] is None else mark["key"].encode()


@pytest.mark.parametrize("name", VECTORS["marks"])
def test_marked_frames_read(name):
    mark = VECTORS["marks"][name]
    luma = np.array(Image.open(FOLDER / mark["file"]))
    extractor = LumaExtractor(key_of(mark), width=luma.shape[1], height=luma.shape[0])
    extractor.push(luma, 0.0)
    assert extractor.detection().content_id == CONTENT_ID


@pytest.mark.parametrize("name", VECTORS["marks"])
def test_the_pattern_is_as_it_was(name):
    mark = VECTORS["marks"][name]
    for stretch, row, column, value in mark["samples"]:
        made = pattern(carriers(key_bytes(key_of(mark))), CONTENT_ID, 256, 455, stretch)
        assert made[row, column] == pytest.approx(value, abs=2e-5)


def test_frames_and_shifts_are_as_they_were():
    assert [list(shift) for shift in SHIFTS] == VECTORS["shifts"]
    for height, width, rows, columns in VECTORS["sizes"]:
        assert frame_size(height, width) == (rows, columns)

"""The registry: the record of a content id, and whether its fingerprint agrees with the content."""

import json

import numpy as np
import pytest
import skimage.data
from PIL import Image

import synthmark
from extract_tool.examination import examined
from extract_tool.sandbox import Request
from synthmark import image

CONTENT_ID = 0x5A23456789ABCDEF


@pytest.fixture
def registry(tmp_path):
    """Return a registry that knows one labelled picture, and that picture."""
    from synthmark.registry import fingerprint_file, open_registry, record_of

    config = synthmark.Config(producer="Example-Studio")
    Image.fromarray(skimage.data.astronaut()).save(tmp_path / "plain.png")
    labelled = synthmark.label_file(tmp_path / "plain.png", tmp_path / "labelled.png", config)
    with open_registry(tmp_path / "registry.sqlite") as store:
        store.add(record_of(labelled, config, fingerprint_file(tmp_path / "labelled.png")))
    return tmp_path / "registry.sqlite", int(labelled.content_id, 16)


def looked_up(path, registry):
    report = examined(Request(path, synthmark.Config(), (), "synthmark-extract", registry=str(registry)))["report"]
    layer = json.loads(json.dumps(report["layers"][-1]))
    return report["verdict"], layer["outcome"], [item["code"] for item in layer["messages"]]


def test_the_record_is_found_and_the_content_agrees(registry, tmp_path):
    found = looked_up(tmp_path / "labelled.png", registry[0])
    assert found == ("labelled", "detected", ["registry.found", "registry.agrees"])


def test_a_mark_that_was_moved_to_another_picture_is_a_conflict(registry, tmp_path):
    other = np.asarray(Image.fromarray(skimage.data.coffee()).resize((512, 512)))
    Image.fromarray(image.embed(other, registry[1])).save(tmp_path / "other.png")
    found = looked_up(tmp_path / "other.png", registry[0])
    assert found == ("conflict", "invalid", ["registry.found", "registry.differs"])


def test_an_id_without_a_record_is_said(registry, tmp_path):
    Image.fromarray(image.embed(skimage.data.astronaut(), CONTENT_ID)).save(tmp_path / "unknown.png")
    assert looked_up(tmp_path / "unknown.png", registry[0]) == ("labelled", "not_detected", ["registry.missing"])


def test_without_an_id_there_is_nothing_to_look_up(registry, tmp_path):
    assert looked_up(tmp_path / "plain.png", registry[0]) == ("not_labelled", "not_checked", ["registry.none"])


def test_a_registry_that_cannot_be_read_is_said(registry, tmp_path):
    assert looked_up(tmp_path / "labelled.png", tmp_path / "none.sqlite")[1:] == (
        "not_checked",
        ["registry.unreadable"],
    )
    assert not (tmp_path / "none.sqlite").exists()

"""What is kept of a labelled file."""

import dataclasses
import os
from pathlib import Path

import pytest
import skimage.data
from PIL import Image
from sample_records import sample_record

from synthmark import Config, label_file
from synthmark.errors import ConfigError, InputError
from synthmark.keys import key_id
from synthmark.registry import Fingerprint, RegistryRecord, fingerprint_file, record_of, require_reason

CONFIG = Config(producer="Example-Studio", system="Painter", system_version="2", operator="Team", watermark=False)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    file = tmp_path_factory.mktemp("pictures") / "源.png"
    Image.fromarray(skimage.data.coffee()).resize((300, 200)).save(file)
    return file


def recorded(source, target, config):
    labelled = label_file(source, target, config)
    return labelled, record_of(labelled, config, fingerprint_file(target))


def test_a_record_says_what_labelling_did(source, tmp_path):
    labelled, record = recorded(source, tmp_path / "copy.png", CONFIG)
    assert (record.content_id, record.produce_id) == (labelled.content_id, labelled.produce_id)
    assert (record.producer, record.system, record.system_version) == ("Example-Studio", "Painter", "2")
    assert (record.sha256_before, record.sha256_after) == (labelled.sha256_before, labelled.sha256_after)
    assert (record.layers, record.media_type, record.operator) == (("visible", "metadata"), "image/png", "Team")
    assert (record.mark_format, record.key_id) == (None, None)
    assert (record.explicit_label, record.requested_by, record.agreement) == (True, None, None)
    assert record.source == str(source)
    assert Fingerprint.parse(record.fingerprint).media == "image"


def test_a_record_names_format_and_key_of_the_mark(source, tmp_path):
    _, record = recorded(source, tmp_path / "copy.png", dataclasses.replace(CONFIG, watermark=True))
    assert (record.mark_format, record.key_id) == (1, key_id(None))
    assert "watermark" in record.layers


def test_without_the_visible_label_a_record_names_who_asked(source, tmp_path):
    config = dataclasses.replace(
        CONFIG, visible=False, registry=tmp_path / "r.sqlite", requested_by="customer 4711", agreement="2026-01"
    )
    _, record = recorded(source, tmp_path / "copy.png", config)
    assert (record.explicit_label, record.requested_by, record.agreement) == (False, "customer 4711", "2026-01")


def test_what_was_left_as_it_is_has_no_label_of_ours_and_needs_no_reason(tmp_path):
    source = tmp_path / "a.gif"
    Image.fromarray(skimage.data.coffee()).resize((300, 200)).save(source)
    config = dataclasses.replace(CONFIG, watermark=True, no_reencode=True, registry=tmp_path / "r.sqlite")
    _, record = recorded(source, tmp_path / "copy.gif", config)
    assert (record.layers, record.explicit_label) == (("metadata",), False)
    assert (record.mark_format, record.key_id, record.requested_by) == (None, None, None)


@pytest.mark.parametrize("given", [{}, {"requested_by": "customer"}, {"agreement": "2026-01"}])
def test_without_the_visible_label_and_a_reason_nothing_is_written(given, tmp_path):
    config = Config(visible=False, registry=tmp_path / "r.sqlite", **given)
    with pytest.raises(ConfigError, match="given only on request"):
        require_reason(config)


def test_a_reason_is_asked_for_only_where_it_is_recorded(tmp_path):
    require_reason(Config(visible=False))
    require_reason(Config(visible=True, registry=tmp_path / "r.sqlite"))


@pytest.mark.skipif(os.name != "posix", reason="names of files that are no UTF-8")
def test_a_name_that_is_no_text_is_recorded_all_the_same(source, tmp_path):
    odd = Path(os.fsdecode(bytes(tmp_path / "x") + b"\xff.png"))
    odd.write_bytes(source.read_bytes())
    _, record = recorded(odd, tmp_path / "copy.png", CONFIG)
    assert record.source == str(tmp_path / "x\\udcff.png")


def test_the_source_is_recorded_from_the_root(source, tmp_path, monkeypatch):
    monkeypatch.chdir(source.parent)
    _, record = recorded(Path(source.name), tmp_path / "copy.png", CONFIG)
    assert record.source == str(source)


def test_json_and_back():
    record = sample_record(5, explicit_label=False, requested_by="a", agreement="b")
    assert RegistryRecord.from_json(record.as_json()) == record


@pytest.mark.parametrize(
    "changes",
    [
        {"content_id": "5"},
        {"content_id": "000000000000000G"},
        {"sha256_after": "abc"},
        {"sha256_before": "A" * 64},
        {"explicit_label": False},
        {"explicit_label": False, "requested_by": "a", "agreement": ""},
    ],
)
def test_records_of_another_form_are_refused(changes):
    with pytest.raises(InputError):
        sample_record(1, **changes)


@pytest.mark.parametrize("content", [{}, {"layers": []}, {"layers": 5}, sample_record().as_json() | {"more": 1}])
def test_other_json_is_no_record(content):
    with pytest.raises(InputError):
        RegistryRecord.from_json(content)

"""A pass over folders: what is labelled, what is left alone, and in what order."""

import dataclasses
import os
import re

import pytest
from deadly_labels import DeadlyLabelFile
from interrupted_batches import interrupted_after

from synthmark.config import Config
from synthmark.errors import ConfigError, InputError, MediaError
from synthmark.metadata import read_metadata
from synthmark.workers import CRASHED

NAMES = ("a.png", "b.jpg", "c.wav", "sub/d.png", "sub/deep/e.jpg")


def statuses(outcomes) -> list[tuple[str, str]]:
    return [(outcome.job.source.name, outcome.status) for outcome in outcomes]


def content_ids(copies: dict[str, bytes]) -> list[str]:
    return [read_metadata(data).label.produce_id for data in copies.values()]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_mixed_folder_keeps_its_tree_and_order(fill, run, copies, jobs):
    fill(*NAMES, "notes.txt")
    assert statuses(run(jobs=jobs)) == [(name.rpartition("/")[2], "labelled") for name in NAMES]
    assert sorted(copies(hidden=True)) == sorted(NAMES)
    ids = content_ids(copies())
    assert len(set(ids)) == len(NAMES)
    assert all(re.fullmatch("synthmark-[0-9a-f]{16}", number) for number in ids)


def test_what_is_done_is_not_done_again(fill, run, copies):
    folder = fill("a.png", "b.jpg")
    run()
    before = copies()
    os.utime(folder / "a.png")  # a new time alone is no new content
    fill("c.png")
    assert statuses(run()) == [("a.png", "present"), ("b.jpg", "present"), ("c.png", "labelled")]
    assert {name: copies()[name] for name in before} == before


def test_a_source_or_copy_that_has_changed_is_told(fill, run, copies, tmp_path):
    folder = fill("a.png", "b.jpg", "c.png")
    run()
    (folder / "a.png").write_bytes((folder / "a.png").read_bytes() + b"\0")
    with (tmp_path / "out/b.jpg").open("ab") as file:
        file.write(b"\0")
    before = copies()
    first, second, third = run()
    assert (first.kind, first.code, second.kind, second.code) == ("InputError", 2, "InputError", 2)
    assert "has changed since its copy was labelled" in first.error
    assert "has changed since it was labelled" in second.error
    assert third.status == "present"
    assert copies() == before
    assert [outcome.status for outcome in run(overwrite=True)] == ["labelled"] * 3
    assert [outcome.status for outcome in run()] == ["present"] * 3


def test_a_copy_that_others_made_stays(fill, run, copies, tmp_path):
    fill("a.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.png").write_bytes(b"theirs")
    assert statuses(run()) == [("a.png", "present")]
    assert copies() == {"a.png": b"theirs"}
    assert statuses(run(overwrite=True)) == [("a.png", "labelled")]


def test_overwriting_begins_anew_only_when_the_last_pass_came_to_its_end(fill, run, copies, tmp_path):
    fill("a.png", "b.png", "c.png")
    run()
    original = copies()
    interrupted_after(tmp_path, 2, overwrite=True)
    interrupted = copies()
    changed = {name for name in original if original[name] != interrupted[name]}
    assert changed >= {"a.png"}
    outcomes = run(overwrite=True)
    assert {outcome.job.target.name for outcome in outcomes if outcome.status == "present"} == changed
    assert {name: copies()[name] for name in changed} == {name: interrupted[name] for name in changed}
    assert statuses(run(overwrite=True)) == [(name, "labelled") for name in sorted(original)]


def test_a_file_of_the_same_producer_is_skipped_and_relabelling_keeps_its_fields(fill, run, copies, tmp_path):
    fill("a.png", "b.png")
    run()
    first = read_metadata(copies()["a.png"]).label
    (tmp_path / "in").rename(tmp_path / "originals")
    (tmp_path / "out").rename(tmp_path / "in")
    assert statuses(run()) == [("a.png", "skipped"), ("b.png", "skipped")]
    assert copies() == {}
    other = Config(producer="Other-Studio", watermark=False, visible=False)
    assert [outcome.kind for outcome in run(config=other)] == ["AlreadyLabelledError"] * 2
    assert statuses(run(config=other, relabel=True)) == [("a.png", "labelled"), ("b.png", "labelled")]
    label = read_metadata(copies()["a.png"]).label
    assert (label.content_producer, label.produce_id) == (first.content_producer, first.produce_id)
    assert label.content_propagator == "Other-Studio"


def test_problems_do_not_stop_the_rest(fill, run, copies):
    folder = fill("a.png", "b.jpg", "c.wav", "d.heic")
    (folder / "b.jpg").write_bytes((folder / "b.jpg").read_bytes()[:300])
    (folder / "empty.png").touch()
    outcomes = run()
    assert [(outcome.job.source.name, outcome.kind, outcome.code) for outcome in outcomes] == [
        ("a.png", "", 0),
        ("b.jpg", "DamagedMediaError", 4),
        ("c.wav", "", 0),
        ("d.heic", "UnsupportedMediaError", 4),
        ("empty.png", "DamagedMediaError", 4),
    ]
    assert sorted(copies(hidden=True)) == ["a.png", "c.wav"]


def test_a_file_that_kills_its_worker_costs_that_file_alone(fill, run, copies, monkeypatch):
    monkeypatch.setattr("synthmark.batch.running.LabelFile", DeadlyLabelFile)
    fill("a.png", "poison.png", "poison2.jpg", "q.png", "r.png", "z.jpg")
    outcomes = run(jobs=2)
    assert statuses(outcomes) == [
        ("a.png", "labelled"),
        ("poison.png", "failed"),
        ("poison2.jpg", "failed"),
        ("q.png", "labelled"),
        ("r.png", "labelled"),
        ("z.jpg", "labelled"),
    ]
    assert [(outcome.error, outcome.code) for outcome in outcomes if outcome.error] == [(CRASHED, 5)] * 2
    assert sorted(copies(hidden=True)) == ["a.png", "q.png", "r.png", "z.jpg"]


def test_a_file_that_takes_too_long_is_given_up(fill, run, monkeypatch):
    monkeypatch.setattr("synthmark.batch.running.LabelFile", DeadlyLabelFile)
    fill("a.png", "endless.png", "z.png")
    outcomes = run(jobs=1, time_limit=3)
    assert [outcome.status for outcome in outcomes] == ["labelled", "failed", "labelled"]
    assert "longer than 3 seconds" in outcomes[1].error


def test_a_source_that_changes_while_it_is_labelled_is_labelled_again(fill, run, copies, monkeypatch):
    from synthmark import labelling

    folder, original = fill("a.png"), labelling.label_file

    def label_a_file_that_grows(source, target, *arguments, **options):
        found = original(source, target, *arguments, **options)
        with source.open("ab") as file:
            file.write(b"more")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(labelling, "label_file", label_a_file_that_grows)
        (outcome,) = run()
    assert (outcome.status, outcome.kind) == ("failed", "DamagedMediaError")
    assert "changed while it was being labelled" in outcome.error
    number = content_ids(copies())
    assert (folder / "a.png").read_bytes().endswith(b"more")
    assert statuses(run()) == [("a.png", "labelled")]
    assert content_ids(copies()) == number


def test_a_dry_run_writes_nothing(fill, run, copies, tmp_path):
    fill("a.png", "b.jpg")
    assert statuses(run(dry_run=True)) == [("a.png", "planned"), ("b.jpg", "planned")]
    assert not (tmp_path / "out").exists()
    run()
    fill("c.png")
    assert [status for _, status in statuses(run(dry_run=True))] == ["present", "present", "planned"]
    assert [status for _, status in statuses(run(dry_run=True, overwrite=True))] == ["planned"] * 3
    assert sorted(copies(hidden=True)) == ["a.png", "b.jpg"]
    assert [status for _, status in statuses(run())] == ["present", "present", "labelled"]


def test_a_second_run_on_one_folder_is_refused(fill, run, tmp_path):
    from synthmark.batch import Batch, Order

    fill("a.png", "b.png")
    order = Order(paths=(tmp_path / "in",), output=tmp_path / "out", config=Config())
    with Batch(order), pytest.raises(InputError, match="Another run is writing into"):
        run()
    assert [outcome.status for outcome in run()] == ["labelled"] * 2


def test_a_damaged_journal_is_told(fill, run, tmp_path):
    fill("a.png")
    (tmp_path / "out/.synthmark").mkdir(parents=True)
    (tmp_path / "out/.synthmark/journal.sqlite3").write_bytes(b"no database" * 1000)
    with pytest.raises(MediaError, match=r"journal .* cannot be used"):
        run()


def registry(tmp_path):
    from synthmark.registry import open_registry

    return open_registry(tmp_path / "registry.sqlite")


def test_every_labelled_file_gets_one_record(fill, run, copies, tmp_path):
    fill("a.png", "b.wav", "c.png")
    config = Config(producer="Example-Studio", watermark=False, registry=tmp_path / "registry.sqlite", operator="me")
    run(config=config, jobs=2)
    run(config=config)
    with registry(tmp_path) as records:
        assert records.count() == 3
        assert records.verify().intact
        found = [stored.record for stored in records.latest(3)]
    assert {f"synthmark-{record.content_id}" for record in found} == set(content_ids(copies()))
    assert all(record.fingerprint and record.operator == "me" for record in found)


def test_the_fingerprint_is_that_of_the_file_without_decoding_it_again(fill, run, copies, tmp_path, monkeypatch):
    from synthmark.registry import fingerprint_file, measuring

    fill("a.png", "b.jpg")
    config = Config(producer="Example-Studio", watermark=False, registry=tmp_path / "registry.sqlite")
    with monkeypatch.context() as patch:
        patch.setattr(measuring, "fingerprint_file", None)
        assert [outcome.status for outcome in run(config=config)] == ["labelled"] * 2
    with registry(tmp_path) as records:
        found = {stored.record.source.rpartition("/")[2]: stored.record.fingerprint for stored in records.latest(2)}
    assert found == {name: fingerprint_file(tmp_path / "out" / name).text() for name in copies()}


def test_without_visible_label_the_registry_asks_for_whom(fill, run, tmp_path):
    fill("a.png")
    config = Config(producer="studio", watermark=False, visible=False, registry=tmp_path / "registry.sqlite")
    with pytest.raises(ConfigError, match="requested_by"):
        run(config=config)
    asked = dataclasses.replace(config, requested_by="customer 7", agreement="2026-01")
    assert [outcome.status for outcome in run(config=asked)] == ["labelled"]

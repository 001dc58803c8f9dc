"""Batches without a journal: files in object stores, told as done by their copies and the registry."""

import io
import json

import fsspec
import pytest
import s3fs
from deadly_labels import DeadlyLabelRow
from object_store import running_store
from PIL import Image

from synthmark.batch import Order, RowBatch, rows
from synthmark.batch.rows import LabelRow
from synthmark.cli import main
from synthmark.config import Config
from synthmark.errors import ConfigError
from synthmark.metadata import read_metadata
from synthmark.patterns import Patterns
from synthmark.registry import open_registry
from synthmark.remote import RemoteFile, to_place
from synthmark.selection import Selection, _found_by_url
from synthmark.workers import CRASHED

CONFIG = Config(producer="Example-Studio", watermark=False)


def picture(number: int) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").rotate(number * 7).convert("RGB").resize((160, 160)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def store():
    """The file system of `memory://`, empty."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    return system


@pytest.fixture(scope="module")
def _server():
    with running_store() as variables:
        yield variables


@pytest.fixture
def bucket(_server, monkeypatch, request):
    """An S3 file system, and the name of an empty bucket."""
    for name, value in _server.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    system = s3fs.S3FileSystem(use_listings_cache=False)
    name = f"bucket-{abs(hash(request.node.name)) % 10**8}"
    system.mkdir(name)
    return system, name


@pytest.fixture
def registry(tmp_path):
    return Config(producer="Example-Studio", watermark=False, registry=tmp_path / "registry.sqlite")


def run(source="memory://in", output="memory://out", config=CONFIG, **options):
    dry_run = options.pop("dry_run", False)
    order = Order(paths=(to_place(source),), output=to_place(output), config=config, **options)
    with RowBatch(order, dry_run=dry_run) as batch, batch.selection() as selection:
        return list(batch.outcomes(selection, lambda outcome: None))


def statuses(outcomes) -> list[tuple[str, str]]:
    return [(outcome.job.source.name, outcome.status) for outcome in outcomes]


def copies(store) -> dict[str, bytes]:
    return {name: store.cat(name) for name in store.find("/out")}


def fill(store, *names: str) -> None:
    for number, name in enumerate(names):
        store.pipe(f"/in/{name}", picture(number))


def records(config: Config) -> list:
    with open_registry(config.registry) as opened:
        assert opened.verify().intact
        return [stored.record for stored in opened.latest(100)]


def test_a_folder_of_a_store_keeps_its_tree_and_order(store):
    fill(store, "b.png", "a.png", "sub/deep/c.png", ".hidden/d.png", "drafts/e.png")
    store.pipe("/in/notes.txt", b"text")
    store.pipe("/in/picture", picture(9))  # told by its content
    outcomes = run(patterns=Patterns(exclude=("drafts",)))
    assert statuses(outcomes) == [(name, "labelled") for name in ("a.png", "b.png", "picture", "c.png")]
    assert sorted(copies(store)) == ["/out/a.png", "/out/b.png", "/out/picture", "/out/sub/deep/c.png"]
    assert len({read_metadata(data).label.produce_id for data in copies(store).values()}) == 4


def test_the_output_below_the_input_is_no_source(store):
    fill(store, "a.png", "labelled/a.png")
    assert statuses(run(output="memory://in/labelled")) == [("a.png", "present")]
    assert statuses(run(output="memory://in")) == [("a.png", "failed"), ("a.png", "failed")]


def test_names_that_lead_out_of_the_folder_are_refused(tmp_path):
    for parts in (("..", "a.png"), (".", "a.png"), ("a\\..\\b.png",)):
        found = _found_by_url(RemoteFile("s3://b/x"), RemoteFile("s3://b"), parts)
        assert found.reason
        assert found.kind == "InputError"
    with Selection([to_place("memory://none")], tmp_path) as selection:
        assert [choice.job.source.name for choice in selection] == ["none"]  # reading it tells what is wrong


def test_what_is_done_is_not_done_again(store):
    fill(store, "a.png", "b.png")
    run()
    before = copies(store)
    fill(store, "a.png", "b.png", "c.png")
    assert statuses(run()) == [("a.png", "present"), ("b.png", "present"), ("c.png", "labelled")]
    assert {name: copies(store)[name] for name in before} == before
    assert statuses(run(overwrite=True)) == [(f"{name}.png", "labelled") for name in "abc"]


def test_a_dry_run_writes_nothing(store, registry):
    fill(store, "a.png")
    assert statuses(run(config=registry, dry_run=True)) == [("a.png", "planned")]
    assert copies(store) == {}
    assert not registry.registry.exists()


def test_a_row_that_names_nothing_is_a_failed_row():
    row = LabelRow(config=CONFIG)({"source": "sftp://me:secret@host/a.png", "target": "s3://"})
    assert (row["status"], row["kind"], row["code"]) == ("failed", "InputError", 2)
    assert "holds a password" in row["error"]


def test_problems_do_not_stop_the_rest(store):
    fill(store, "a.png", "c.png")
    store.pipe("/in/b.png", b"no picture")
    outcomes = run()
    assert statuses(outcomes) == [("a.png", "labelled"), ("b.png", "failed"), ("c.png", "labelled")]
    assert outcomes[1].code == 4
    assert outcomes[1].as_json()["error"]["message"] == outcomes[1].error


def test_every_labelled_file_gets_one_record_and_the_registry_says_what_is_done(store, registry):
    fill(store, "a.png", "b.png")
    run(config=registry)
    assert statuses(run(config=registry)) == [("a.png", "present"), ("b.png", "present")]
    assert [record.source for record in records(registry)] == ["memory://in/b.png", "memory://in/a.png"]


def test_a_copy_whose_record_is_missing_is_made_again_under_its_id(store, registry, tmp_path):
    fill(store, "a.png")
    run(config=registry)
    first = copies(store)
    rows._registry.cache_clear()
    (tmp_path / "registry.sqlite").unlink()
    assert statuses(run(config=registry)) == [("a.png", "labelled")]
    assert copies(store) == first  # the same id, and the same bytes
    assert len(records(registry)) == 1


def test_a_source_that_changed_and_a_copy_of_others_are_told(store, registry):
    fill(store, "a.png", "b.png")
    store.pipe("/out/b.png", picture(5))
    assert [outcome.code for outcome in run(config=registry)] == [0, 2]
    fill(store, "a.png")  # a new time, and no new content
    assert statuses(run(config=registry))[0] == ("a.png", "present")
    store.pipe("/in/a.png", picture(8))
    first, second = run(config=registry)
    assert "has changed since its copy was labelled" in first.error
    assert "not in the registry" in second.error
    assert statuses(run(config=registry, overwrite=True)) == [("a.png", "labelled"), ("b.png", "labelled")]
    assert statuses(run(config=registry)) == [("a.png", "present"), ("b.png", "present")]


def test_a_repeated_row_is_recorded_once(store, registry):
    fill(store, "a.png")
    label = LabelRow(config=registry, overwrite=True)
    found = [label({"source": "memory://in/a.png", "target": "memory://out/a.png"}) for _ in range(2)]
    assert [row["status"] for row in found] == ["labelled", "labelled"]
    assert len(records(registry)) == 1


def test_an_id_that_another_file_has_is_not_given_again(store, registry, monkeypatch):
    monkeypatch.setattr(
        "synthmark.batch.rows.seeded_content_id",
        lambda producer, seed: 7 if seed.endswith("\0" + "0") else 8,
    )
    fill(store, "a.png", "b.png")
    run(config=registry)
    assert [record.content_id[-1] for record in records(registry)] == ["8", "7"]
    assert statuses(run(config=registry)) == [("a.png", "present"), ("b.png", "present")]


def test_relabelling_keeps_the_number_and_is_done_once(store, registry):
    fill(store, "a.png")
    run(config=registry)
    number = read_metadata(copies(store)["/out/a.png"]).label.produce_id
    assert statuses(run("memory://out", "memory://again", registry)) == [("a.png", "skipped")]
    other = Config(producer="Other-Studio", watermark=False, visible=True, registry=registry.registry)
    assert statuses(run("memory://out", "memory://again", other, relabel=True)) == [("a.png", "labelled")]
    label = read_metadata(store.cat("/again/a.png")).label
    assert (label.produce_id, label.content_producer, label.content_propagator) == (
        number,
        "Example-Studio",
        "Other-Studio",
    )
    assert statuses(run("memory://out", "memory://again", other, relabel=True)) == [("a.png", "present")]


def test_workers_label_from_bucket_to_folder_to_bucket(bucket, tmp_path, registry):
    system, name = bucket
    system.pipe({f"{name}/in/{number}.png": picture(number) for number in range(3)})
    outcomes = run(f"s3://{name}/in", tmp_path / "out", registry, jobs=2)
    assert statuses(outcomes) == [(f"{number}.png", "labelled") for number in range(3)]
    (tmp_path / "out/1.png").unlink()
    assert [status for _, status in statuses(run(f"s3://{name}/in", tmp_path / "out", registry, jobs=2))] == [
        "present",
        "labelled",
        "present",
    ]
    again = run(f"s3://{name}/in", f"s3://{name}/out", registry)
    assert [outcome.status for outcome in again] == ["labelled"] * 3
    assert sorted(system.find(f"{name}/out")) == [f"{name}/out/{number}.png" for number in range(3)]
    assert len({record.content_id for record in records(registry)}) == 6


def test_the_commands_take_urls(bucket, capsys):
    system, name = bucket
    system.pipe(f"{name}/in/a.png", picture(1))
    arguments = ["--producer", "me", "--no-watermark", "--json"]
    assert main(["label", f"s3://{name}/in", "-o", f"s3://{name}/out", *arguments]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["record"]["target"] == f"s3://{name}/out/a.png"
    assert main(["extract", f"s3://{name}/out", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["file"]["sha256"] == printed["file"]["sha256"]
    assert main(["extract", f"s3://{name}/none.png"]) == 4
    assert f"s3://{name}/none.png does not exist" in capsys.readouterr().err
    assert main(["label", f"s3://{name}/in", "-o", f"s3://{name}/out", "--watch", *arguments]) == 2


def test_a_worker_that_dies_costs_one_row(tmp_path, monkeypatch, registry):
    monkeypatch.setattr("synthmark.batch.row_batch.LabelRow", DeadlyLabelRow)
    (tmp_path / "in").mkdir()
    for name in ("a.png", "poison.png", "z.png"):
        (tmp_path / "in" / name).write_bytes(picture(1))
    outcomes = run(tmp_path / "in", tmp_path / "out", registry)
    assert statuses(outcomes) == [("a.png", "labelled"), ("poison.png", "failed"), ("z.png", "labelled")]
    assert (outcomes[1].error, outcomes[1].code) == (CRASHED, 5)
    monkeypatch.undo()
    assert statuses(run(tmp_path / "in", tmp_path / "out", registry))[1] == ("poison.png", "labelled")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["a.png", "poison.png", "z.png"]


def test_a_cluster_needs_a_registry_that_machines_share(registry, tmp_path):
    order = Order(paths=(tmp_path,), output=tmp_path / "out", config=registry)
    with pytest.raises(ConfigError, match="machines of a cluster cannot share"):
        RowBatch(order, engine="ray")

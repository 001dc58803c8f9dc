"""Folders that are watched: files are labelled once they are complete, and not before."""

import itertools
import threading
import time

import pytest
from deadly_labels import DeadlyLabelFile

from synthmark.batch import Batch, Order
from synthmark.batch.watching import Watch
from synthmark.config import Config
from synthmark.metadata import read_metadata

SETTLE = 0.3


@pytest.fixture
def watch(tmp_path, monkeypatch):
    """Return a function that watches `in` in this process and returns the first outcomes."""
    pool = Batch.pool
    monkeypatch.setattr(Batch, "pool", lambda self, alone=False: pool(self, alone=True))
    monkeypatch.setattr("synthmark.batch.watching._INTERVAL", 0.02)

    def watched(number: int, settle: float = SETTLE, **options):
        config = Config(producer="Example-Studio", watermark=False)
        order = Order(paths=(tmp_path / "in",), output=tmp_path / "out", config=config, **options)
        with Batch(order) as batch:
            outcomes = Watch(batch, settle).outcomes()
            found = list(itertools.islice(outcomes, number))
            outcomes.close()
            return [(outcome.job.source.name, outcome.status) for outcome in found]

    return watched


def test_a_file_that_is_still_written_is_waited_for(fill, watch, copies, tmp_path):
    folder = fill("a.png")
    whole = (folder / "a.png").read_bytes()
    (folder / "a.png").unlink()

    def generate() -> None:
        with (folder / "slow.png").open("wb") as file:
            for start in range(0, len(whole), -(-len(whole) // 8)):
                file.write(whole[start : start + -(-len(whole) // 8)])
                file.flush()
                time.sleep(SETTLE / 3)
        (folder / "quick.png").write_bytes(whole)

    writer = threading.Thread(target=generate)
    writer.start()
    assert sorted(watch(2)) == [("quick.png", "labelled"), ("slow.png", "labelled")]
    writer.join()
    assert all(read_metadata(data).label for data in copies().values())
    assert sorted(copies(hidden=True)) == ["quick.png", "slow.png"]


def test_a_pause_of_the_generator_is_no_failure(fill, watch, copies):
    folder = fill("a.png")
    whole = (folder / "a.png").read_bytes()
    (folder / "a.png").write_bytes(whole[:2000])
    threading.Timer(4 * SETTLE, lambda: (folder / "a.png").write_bytes(whole)).start()
    assert watch(1) == [("a.png", "labelled")]
    assert sorted(copies(hidden=True)) == ["a.png"]


def test_a_file_that_stays_broken_fails_once_and_again_when_it_changes(fill, watch):
    folder = fill("a.png", "good.png")
    (folder / "a.png").write_bytes((folder / "a.png").read_bytes()[:2000])

    def change() -> None:
        (folder / "a.png").write_bytes((folder / "good.png").read_bytes())

    threading.Timer(3, change).start()
    assert watch(3, settle=0.05) == [("good.png", "labelled"), ("a.png", "failed"), ("a.png", "labelled")]


def test_what_is_done_or_refused_is_told_once(fill, watch, run):
    folder = fill("a.png", "b.png")
    run()
    fill("c.png")
    (folder / "linked").symlink_to(folder)
    threading.Timer(1, lambda: fill("d.png")).start()
    assert watch(3) == [("linked", "failed"), ("c.png", "labelled"), ("d.png", "labelled")]


def test_workers_are_used_and_may_die(fill, tmp_path, monkeypatch):
    monkeypatch.setattr("synthmark.batch.running.LabelFile", DeadlyLabelFile)
    fill("a.png", "poison.png")
    config = Config(producer="Example-Studio", watermark=False)
    with Batch(Order(paths=(tmp_path / "in",), output=tmp_path / "out", config=config, jobs=2)) as batch:
        outcomes = Watch(batch, 0.1).outcomes()
        found = {(outcome.job.source.name, outcome.status) for outcome in itertools.islice(outcomes, 2)}
        outcomes.close()
    assert found == {("a.png", "labelled"), ("poison.png", "failed")}

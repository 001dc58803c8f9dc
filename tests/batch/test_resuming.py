"""Runs that are killed: the next one finishes the rest, repeats nothing, and leaves nothing half-written."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import synthmark
from synthmark.batch.journal import Journal
from synthmark.batch.locks import wait_for_workers
from synthmark.errors import InputError
from synthmark.metadata import read_metadata
from synthmark.registry import open_registry

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9")

NAMES = [f"{number:02}.png" for number in range(7)] + ["sound.wav", "sub/deep/picture.jpg"]


def start(folder: Path, *, more=()) -> subprocess.Popen:
    command = [sys.executable, "-m", "synthmark", "label", "in", "-o", "out", "--jobs", "2", "--no-watermark", *more]
    environment = os.environ | {"SYNTHMARK_PRODUCER": "Example-Studio", "SYNTHMARK_REGISTRY": "registry.sqlite"}
    environment["PYTHONPATH"] = str(Path(synthmark.__file__).parents[1])
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def kill_at(process: subprocess.Popen, condition, seconds: float) -> bool:
    """Kill a process so long after something is so; return whether it was still there."""
    while process.poll() is None and not condition():
        time.sleep(0.01)
    time.sleep(seconds)
    process.kill()
    process.communicate()
    return process.returncode != 0


def wait_for(condition, process: subprocess.Popen):
    """Wait until something is so, while a process does it."""
    while not condition():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def test_a_run_that_is_killed_again_and_again_comes_to_its_end(fill, copies, tmp_path):
    fill(*NAMES)
    chance = random.Random(7)
    kills, done = 0, {}
    more = 0
    while kill_at(start(tmp_path), lambda: len(copies()) >= more, chance.uniform(0, 0.1)):  # noqa: B023 - at once
        kills += 1
        assert copies().items() >= done.items(), "what was done is done again"
        done = finished(tmp_path, copies())
        more = len(copies()) + chance.randint(2, 4)
    assert kills >= 2
    assert copies().items() >= done.items()
    assert sorted(copies(hidden=True)) == sorted(NAMES)
    assert_registered(tmp_path, copies())


def finished(folder: Path, copies: dict[str, bytes]) -> dict[str, bytes]:
    """Return the copies that the journal says are done."""
    with Journal(folder / "out", dry_run=True) as journal:
        entries = {name: journal.entry(folder / "out" / name) for name in copies}
    return {name: copies[name] for name, entry in entries.items() if entry is not None and entry.target is not None}


def assert_registered(folder: Path, copies: dict[str, bytes]):
    """Check that every copy has exactly one record, and each content id one copy."""
    ids = {read_metadata(data).label.produce_id.removeprefix("synthmark-") for data in copies.values()}
    assert len(ids) == len(copies)
    with open_registry(folder / "registry.sqlite") as registry:
        assert registry.verify().intact
        assert sorted(stored.record.content_id for stored in registry.latest(10_000)) == sorted(ids)


def workers_of(process: subprocess.Popen) -> list[int]:
    """Return the ids of the worker processes."""
    command = ["pgrep", "-P", str(process.pid), "-f", "spawn_main"]
    return [int(line) for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()]


def test_a_worker_that_is_killed_costs_one_file_at_most(fill, copies, tmp_path):
    fill(*NAMES)
    process = start(tmp_path)
    wait_for(lambda: len(copies()) >= 2, process)
    os.kill(workers_of(process)[0], signal.SIGKILL)
    _, said = process.communicate()
    assert said.count("the worker process ended abruptly") <= 1
    assert len(copies()) >= len(NAMES) - 1
    again = start(tmp_path)
    again.communicate()
    assert again.returncode == 0
    assert sorted(copies(hidden=True)) == sorted(NAMES)
    assert_registered(tmp_path, copies())


def test_an_interrupted_run_leaves_no_process_and_no_temporary_file(fill, copies, tmp_path):
    fill(*NAMES)
    for number in (signal.SIGINT, signal.SIGTERM):
        process = start(tmp_path)
        before = len(copies())
        wait_for(lambda: len(copies()) > before, process)  # noqa: B023 - called at once
        process.send_signal(number)
        _, said = process.communicate()
        assert (process.returncode, said) == (130, "synthmark: interrupted\n")
        assert [name for name in copies(hidden=True) if Path(name).name.startswith(".")] == []


def test_remains_of_a_dead_run_are_deleted_and_those_of_others_stay(fill, run, copies, tmp_path):
    fill("a.png", "b.png")
    target = tmp_path / "out" / "a.png"
    with Journal(tmp_path / "out") as dead:
        dead.begin(target, "0123456789abcdef")
        dead.owner, owner = "somebody else", dead.owner
    (tmp_path / "out" / f".synthmark-{owner}-xyz.png").touch()
    (tmp_path / "out" / ".synthmark-other.png").touch()
    run()
    assert sorted(copies(hidden=True)) == [".synthmark-other.png", "a.png", "b.png"]
    assert read_metadata(copies()["a.png"]).label.produce_id == "synthmark-0123456789abcdef"


def test_a_copy_that_the_registry_has_is_not_made_again(fill, run, copies, tmp_path):
    """The run was killed between the record and the journal."""
    from synthmark.config import Config

    config = Config(producer="studio", watermark=False, registry=tmp_path / "registry.sqlite")
    fill("a.png")
    run(config=config)
    before = copies()
    content_id = read_metadata(before["a.png"]).label.produce_id.removeprefix("synthmark-")
    with Journal(tmp_path / "out") as journal:
        journal.begin(tmp_path / "out" / "a.png", content_id)
    assert [outcome.status for outcome in run(config=config)] == ["present"]
    assert copies() == before
    assert_registered(tmp_path, copies())


def test_a_copy_that_the_registry_lacks_is_made_again_under_its_id(fill, run, copies, tmp_path):
    """The run was killed between the renaming and the record."""
    from synthmark.config import Config

    config = Config(producer="studio", watermark=False, registry=tmp_path / "registry.sqlite")
    fill("a.png")
    with Journal(tmp_path / "out") as journal:
        journal.begin(tmp_path / "out" / "a.png", "0123456789abcdef")
    (tmp_path / "out" / "a.png").write_bytes(b"put in place without a record")
    assert [outcome.status for outcome in run(config=config)] == ["labelled"]
    assert read_metadata(copies()["a.png"]).label.produce_id == "synthmark-0123456789abcdef"
    assert_registered(tmp_path, copies())


def test_workers_of_a_dead_run_are_waited_for(tmp_path):
    lock = tmp_path / "state" / "workers.lock"
    lock.parent.mkdir()
    code = "from pathlib import Path; import time; from synthmark.batch.locks import hold_as_worker\n"
    code += f"hold_as_worker(Path({str(lock)!r})); print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="still writing"):
            wait_for_workers(lock, seconds=0.1)
        another_worker_may_hold_it(lock)
        worker.kill()
    wait_for_workers(lock, seconds=5)


def another_worker_may_hold_it(lock: Path):
    """Workers do not exclude one another."""
    code = f"import pathlib, synthmark.batch.locks as locks; locks.hold_as_worker(pathlib.Path({str(lock)!r}))"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_watching_ends_well_at_an_interrupt(fill, copies, tmp_path):
    fill("a.png", "b.jpg")
    process = start(tmp_path, more=["--watch", "--settle", "0.2"])
    wait_for(lambda: len(copies()) >= 1, process)
    fill("c.png")
    wait_for(lambda: len(copies()) == 3, process)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate()
    assert (process.returncode, said) == (0, "Watching; Ctrl-C ends it.\n")
    assert out == "Labelled 3 of 3 files into out.\n"

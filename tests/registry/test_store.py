"""The registry on SQLite and on PostgreSQL: adding, finding, many writers."""

import datetime as dt
import multiprocessing
import os
import pickle
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sample_records import sample_record

from synthmark.errors import ConfigError, InputError, RegistryError
from synthmark.registry import appending, open_registry
from synthmark.registry.chain import parsed_entry
from synthmark.registry.database import shown_location


def test_what_is_added_is_found_as_it_was(registry):
    record = sample_record(0xFEDCBA9876543210, explicit_label=False, requested_by="客户 4711", agreement="2026-01")
    stored = registry.add(record)
    assert stored.record == record
    assert (stored.sequence, len(stored.hash)) == (1, 64)
    assert registry.find_content_id(0xFEDCBA9876543210) == [stored]
    assert registry.find_produce_id(record.produce_id) == [stored]
    assert registry.find_sha256(record.sha256_before) == registry.find_sha256(record.sha256_after) == [stored]


def test_what_is_not_there_is_not_found(registry):
    registry.add(sample_record(1))
    assert registry.find_content_id(2) == []
    assert registry.find_produce_id("synthmark") == []
    assert registry.find_sha256("f" * 64) == []


def test_one_id_may_have_several_records(registry):
    first, second = registry.add(sample_record(7)), registry.add(sample_record(7, source="/again.png"))
    assert registry.find_content_id(7) == [first, second]
    assert registry.latest(5) == [second, first]
    assert registry.latest(1) == [second]
    assert registry.count() == 2


def test_several_records_are_added_together_or_not_at_all(registry, monkeypatch):
    registry.add_many([sample_record(number) for number in range(5)])
    assert registry.add_many([]) == []

    def fails(*_):
        raise RuntimeError("in the middle")

    monkeypatch.setattr(appending.index, "seal", fails)
    with pytest.raises(RuntimeError):
        registry.add_many([sample_record(8), sample_record(9)])
    assert registry.count() == 5
    assert registry.verify().intact


def test_it_is_there_when_it_is_opened_again(location):
    with open_registry(location) as first:
        stored = first.add(sample_record(3))
    with open_registry(location, create=False) as second:
        assert second.find_content_id(3) == [stored]
        assert second.verify().head == second.head()


def test_texts_of_every_language_and_sign_survive(registry):
    text = "标识 𝄞 ' \" \\ ; -- \x01 \n é \u2028 <&>"
    stored = registry.add(sample_record(1, producer=text, source=text))
    assert registry.find_content_id(1)[0].record.source == text == stored.record.producer
    assert registry.verify().intact


@pytest.mark.parametrize("text", ["nul \0 inside", "\ud800"])
def test_what_no_database_takes_is_refused(text):
    with pytest.raises(InputError, match="cannot be stored"):
        sample_record(1, source=text)


def test_threads_share_a_registry(registry):
    def work(start):
        for number in range(start, start + 15):
            registry.add(sample_record(number))

    threads = [threading.Thread(target=work, args=(100 * part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result = registry.verify()
    assert (result.intact, result.entries) == (True, 60)


def _add_some(location, start):
    with open_registry(location) as registry:
        for number in range(start, start + 15):
            registry.add(sample_record(number))


def test_processes_append_to_one_chain_from_the_first_moment(location):
    """Four processes make the tables and append, all at once: no record is lost, and the chain is one line."""
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_add_some, args=(location, 1000 * part)) for part in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(300)
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    with open_registry(location, create=False) as registry:
        result = registry.verify()
        assert (result.intact, result.entries) == (True, 60)
        assert all(len(registry.find_content_id(1000 * part + 14)) == 1 for part in range(4))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_registry_is_used_after_a_fork(registry):
    registry.add(sample_record(1))
    child = os.fork()
    if child == 0:
        try:
            registry.add(sample_record(2))
            os._exit(0)
        finally:
            os._exit(1)
    registry.add(sample_record(3))
    assert os.waitpid(child, 0)[1] == 0
    assert registry.verify().entries == 3
    assert registry.verify().intact


def test_a_registry_is_sent_to_another_process(registry):
    registry.add(sample_record(1))
    with pickle.loads(pickle.dumps(registry)) as copy:
        assert copy.count() == 1


KILLED = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from sample_records import sample_record
from synthmark.registry import open_registry
location = sys.argv[1]
registry = open_registry(location if "://" in location else Path(location))
for number in range(100000):
    registry.add(sample_record(number))
    print(number, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal on this system")
def test_what_was_added_survives_a_killed_process(location):
    """What `add` returned for is there after `kill -9`, and the chain is whole."""
    script = KILLED.format(tests=str(Path(__file__).parents[1]))
    worker = subprocess.Popen([sys.executable, "-c", script, str(location)], stdout=subprocess.PIPE, text=True)
    told = [int(worker.stdout.readline()) for _ in range(30)]
    worker.send_signal(signal.SIGKILL)
    told += [int(line) for line in worker.stdout.read().split("\n")[:-1]]
    worker.wait()
    worker.stdout.close()
    with open_registry(location, create=False) as registry:
        assert told[-1] + 1 <= registry.count() <= told[-1] + 2
        assert registry.verify().intact


def test_a_clock_that_was_set_back_is_noted(registry, monkeypatch):
    times = iter(["2026-03-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z", "2026-04-01T00:00:00.000Z"])
    monkeypatch.setattr(appending, "now_text", lambda: next(times))
    stored = [registry.add(sample_record(number)) for number in range(3)]
    assert [item.recorded_at[5:7] for item in stored] == ["03", "03", "04"]
    clocks = [parsed_entry(row.content)["clock"] for row in registry.rows()]
    assert clocks == [None, "2026-02-01T00:00:00.000Z", None]
    assert registry.verify().intact


def test_times_have_milliseconds_in_utc(registry):
    stored = registry.add(sample_record(1))
    recorded = dt.datetime.fromisoformat(stored.recorded_at)
    assert stored.recorded_at.endswith("Z")
    assert len(stored.recorded_at) == 24
    assert abs(recorded.timestamp() - time.time()) < 60


def test_an_altered_record_is_not_given_out(registry, tamper):
    registry.add(sample_record(5))
    tamper("UPDATE synthmark_entries SET content = replace(content, 'Example-Studio', 'Somebody-Else')")
    with pytest.raises(RegistryError, match="Entry 1 of the registry was altered"):
        registry.find_content_id(5)


def test_a_missing_registry_is_not_made_by_looking(tmp_path, postgresql):
    for place in (tmp_path / "none.sqlite", postgresql):
        with pytest.raises(RegistryError, match="There is no registry at"):
            open_registry(place, create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_told(tmp_path):
    file = tmp_path / "text.sqlite"
    file.write_text("this is no database, " * 100, encoding="utf-8")
    with pytest.raises(RegistryError, match="cannot be used: file is not a database"):
        open_registry(file)


def test_a_registry_of_a_later_version_is_refused(location, tamper):
    open_registry(location).close()
    tamper("UPDATE synthmark_schema SET version = 99")
    with pytest.raises(RegistryError, match="tables of version 99"):
        open_registry(location)


def test_a_server_that_cannot_be_reached_is_told_without_the_password(tmp_path):
    url = f"postgresql://someone:secret@/x?host={tmp_path}"
    with pytest.raises(RegistryError) as caught:
        open_registry(url)
    assert "secret" not in str(caught.value)
    assert "secret" not in shown_location(url)


@pytest.mark.parametrize("url", ["mysql://host/x", "sqlite://", "sqlite:///:memory:", "postgresql://host:port/x"])
def test_other_databases_are_refused(url):
    with pytest.raises(ConfigError):
        open_registry(url)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_the_file_is_private(tmp_path):
    file = tmp_path / "deep" / "registry.sqlite"
    open_registry(file).close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_sqlite_writes_ahead(tmp_path):
    open_registry(tmp_path / "registry.sqlite").close()
    connection = sqlite3.connect(tmp_path / "registry.sqlite")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()

"""The journal: what is begun and done outlives the process, and is held by one run at a time."""

import sqlite3

import pytest

from synthmark.batch.journal import STATE_FOLDER, FileState, Journal
from synthmark.errors import InputError, MediaError

ONE, TWO = FileState(1, 2, "a" * 64), FileState(3, 4, "b" * 64)


def test_entries_outlive_the_run(tmp_path):
    target = tmp_path / "sub" / "图.png"
    with Journal(tmp_path) as journal:
        assert journal.entry(target) is None
        journal.begin(target, "0123456789abcdef")
    with Journal(tmp_path) as journal:
        entry = journal.entry(target)
        assert (entry.content_id, entry.source, entry.target) == ("0123456789abcdef", None, None)
        assert journal.knows("0123456789abcdef")
        assert not journal.knows("0123456789abcdee")
        journal.finish(target, "0123456789abcdef", ONE, TWO)
    with Journal(tmp_path) as journal:
        assert (journal.entry(target).source, journal.entry(target).target) == (ONE, TWO)
        journal.forget(target)  # what is done stays
        assert journal.entry(target) is not None


def test_what_was_not_made_is_forgotten(tmp_path):
    with Journal(tmp_path) as journal:
        journal.begin(tmp_path / "a.png", "0123456789abcdef")
        journal.forget(tmp_path / "a.png")
        assert journal.entry(tmp_path / "a.png") is None


def test_names_that_are_no_unicode_are_kept(tmp_path):
    target = tmp_path / "\udcff.png"
    with Journal(tmp_path) as journal:
        journal.begin(target, "0123456789abcdef")
        assert journal.entry(target) is not None


def test_a_pass_that_overwrites_is_told_from_the_next(tmp_path):
    def current(*, overwrite: bool, end: bool) -> bool:
        with Journal(tmp_path, overwrite=overwrite) as journal:
            entry = journal.entry(tmp_path / "a.png")
            if entry is None or not entry.current:
                journal.finish(tmp_path / "a.png", "0123456789abcdef", ONE, TWO)
            if end:
                journal.end_pass()
            return entry is not None and entry.current

    assert current(overwrite=False, end=True) is False
    assert current(overwrite=False, end=True) is True
    assert current(overwrite=True, end=False) is False  # a new pass, which is interrupted
    assert current(overwrite=True, end=True) is True  # and goes on
    assert current(overwrite=True, end=True) is False


def test_one_run_at_a_time(tmp_path):
    with Journal(tmp_path):
        with pytest.raises(InputError, match="Another run is writing"):
            Journal(tmp_path)
        with pytest.raises(InputError, match="Another run is writing"):
            Journal(tmp_path, dry_run=True)
    Journal(tmp_path).close()


def test_a_dry_run_changes_nothing(tmp_path):
    with Journal(tmp_path / "none", dry_run=True) as journal:
        assert journal.entry(tmp_path / "none" / "a.png") is None
    assert not (tmp_path / "none").exists()
    with Journal(tmp_path) as journal:
        journal.begin(tmp_path / "a.png", "0123456789abcdef")
    with Journal(tmp_path, overwrite=True, dry_run=True) as journal:
        journal.forget(tmp_path / "a.png")
    with Journal(tmp_path) as journal:
        assert journal.entry(tmp_path / "a.png") is not None


def test_a_file_is_known_by_its_time_or_its_content(tmp_path):
    import os

    file = tmp_path / "a"
    file.write_bytes(b"content")
    state = FileState.now(file)
    assert state.holds(file)
    os.utime(file, ns=(1, 1))
    assert state.holds(file)
    file.write_bytes(b"Content")
    os.utime(file, ns=(2, 2))
    assert not state.holds(file)


def test_a_journal_of_another_form_is_told(tmp_path):
    (tmp_path / STATE_FOLDER).mkdir()
    with sqlite3.connect(tmp_path / STATE_FOLDER / "journal.sqlite3") as database:
        database.execute("CREATE TABLE files (target BLOB)")
    database.close()
    with pytest.raises(MediaError, match="cannot be used"):
        Journal(tmp_path)

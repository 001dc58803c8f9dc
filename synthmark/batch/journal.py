"""The journal of a folder of copies: which files have been begun, under which content id, and which are done.

It is a SQLite database below the folder. What is begun is on the disk before the work, and what is done after it, so
that whatever stops a run, the next one knows where to go on, and gives a file that was under way the same content id.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from synthmark.batch.locks import wait_for_workers
from synthmark.errors import InputError, MediaError
from synthmark.files.atomic import delete_drafts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

__all__ = ["STATE_FOLDER", "Entry", "FileState", "Journal"]

STATE_FOLDER = ".synthmark"
"""Name of the hidden folder, below that of the copies, which holds the journal."""

_FILE = "journal.sqlite3"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    target BLOB PRIMARY KEY, content_id TEXT, done INTEGER, pass INTEGER,
    source_size INTEGER, source_time INTEGER, source_sha256 TEXT,
    target_size INTEGER, target_time INTEGER, target_sha256 TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS content_ids ON files (content_id);
CREATE INDEX IF NOT EXISTS under_way ON files (done) WHERE done = 0;
CREATE TABLE IF NOT EXISTS passes (number INTEGER PRIMARY KEY, overwrite INTEGER, done INTEGER);
CREATE TABLE IF NOT EXISTS owners (name TEXT PRIMARY KEY);
"""


@dataclass(frozen=True, slots=True)
class FileState:
    """By what a file is known again: its size and time of change (nanoseconds), or else its SHA-256."""

    size: int
    time: int
    sha256: str

    @classmethod
    def now(cls, path: Path) -> FileState:
        """Return the state of a file, which is read for it."""
        from synthmark.files.reading import digest_of_file  # noqa: PLC0415 - seldom needed

        found = path.stat()
        return cls(found.st_size, found.st_mtime_ns, digest_of_file(path)[1])

    def holds(self, path: Path) -> bool:
        """Return whether a file is still what it was."""
        from synthmark.files.reading import digest_of_file  # noqa: PLC0415 - seldom needed

        found = path.stat()
        if (found.st_size, found.st_mtime_ns) == (self.size, self.time):
            return True
        return found.st_size == self.size and digest_of_file(path)[1] == self.sha256


@dataclass(frozen=True, slots=True)
class Entry:
    """What the journal says on one copy.

    Attributes
    ----------
    content_id
        16 hex digits.
    current
        Whether it was begun in this pass over the folder, or in an earlier one that this one goes on with.
    source, target
        The two files when the copy was done; None while it is under way.
    """

    content_id: str
    current: bool
    source: FileState | None
    target: FileState | None


class Journal:
    """The journal of one folder, held for one run.

    Parameters
    ----------
    folder
        Folder of the copies; made when missing.
    overwrite
        Whether this run replaces copies. When the one before did so, too, and was interrupted, this one goes on
        with it.
    dry_run
        Whether nothing is to be written; the journal is then that of the last run, or an empty one.

    Attributes
    ----------
    owner
        Marks the temporary files of this run; see `synthmark.files.atomic.own_drafts`.
    workers_lock
        What the workers hold; see `synthmark.batch.locks`.

    Raises
    ------
    InputError
        When another run holds it.
    MediaError
        When it cannot be read or written.
    """

    def __init__(self, folder: Path, *, overwrite: bool = False, dry_run: bool = False) -> None:
        self._folder = folder
        self._state = folder / STATE_FOLDER
        self.owner = secrets.token_hex(6)
        self.workers_lock = self._state / "workers.lock"
        with self._trouble():
            if dry_run:
                self._database = self._copied()
            else:
                self._prepare()
            self._pass = self._begin_pass(overwrite=overwrite)

    def entry(self, target: Path) -> Entry | None:
        """Return what is known of a copy."""
        query = "SELECT * FROM files WHERE target = ?"
        row = self._database.execute(query, (self._name(target),)).fetchone()
        if row is None:
            return None
        states = (FileState(*row[4:7]), FileState(*row[7:10])) if row[2] else (None, None)
        return Entry(row[1], row[3] == self._pass, *states)

    def knows(self, content_id: str) -> bool:
        """Return whether a content id was given to a file already."""
        query = "SELECT 1 FROM files WHERE content_id = ?"
        return self._database.execute(query, (content_id,)).fetchone() is not None

    def begin(self, target: Path, content_id: str) -> None:
        """Note, before the work, that a copy is made under a content id."""
        row = (self._name(target), content_id, self._pass)
        self._database.execute(
            "INSERT OR REPLACE INTO files (target, content_id, done, pass) VALUES (?, ?, 0, ?)", row
        )

    def finish(self, target: Path, content_id: str, before: FileState, after: FileState) -> None:
        """Note that a copy is done, of a source in one state, and in another itself."""
        states = (before.size, before.time, before.sha256, after.size, after.time, after.sha256)
        row = (self._name(target), content_id, self._pass, *states)
        self._database.execute("INSERT OR REPLACE INTO files VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?)", row)

    def forget(self, target: Path) -> None:
        """Note that a copy was not made."""
        self._database.execute("DELETE FROM files WHERE target = ? AND done = 0", (self._name(target),))

    def end_pass(self) -> None:
        """Note that the run came to its end."""
        self._database.execute("UPDATE passes SET done = 1 WHERE number = ?", (self._pass,))

    def close(self) -> None:
        """Delete what workers that had to be killed left behind, and let other runs go on."""
        self._delete_drafts([self.owner])
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _trouble(self) -> Iterator[None]:
        """Turn whatever the disk or the database says into a `MediaError`."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise MediaError(
                f"The journal in {self._state} cannot be used: {error}. Without that folder a run starts anew."
            ) from error

    def _prepare(self) -> None:
        """Make the folder fit for a run: alone in it, and without the remains of earlier ones."""
        self._state.mkdir(parents=True, exist_ok=True)
        self._database = self._opened(self._state / _FILE)
        wait_for_workers(self.workers_lock)
        self._delete_stale_drafts()

    def _copied(self) -> sqlite3.Connection:
        """Return a copy of the journal in a temporary file, or an empty one."""
        copy = sqlite3.connect("", isolation_level=None)
        file = self._state / _FILE
        if file.exists():
            with contextlib.closing(self._opened(file)) as original:
                original.backup(copy)
        copy.executescript(_SCHEMA)
        return copy

    def _opened(self, file: Path) -> sqlite3.Connection:
        """Open the database for this process alone: every change is on the disk before the next step."""
        database = sqlite3.connect(file, timeout=0, isolation_level=None)
        try:
            database.executescript(
                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"
            )
            database.executescript("BEGIN EXCLUSIVE;" + _SCHEMA + "COMMIT")
        except sqlite3.OperationalError as error:
            database.close()
            if "locked" in str(error):
                raise InputError(
                    f"Another run is writing into {self._folder}. Wait for its end, or stop it."
                ) from error
            raise
        return database

    def _begin_pass(self, *, overwrite: bool) -> int:
        """Return the number of this pass: that of the last one where this run goes on with it."""
        last = self._database.execute("SELECT number, overwrite, done FROM passes ORDER BY number DESC").fetchone()
        if last is not None and (not overwrite or last[1:] == (1, 0)):
            return int(last[0])
        number = 1 if last is None else last[0] + 1
        self._database.execute("INSERT INTO passes VALUES (?, ?, 0)", (number, overwrite))
        return int(number)

    def _delete_stale_drafts(self) -> None:
        """Delete the temporary files of runs that ended before they could do so themselves."""
        self._delete_drafts([name for (name,) in self._database.execute("SELECT name FROM owners")])
        self._database.execute("DELETE FROM owners")
        self._database.execute("INSERT INTO owners VALUES (?)", (self.owner,))

    def _delete_drafts(self, owners: list[str]) -> None:
        folders = {target.parent for target in self._under_way()} if owners else set()
        for folder in folders:
            delete_drafts(folder, owners)

    def _under_way(self) -> Iterator[Path]:
        for (name,) in self._database.execute("SELECT target FROM files WHERE done = 0"):
            yield self._folder / os.fsdecode(name)

    def _name(self, target: Path) -> bytes:
        return os.fsencode(target.relative_to(self._folder).as_posix())

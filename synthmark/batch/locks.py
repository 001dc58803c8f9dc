"""One run at a time in a folder, told apart from the workers that a killed run may have left behind.

A lock is one that SQLite puts on a file: it works on every system, and the system itself takes it away when its
process ends, however that happens.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from synthmark.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["hold_as_worker", "wait_for_workers"]

_held: list[sqlite3.Connection] = []


def hold_as_worker(file: Path) -> None:
    """Share a lock with the other workers for the rest of the life of this process."""
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN")
    connection.execute("SELECT * FROM sqlite_master").fetchall()  # reading takes the lock
    _held.append(connection)


def wait_for_workers(file: Path, seconds: float = 60.0) -> None:
    """Wait until no worker holds the lock: one whose run was killed may still be about to put a file in place.

    Raises
    ------
    InputError
        When one still holds it after that time.
    """
    with contextlib.closing(sqlite3.connect(file, timeout=seconds, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise InputError(
                f"Workers of an earlier run are still writing into {file.parent.parent}; end them first."
            ) from error
        connection.execute("ROLLBACK")

"""Private folders for local copies of remote files; what a killed process left is deleted by the next one.

A process holds a lock in its folder as long as it lives. The system takes it away when the process ends, however that
happens; a folder whose lock is free has nobody any more.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import sqlite3
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["private_folder"]

_PREFIX = "synthmark-staged-"
_LOCK = "lock.sqlite3"


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """Give an empty folder that only this user can read, and delete it at the end."""
    with tempfile.TemporaryDirectory(dir=_home.folder()) as folder:
        yield Path(folder)


@dataclass(slots=True)
class _Home:
    """The folder of this process, in which those of its files lie; a forked process makes one of its own."""

    _process: int = 0
    _folder: Path | None = None
    _lock: sqlite3.Connection | None = None
    _turn: threading.Lock = threading.Lock()  # noqa: RUF009 - there is one home in a process

    def folder(self) -> Path:
        with self._turn:
            if self._folder is None or self._process != os.getpid() or not self._folder.is_dir():
                self._folder = self._made()
            return self._folder

    def _made(self) -> Path:
        for abandoned in _abandoned():
            shutil.rmtree(abandoned, ignore_errors=True)
        self._process = os.getpid()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._lock = _opened(folder)
        self._lock.execute("BEGIN")
        self._lock.execute("SELECT * FROM sqlite_master").fetchall()  # reading takes the lock
        atexit.register(self._delete, folder, self._lock)
        return folder

    def _delete(self, folder: Path, lock: sqlite3.Connection) -> None:
        if self._process == os.getpid():
            lock.close()
            shutil.rmtree(folder, ignore_errors=True)


_home = _Home()


def _abandoned() -> Iterator[Path]:
    """Yield the folders of processes that are gone."""
    for lock in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        with contextlib.suppress(sqlite3.Error, OSError), contextlib.closing(_opened(lock.parent)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield lock.parent


def _opened(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / _LOCK, timeout=0, isolation_level=None, check_same_thread=False)

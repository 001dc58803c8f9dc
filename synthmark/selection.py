"""Which files a command works on, and where their copies go.

What is found is kept in a temporary database on the disk, so that a folder with a million files takes no more memory
than one with ten, is worked on in the order of names, and has a known size from the start.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from synthmark.errors import InputError
from synthmark.files.likely_media import is_media
from synthmark.patterns import EVERYTHING, Patterns
from synthmark.remote import Place, RemoteFile, to_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

__all__ = ["Choice", "Job", "Selection", "files_below"]

_SCHEMA = """
PRAGMA cache_size = -16384;
PRAGMA temp_store = FILE;
CREATE TABLE found (
    path INTEGER, place BLOB, source BLOB, root BLOB, relative BLOB, folded BLOB, identity BLOB, linked INTEGER,
    reason TEXT, kind TEXT
);
CREATE TABLE taken (target BLOB PRIMARY KEY, source BLOB) WITHOUT ROWID;
"""
_INDICES = """
CREATE INDEX identities ON found (identity, linked, path, place);
CREATE INDEX names ON found (folded);
"""
_DOTS = (".", "..")
_LINKED_FOLDER = "This is a symbolic link to a folder, which was not entered; name it as a path of its own."


P = TypeVar("P", bound=Place)


@dataclass(frozen=True, slots=True)
class Job(Generic[P]):
    """One file to read and the file to write."""

    source: P
    target: P


@dataclass(frozen=True, slots=True)
class Choice(Generic[P]):
    """One file that was found: the job to do, or why it cannot be done, with the class of that error."""

    job: Job[P]
    reason: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """A file, the path that its name counts from, the file it really is, and what is wrong with it."""

    source: Place
    root: Place
    relative: Path
    identity: str
    linked: bool = False
    reason: str = ""
    kind: str = ""


def files_below(paths: Sequence[P]) -> Iterator[P]:
    """Yield the files that are named and the media below the folders that are named, each once.

    The order is that of the paths, and by name below a folder. Hidden files and folders are left out unless they are
    named, and linked folders are not entered. A path that cannot be read is yielded too: reading it gives the error.
    """
    with Selection(paths, None) as selection:
        yield from (choice.job.source for choice in selection if choice.reason != _LINKED_FOLDER)


class Selection(Generic[P]):
    """The files to label and their targets below a folder, in the order of paths and names.

    A file below a folder keeps its relative name, a file that is named keeps its name. Where two would get the same
    target, each goes below the name of the folder it comes from. Hidden files, and what lies below the folder of the
    copies, are left out; linked folders are not entered.

    Parameters
    ----------
    paths
        Files and folders.
    folder
        Where the copies go; None where nothing is written.
    patterns
        Which names to take.

    Attributes
    ----------
    total
        Number of choices.
    passed_over
        Number of files below folders that are no media.

    Raises
    ------
    InputError
        When the folder of the copies is a file.
    """

    def __init__(self, paths: Sequence[P], folder: P | None, patterns: Patterns = EVERYTHING) -> None:
        if isinstance(folder, Path) and folder.exists() and not folder.is_dir():
            raise InputError(f"{folder} is a file; the copies need a folder.")
        self._folder = folder
        self._patterns = patterns
        self._true_name = functools.lru_cache(maxsize=64)(_identity)
        self.passed_over = 0
        self._database = sqlite3.connect("", isolation_level=None)  # the empty name: a temporary file
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")
        for number, path in enumerate(paths):
            self._collect(number, path)
        self._database.execute("COMMIT")
        self._database.executescript(_INDICES)
        self.total = int(self._database.execute(f"SELECT COUNT(*) {_CHOSEN}").fetchone()[0])

    def __iter__(self) -> Iterator[Choice[P]]:
        """Yield the choices; a job without a reason is safe to do."""
        self._database.execute("DELETE FROM taken")
        query = f"SELECT source, root, relative, folded, reason, kind {_CHOSEN} ORDER BY path, place"
        for *names, folded, reason, kind in self._database.execute(query):
            source, root, relative = (os.fsdecode(name) for name in names)
            place = cast("P", to_place(source))
            if reason or self._folder is None:
                yield Choice(Job(place, place), reason, kind)
            else:
                yield self._choice(place, to_place(root), Path(relative), folded)

    def close(self) -> None:
        """Delete the temporary database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _collect(self, number: int, path: Place) -> None:
        """Keep what one path or URL stands for."""
        if not _is_folder(path):
            if self._patterns.take(path.name):
                self._keep(number, _Found(path, path.parent, Path(path.name), _identity(path)))
            return
        for found in _below(path, self._folder, self._patterns):
            if found.reason or is_media(found.source):
                self._keep(number, found)
            else:
                self.passed_over += 1

    def _keep(self, number: int, found: _Found) -> None:
        place = b"\0".join(os.fsencode(part) for part in found.relative.parts)
        names = [os.fsencode(str(name)) for name in (found.source, found.root, found.relative)]
        keys = (_folded(found.relative), os.fsencode(found.identity))
        row = (number, place, *names, *keys, found.linked, found.reason, found.kind)
        self._database.execute("INSERT INTO found VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def _choice(self, source: P, root: Place, relative: Path, folded: bytes) -> Choice[P]:
        """Return a job, or why it must not be done."""
        assert self._folder is not None
        if self._count("folded", folded) > 1:
            relative = Path(_folder_name(root), relative)
        job = Job(source, cast("P", self._folder / relative))
        reason = self._objection(job)
        return Choice(job, reason, "InputError" if reason else "")

    def _objection(self, job: Job[Any]) -> str:
        # a link in the target's place is replaced, not followed; of its folder the true name counts
        identity = _inside(self._true_name(job.target.parent), job.target.name)
        if self._count("identity", os.fsencode(identity)):
            return f"its copy {job.target} would replace an input; choose another folder with -o"
        row = (_folded(job.target), os.fsencode(str(job.source)))
        self._database.execute("INSERT OR IGNORE INTO taken VALUES (?, ?)", row)
        (first,) = self._database.execute("SELECT source FROM taken WHERE target = ?", row[:1]).fetchone()
        if first != row[1]:
            return f"its copy {job.target} would replace that of {os.fsdecode(first)}; label them in two runs"
        return ""

    def _count(self, column: str, value: bytes) -> int:
        """Return how many different files have a value, two being as good as many."""
        query = f"SELECT COUNT(*) FROM (SELECT DISTINCT identity FROM found WHERE {column} = ? LIMIT 2)"  # noqa: S608
        return int(self._database.execute(query, (value,)).fetchone()[0])


# Each file once: under its own name rather than under that of a link, and where it was found first.
_CHOSEN = """
FROM found WHERE rowid = (
    SELECT rowid FROM found AS same WHERE same.identity = found.identity ORDER BY linked, path, place LIMIT 1
)
"""


def _is_folder(path: Place) -> bool:
    """Return whether files are to be looked for below a path or URL; a store has folders only as parts of names."""
    if isinstance(path, Path):
        return path.is_dir()
    return not path.exists() and next(path.below(), None) is not None


def _below(root: Place, left_out: Place | None, patterns: Patterns) -> Iterator[_Found]:
    """Yield the files below a folder."""
    if isinstance(root, Path):
        return _below_folder(root, left_out if isinstance(left_out, Path) else None, patterns)
    return _below_url(root, left_out, patterns)


def _below_url(root: RemoteFile, left_out: Place | None, patterns: Patterns) -> Iterator[_Found]:
    """Yield the files below a URL that are not hidden."""
    forbidden = "" if left_out in {None, root} else f"{left_out}/"
    for parts in root.below():
        name = "/".join(parts)
        source = root / name
        folders = ["/".join(parts[:count]) for count in range(1, len(parts))]
        hidden = any(part.startswith(".") and part not in _DOTS for part in parts)
        if hidden or (forbidden and str(source).startswith(forbidden)) or any(map(patterns.leave_out, folders)):
            continue
        if patterns.take(name):
            yield _found_by_url(source, root, parts)


def _found_by_url(source: RemoteFile, root: RemoteFile, parts: tuple[str, ...]) -> _Found:
    """Refuse names that lead out of a folder, or are none on this machine."""
    if any(part in _DOTS or not part or "\0" in part or "\\" in part for part in parts):
        reason = "its name cannot be that of a file below the folder of the copies"
        return _Found(source, root, Path(source.name), str(source), reason=reason, kind="InputError")
    return _Found(source, root, Path(*parts), str(source))


def _below_folder(root: Path, left_out: Path | None, patterns: Patterns) -> Iterator[_Found]:
    """Yield the files below a folder; only the folders on the way to one are open at any time."""
    forbidden = None if left_out is None else _identity(left_out)
    folders = [_Folder(root, root, _identity(root))]
    while folders:
        for found in folders[-1]:
            assert isinstance(found.source, Path)
            if not found.source.is_dir() or found.reason:
                if patterns.take(found.relative.as_posix()):
                    yield found
            elif found.identity != forbidden and not patterns.leave_out(found.relative.as_posix()):
                if not found.linked:
                    folders.append(_Folder(found.source, root, found.identity))
                    break
                yield dataclasses.replace(found, reason=_LINKED_FOLDER, kind="InputError")
        else:
            folders.pop()


class _Folder:
    """An open folder; iterating goes on where it was left."""

    def __init__(self, path: Path, root: Path, identity: str) -> None:
        self._path = path
        self._root = root
        self._identity = identity
        self._entries = self._listed()

    def __iter__(self) -> Iterator[_Found]:
        return self._entries

    def _listed(self) -> Iterator[_Found]:
        """Yield files, links and folders that are not hidden, and an error."""
        try:
            with os.scandir(self._path) as entries:
                yield from (self._found(entry) for entry in entries if _is_seen(entry))
        except OSError as error:
            reason = f"This folder cannot be read: {error.strerror or error}."
            yield _Found(
                self._path, self._root, self._relative(self._path), self._identity, reason=reason, kind="MediaError"
            )

    def _found(self, entry: os.DirEntry[str]) -> _Found:
        path = self._path / entry.name
        relative = self._relative(path)
        if entry.is_symlink():
            return _Found(path, self._root, relative, _identity(path), linked=True)
        return _Found(path, self._root, relative, _inside(self._identity, entry.name))

    def _relative(self, path: Path) -> Path:
        return path.relative_to(self._root)


def _is_seen(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is neither hidden nor a pipe or device."""
    if entry.name.startswith("."):
        return False
    return entry.is_symlink() or entry.is_dir() or entry.is_file()


def _folded(path: Place) -> bytes:
    """Return a path as file systems compare it that know no case (Windows, macOS)."""
    return os.fsencode((path.as_posix() if isinstance(path, Path) else str(path)).casefold())


def _inside(folder: str, name: str) -> str:
    """Return the identity of a file that is no link, from that of its folder."""
    return os.path.join(folder, os.path.normcase(name))  # noqa: PTH118 - a text is compared with other texts


def _folder_name(root: Place) -> str:
    if isinstance(root, Path):
        return Path(os.path.abspath(root)).name  # noqa: PTH100 - links stay as they are named
    return root.name


def _identity(path: Place) -> str:
    """Return a text that is the same for two names of one file, links followed."""
    if isinstance(path, RemoteFile):
        return str(path)
    return os.path.normcase(os.path.realpath(path))

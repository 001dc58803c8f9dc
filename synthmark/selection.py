"""Which files a command works on, and where their copies go."""

from __future__ import annotations

import mimetypes
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from synthmark.errors import InputError, SynthmarkError
from synthmark.files.kinds import kind_of_file, kind_of_suffix

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Job", "Selection", "files_below", "is_media", "select"]


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read and the file to write."""

    source: Path
    target: Path


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be done, what is there already, what cannot be done, and how much was passed over.

    Attributes
    ----------
    jobs
        Files to label.
    present
        Files whose copy exists.
    refused
        Files whose copy would do harm, with the reason.
    passed_over
        Number of files below folders that are no pictures and no sound that can be labelled.
    """

    jobs: tuple[Job, ...]
    present: tuple[Job, ...]
    refused: tuple[tuple[Job, str], ...]
    passed_over: int


@dataclass(frozen=True, slots=True)
class _Found:
    """A file, the folder that its name counts from, and whether it was named itself."""

    source: Path
    root: Path
    named: bool

    @property
    def relative(self) -> Path:
        return self.source.relative_to(self.root)


def files_below(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files that are named and the media below the folders that are named, each once.

    The order is that of the paths, and by name within a folder. Hidden files and folders are left out
    unless they are named. A path that does not exist is yielded too: reading it gives the error.
    """
    return (found.source for found in _found(paths, None) if found.named or is_media(found.source))


def select(
    paths: Sequence[Path],
    folder: Path,
    *,
    overwrite: bool = False,
) -> Selection:
    """Choose the files to label and their targets below a folder.

    A file below a folder keeps its relative name, a file that is named keeps its name. Where two would get
    the same target, each goes below the name of the folder it comes from.

    Parameters
    ----------
    paths
        Files and folders.
    folder
        Where the copies go; what lies below it is never a source, so that a second run does not label the
        first one's output.
    overwrite
        Whether a target that exists is replaced; without, the file counts as present.

    Raises
    ------
    InputError
        When the folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; the copies need a folder.")
    found = list(_found(paths, folder))
    chosen = [item for item in found if item.named or is_media(item.source)]
    jobs = _targets(chosen, folder)
    reasons = _reasons(jobs)
    harmless = [job for job in jobs if job not in reasons]
    present = frozenset() if overwrite else {job for job in harmless if job.target.exists()}
    return Selection(
        jobs=tuple(job for job in harmless if job not in present),
        present=tuple(job for job in harmless if job in present),
        refused=tuple(reasons.items()),
        passed_over=len(found) - len(chosen),
    )


def is_media(path: Path) -> bool:
    """Return whether a file seems to be a picture, sound or video, by its name or else by its content.

    Pictures of kinds that cannot be labelled count: a problem that is told is better than a picture that
    stays without a label unnoticed.
    """
    guess = mimetypes.MimeTypes().guess_type(path.name)[0]  # the built-in table, the same on every machine
    return kind_of_suffix(path) is not None or (guess or "").startswith("image/") or _starts_like_media(path)


def _starts_like_media(path: Path) -> bool:
    try:
        kind_of_file(path)
    except SynthmarkError:
        return False
    return True


def _found(paths: Sequence[Path], left_out: Path | None) -> Iterator[_Found]:
    seen: set[str] = set()
    for path in paths:
        for item in _below(path, left_out) if path.is_dir() else [_named(path)]:
            identity = _identity(item.source)
            if identity not in seen:
                seen.add(identity)
                yield item


def _named(path: Path) -> _Found:
    return _Found(path, path.parent, named=True)


def _below(folder: Path, left_out: Path | None) -> Iterator[_Found]:
    unreadable: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=unreadable.append):
        here = Path(place)
        folders[:] = [name for name in sorted(folders) if _is_entered(here / name, left_out)]
        for name in sorted(names):
            if not name.startswith(".") and (here / name).is_file():
                yield _Found(here / name, folder, named=False)
    yield from (_named(Path(error.filename)) for error in unreadable)


def _is_entered(folder: Path, left_out: Path | None) -> bool:
    return not folder.name.startswith(".") and (left_out is None or _identity(folder) != _identity(left_out))


def _targets(found: Sequence[_Found], folder: Path) -> list[Job]:
    """Return the jobs; files that share a relative name go below the names of their folders."""
    count = Counter(_folded(item.relative) for item in found)
    return [
        Job(item.source, folder / (_prefixed(item) if count[_folded(item.relative)] > 1 else item.relative))
        for item in found
    ]


def _prefixed(item: _Found) -> Path:
    return Path(Path(os.path.abspath(item.root)).name, item.relative)  # noqa: PTH100 - links stay as they are named


def _reasons(jobs: Sequence[Job]) -> dict[Job, str]:
    """Return why some jobs must not be done."""
    sources = {_identity(job.source) for job in jobs}
    taken: dict[str, Path] = {}
    reasons: dict[Job, str] = {}
    for job in jobs:
        first = taken.setdefault(_folded(job.target), job.source)
        if _identity(job.target) in sources:
            reasons[job] = f"its copy {job.target} would replace an input; choose another folder with -o"
        elif first != job.source:
            reasons[job] = f"its copy {job.target} would replace that of {first}; label them in two runs"
    return reasons


def _folded(path: Path) -> str:
    """Return a path as file systems compare it that know no case (Windows, macOS)."""
    return path.as_posix().casefold()


def _identity(path: Path) -> str:
    """Return a text that is the same for two names of one file, links followed."""
    return os.path.normcase(os.path.realpath(path))

"""Writing a file whole or not at all: temporary file beside the target, fsync, rename."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from synthmark.errors import InputError, MediaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "copy_file",
    "delete_drafts",
    "draft_beside",
    "force_to_disk",
    "own_drafts",
    "refuse_same_file",
    "replacing",
    "write_whole",
]

PREFIX = ".synthmark-"
_owner = ""


def own_drafts(owner: str) -> None:
    """Put a name into those of the temporary files of this process, by which `delete_drafts` knows them.

    A process that is killed cannot delete its temporary files; whoever started it can.
    """
    global _owner  # noqa: PLW0603 - it is a property of the process
    _owner = owner


def delete_drafts(folder: Path, owners: Sequence[str]) -> None:
    """Delete the temporary files in a folder that processes with one of these names have left behind.

    Raises
    ------
    OSError
        When one of them cannot be deleted.
    """
    for owner in owners:
        for draft in folder.glob(f"{PREFIX}{owner}-*"):
            draft.unlink(missing_ok=True)


def refuse_same_file(source: Path, target: Path) -> None:
    """Refuse a target that is the source, also through a symbolic or a hard link.

    Raises
    ------
    InputError
        When both names lead to one file.
    """
    with contextlib.suppress(OSError):
        if source.resolve() == target.resolve() or (target.exists() and source.samefile(target)):
            raise InputError(f"Source and target are one file ({target}): a source is never overwritten.")


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a temporary file beside the target, which takes its place on leaving without an error.

    Whatever stops the block, a keyboard interrupt included, the temporary file is deleted and the target is
    as it was. Rename within one folder is atomic on POSIX and on Windows; only a crash of the machine between
    creating and renaming can leave a file, whose name starts with `PREFIX`.

    Raises
    ------
    MediaError
        When the folder cannot be made or written to, or the target cannot be replaced.
    """
    with draft_beside(target) as temporary:
        yield temporary
        _commit(temporary, target)


@contextlib.contextmanager
def draft_beside(target: Path) -> Iterator[Path]:
    """Give a temporary file beside a target, with its extension; it is deleted at the end if it is still there.

    Raises
    ------
    MediaError
        When the folder cannot be made or written to.
    """
    temporary = _temporary(target)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def force_to_disk(path: Path) -> None:
    """Make sure that what was written to a file by other means is on the disk.

    Raises
    ------
    MediaError
        When it cannot be written.
    """
    try:
        with path.open("r+b") as file:
            os.fsync(file.fileno())
    except OSError as error:
        raise MediaError(f"{path.parent} cannot be written to: {error.strerror or error}.") from error


def copy_file(source: Path, target: Path) -> None:
    """Copy the content of a file.

    Raises
    ------
    MediaError
        When the one cannot be read or the other cannot be written.
    """
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise MediaError(f"{source} cannot be copied to {target.parent}: {error.strerror or error}.") from error


def write_whole(target: Path, data: bytes) -> None:
    """Write bytes to a file that is either complete or as it was before.

    Raises
    ------
    MediaError
        As `replacing`, or when the disk is full.
    """
    with replacing(target) as temporary:
        fill(temporary, data)


def fill(temporary: Path, data: bytes) -> None:
    """Write bytes into the temporary file and force them to the disk."""
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise MediaError(f"{temporary.parent} cannot be written to: {error.strerror or error}.") from error


def _temporary(target: Path) -> Path:
    """Create an empty file beside the target, with the permissions a new file gets."""
    if target.is_dir():
        raise MediaError(f"{target} is a folder; the name of a file is needed.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        prefix = f"{PREFIX}{_owner}-" if _owner else PREFIX
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=target.suffix, dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise MediaError(f"{target.parent} cannot be written to: {error.strerror or error}.") from error
    return Path(name)


def _commit(temporary: Path, target: Path) -> None:
    """Put the temporary file in the target's place."""
    try:
        temporary.chmod(_permissions(target))
        temporary.replace(target)
    except OSError as error:
        raise MediaError(f"{target} cannot be written: {error.strerror or error}.") from error
    _sync_folder(target.parent)


def _permissions(target: Path) -> int:
    """Return the target's permissions, or those that the umask leaves to a new file."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    """Force the renaming to the disk, where the system can open folders (Windows cannot)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

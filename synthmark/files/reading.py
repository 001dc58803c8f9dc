"""Reading the bytes of a file, with one clear error for each way this can fail."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, MediaError, SynthmarkError
from synthmark.files.limits import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader
    from pathlib import Path

__all__ = ["digest_of_file", "opened", "read_file", "sha256_of"]


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """Open a file for reading; while the block runs, too, trouble with the disk is a `MediaError`.

    Raises
    ------
    MediaError
        When it is missing, a folder, no regular file, or not readable.
    DamagedMediaError
        When it is empty.
    """
    try:
        size = _regular_size(path)
        if not size:
            raise DamagedMediaError(f"{path} is empty (0 bytes).")
        with path.open("rb") as file:
            yield file
    except SynthmarkError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or error
        raise MediaError(f"{path} cannot be read: {reason}.") from error


def read_file(path: Path) -> bytes:
    """Return the content of a file.

    Raises
    ------
    MediaError
        When it is missing, a folder, no regular file, not readable, or larger than `MAX_FILE_BYTES`.
    DamagedMediaError
        When it is empty.
    """
    with opened(path) as file:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise MediaError(f"{path} has {size} bytes; at most {MAX_FILE_BYTES} are read.")
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise MediaError(f"{path} is larger than {MAX_FILE_BYTES} bytes, the most that is read.")
    return data


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 of bytes as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def digest_of_file(path: Path) -> tuple[int, str]:
    """Return the number of bytes of a file and its SHA-256 as 64 lower-case hex digits, read piece by piece.

    Raises
    ------
    MediaError
        See `opened`.
    """
    with opened(path) as file:
        digest = hashlib.file_digest(file, "sha256")
        return file.tell(), digest.hexdigest()


def _regular_size(path: Path) -> int:
    """Return the size; refuse folders, and pipes or devices, on which reading could wait for ever."""
    if path.is_dir():
        raise MediaError(f"{path} is a folder; the name of a file is needed.")
    size = path.stat().st_size
    if not path.is_file():
        raise MediaError(f"{path} is no regular file (a pipe or a device).")
    return size

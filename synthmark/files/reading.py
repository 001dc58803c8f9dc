"""Reading the bytes of a file, with one clear error for each way this can fail."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, MediaError
from synthmark.files.limits import MAX_FILE_BYTES

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_file", "sha256_of"]


def read_file(path: Path) -> bytes:
    """Return the content of a file.

    Raises
    ------
    MediaError
        When it is missing, a folder, no regular file, not readable, or larger than `MAX_FILE_BYTES`.
    DamagedMediaError
        When it is empty.
    """
    try:
        _require_regular(path)
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or error
        raise MediaError(f"{path} cannot be read: {reason}.") from error
    if not data:
        raise DamagedMediaError(f"{path} is empty (0 bytes).")
    if len(data) > MAX_FILE_BYTES:
        raise MediaError(f"{path} is larger than {MAX_FILE_BYTES} bytes, the most that is read.")
    return data


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 of bytes as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def _require_regular(path: Path) -> None:
    """Refuse folders, and pipes or devices, on which reading could wait for ever."""
    if path.is_dir():
        raise MediaError(f"{path} is a folder; the name of a file is needed.")
    size = path.stat().st_size
    if not path.is_file():
        raise MediaError(f"{path} is no regular file (a pipe or a device).")
    if size > MAX_FILE_BYTES:
        raise MediaError(f"{path} has {size} bytes; at most {MAX_FILE_BYTES} are read.")

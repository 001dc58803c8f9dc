"""The metadata label of files by their paths; sound and video of any size pass through in portions."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from synthmark.errors import InputError, MediaError
from synthmark.metadata.reading import read_source
from synthmark.metadata.sniffing import sniff_source
from synthmark.metadata.source import Source
from synthmark.metadata.writing import propagate_open, write_open

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from synthmark.metadata.record import MetadataRecord, MetadataReport

__all__ = ["propagate_file", "read_metadata_file", "sniff_file", "write_metadata_file"]


def sniff_file(path: str | PathLike[str]) -> str | None:
    """Tell the media type of a file by its content, or give None for one without a reader here.

    Raises
    ------
    MediaError
        The file cannot be read.
    """
    with _opened(path) as file:
        return sniff_source(Source(file))


def read_metadata_file(path: str | PathLike[str]) -> MetadataReport:
    """Read what the metadata of a file says about AI generation, as `synthmark.metadata.read_metadata` does.

    Raises
    ------
    UnsupportedMediaError
        The file is of no kind that can be read here.
    MediaError
        It cannot be read.
    """
    with _opened(path) as file:
        return read_source(Source(file))


def write_metadata_file(
    source: str | PathLike[str], target: str | PathLike[str], record: MetadataRecord, *, force: bool = False
) -> None:
    """Write a copy of a file with the metadata label, as `synthmark.metadata.write_metadata` does.

    The copy is read back and compared. After an error the target may be there in part: give a temporary
    path, and rename it afterwards.

    Raises
    ------
    CredentialError, InputError, UnsupportedMediaError, DamagedMediaError
        See `synthmark.metadata.write_metadata`.
    MediaError
        The source cannot be read, or the target cannot be written.
    """
    with _copying(source, target) as (file, copy):
        write_open(file, copy, record, force=force)


def propagate_file(  # noqa: PLR0913 - the fields of the standard, as in `propagate`
    source: str | PathLike[str],
    target: str | PathLike[str],
    propagator: str,
    propagate_id: str,
    reserved_code2: str = "",
    *,
    force: bool = False,
) -> None:
    """Write a copy of a file with other values in the propagator's three fields of its label.

    Raises
    ------
    InputError, UnsupportedMediaError, CredentialError, DamagedMediaError
        See `synthmark.metadata.propagate`.
    MediaError
        The source cannot be read, or the target cannot be written.
    """
    with _copying(source, target) as (file, copy):
        propagate_open(file, copy, propagator, propagate_id, reserved_code2, force=force)


@contextlib.contextmanager
def _opened(path: str | PathLike[str], mode: str = "rb") -> Iterator[BinaryIO]:
    """Open a file; what the system reports until it is closed becomes an error of this package."""
    try:
        with _open(Path(path), mode) as file:
            yield file
    except OSError as error:
        raise MediaError(f"{path} cannot be read or written: {error.strerror or error}.") from error


def _open(path: Path, mode: str) -> BinaryIO:
    try:
        return cast("BinaryIO", path.open(mode))
    except ValueError as error:  # a null character in the name
        raise MediaError(f"{str(path)!r} cannot be opened: {error}.") from error


@contextlib.contextmanager
def _copying(source: str | PathLike[str], target: str | PathLike[str]) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Open both files of a copy, which must be two."""
    with _opened(source) as file:
        if Path(target).exists() and Path(target).samefile(source):
            raise InputError(f"Source and target are one file ({target}): a source is never overwritten.")
        with _opened(target, "w+b") as copy:
            yield file, copy

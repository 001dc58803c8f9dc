"""What writing the copy of a sound file needs, whatever its container."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from synthmark.containers.sound import Block, SoundForm

__all__ = ["SoundCopy", "copy_bytes", "copying", "seconds_of"]

_PORTION = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundCopy:
    """A copy of a sound file whose samples change.

    Attributes
    ----------
    source, target
        Different files.
    form
        How the sound of both is coded.
    blocks
        Gives the new samples from the start, (n, channels), as often as it is called.
    added
        How many samples stand before the content that were not there; times in the metadata move along.
    """

    source: Path
    target: Path
    form: SoundForm
    blocks: Callable[[], Iterator[Block]]
    added: int


def seconds_of(copy: SoundCopy) -> float:
    """Return how far the content moves, in seconds."""
    return copy.added / copy.form.rate


@contextlib.contextmanager
def copying(source: Path, target: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Open a file for reading and another one for writing.

    Raises
    ------
    MediaError
        When the one cannot be read or the other cannot be written, also while the block runs.
    """
    try:
        with source.open("rb") as file, target.open("w+b") as copy:
            yield file, copy
    except OSError as error:
        raise MediaError(f"{target.parent} cannot be written to: {error.strerror or error}.") from error


def copy_bytes(file: BinaryIO, copy: BinaryIO, start: int, end: int) -> None:
    """Copy the bytes [start, end) in portions."""
    file.seek(start)
    copy.writelines(file.read(min(_PORTION, end - place)) for place in range(start, end, _PORTION))

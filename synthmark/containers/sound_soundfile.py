"""Reading WAV, FLAC, AIFF and Ogg Vorbis through libsndfile, and coding samples as they do."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

from synthmark.containers.sound import BLOCK_FRAMES, SoundForm, checked_blocks, checked_form
from synthmark.errors import (
    DamagedMediaError,
    DependencyError,
    MediaError,
    SynthmarkError,
    UnsupportedMediaError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from synthmark.containers.sound import Block

__all__ = ["RawCoder", "SoundFileReader", "open_with_libsndfile", "write_with_libsndfile"]

# The names of libsndfile for how a sample is stored, and the dtype that holds it without loss.
_DTYPES = {
    "PCM_U8": "int16",
    "PCM_S8": "int16",
    "PCM_16": "int16",
    "PCM_24": "int32",
    "PCM_32": "int32",
    "FLOAT": "float32",
    "DOUBLE": "float64",
    "VORBIS": "float32",
}
_WRITTEN_FRAMES = 4096  # libvorbis puts what it is given on the stack


class SoundFileReader:
    """A file that libsndfile has opened."""

    def __init__(self, file: Any, form: SoundForm, name: str) -> None:  # noqa: ANN401 - soundfile has no types
        self._file = file
        self._name = name
        self.form = form

    def blocks(self) -> Iterator[Block]:
        """Yield the samples from the start: (n, channels)."""
        return checked_blocks(self._read(), self.form, self._name)

    def _read(self) -> Iterator[Block]:
        with libsndfile_errors(f"The {self._name} file cannot be decoded"):
            self._file.seek(0)
            while len(block := self._file.read(BLOCK_FRAMES, dtype=self.form.dtype, always_2d=True)):
                yield block


class RawCoder:
    """Turns samples into the bytes that a WAV or AIFF file stores.

    Parameters
    ----------
    form
        How the samples are stored; the coding is one of libsndfile's.
    big_endian
        Whether the byte of most weight comes first.
    """

    def __init__(self, form: SoundForm, *, big_endian: bool) -> None:
        self._form = form
        self._endian = "BIG" if big_endian else "LITTLE"

    def coded(self, block: Block) -> bytes:
        """Return the bytes of samples (n, channels)."""
        buffer = io.BytesIO()
        with libsndfile_errors("The samples cannot be coded"):
            _library().write(
                buffer,
                block,
                self._form.rate,
                subtype=self._form.coding,
                format="RAW",
                endian=self._endian,
            )
        return buffer.getvalue()


@contextlib.contextmanager
def open_with_libsndfile(path: Path, name: str) -> Iterator[SoundFileReader]:
    """Open a sound file.

    Raises
    ------
    UnsupportedMediaError
        When it is coded in a way that is not supported.
    DamagedMediaError
        When it cannot be decoded.
    DependencyError
        When the library soundfile is missing.
    """
    library = _library()
    with libsndfile_errors(f"The {name} file cannot be decoded"), library.SoundFile(path) as file:
        yield SoundFileReader(file, checked_form(_form(file, name), name), name)


def write_with_libsndfile(
    path: Path, container: str, form: SoundForm, blocks: Iterable[Block], *, compression: float | None = None
) -> None:
    """Write a sound file without tags.

    Parameters
    ----------
    container
        As libsndfile names it: FLAC or OGG.
    compression
        0 (best quality, most bytes) to 1, for codings with loss.

    Raises
    ------
    MediaError
        When it cannot be encoded or written.
    """
    options = {"subtype": form.coding, "format": container, "compression_level": compression}
    with (
        libsndfile_errors(f"The {container} file cannot be encoded", MediaError),
        _library().SoundFile(path, "w", form.rate, form.channels, **options) as file,
    ):
        for block in blocks:
            for first in range(0, len(block), _WRITTEN_FRAMES):
                file.write(block[first : first + _WRITTEN_FRAMES])


@contextlib.contextmanager
def libsndfile_errors(what: str, kind: type[MediaError] = DamagedMediaError) -> Iterator[None]:
    """Turn what the library raises into an error of this package."""
    try:
        yield
    except SynthmarkError:
        raise
    except MemoryError as error:
        raise MediaError(f"{what}: there is not enough memory.") from error
    except (_library().LibsndfileError, OSError, ValueError, TypeError, OverflowError) as error:
        raise kind(f"{what}: {error}") from error


def _form(file: Any, name: str) -> SoundForm:  # noqa: ANN401 - see SoundFileReader
    if file.subtype not in _DTYPES:
        raise UnsupportedMediaError(
            f"The samples of this {name} file are coded as {file.subtype}; supported are {', '.join(_DTYPES)}."
        )
    return SoundForm(
        rate=file.samplerate,
        channels=file.channels,
        dtype=_DTYPES[file.subtype],
        coding=file.subtype,
        frames=file.frames,
    )


def _library() -> Any:  # noqa: ANN401 - soundfile has no types
    try:
        import soundfile  # noqa: PLC0415 - only sound needs it
    except (ImportError, OSError) as error:
        raise DependencyError(
            f"Sound files need the library soundfile, which cannot be loaded ({error}). "
            "Install it with: pip install soundfile"
        ) from error
    return soundfile

"""Reading sound files, and putting changed samples back into the file they came from."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthmark.errors import DamagedMediaError, DependencyError, InputError, MediaError, UnsupportedMediaError
from synthmark.files.kinds import SOUNDS, WAV, Kind, kind_of
from synthmark.files.limits import MAX_SAMPLES
from synthmark.metadata import flac, wav

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SoundFile", "encode_sound", "read_sound"]

# The names of libsndfile for how a sample is stored, and the dtype that holds it without loss.
_DTYPES = {
    "PCM_U8": "int16",
    "PCM_S8": "int16",
    "PCM_16": "int16",
    "PCM_24": "int32",
    "PCM_32": "int32",
    "FLOAT": "float32",
    "DOUBLE": "float64",
}
_BLOCK = 1 << 20  # frames read at a time: a header may claim any number of them
_RATES = (8000, 192000)
_UNKNOWN = 1 << 40  # frames; libsndfile gives a huge number where a FLAC file does not state its length
_CUE_POINT = struct.Struct("<II4sIII")


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A sound file taken apart.

    Attributes
    ----------
    data
        The bytes of the file.
    kind
        Of the file, by content.
    samples
        int16, int32, float32 or float64; shape (n,) or (n, channels).
    rate
        Sample rate in hertz.
    coding
        How a sample is stored, by the name of libsndfile: PCM_16, PCM_24, FLOAT, ...
    """

    data: bytes
    kind: Kind
    samples: NDArray[np.generic]
    rate: int
    coding: str

    @property
    def frames(self) -> tuple[NDArray[np.generic]]:
        """The samples, as a picture file gives its pictures."""
        return (self.samples,)

    @property
    def notes(self) -> tuple[str, ...]:
        """Message codes on what a copy loses: nothing."""
        return ()


def read_sound(data: bytes) -> SoundFile:
    """Take a sound file apart.

    Raises
    ------
    UnsupportedMediaError
        When the content is no sound, or coded in a way that is not supported.
    DamagedMediaError
        When it is empty, truncated, inconsistent, or larger than `synthmark.files.limits` allows.
    DependencyError
        When the library soundfile is missing.
    """
    kind = kind_of(data)
    if kind not in SOUNDS:
        raise UnsupportedMediaError(f"This is a {kind.name} file, not sound.")
    _require_whole(data, kind)
    library = _library()
    try:
        with library.SoundFile(io.BytesIO(data)) as file:
            return SoundFile(data, kind, _samples(file, kind), file.samplerate, file.subtype)
    except (library.LibsndfileError, ValueError, TypeError, OverflowError, MemoryError) as error:
        if isinstance(error, InputError):
            raise
        raise DamagedMediaError(f"The {kind.name} file cannot be decoded: {error}") from error


def encode_sound(file: SoundFile, samples: NDArray[np.generic], *, added: int = 0) -> bytes:
    """Put samples in the place of those of a file: same container, coding, rate, channels and metadata.

    Parameters
    ----------
    file
        The file that the samples come from.
    samples
        Of the same dtype and number of channels.
    added
        How many samples a label at the start has put before the content; cue points move along.

    Raises
    ------
    MediaError
        When they cannot be encoded.
    """
    library = _library()
    try:
        return _with_wav_data(file, samples, added) if file.kind is WAV else _with_flac_data(file, samples, added)
    except (library.LibsndfileError, ValueError, TypeError) as error:
        raise MediaError(f"The {file.kind.name} file cannot be encoded: {error}") from error


def _library() -> Any:  # noqa: ANN401 - soundfile has no types
    try:
        import soundfile  # noqa: PLC0415 - only sound needs it
    except (ImportError, OSError) as error:
        raise DependencyError(
            f"Sound files need the library soundfile, which cannot be loaded ({error}). "
            "Install it with: pip install soundfile"
        ) from error
    return soundfile


def _require_whole(data: bytes, kind: Kind) -> None:
    """Refuse a file whose parts reach beyond its end: its reader would give the part that is there."""
    if kind is not WAV:
        flac.split(data)
    elif not {b"fmt ", b"data"} <= {chunk.type for chunk in wav.chunks_of(data)}:
        raise DamagedMediaError("The WAV file has no sound: its chunk fmt or data is missing.")


def _samples(file: Any, kind: Kind) -> NDArray[np.generic]:  # noqa: ANN401 - see _library
    """Read all samples after a look at how many there are and of which kind."""
    import numpy as np  # noqa: PLC0415 - see _library

    _check_form(file, kind)
    blocks: list[NDArray[np.generic]] = []
    count = 0
    while len(block := file.read(_BLOCK, dtype=_DTYPES[file.subtype])):
        blocks.append(block)
        count += len(block)
        _check_count(count, file.channels)
    if not blocks or count < file.frames:
        raise DamagedMediaError(f"The {kind.name} file states {file.frames} samples and holds {count}.")
    samples = np.concatenate(blocks)
    if samples.dtype.kind == "f" and not np.isfinite(samples).all():
        raise DamagedMediaError(f"The {kind.name} file holds samples that are no finite numbers.")
    return samples


def _check_form(file: Any, kind: Kind) -> None:  # noqa: ANN401 - see _library
    if file.subtype not in _DTYPES:
        raise UnsupportedMediaError(
            f"The samples of this {kind.name} file are coded as {file.subtype}; supported are {', '.join(_DTYPES)}."
        )
    low, high = _RATES
    if not low <= file.samplerate <= high:
        raise UnsupportedMediaError(f"The sample rate is {file.samplerate} Hz; {low} to {high} Hz are supported.")
    if file.frames >= _UNKNOWN:
        raise UnsupportedMediaError(
            f"This {kind.name} file does not state its length, as when written into a pipe. Write it anew first."
        )
    _check_count(file.frames, file.channels)


def _check_count(frames: int, channels: int) -> None:
    if frames * channels > MAX_SAMPLES:
        raise DamagedMediaError(
            f"The file states {frames} samples in {channels} channels; at most {MAX_SAMPLES} in all are read. "
            "Cut it into parts."
        )


def _encoded(file: SoundFile, samples: NDArray[np.generic], form: str) -> bytes:
    buffer = io.BytesIO()
    endian = "LITTLE" if form == "RAW" else "FILE"
    _library().write(buffer, samples, file.rate, subtype=file.coding, format=form, endian=endian)
    return buffer.getvalue()


def _with_wav_data(file: SoundFile, samples: NDArray[np.generic], added: int) -> bytes:
    """Replace the samples of a WAV file, and what other chunks say about them."""
    data = _encoded(file, samples, "RAW")
    return wav.joined(file.data[:4], _wav_chunks(file, data, len(samples), added))


def _wav_chunks(file: SoundFile, data: bytes, count: int, added: int) -> Iterator[wav.Chunk]:
    for chunk in wav.chunks_of(file.data):
        if chunk.type == b"data":
            yield wav.Chunk(b"data", data)
        elif chunk.type == b"fact":
            yield wav.Chunk(b"fact", struct.pack("<I", min(count, 0xFFFFFFFF)) + chunk.payload[4:])
        elif chunk.type == b"ds64":
            yield wav.Chunk(b"ds64", chunk.payload[:16] + struct.pack("<Q", count) + chunk.payload[24:])
        elif chunk.type == b"cue ":
            yield wav.Chunk(b"cue ", _moved_cue_points(chunk.payload, added))
        elif chunk.type not in {b"PEAK", b"levl"}:  # the loudest samples: optional, and no longer true
            yield chunk


def _moved_cue_points(payload: bytes, added: int) -> bytes:
    """Move the points of a cue chunk (number, place, chunk, its start, its block, offset of a sample)."""
    size = _CUE_POINT.size
    whole = 4 + (len(payload) - 4) // size * size
    points = b""
    for number, place, kind, start, block, offset in _CUE_POINT.iter_unpack(payload[4:whole]):
        points += _CUE_POINT.pack(
            number, (place + added) & 0xFFFFFFFF, kind, start, block, (offset + added) & 0xFFFFFFFF
        )
    return payload[:4] + points + payload[max(whole, 4) :]


def _with_flac_data(file: SoundFile, samples: NDArray[np.generic], added: int) -> bytes:
    """Put the metadata of a FLAC file before newly coded sound."""
    head, blocks, _ = flac.split(file.data)
    _, new, sound = flac.split(_encoded(file, samples, "FLAC"))
    stale = {flac.STREAM_INFO, flac.SEEK_TABLE} | ({flac.CUE_SHEET} if added else set())
    coded = [block for block in new if block.type in {flac.STREAM_INFO, flac.SEEK_TABLE}]
    return flac.joined(head, [*coded, *(block for block in blocks if block.type not in stale)], sound)

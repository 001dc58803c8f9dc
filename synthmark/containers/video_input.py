"""Opening a video file safely: local files of known containers only, with a clear error for each way to fail."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from synthmark.errors import DamagedMediaError, DependencyError, MediaError, SynthmarkError, UnsupportedMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container import InputContainer
    from av.video.stream import VideoStream

__all__ = [
    "demuxer_of",
    "film_stream",
    "is_cover",
    "is_cut_short",
    "muxer_of",
    "open_video",
    "pyav",
    "reading_errors",
    "writing_errors",
]

MAX_PIXELS = 8192 * 8192
"""Pixels of a frame; a frame of this size takes 100 MB, and a codec holds several."""

_HEAD_BYTES = 64
_SEGMENT = b"\x18\x53\x80\x67"  # Matroska's one large element
_BASE_MEDIA = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
# What the demuxers may do: read local files, follow no reference to another file.
_OPTIONS = {"protocol_whitelist": "file"}


def pyav() -> Any:  # noqa: ANN401 - the module
    """Return the library PyAV.

    Raises
    ------
    DependencyError
        When it is missing or cannot be loaded.
    """
    try:
        import av  # noqa: PLC0415 - only video needs it
        import av.error  # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise DependencyError(
            f"Video files need the library PyAV 18 or later, which cannot be loaded ({error}). "
            "Install it with: pip install av"
        ) from error
    return av


def demuxer_of(head: bytes) -> str | None:
    """Return the name of the demuxer for a file that starts with some bytes, or None.

    The list is short on purpose: what FFmpeg would take for a playlist or a list of files is never opened.
    """
    if head[4:8] in _BASE_MEDIA:
        return "mov"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    return "flv" if head[:4] == b"FLV\x01" else None


def muxer_of(path: Path) -> str:
    """Return the name of the muxer that writes files like a given one.

    Raises
    ------
    MediaError
        As `open_video`.
    """
    head = _head(path)
    demuxer = _known(head, path)
    if demuxer == "mov":
        return "mov" if head[4:8] != b"ftyp" or head[8:12] == b"qt  " else "mp4"
    if demuxer == "matroska":
        return "webm" if b"webm" in head else "matroska"
    return demuxer


def _known(head: bytes, path: Path) -> str:
    """Return the demuxer of a file, or say why it is not opened."""
    demuxer = demuxer_of(head)
    if demuxer is None:
        aside = (
            " A GIF animation counts as a picture: label it with synthmark.label_file, and read it with "
            "synthmark.verify_file."
        )
        raise UnsupportedMediaError(
            f"{path} is no video file of the kinds MP4, MOV, Matroska, WebM, AVI and FLV."
            + (aside if head[:4] == b"GIF8" else "")
        )
    return demuxer


@contextlib.contextmanager
def open_video(path: Path) -> Iterator[InputContainer]:
    """Open a local video file.

    Raises
    ------
    MediaError
        When the file cannot be read.
    UnsupportedMediaError
        When it is no MP4, MOV, Matroska, WebM, AVI or FLV file.
    DamagedMediaError
        When its headers cannot be read.
    """
    library = pyav()
    demuxer = _known(_head(path), path)
    with reading_errors(path), contextlib.closing(_opened(library, path, demuxer)) as container:
        yield container


def _opened(library: Any, path: Path, demuxer: str) -> InputContainer:  # noqa: ANN401 - a module
    # "file:" keeps a name such as "concat:a|b" from being read as a protocol.
    name = f"file:{path.resolve()}"
    opened: InputContainer = library.open(name, format=demuxer, options=_OPTIONS, metadata_errors="replace")
    return opened


def _head(path: Path) -> bytes:
    try:
        if path.is_dir() or not path.stat().st_size:
            what = "a folder; the name of a file is needed" if path.is_dir() else "empty (0 bytes)"
            raise DamagedMediaError(f"{path} is {what}.")
        if not path.is_file():
            raise MediaError(f"{path} is no regular file (a pipe or a device).")
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise MediaError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def is_cut_short(path: Path) -> bool:
    """Return whether a Matroska, WebM or AVI file states to be longer than it is, which FFmpeg passes over."""
    head, size = _head(path), path.stat().st_size
    if demuxer_of(head) == "avi":
        return int.from_bytes(head[4:8], "little") + 8 > size
    place = head.find(_SEGMENT)
    if demuxer_of(head) != "matroska" or place < 0 or len(head) <= place + 4:
        return False
    width = 9 - head[place + 4].bit_length()
    stated = int.from_bytes(head[place + 4 : place + 4 + width], "big") & ((1 << 7 * width) - 1)
    is_known = width <= 8 and stated != (1 << 7 * width) - 1  # all ones: written while it was not known
    return is_known and len(head) >= place + 4 + width and place + 4 + width + stated > size


@contextlib.contextmanager
def reading_errors(path: Path) -> Iterator[None]:
    """Turn what FFmpeg says while reading a file into an error that says which file."""
    try:
        yield
    except SynthmarkError:
        raise
    except pyav().error.FFmpegError as error:
        raise DamagedMediaError(f"{path} cannot be read as video: {error.strerror or error}.") from error
    except (ValueError, IndexError, OverflowError, MemoryError, UnicodeError, ZeroDivisionError) as error:
        raise DamagedMediaError(f"{path} cannot be read as video: {error}.") from error


@contextlib.contextmanager
def writing_errors(folder: Path) -> Iterator[None]:
    """Turn what FFmpeg says while writing into an error that says where: a full disk, or settings that do not fit."""
    try:
        yield
    except SynthmarkError:
        raise
    except (pyav().error.FFmpegError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MediaError(f"The video cannot be written to {folder}: {reason}.") from error
    except (ValueError, RuntimeError, MemoryError) as error:
        raise MediaError(f"The video cannot be coded: {error}.") from error


def film_stream(container: InputContainer, path: Path) -> VideoStream:
    """Return the stream with the moving picture: the default one, no cover picture.

    Raises
    ------
    UnsupportedMediaError
        When there is none, or its codec is unknown.
    DamagedMediaError
        When its frames have no size or an absurd one.
    """
    streams = [stream for stream in container.streams.video if not is_cover(stream)]
    if not streams:
        raise UnsupportedMediaError(f"{path} holds no video stream.")
    stream = next((each for each in streams if each.disposition & 1), streams[0])
    if stream.codec_context is None:
        raise UnsupportedMediaError(f"The video of {path} is coded in a way that cannot be decoded here.")
    _check_size(stream, path)
    return stream


def is_cover(stream: VideoStream) -> bool:
    """Return whether a stream is a cover picture or a set of thumbnails."""
    disposition = pyav().stream.Disposition
    return bool(stream.disposition & (disposition.attached_pic | disposition.timed_thumbnails))


def _check_size(stream: VideoStream, path: Path) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        raise DamagedMediaError(
            f"The frames of {path} are {width} x {height} pixels; 1 to {MAX_PIXELS} pixels are supported."
        )

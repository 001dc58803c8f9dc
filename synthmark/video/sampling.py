"""Looking at a video before the pass: its first frame, and frames from all over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.containers.video_input import pyav
from synthmark.containers.video_reader import open_reader
from synthmark.errors import DamagedMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av import VideoFrame

    from synthmark.containers.video_reader import VideoReader

__all__ = ["first_frame", "sample_frames"]

_SAMPLES = 16
_MOST_DECODED = 120  # frames from a key frame to the one that is wanted
_SHORT_SECONDS = 30.0


def first_frame(path: Path) -> VideoFrame:
    """Return the first frame of a video.

    Raises
    ------
    DamagedMediaError
        When no frame can be decoded.
    """
    with open_reader(path) as reader:
        frame = next(reader.frames(), None)
    if frame is None:
        raise DamagedMediaError(f"{path} holds no frame that can be decoded.")
    return frame


def sample_frames(path: Path) -> list[VideoFrame]:
    """Return up to 16 frames from all over a video, the first one among them.

    A short video is decoded as a whole; in a long one the places are sought out.
    """
    with open_reader(path) as reader:
        seconds = reader.seconds or 0.0
        frames = list(_sought(reader, seconds) if seconds > _SHORT_SECONDS else _spread(reader))
    return frames or [first_frame(path)]


def _spread(reader: VideoReader) -> Iterator[VideoFrame]:
    step = max(1, reader.expected_frames // _SAMPLES)
    for number, frame in enumerate(reader.frames()):
        if number % step == 0 and number // step < _SAMPLES:
            frame.make_writable()  # lets go of the decoder's buffers
            yield frame


def _sought(reader: VideoReader, seconds: float) -> Iterator[VideoFrame]:
    for number in range(_SAMPLES):
        wanted = reader.start + seconds * number / _SAMPLES
        frame = _frame_at(reader, wanted)
        if frame is not None:
            frame.make_writable()
            yield frame


def _frame_at(reader: VideoReader, wanted: float) -> VideoFrame | None:
    """Return the frame that is shown at a time, or one shortly before it."""
    found = None
    try:
        reader.restart(wanted)
        for count, frame in enumerate(reader.frames()):
            found = frame
            if (frame.time or 0.0) >= wanted or count >= _MOST_DECODED:
                break
    except pyav().error.FFmpegError:
        return found
    return found

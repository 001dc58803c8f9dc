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
_LOOKED_THROUGH = 40.0  # seconds of a video whose key frames are listed; of a longer one they are sought
_ENOUGH_KEYS = 8  # that are apart; with fewer, frames between them are decoded


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
    """Return up to 16 frames from all over a video in the order of time, the first one among them.

    Key frames are taken where there are enough of them, since they cost least. Else the video is decoded without the
    frames that no other needs.
    """
    with open_reader(path) as reader:
        seconds = reader.seconds or 0.0
        moments = _key_times(reader) if seconds <= _LOOKED_THROUGH else _even(reader, seconds)
    frames: list[VideoFrame] = []
    if len(moments) >= _SAMPLES:
        step = len(moments) / _SAMPLES
        with open_reader(path) as reader:
            frames = _at_keys(reader, [moments[int(number * step)] for number in range(_SAMPLES)])
    if len(frames) < _ENOUGH_KEYS:
        with open_reader(path) as reader:
            frames = list(_spread(reader))
    return frames or [first_frame(path)]


def _even(reader: VideoReader, seconds: float) -> list[float]:
    return [reader.start + seconds * number / _SAMPLES for number in range(_SAMPLES)]


def _key_times(reader: VideoReader) -> list[float]:
    """Return the times of the key frames in seconds."""
    base = float(reader.film.time_base or 0)
    try:
        packets = reader.container.demux(reader.film)
        return sorted(packet.pts * base for packet in packets if packet.is_keyframe and packet.pts is not None)
    except (pyav().error.FFmpegError, ValueError):
        return []


def _spread(reader: VideoReader) -> Iterator[VideoFrame]:
    """Yield frames at even distances, from those that others refer to."""
    reader.film.codec_context.skip_frame = "NONREF"
    step = (reader.seconds or 0.0) / _SAMPLES
    count, begin = 0, None
    for frame in reader.frames():
        seconds = frame.time or 0.0
        begin = seconds if begin is None else begin
        if seconds - begin >= count * step:
            count += 1
            frame.make_writable()  # lets go of the decoder's buffers
            yield frame
        if count == _SAMPLES:
            return


def _at_keys(reader: VideoReader, wanted: list[float]) -> list[VideoFrame]:
    """Return the key frames at some times or before them."""
    frames: dict[float, VideoFrame] = {}
    for moment in wanted:
        frame = _key_frame(reader, moment)
        if frame is not None and (frame.time or 0.0) not in frames:
            frame.make_writable()
            frames[frame.time or 0.0] = frame
    return list(frames.values())


def _key_frame(reader: VideoReader, moment: float) -> VideoFrame | None:
    try:
        reader.restart(moment)
        return next(reader.frames(), None)
    except pyav().error.FFmpegError:
        return None

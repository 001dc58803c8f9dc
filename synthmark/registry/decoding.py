"""Sound and frames of files for fingerprints: mixed to one channel at 12 kHz, and reduced to small grey pictures."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark.errors import DamagedMediaError, DependencyError, UnsupportedMediaError
from synthmark.registry.sketches import FINE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["SOUND_RATE", "SmallFrame", "sound_of", "video_frames"]

SOUND_RATE = 12000
"""Samples per second of decoded sound; fingerprints use what lies below 3800 Hz."""

_LONGEST_SOUND = 3 * 3600  # seconds


@dataclass(frozen=True, slots=True, eq=False)
class SmallFrame:
    """A frame of a video.

    Attributes
    ----------
    seconds
        Since the first frame.
    grey
        float32 (96, 96), upright.
    width, height
        Pixels of the upright frame.
    """

    seconds: float
    grey: NDArray[np.float32]
    width: int
    height: int


def sound_of(path: Path) -> NDArray[np.int16]:
    """Return the first sound track of a file, (n,) at `SOUND_RATE`, its channels mixed, at most three hours.

    Raises
    ------
    DamagedMediaError
        When it cannot be decoded.
    UnsupportedMediaError
        When there is no sound.
    """
    with _opened(path, "audio") as (av, container):
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SOUND_RATE)
        parts: list[NDArray[np.int16]] = []
        left = _LONGEST_SOUND * SOUND_RATE
        for frame in _flushed(container.decode(audio=0), resampler):
            parts.append(frame.to_ndarray().ravel()[:left])
            left -= len(parts[-1])
            if left <= 0:
                break
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)


def _flushed(frames: Iterator[Any], resampler: Any) -> Iterator[Any]:  # noqa: ANN401 - PyAV
    for frame in frames:
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def video_frames(path: Path, step: float) -> Iterator[SmallFrame]:
    """Yield frames of a video: the first one at or after each multiple of a step.

    Parameters
    ----------
    path
        The file.
    step
        Seconds.

    Raises
    ------
    DamagedMediaError
        When it cannot be decoded.
    UnsupportedMediaError
        When there is no video.
    """
    with _opened(path, "video") as (_, container):
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        start: float | None = None
        due = 0.0
        for number, frame in enumerate(container.decode(stream)):
            time = frame.time if frame.time is not None else number / 25
            start = time if start is None else start
            if time - start < due - 1e-6:
                continue
            yield _small(frame, time - start)
            due = (int((time - start) / step + 1e-6) + 1) * step


def _small(frame: Any, seconds: float) -> SmallFrame:  # noqa: ANN401 - PyAV
    """Reduce a frame and turn it the way it is shown."""
    small = frame.reformat(width=FINE, height=FINE, format="gray", interpolation="AREA")
    turns = round(frame.rotation / 90) % 4
    grey = np.rot90(small.to_ndarray(), turns).astype(np.float32)
    width, height = (frame.height, frame.width) if turns % 2 else (frame.width, frame.height)
    return SmallFrame(seconds, grey, width, height)


@contextlib.contextmanager
def _opened(path: Path, kind: str) -> Iterator[tuple[Any, Any]]:
    """Open a file with PyAV and turn its errors into ours."""
    try:
        import av  # noqa: PLC0415 - a large library
    except ImportError as error:
        raise DependencyError("Sound and video need the library PyAV: pip install av") from error
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            if not getattr(container.streams, kind):
                raise UnsupportedMediaError(f"{path} has no {kind} track.")
            yield av, container
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise DamagedMediaError(f"{path} cannot be decoded: {error}") from error

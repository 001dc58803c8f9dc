"""Marking video files: a copy with the mark in pictures and sound, put in place once the mark reads back from it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from synthmark.containers.video_codecs import Settings
from synthmark.containers.video_reader import open_reader
from synthmark.errors import CapacityError, InputError, MediaError
from synthmark.files.atomic import force_to_disk, refuse_same_file, replacing
from synthmark.keys import key_bytes
from synthmark.payload import check_content_id
from synthmark.video.passes import Changes, Mark, Note, run_pass
from synthmark.video.reading import read_marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from synthmark.video.detection import VideoDetection
    from synthmark.video.passes import PassResult
    from synthmark.video.progress import Report

__all__ = ["embed", "extract", "read_back", "with_retry"]

# Tried when the mark does not survive the coding of the copy, as a factor on the strength asked for.
_STRONGER = 1.6
_STRENGTHS = (0.25, 4.0)
# Containers count time in steps of a millisecond or less; a frame may move by as much.
_TIME_TOLERANCE = 0.0011


def embed(  # noqa: PLR0913 - options by keyword
    source: Path | str,
    target: Path | str,
    content_id: int,
    key: bytes | None = None,
    *,
    strength: float = 1.0,
    codec: str | None = None,
    crf: float | None = None,
    preset: str | None = None,
    progress: Report | None = None,
) -> PassResult:
    """Write a copy of a video file whose pictures and sound carry an invisible mark.

    Frames, their times, container, codec, metadata, subtitles and chapters stay as they are. The copy takes its place
    once the mark reads back from it; until then the target is as it was.

    Parameters
    ----------
    source, target
        Different files; the copy has the container of the source.
    content_id
        In [0, 2**64).
    key
        16 to 1024 bytes; None for the published default key.
    strength
        0.25 to 4: a factor on the usual strength.
    codec, crf, preset
        As in `synthmark.containers.video_codecs.Settings`; None keeps to the source.
    progress
        Is called with a `Progress` a few times a second.

    Returns
    -------
    What was done: frames, coding, PSNR in decibels, and notes on what a user should know.

    Raises
    ------
    InputError
        When an argument is wrong.
    MediaError
        When the source cannot be read or the target cannot be written.
    CapacityError
        When no mark reads back from the copy.
    """
    _check_strength(strength)
    mark = Mark(content_id=check_content_id(content_id), key=key_bytes(key), strength=strength)
    changes = Changes(mark=mark, coding=Settings(codec=codec, crf=crf, preset=preset))
    source, target = Path(source), Path(target)
    refuse_same_file(source, target)

    def write(attempt: Changes) -> PassResult:
        with replacing(target) as draft:
            result = run_pass(source, draft, attempt, progress)
            force_to_disk(draft)
            read_back(draft, result, attempt.mark, progress)
            return result

    return with_retry(changes, write)


def with_retry(changes: Changes, write: Callable[[Changes], PassResult]) -> PassResult:
    """Write a copy; when no mark reads back from it, once more with a stronger one.

    Raises
    ------
    CapacityError
        When none reads back from the second either.
    """
    try:
        return write(changes)
    except CapacityError:
        mark = changes.mark
        if mark is None or mark.strength * _STRONGER > _STRENGTHS[1]:
            raise
        stronger = dataclasses.replace(mark, strength=mark.strength * _STRONGER)
        result = write(dataclasses.replace(changes, mark=stronger))
        return dataclasses.replace(result, notes=(*result.notes, Note("note.stronger")))


def read_back(
    path: Path, result: PassResult, mark: Mark | None, report: Report | None = None
) -> VideoDetection | None:
    """Make sure that a copy holds what was meant: every frame at its time, and the mark.

    Returns
    -------
    The mark as it was read; None where none was asked for.

    Raises
    ------
    MediaError
        When frames are missing or come at other times.
    CapacityError
        When no mark reads, neither from the pictures nor from the sound.
    """
    _require_times(path, result.times)
    if mark is None:
        return None
    found = read_marks(path, (mark.key,), early_stop=True, report=report).detections[0]
    if found.content_id != mark.content_id:
        raise CapacityError(
            f"The mark does not read back from this video of {result.frames} frames. Its pictures are too small, too "
            "flat or too coarsely coded, and its sound does not help: use a higher quality, or a longer video."
        )
    return found


def _require_times(path: Path, expected: NDArray[np.float64]) -> None:
    """Compare the time stamps of the copy's packets, which need no decoding, with those of the frames."""
    with open_reader(path) as reader:
        base = float(reader.film.time_base or 1)
        packets = reader.container.demux(reader.film)
        stamps = [packet.pts if packet.pts is not None else packet.dts for packet in packets if packet.size]
    times = np.sort(np.array([stamp for stamp in stamps if stamp is not None], np.float64)) * base
    if len(times) != len(expected):
        raise MediaError(f"The copy was written with {len(times)} of {len(expected)} frames.")
    moved = float(np.abs(times - expected).max()) if len(times) else 0.0
    if moved > max(_TIME_TOLERANCE, base):
        raise MediaError(f"The copy was written with frames that come up to {moved:.3f} s too early or too late.")


def _check_strength(strength: float) -> None:
    low, high = _STRENGTHS
    if not low <= strength <= high:
        raise InputError(f"The strength is a number from {low:g} to {high:g}, not {strength!r}.")


def extract(
    path: Path | str, key: bytes | None = None, *, early_stop: bool = False, progress: Report | None = None
) -> VideoDetection:
    """Look for marks in the pictures and the sound of a video file.

    Neither the original nor its size is needed.

    Parameters
    ----------
    path
        The file; it is only read.
    key
        16 to 1024 bytes; None for the published default key.
    early_stop
        Stop at the first mark that is certain, instead of finding all marks with their spans.
    progress
        Is called with a `Progress` a few times a second.

    Returns
    -------
    What was found; false when nothing was.

    Raises
    ------
    InputError
        When the key is wrong.
    MediaError
        When the file cannot be read.
    """
    return read_marks(Path(path), (key,), early_stop=early_stop, report=progress).detections[0]

"""Taking the fingerprint of pictures, samples, videos and files."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark._opencv import opencv
from synthmark.errors import DamagedMediaError
from synthmark.registry import sketches, sound_bits
from synthmark.registry.fingerprint import Fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "UNCHANGED",
    "Changes",
    "fingerprint_file",
    "fingerprint_pictures",
    "fingerprint_sound",
    "fingerprint_video",
]

_FRAMES = 3  # of an animation: those in which verifying looks for the mark
_DENSE_STEP = 0.25  # seconds between the frames of a video that is compared
_FIRST_STEP = 1.0  # seconds between the frames that are kept, doubled until there are few enough
_KEPT_FRAMES = 24
_LONGEST = 2 * 3600  # seconds of a video that are looked at
_STRAIGHT = 0.3  # degrees


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What happened to a copy since it was marked, as the mark shows it; a fingerprint is taken as if undone.

    Attributes
    ----------
    angle
        Degrees by which a picture was turned counter-clockwise.
    flipped
        Whether it was mirrored.
    speed, tempo
        Factors by which sound plays faster: with its pitch moving along, and beyond that with its pitch kept.
    spans
        Stretches (start, end) in seconds that carry the mark; none for the whole sound.
    """

    angle: float = 0.0
    flipped: bool = False
    speed: float = 1.0
    tempo: float = 1.0
    spans: tuple[tuple[float, float], ...] = ()


UNCHANGED = Changes()


def fingerprint_file(path: Path | str, *, dense: bool = False, changes: Changes = UNCHANGED) -> Fingerprint:
    """Return the fingerprint of a picture, sound or video file.

    Parameters
    ----------
    path
        The file; it is only read.
    dense
        False for the registry; True to compare with what it holds.
    changes
        To undo first.

    Raises
    ------
    MediaError
        When the file cannot be read, is damaged, or of a kind that is not supported.
    """
    from synthmark.files.kinds import kind_of_file  # noqa: PLC0415 - heavy, as the others

    file = Path(path)
    family = kind_of_file(file).family
    if family == "video":
        return fingerprint_video(file, dense=dense, changes=changes)
    if family == "audio":
        from synthmark.registry.decoding import SOUND_RATE, sound_of  # noqa: PLC0415

        return fingerprint_sound(sound_of(file), SOUND_RATE, dense=dense, changes=changes)
    from synthmark.files.picture_file import read_picture  # noqa: PLC0415
    from synthmark.files.reading import read_file  # noqa: PLC0415

    return fingerprint_pictures(read_picture(read_file(file)).frames, changes=changes)


def fingerprint_pictures(frames: Sequence[Any], *, changes: Changes = UNCHANGED) -> Fingerprint:
    """Return the fingerprint of a picture, or of an animation by its first, middle and last frame.

    Parameters
    ----------
    frames
        Pictures of any kind that `synthmark.image.embed` takes, upright; one at least.
    changes
        To undo first.
    """
    from synthmark.image.pictures import as_picture  # noqa: PLC0415 - heavy

    places = sorted({0, len(frames) // 2, len(frames) - 1})
    pictures = [as_picture(frames[place]) for place in places[:_FRAMES]]
    greys = [sketches.reduced(picture.colour, picture.alpha, picture.peak) for picture in pictures]
    size = (pictures[0].width, pictures[0].height)
    rows = [sketches.sketch_of(_restored(grey, size, changes)) for grey in greys]
    width, height = _restored_size(size, changes)
    return Fingerprint("image", np.array(rows), width=width, height=height)


def _quarters(changes: Changes) -> int:
    """Return by how many quarters a picture was turned counter-clockwise, as seen before mirroring is undone."""
    return round(changes.angle / 90) % 4


def _restored_size(size: tuple[int, int], changes: Changes) -> tuple[int, int]:
    return size[::-1] if _quarters(changes) % 2 else size


def _restored(grey: NDArray[np.float32], size: tuple[int, int], changes: Changes) -> NDArray[np.float32]:
    """Undo mirroring and turning of a reduced picture, whose sides are those of the picture, compressed."""
    # mirroring comes first, so the angle counts the other way round in what is left
    sign = 1 if changes.flipped else -1
    grey = grey[:, ::-1] if changes.flipped else grey
    grey = np.ascontiguousarray(np.rot90(grey, sign * _quarters(changes)))
    angle = sign * (changes.angle - 90 * round(changes.angle / 90))
    return grey if abs(angle) < _STRAIGHT else _turned(grey, _restored_size(size, changes), angle)


def _turned(grey: NDArray[np.float32], size: tuple[int, int], angle: float) -> NDArray[np.float32]:
    """Turn a reduced picture counter-clockwise about its centre as if it had its true sides."""
    cv2 = opencv()
    width, height = size
    centre = (len(grey) - 1) / 2
    turn = np.vstack([cv2.getRotationMatrix2D((0, 0), angle, 1.0), [0, 0, 1]])
    aspect = np.diag([width / max(width, height), height / max(width, height), 1.0])
    matrix = (np.linalg.inv(aspect) @ turn @ aspect)[:2]
    matrix[:, 2] = centre - matrix[:, :2] @ [centre, centre]
    return np.asarray(cv2.warpAffine(grey, matrix, grey.shape[::-1], borderMode=cv2.BORDER_REPLICATE), np.float32)


def fingerprint_sound(
    samples: NDArray[np.generic], rate: float, *, dense: bool = False, changes: Changes = UNCHANGED
) -> Fingerprint:
    """Return the fingerprint of sound.

    Parameters
    ----------
    samples
        (n,) or (n, channels), any scale.
    rate
        Samples per second.
    dense, changes
        As for `fingerprint_file`.
    """
    first = changes.spans[0][0] if changes.spans else 0.0
    last = changes.spans[-1][1] if changes.spans else len(samples) / rate
    marked = samples[round(first * rate) : round(last * rate)]
    rows = sound_bits.sound_rows(marked, rate / changes.speed, tempo=changes.tempo)
    if dense:
        return Fingerprint("audio", rows, sound_bits.DENSE)
    return Fingerprint("audio", rows[:: round(sound_bits.STEP / sound_bits.DENSE)], sound_bits.STEP)


def fingerprint_video(path: Path, *, dense: bool = False, changes: Changes = UNCHANGED) -> Fingerprint:
    """Return the fingerprint of a video by its frames at fixed times; its sound has no part in it.

    Parameters
    ----------
    path
        The file; it is only read.
    dense, changes
        As for `fingerprint_file`.

    Raises
    ------
    MediaError
        When it cannot be decoded.
    """
    from synthmark.registry.decoding import video_frames  # noqa: PLC0415 - heavy

    step, size = (_DENSE_STEP if dense else _FIRST_STEP), (0, 0)
    rows: list[NDArray[np.uint8]] = []
    for frame in itertools.islice(video_frames(path, step), round(_LONGEST / step)):
        size = size if rows else (frame.width, frame.height)
        rows.append(sketches.sketch_of(_restored(frame.grey, (frame.width, frame.height), changes)))
    if not rows:
        raise DamagedMediaError(f"{path} holds no frame that can be decoded.")
    return _thinned(np.array(rows), step, _restored_size(size, changes), dense=dense)


def _thinned(rows: NDArray[np.uint8], step: float, size: tuple[int, int], *, dense: bool) -> Fingerprint:
    """Keep every second frame until few enough are left."""
    while not dense and len(rows) > _KEPT_FRAMES:
        rows, step = rows[::2], 2 * step
    return Fingerprint("video", rows, step, *size)

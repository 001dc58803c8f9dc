"""Perceptual fingerprints: whether two pictures, sounds or videos show or play the same.

A fingerprint of kind "kept" goes into the registry; a "dense" one is made of a file that is compared with kept ones,
and describes sound and video at closer times, so that pieces cut anywhere compare, too.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from synthmark.errors import InputError
from synthmark.registry import sketches, sound_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Agreement", "Comparison", "Fingerprint", "Media", "compare", "kept_keys", "searched_keys"]

Agreement = Literal["agrees", "disagrees", "undecided"]
Media = Literal["image", "audio", "video"]

VERSION: Final = 1
MEDIA: Final[tuple[Media, ...]] = ("image", "audio", "video")

# Bounds between the answers; benchmarks/registry.py measures both sides of each.
_SAME_PICTURE = 0.80  # correlation of whole sketches
_SAME_WINDOW = 0.90  # correlation of one sketch with a part of the other
_PERHAPS_WINDOW = 0.75
_SAME_SOUND = 0.25  # share of bits that differ
_PERHAPS_SOUND = 0.31
_TEXT = re.compile(r"(image|audio|video)/1/([0-9]{1,9})ms/([0-9]{1,9})x([0-9]{1,9})/([A-Za-z0-9+/]*={0,2})")
_KEYS = 4
_WINDOW_FRAMES = 6
_SEARCHED = 64


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """What a picture, sound or video looks or sounds like.

    Attributes
    ----------
    media
        "image", "audio" or "video".
    rows
        uint8 (n, 288): sketches of frames; or (n, 2): bits of sound.
    step
        Seconds between two rows; 0 for pictures.
    width, height
        Pixels of the upright picture; 0 for sound.
    """

    media: Media
    rows: NDArray[np.uint8]
    step: float = 0.0
    width: int = 0
    height: int = 0

    def text(self) -> str:
        """Return the fingerprint as ASCII text: media/version/step/size/rows in Base64."""
        rows = base64.b64encode(self.rows.tobytes()).decode("ascii")
        return f"{self.media}/{VERSION}/{round(self.step * 1000)}ms/{self.width}x{self.height}/{rows}"

    @classmethod
    def parse(cls, text: str) -> Fingerprint:
        """Read what `text` returned.

        Raises
        ------
        InputError
            When it is no fingerprint of this version.
        """
        parts = _TEXT.fullmatch(text)
        if parts is None:
            raise InputError("This is no fingerprint of version 1: media/1/step/size/rows in Base64 are needed.")
        media: Media = next(name for name in MEDIA if name == parts[1])
        width = sound_bits.ROW_BYTES if media == "audio" else sketches.ROW_BYTES
        try:
            content = base64.b64decode(parts[5], validate=True)
            rows = np.frombuffer(content, np.uint8).reshape(-1, width)
        except (binascii.Error, ValueError) as error:
            raise InputError(f"The rows of the fingerprint are damaged: {error}.") from error
        return cls(media, rows, int(parts[2]) / 1000, int(parts[3]), int(parts[4]))

    @property
    def seconds(self) -> float:
        """How long the sound or video is that the rows describe."""
        return len(self.rows) * self.step


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether a file shows or plays what a record describes.

    Attributes
    ----------
    agreement
        "agrees", "disagrees", or "undecided" where too little is there to compare, or the answer lies between.
    similarity
        For pictures and video the correlation, -1 to 1; for sound the share of equal bits, 0 to 1; None where
        nothing could be compared.
    """

    agreement: Agreement
    similarity: float | None


_UNDECIDED = Comparison("undecided", None)


def compare(kept: Fingerprint, dense: Fingerprint, *, whole: bool = False) -> Comparison:
    """Compare a file with what was registered.

    Parameters
    ----------
    kept
        Of the record.
    dense
        Of the file; it may be a piece of the registered content.
    whole
        Whether to leave out the search for a cropped or framed picture, which takes long.
    """
    if kept.media != dense.media:
        return Comparison("disagrees", None)
    if not (_tells(kept) and _tells(dense)):
        return _UNDECIDED
    return _compare_sound(kept, dense) if kept.media == "audio" else _compare_pictures(kept, dense, whole=whole)


def _tells(fingerprint: Fingerprint) -> bool:
    """Return whether there is anything to compare: not silence, not a flat picture."""
    if fingerprint.media == "audio":
        return bool(fingerprint.rows.any())
    return bool(sketches.cells_of(fingerprint.rows).any())


def _compare_sound(kept: Fingerprint, dense: Fingerprint) -> Comparison:
    difference = sound_bits.least_difference(kept.rows, dense.rows)
    if difference is None:
        return _UNDECIDED
    if difference <= _SAME_SOUND:
        return Comparison("agrees", 1 - difference)
    return Comparison("undecided" if difference <= _PERHAPS_SOUND else "disagrees", 1 - difference)


def _compare_pictures(kept: Fingerprint, dense: Fingerprint, *, whole: bool) -> Comparison:
    """Compare whole frames first, and look for a cropped or framed picture only when that fails."""
    similarity = _whole(kept, dense)
    if similarity >= _SAME_PICTURE:
        return Comparison("agrees", similarity)
    window = -1.0 if whole else _window(kept, dense)
    if window >= _SAME_WINDOW:
        return Comparison("agrees", window)
    too_short = kept.step > 0 and dense.seconds < 2 * kept.step and dense.seconds < 0.9 * kept.seconds
    unsure = window >= _PERHAPS_WINDOW or too_short
    return Comparison("undecided" if unsure else "disagrees", max(similarity, window))


def _whole(kept: Fingerprint, dense: Fingerprint) -> float:
    """Return the correlation of kept frames, each with its best partner."""
    seen = sketches.cells_of(kept.rows).any(axis=1)
    best = sketches.correlations(kept.rows[seen], dense.rows).max(axis=1)
    return _mean_of_best(best, _expected(kept, dense))


def _expected(kept: Fingerprint, dense: Fingerprint) -> int:
    """Return how many kept frames a file of this length should hold."""
    return math.floor(dense.seconds / kept.step) if kept.step else len(dense.rows)


def _mean_of_best(values: NDArray[np.float32], count: int) -> float:
    return float(np.sort(values)[::-1][: max(1, min(len(values), count))].mean())


def _window(kept: Fingerprint, dense: Fingerprint) -> float:
    """Return how well the frames of one fit parts of the frames of the other."""
    ratio = (dense.width / max(dense.height, 1)) / (kept.width / max(kept.height, 1) or 1) or 1.0
    places = _spread(np.arange(len(kept.rows)), _WINDOW_FRAMES)
    best = [
        max(_fit(kept.rows[place], dense.rows[partner], ratio) for partner in _partners(kept, dense, place))
        for place in places
    ]
    return _mean_of_best(np.array(best, np.float32), min(_expected(kept, dense), len(places) // 2))


def _fit(first: NDArray[np.uint8], second: NDArray[np.uint8], ratio: float) -> float:
    return max(sketches.best_window(first, second, ratio), sketches.best_window(second, first, 1 / ratio))


def _partners(kept: Fingerprint, dense: Fingerprint, place: int) -> list[int]:
    """Return the frames that may show the same as a kept one: that of the same time, and the two most alike."""
    same = round(place * kept.step / dense.step) if dense.step else place
    alike = np.argsort(-sketches.correlations(kept.rows[place : place + 1], dense.rows)[0])[:2]
    return sorted({min(same, len(dense.rows) - 1), *(int(number) for number in alike)})


def kept_keys(fingerprint: Fingerprint) -> NDArray[np.uint64]:
    """Return the search keys of a record's fingerprint, uint64 (at most 4, 2)."""
    if fingerprint.media == "audio":
        return sound_bits.keys_of_sound(fingerprint.rows)
    telling = fingerprint.rows[sketches.cells_of(fingerprint.rows).any(axis=1)]
    return sketches.keys_of_sketches(_spread(telling, _KEYS))


def searched_keys(dense: Fingerprint) -> NDArray[np.uint64]:
    """Return the keys to look for when a file is searched, uint64 (n, 2)."""
    if dense.media == "audio":
        return sound_bits.query_keys_of_sound(dense.rows)
    telling = dense.rows[sketches.cells_of(dense.rows).any(axis=1)]
    return sketches.keys_of_sketches(_spread(telling, _SEARCHED))


def _spread(rows: NDArray[Any], count: int) -> NDArray[Any]:
    """Return at most so many rows, evenly spaced."""
    places = [int((number + 0.5) / count * len(rows)) for number in range(count)]
    return rows if len(rows) <= count else rows[places]

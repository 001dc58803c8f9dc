"""Blind extraction: first as if the picture was at most resized, turned or mirrored, then the full search."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from synthmark.detection import Detection
from synthmark.errors import InputError
from synthmark.image.alignment import (
    MIRRORS,
    TURNS,
    Homography,
    Offset,
    Source,
    best_offset,
    canonical_frame,
    composed,
    oriented,
    resized_frame,
)
from synthmark.image.canonical import canonical_size, planes_at
from synthmark.image.carriers import TILE, Carriers, carriers
from synthmark.image.engine import engine
from synthmark.image.fitting import refinements
from synthmark.image.pictures import Picture, as_picture
from synthmark.image.readout import (
    Reading,
    Spectrum,
    aligned,
    decoding_false_alarm,
    folded_spectrum,
    pilot_score,
    read,
    soft_bits,
)
from synthmark.image.search import VIEWS, View, candidate_maps, line_spectrum
from synthmark.keys import key_bytes
from synthmark.payload import FORMAT_VERSION

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ImageDetection", "extract"]

_GLANCE = 640  # pixels of a side of the part on which a candidate is tried
_LIKELY_SCORE = 5.3  # of the pilot at its best shift: worth a fine fit
_ACCEPTED_SCORE = 6.4  # of the pilot after the fit: worth decoding
_SEARCHED_PLACES = 3e6  # orientations and maps x 128 x 128 shifts, and room for the fits
_UNMOVED_SCORE = 3.5  # of the pilot at shift zero, the one place of a picture that was never cropped
_STILL_SCORE, _STILL_PLACES = 3.9, 4.0  # of a frame of a video as it is: the tile has one of four shifts


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDetection(Detection):
    """What was found in a picture.

    Attributes
    ----------
    scale
        Size of the marked picture's content here, relative to the canonical frame of this picture's size; 1.0
        for a picture that was not cropped, whatever its size.
    angle
        Rotation of the content in degrees, anticlockwise, -180..180.
    flipped
        Whether the content is mirrored.
    aspect
        Width scale over height scale.
    pilot_score
        Best correlation with the pilot in standard deviations of no mark, found or not.
    decodings
        How often a payload was decoded on the way; each passes its CRC by chance once in 2**27 times.
    frame
        Homography (3, 3) by rows from canonical pixels (across, down, 1) of the mark to pixels of this picture;
        None when nothing was found.
    """

    scale: float = 1.0
    angle: float = 0.0
    flipped: bool = False
    aspect: float = 1.0
    pilot_score: float = 0.0
    decodings: int = 0
    frame: tuple[tuple[float, float, float], ...] | None = None


@dataclass(slots=True)
class _Attempt:
    """One extraction in progress: what it has tried, and the best pilot score on the way."""

    source: Source
    carriers: Carriers
    decoded: int = 0
    best_score: float = 0.0
    _whitened: dict[tuple[int, int, int], NDArray[np.float32]] = field(default_factory=dict)

    def whitened(self, rows: int, columns: int, most: int) -> NDArray[np.float32]:
        """Return the whitened luma of the whole picture at a size, cut to its middle, at most `most` a side."""
        size = rows, columns, min(most, max(rows, columns))
        if size not in self._whitened:
            middle = _middle(rows, most), _middle(columns, most)
            planes = planes_at(self.source.picture, rows, columns, middle)
            self._whitened[size] = engine().whiten(planes, True)[0]
        return self._whitened[size]

    def detection(
        self, frame: Homography, spectrum: Spectrum, places: float = _SEARCHED_PLACES
    ) -> ImageDetection | None:
        """Decode the spectrum of an aligned frame; where the pilot is plain, also without weights and colour.

        `places` says among how many the frame was chosen.
        """
        score = pilot_score(spectrum, self.carriers)
        self.best_score = max(self.best_score, score)
        reading = self._reading(soft_bits(spectrum, self.carriers))
        if reading is None and score >= _ACCEPTED_SCORE:
            luma = self.source.spectrum(frame, self.source.window(frame), weighted=False)
            reading = self._reading(soft_bits(luma, self.carriers))
        return None if reading is None else _detection(self, reading, frame, score, places)

    def _reading(self, soft: NDArray[np.float64]) -> Reading | None:
        self.decoded += 1
        return read(soft, self.carriers)


def extract(picture: object, key: bytes | None = None, *, search: Literal["full", "fast"] = "full") -> ImageDetection:
    """Look for a mark without knowing the original, its size or what happened since.

    Parameters
    ----------
    picture
        uint8, uint16 or float array (H, W), (H, W, 3) RGB or (H, W, 4), or a PIL image.
    key
        The key of the mark; None for the published default key.
    search
        "fast" finds marks in pictures that were resized, turned by quarter turns, mirrored or cut along the long
        side; "full" goes on to any rotation, scale, crop, aspect and mild perspective.

    Returns
    -------
    A detection that is true when a mark was found.

    Raises
    ------
    InputError
        When the picture, key or search is unusable.
    """
    if search not in ("full", "fast"):
        raise InputError(f"The search is {search!r}; it can be 'full' or 'fast'.")
    attempt = _Attempt(Source(as_picture(picture)), carriers(key_bytes(key)))
    rows, columns = canonical_size(attempt.source.picture.height, attempt.source.picture.width)
    found = _unmoved(attempt, folded_spectrum(attempt.whitened(rows, columns, max(rows, columns))))
    if search == "full":
        found = found or _video_still(attempt)
        for view in _views(attempt.source.picture):
            found = found or _searched(attempt, view)
    return found or ImageDetection(pilot_score=attempt.best_score, decodings=attempt.decoded)


def _unmoved(attempt: _Attempt, spectrum: Spectrum) -> ImageDetection | None:
    """Read a picture in its own canonical frame, in all eight orientations."""
    frame = canonical_frame(attempt.source.picture.height, attempt.source.picture.width)
    if pilot_score(spectrum, attempt.carriers) >= _UNMOVED_SCORE:
        found = attempt.detection(frame, spectrum, 1.0)
        if found is not None:
            return found
    offset = best_offset(spectrum, attempt.carriers, TURNS)
    attempt.best_score = max(attempt.best_score, offset.score)
    if offset.score < _LIKELY_SCORE:
        return None
    return _at(attempt, spectrum, frame, offset) or _fitted(attempt, _placed(frame, offset))


def _video_still(attempt: _Attempt) -> ImageDetection | None:
    """Read a frame of a video, whose tile is twice as large; as it is, it begins at a multiple of half its size."""
    base = canonical_frame(attempt.source.picture.height, attempt.source.picture.width)
    frame = composed(base, 2 * np.eye(2))
    spectrum = attempt.source.spectrum(frame, attempt.source.window(frame))
    offset = best_offset(spectrum, attempt.carriers, TURNS[:1], TILE // 2)
    found = _at(attempt, spectrum, frame, offset, _STILL_PLACES) if offset.score >= _STILL_SCORE else None
    if found is not None:
        return found
    offset = best_offset(spectrum, attempt.carriers, TURNS)
    attempt.best_score = max(attempt.best_score, offset.score)
    return _at(attempt, spectrum, frame, offset) if offset.score >= _LIKELY_SCORE else None


def _at(
    attempt: _Attempt, spectrum: Spectrum, frame: Homography, offset: Offset, places: float = _SEARCHED_PLACES
) -> ImageDetection | None:
    """Read the tile at an offset in a frame."""
    direct = oriented(aligned(spectrum, offset.down, offset.across), offset.orientation.T)
    return attempt.detection(_placed(frame, offset), direct, places)


def _placed(frame: Homography, offset: Offset) -> Homography:
    return composed(frame, offset.orientation.T, (offset.across, offset.down))


def _fitted(attempt: _Attempt, frame: Homography) -> ImageDetection | None:
    """Read an aligned frame as it is, then after ever finer fits."""
    for fits, (better, spectrum) in enumerate(refinements(attempt.source, frame, attempt.carriers)):
        if pilot_score(spectrum, attempt.carriers) >= _ACCEPTED_SCORE:
            found = attempt.detection(better, spectrum)
            if found is not None:
                return found
        elif fits > 0 and pilot_score(spectrum, attempt.carriers) < _LIKELY_SCORE:
            return None
    return None


def _searched(attempt: _Attempt, view: View) -> ImageDetection | None:
    """Try the maps that the line search proposes in one view."""
    picture = attempt.source.picture
    factor = view.short_side / min(picture.height, picture.width)
    rows, columns = round(picture.height * factor), round(picture.width * factor)
    whitened = attempt.whitened(rows, columns, 3 * view.fft_size // 2)
    base = resized_frame((picture.height, picture.width), (rows, columns))
    for linear in candidate_maps(line_spectrum(whitened, view.fft_size), attempt.carriers, view):
        frame = composed(base, np.linalg.inv(linear))
        window = attempt.source.window(frame, _GLANCE)
        spectrum = folded_spectrum(attempt.source.whitened(frame, window))
        offset = best_offset(spectrum, attempt.carriers, MIRRORS)
        attempt.best_score = max(attempt.best_score, offset.score)
        if offset.score < _LIKELY_SCORE:
            continue
        shift = (window.left + offset.across, window.top + offset.down)
        found = _fitted(attempt, composed(frame, offset.orientation.T, shift))
        if found is not None:
            return found
    return None


def _middle(length: int, most: int) -> slice:
    """Return the middle of a side, at most so many pixels of it."""
    first = max(0, length - most) // 2
    return slice(first, first + most)


def _views(picture: Picture) -> list[View]:
    """Return the views worth searching: none enlarges a picture more than 16 times, a large one twice."""
    short = min(picture.height, picture.width)
    return [view for view in VIEWS if view.short_side <= 16 * short and (view.short_side <= 512 or short >= 640)]


def _detection(attempt: _Attempt, reading: Reading, frame: Homography, score: float, places: float) -> ImageDetection:
    """Describe a reading: geometry relative to a picture that was at most resized, and the false-alarm bound."""
    base = canonical_frame(attempt.source.picture.height, attempt.source.picture.width)
    linear = np.linalg.solve(base, frame)[:2, :2]
    flipped = bool(np.linalg.det(linear) < 0)
    across, down = linear[:, 0] * (-1 if flipped else 1), linear[:, 1]
    return ImageDetection(
        found=True,
        content_id=reading.content_id,
        false_alarm_probability=min(
            1.0, attempt.decoded * decoding_false_alarm() * _pilot_false_alarm(score, places)
        ),
        strength=round(reading.signal_to_noise, 2),
        version=FORMAT_VERSION,
        scale=round(math.sqrt(abs(np.linalg.det(linear))), 4),
        angle=round(-math.degrees(math.atan2(across[1], across[0])), 2) + 0.0,
        flipped=flipped,
        aspect=round(float(np.hypot(*across) / np.hypot(*down)), 4),
        pilot_score=round(score, 2),
        decodings=attempt.decoded,
        frame=tuple((float(a), float(b), float(c)) for a, b, c in frame),
    )


def _pilot_false_alarm(score: float, places: float) -> float:
    """Return a bound on the chance that unmarked content reaches a pilot score at one of so many places.

    The Gaussian tail times the places that were tried; never below one in a million, because the Gaussian tail
    is tested no further.
    """
    return min(1.0, max(1e-6, places * 0.5 * math.erfc(score / math.sqrt(2))))

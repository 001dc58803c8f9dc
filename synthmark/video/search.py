"""Looking for the mark of one key in some chunks: where they were marked, then in any size, angle and cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmark.image.alignment import MIRRORS, TURNS, composed, resized_frame
from synthmark.image.fitting import refinements
from synthmark.image.readout import Reading, pilot_score, read, soft_bits
from synthmark.image.search import View, candidate_maps, line_spectrum
from synthmark.video.joining import best_joint, fixed_joint, joined_spectrum
from synthmark.video.scales import FINE_SCALES, UPRIGHT, Folds
from synthmark.video.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from synthmark.image.alignment import Homography
    from synthmark.image.carriers import Carriers
    from synthmark.video.acceptance import Ledger
    from synthmark.video.joining import Joint
    from synthmark.video.pictures import Chunk

__all__ = ["Found", "KeySearch"]

_VIEW = View(short_side=320, smallest_tile=72, largest_tile=400, fft_size=1024, candidates=4)
_GLANCE = 640  # pixels of a side of the part on which a map is tried
_LIKELY_SCORE = 5.3  # of the pilot at its best shift: worth a fine fit
_PLACES_FIXED, _PLACES_TURNED, _PLACES_MAPPED = 4.0, 4 * 8 * 128.0**2, 3e6
_PLACES_UPRIGHT = 4 * FINE_SCALES * len(UPRIGHT) * 128.0**2
_LARGEST_LINE = 2.0  # over the usual one: the few strong lines of a regular pattern fit the pilot at some scale
_WORTH_JOINING = 5.0  # of the pilot at its best place and scale, whatever the shifts
_SHARE_UPRIGHT = 3  # the search for a scale is allowed a third of the decodings of the other ways
_CHOSEN = 0.9  # a map is chosen for the power of the pilot's lines, which makes high scores likelier by so much
_GROUP = 4  # chunks that are tried as one picture in the search for a map


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A mark that was read.

    Attributes
    ----------
    content_id
        What it holds.
    strength
        Eb/N0 in dB.
    frame
        From tile pixels to pixels of the averaged pictures.
    false_alarm_probability
        Bound for the file so far.
    """

    content_id: int
    strength: float
    frame: Homography
    false_alarm_probability: float


class KeySearch:
    """The search for one key in one video.

    Parameters
    ----------
    carriers
        Of the key.
    ledger
        What was tried so far.
    canonical
        (rows, columns) of the canonical frame of the video.
    """

    def __init__(self, carriers: Carriers, ledger: Ledger, canonical: tuple[int, int]) -> None:
        self._carriers = carriers
        self._ledger = ledger
        self._canonical = canonical

    def in_place(self, chunks: Sequence[Chunk]) -> Found | None:
        """Read chunks of a video that was at most resized as a whole."""
        spectra = [chunk.spectrum for chunk in chunks]
        joint = fixed_joint(spectra, self._carriers, MIRRORS[0])
        threshold = self._ledger.threshold("fixed", _PLACES_FIXED * (1 + len(chunks)))
        return self._read(joined_spectrum(spectra, joint), self._frame(chunks, joint), _PLACES_FIXED, threshold)

    def turned(self, chunks: Sequence[Chunk], *, fit: bool = False) -> Found | None:
        """Read chunks of a video that was also turned, mirrored or cut along its long side; `fit` allows for more."""
        spectra = [chunk.spectrum for chunk in chunks]
        joint = best_joint(spectra, self._carriers, TURNS)
        threshold = self._ledger.threshold("turned", _PLACES_TURNED * (1 + len(chunks)))
        frame, spectrum = self._frame(chunks, joint), joined_spectrum(spectra, joint)
        found = self._read(spectrum, frame, _PLACES_TURNED, threshold)
        if found is None and fit and pilot_score(spectrum, self._carriers) >= _LIKELY_SCORE:
            found = self._fitted(Stack([chunk.picture for chunk in chunks], joint.states), frame)
        return found

    def mapped(self, chunks: Sequence[Chunk]) -> Found | None:
        """Read chunks of a video that was changed by any linear map and cut."""
        pictures = list(_groups(chunks))
        lines = sum(line_spectrum(picture, _VIEW.fft_size) for picture in pictures)
        power = np.asarray(lines, np.float32) / np.float32(len(pictures))
        for linear in candidate_maps(power, self._carriers, _VIEW):
            found = self._tried(pictures, np.asarray(np.linalg.inv(linear)))
            if found is not None:
                return found
        return None

    def upright(self, chunks: Sequence[Chunk], kept: dict[tuple[float, float], Folds]) -> Found | None:
        """Read chunks of a video that was cut and brought to another size, perhaps mirrored, but not turned.

        What does not depend on the key is `kept` for the next one.
        """
        pictures, span = list(_groups(chunks)), (chunks[0].start, chunks[-1].end)
        places = _PLACES_UPRIGHT * (1 + len(pictures))
        threshold = self._ledger.threshold("upright", places * _SHARE_UPRIGHT)
        folds = kept.setdefault(span, Folds(np.asarray(sum(pictures), np.float32)))
        for likely in folds.likely_scales(self._carriers):
            if likely.score >= _WORTH_JOINING:
                found = self._at_scale(pictures, likely.scale, places, threshold)
                if found is not None:
                    return found
        return None

    def _at_scale(
        self, pictures: Sequence[NDArray[np.float32]], scale: float, places: float, threshold: float
    ) -> Found | None:
        """Bring pictures into step at one scale and read them; a fine fit may lead away from a faint mark."""
        frame = composed(np.eye(3), scale * np.eye(2))
        flat = Stack(pictures, [0] * len(pictures))
        window = flat.window(frame)
        spectra = [flat.spectrum(number, frame, window) for number in range(len(pictures))]
        joint = best_joint(spectra, self._carriers, UPRIGHT)
        placed = composed(frame, joint.orientation.T, (joint.across, joint.down))
        spectrum = joined_spectrum(spectra, joint)
        limited = spectrum / np.maximum(np.abs(spectrum) / _LARGEST_LINE, 1)
        if pilot_score(limited, self._carriers) < threshold:
            return None
        return self._read(spectrum, placed, places, threshold)

    def _tried(self, pictures: Sequence[NDArray[np.float32]], linear: NDArray[np.float64]) -> Found | None:
        """Look for the tile's place under one map, fit it finely and read."""
        frame = composed(np.eye(3), linear)
        flat = Stack(pictures, [0] * len(pictures))
        window = flat.window(frame, _GLANCE)
        spectra = [flat.spectrum(number, frame, window) for number in range(len(pictures))]
        joint = best_joint(spectra, self._carriers, MIRRORS)
        self._ledger.best_score = max(self._ledger.best_score, joint.score)
        if joint.score < _LIKELY_SCORE:
            return None
        placed = composed(frame, joint.orientation.T, (joint.across, joint.down))
        return self._fitted(Stack(pictures, joint.states), placed)

    def _fitted(self, stack: Stack, frame: Homography) -> Found | None:
        """Read a frame as it is, then after ever finer fits."""
        threshold = self._ledger.threshold("mapped", _PLACES_MAPPED) + _CHOSEN
        for better, spectrum in refinements(stack, frame, self._carriers):
            found = self._read(spectrum, better, _PLACES_MAPPED, threshold)
            if found is not None:
                return found
        return None

    def _read(
        self, spectrum: NDArray[np.complex128], frame: Homography, places: float, threshold: float
    ) -> Found | None:
        """Decode the spectrum of an aligned frame when its pilot reaches a threshold.

        The score is that of the sum of all chunks, not the sum of their scores: where a scene stands still, each
        chunk shows by chance what the others show.
        """
        score = pilot_score(spectrum, self._carriers)
        ledger = self._ledger
        ledger.best_score = max(ledger.best_score, score)
        if score < threshold:
            return None
        ledger.decoded += 1
        reading: Reading | None = read(soft_bits(spectrum, self._carriers), self._carriers)
        if reading is None:
            return None
        chance = ledger.false_alarm(score, places)
        return Found(reading.content_id, round(reading.signal_to_noise, 2), frame, chance)

    def _frame(self, chunks: Sequence[Chunk], joint: Joint) -> Homography:
        """Return the frame of a joint in the canonical frame."""
        rows, columns = chunks[0].picture.shape
        base = resized_frame((rows, columns), self._canonical)
        return composed(base, joint.orientation.T, (joint.across, joint.down))


def _groups(chunks: Sequence[Chunk]) -> Iterator[NDArray[np.float32]]:
    """Yield the sums of the pictures of a few chunks each."""
    for first in range(0, len(chunks), _GROUP):
        yield np.asarray(sum(chunk.picture for chunk in chunks[first : first + _GROUP]), np.float32)

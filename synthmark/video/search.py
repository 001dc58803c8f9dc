"""Looking for the mark of one key in some chunks: where they were marked, then in any size, angle and cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmark.image.alignment import MIRRORS, TURNS, composed, resized_frame
from synthmark.image.fitting import refinements
from synthmark.image.readout import Reading, pilot_score, read, soft_bits
from synthmark.image.search import View, candidate_maps
from synthmark.video.combining import combined
from synthmark.video.joining import aligned_spectra, best_joint, fixed_joint, summed
from synthmark.video.runs import LINES_SIZE
from synthmark.video.scales import FINE_SCALES, UPRIGHT
from synthmark.video.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthmark.image.alignment import Homography
    from synthmark.image.carriers import Carriers
    from synthmark.video.acceptance import Ledger, Trial
    from synthmark.video.joining import Joint
    from synthmark.video.runs import Run
    from synthmark.video.scales import Scale

__all__ = ["Found", "KeySearch"]

_VIEW = View(short_side=320, smallest_tile=72, largest_tile=400, fft_size=LINES_SIZE, candidates=4)
_GLANCE = 640  # pixels of a side of the part on which a map is tried
_LIKELY_SCORE = 5.3  # of the pilot at its best shift: worth a fine fit
_PLACES_FIXED, _PLACES_TURNED, _PLACES_MAPPED = 4.0, 4 * 8 * 128.0**2, 3e6
_PLACES_UPRIGHT = 4 * FINE_SCALES * len(UPRIGHT) * 128.0**2
_LARGEST_LINE = 2.0  # over the usual one: the few strong lines of a regular pattern may fit the pilot
_WORTH_JOINING = 5.0  # of the pilot at its best place and scale, whatever the shifts
_SHARE_UPRIGHT = 10  # the search for a scale is allowed half the decodings of the other ways, five at a time
_CHOSEN = 0.9  # a map is chosen for the power of the pilot's lines, which makes high scores likelier by so much


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
    """

    def __init__(self, carriers: Carriers, ledger: Ledger) -> None:
        self._carriers = carriers
        self._ledger = ledger

    def in_place(self, run: Run) -> Found | None:
        """Read a video that was at most resized as a whole."""
        joint = fixed_joint(run.spectra, self._carriers, MIRRORS[0])
        trial = self._ledger.trial("fixed", _PLACES_FIXED * (1 + len(run.chunks)))
        parts = aligned_spectra(run.spectra, joint)
        return self._read(parts, _frame_of(run, joint), trial)

    def turned(self, run: Run, *, fit: bool = False) -> Found | None:
        """Read a video that was also turned, mirrored or cut along its long side; `fit` allows for more."""
        joint = best_joint(run.spectra, self._carriers, TURNS)
        trial = self._ledger.trial("turned", _PLACES_TURNED * (1 + len(run.chunks)))
        frame, parts = _frame_of(run, joint), aligned_spectra(run.spectra, joint)
        found = self._read(parts, frame, trial)
        if found is None and fit and pilot_score(summed(parts), self._carriers) >= _LIKELY_SCORE:
            found = self._fitted(Stack([chunk.picture for chunk in run.chunks], joint.states), frame)
        return found

    def mapped(self, run: Run) -> Found | None:
        """Read a video that was changed by any linear map and cut."""
        for linear in candidate_maps(run.lines, self._carriers, _VIEW):
            found = self._tried(run.pictures, np.asarray(np.linalg.inv(linear)))
            if found is not None:
                return found
        return None

    def upright(self, run: Run) -> Found | None:
        """Read a video that was cut and brought to another size, perhaps mirrored, but not turned."""
        trial = self._ledger.trial("upright", _PLACES_UPRIGHT * (1 + len(run.chunks)) * _SHARE_UPRIGHT)
        for likely in run.folds.likely_scales(self._carriers):
            found = self._near_scale(run.single_pictures, likely, trial) if likely.score >= _WORTH_JOINING else None
            if found is not None:
                return found
        return None

    def _near_scale(self, pictures: Sequence[NDArray[np.float32]], likely: Scale, trial: Trial) -> Found | None:
        """Read pictures at a scale and, when its pilot scores enough, beside it."""
        stack = Stack(pictures, [0] * len(pictures))
        for scale in likely.nearby():
            score, found = self._at_scale(stack, scale, trial)
            if found is not None or (scale == likely.scale and score < trial.guess):
                return found
        return None

    def _at_scale(self, stack: Stack, scale: float, trial: Trial) -> tuple[float, Found | None]:
        """Bring pictures into step at one scale and read them; a fine fit may lead away from a faint mark."""
        frame = composed(np.eye(3), scale * np.eye(2))
        spectra = stack.spectra(frame)
        joint = best_joint(spectra, self._carriers, UPRIGHT)
        parts = aligned_spectra(spectra, joint)
        placed = composed(frame, joint.orientation.T, (joint.across, joint.down))
        score = self._score(summed(parts))
        return score, self._decoded(parts, placed, score, trial) if score >= trial.guess else None

    def _tried(self, pictures: Sequence[NDArray[np.float32]], linear: NDArray[np.float64]) -> Found | None:
        """Look for the tile's place under one map, fit it finely and read."""
        frame = composed(np.eye(3), linear)
        spectra = Stack(pictures, [0] * len(pictures)).spectra(frame, _GLANCE)
        joint = best_joint(spectra, self._carriers, MIRRORS)
        self._ledger.best_score = max(self._ledger.best_score, joint.score)
        if joint.score < _LIKELY_SCORE:
            return None
        placed = composed(frame, joint.orientation.T, (joint.across, joint.down))
        return self._fitted(Stack(pictures, joint.states), placed)

    def _fitted(self, stack: Stack, frame: Homography) -> Found | None:
        """Read a frame as it is, then after ever finer fits."""
        trial = self._ledger.trial("mapped", _PLACES_MAPPED, _CHOSEN)
        for better, spectrum in refinements(stack, frame, self._carriers):
            score = self._score(spectrum)
            if score >= trial.guess:
                found = self._decoded(stack.spectra(better), better, score, trial)
                if found is not None:
                    return found
        return None

    def _read(self, parts: Sequence[NDArray[np.complex128]], frame: Homography, trial: Trial) -> Found | None:
        """Decode the spectra of aligned frames when the pilot of their sum scores enough.

        The score is that of the sum of all chunks, not the sum of their scores: where a scene stands still, each
        chunk shows by chance what the others show.
        """
        score = self._score(summed(parts))
        return self._decoded(parts, frame, score, trial) if score >= trial.guess else None

    def _score(self, spectrum: NDArray[np.complex128]) -> float:
        """Return the pilot score, in which no line counts for more than twice the usual one."""
        score = pilot_score(spectrum / np.maximum(np.abs(spectrum) / _LARGEST_LINE, 1), self._carriers)
        self._ledger.best_score = max(self._ledger.best_score, score)
        return score

    def _decoded(
        self, parts: Sequence[NDArray[np.complex128]], frame: Homography, score: float, trial: Trial
    ) -> Found | None:
        """Decode; a reading that is not clear enough for its score is none."""
        self._ledger.count(score, trial)
        soft = soft_bits(combined(parts, self._carriers), self._carriers)
        reading: Reading | None = read(soft, self._carriers, trial.paths(score))
        if reading is None or not self._ledger.accepts(score, trial, reading.signal_to_noise):
            return None
        chance = self._ledger.false_alarm(score, trial)
        return Found(reading.content_id, round(reading.signal_to_noise, 2), frame, chance)


def _frame_of(run: Run, joint: Joint) -> Homography:
    """Return the frame of a joint in the canonical frame."""
    base = resized_frame(run.shape, run.canonical)
    return composed(base, joint.orientation.T, (joint.across, joint.down))

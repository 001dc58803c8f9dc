"""Bringing chunks into step: where the tile begins is known only up to the shift that each stretch has."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmark.image.alignment import oriented, oriented_pilots
from synthmark.image.readout import aligned, pilot_surface, ring_levelled
from synthmark.video.pattern import SHIFTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthmark.image.alignment import Orientation
    from synthmark.image.carriers import Carriers

    Spectra = Sequence[NDArray[np.complex128]]

__all__ = ["Joint", "aligned_spectra", "best_joint", "fixed_joint", "summed"]


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """How chunks fit together.

    Attributes
    ----------
    score
        Of the pilot over all chunks, in standard deviations of no mark.
    orientation
        As in `synthmark.image.alignment.Offset`.
    down, across
        Where the tile begins in a stretch of shift zero.
    states
        Which of the shifts each chunk has.
    """

    score: float
    orientation: Orientation
    down: int
    across: int
    states: tuple[int, ...]

    def shift(self, state: int) -> tuple[int, int]:
        """Return where the tile begins (down, across) in a chunk."""
        down, across = _turned(state, self.orientation)
        return self.down + down, self.across + across


def _turned(state: int, orientation: Orientation) -> tuple[int, int]:
    """Return a shift (down, across) as it is seen in an orientation."""
    down, across = SHIFTS[state]
    turned = orientation.T @ np.array([across, down])
    return int(turned[1]), int(turned[0])


def best_joint(spectra: Spectra, carriers: Carriers, orientations: Sequence[Orientation]) -> Joint:
    """Return the orientation, place and shifts at which the pilot correlates best over all chunks.

    Shifts seldom change, so each change costs as much as it may gain by chance; the best path is found by dynamic
    programming (Viterbi, 1967).

    Parameters
    ----------
    spectra
        complex128 (128, 128), one per chunk.
    carriers
        Of the key.
    orientations
        Those that are tried.
    """
    levelled = [ring_levelled(spectrum) for spectrum in spectra]
    return max((_joint_in(levelled, carriers, each) for each in orientations), key=lambda joint: joint.score)


def fixed_joint(spectra: Spectra, carriers: Carriers, orientation: Orientation) -> Joint:
    """Return the shifts at which the pilot correlates best when the tile begins at (0, 0)."""
    values = np.array([_surfaces(ring_levelled(each), carriers, orientation)[:, 0, 0] for each in spectra])
    states = _path(values)
    score = float(values[np.arange(len(values)), states].sum()) / math.sqrt(len(values))
    return Joint(score, orientation, 0, 0, tuple(states))


def aligned_spectra(spectra: Spectra, joint: Joint) -> list[NDArray[np.complex128]]:
    """Return the spectra, each moved to where the tile begins and turned upright."""
    turned = joint.orientation.T
    pairs = zip(spectra, joint.states, strict=True)
    return [oriented(aligned(spectrum, *joint.shift(state)), turned) for spectrum, state in pairs]


def summed(parts: Spectra) -> NDArray[np.complex128]:
    """Return the sum of aligned spectra, rings levelled."""
    return ring_levelled(np.asarray(sum(parts)))


def _surfaces(levelled: NDArray[np.complex128], carriers: Carriers, orientation: Orientation) -> NDArray[np.float32]:
    """Return the pilot's correlation at each place of the tile, for each shift: (4, 128, 128)."""
    surface = pilot_surface(levelled, oriented_pilots(carriers)[orientation.tobytes()]).astype(np.float32)
    shifts = [_turned(state, orientation) for state in range(len(SHIFTS))]
    return np.stack([np.roll(surface, (-down, -across), (0, 1)) for down, across in shifts])


def _joint_in(levelled: Spectra, carriers: Carriers, orientation: Orientation) -> Joint:
    surfaces = [_surfaces(each, carriers, orientation) for each in levelled]
    penalty = np.float32(math.sqrt(len(surfaces)))
    total = surfaces[0]
    for surface in surfaces[1:]:
        total = np.maximum(total, total.max(axis=0) - penalty) + surface
    state, down, across = np.unravel_index(int(np.argmax(total)), total.shape)
    states = _path(np.array([surface[:, down, across] for surface in surfaces]))
    score = float(total[state, down, across]) / math.sqrt(len(surfaces))
    return Joint(score, orientation, int(down), int(across), tuple(states))


def _path(values: NDArray[np.float32]) -> list[int]:
    """Return the best sequence of states; values (chunks, states)."""
    penalty, total, came = math.sqrt(len(values)), values[0], []
    for row in values[1:]:
        jump = int(np.argmax(total))
        stays = total >= total[jump] - penalty
        came.append(np.where(stays, np.arange(len(row)), jump))
        total = np.where(stays, total, total[jump] - penalty) + row
    states = [int(np.argmax(total))]
    for origin in reversed(came):
        states.append(int(origin[states[-1]]))
    return states[::-1]

"""The averaged pictures of some chunks as one source, from which frames are warped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmark._opencv import opencv
from synthmark.image.alignment import Window, composed, covered, warp
from synthmark.image.readout import folded_at
from synthmark.video.pattern import SHIFTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthmark.image.alignment import Homography

__all__ = ["Stack"]


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Pictures of one size, and the shift of the pattern in each.

    Attributes
    ----------
    pictures
        float32 (rows, columns), whitened.
    states
        Which of the shifts each has.
    """

    pictures: Sequence[NDArray[np.float32]]
    states: Sequence[int]

    def window(self, frame: Homography, most: int = 1024) -> Window:
        """Return the rectangle of frame pixels that the pictures cover, cut to its middle."""
        return covered(frame, self.pictures[0].shape[0], self.pictures[0].shape[1], most)

    def whitened(self, frame: Homography, window: Window) -> NDArray[np.float32]:
        """Return the sum of the pictures in a window of the frame, each moved back by its shift."""
        return np.asarray(sum(self.warped(number, frame, window) for number in range(len(self.pictures))), np.float32)

    def warped(self, number: int, frame: Homography, window: Window) -> NDArray[np.float32]:
        """Return one picture in a window of the frame, moved back by its shift; zero where it does not reach."""
        cv2 = opencv()
        down, across = SHIFTS[self.states[number]]
        matrix = composed(frame, np.eye(2), (window.left + across, window.top + down))
        return np.asarray(warp(self.pictures[number], matrix, window, cv2.INTER_LINEAR, cv2.BORDER_CONSTANT))

    def spectra(self, frame: Homography, most: int = 1024) -> list[NDArray[np.complex128]]:
        """Return the spectrum of each picture in a frame."""
        window = self.window(frame, most)
        return [self.spectrum(number, frame, window) for number in range(len(self.pictures))]

    def spectrum(self, number: int, frame: Homography, window: Window) -> NDArray[np.complex128]:
        """Return the spectrum of the tile folded from one picture in a frame, rings levelled."""
        return folded_at(self.warped(number, frame, window), window.top, window.left)

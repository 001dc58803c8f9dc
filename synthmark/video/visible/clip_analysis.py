"""What is in a clip that a label should not cover, seen in frames sampled from all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmark._opencv import opencv
from synthmark.video.visible.levels import signal
from synthmark.visible.analysis import Analysis, analyse
from synthmark.visible.boxes import Box
from synthmark.visible.places import PORTRAIT
from synthmark.visible.reduction import copy_size, resized, thinned

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from synthmark.video.visible.frame_form import FrameForm, FramePlanes

    Grey = npt.NDArray[np.uint8]

__all__ = ["ClipAnalysis", "active_area", "analyse_clip", "reduced_frames"]

# What shows in a quarter of the frames counts as if it always did: a caption comes and goes.
OFTEN = 4
# A face in a single frame of this many or more is taken for a false find.
MANY_FRAMES = 8
# Of many frames, faces are looked for in every second one: that takes most of the time.
FACES_EVERY = 2
# Gradient in grey levels of an edge that stands out; it lasts when it is there in four of five frames.
STRONG_EDGE = 24
LASTING = 20
# Lasting edges are marks over moving pictures only while they are few among the strong edges of a frame: with
# a camera that stands still the whole background lasts. Below the least part there are none.
MOST_LASTING, LEAST_LASTING = 0.35, 0.002
# Gaps between the strokes of a mark, as a part of the short side.
MARK_GAP = 0.02
# Parts of a portrait over which platforms show buttons (right) and captions (below).
BUTTONS, CAPTIONS = 0.12, 0.2
# Bars: grey levels up to this are black; bars below this part of a side, or above the other, are none.
BLACK = 16
LEAST_BAR, MOST_BAR = 0.015, 0.36
# A picture begins at a bar with a straight edge: so much of its first lines is not black. A lit face in a dark
# room begins with less.
EDGE_LINES, STRAIGHT = 3, 0.4


@dataclass(slots=True)
class ClipAnalysis:
    """What was found in the frames of a clip; boxes are in pixels of the small copies.

    Attributes
    ----------
    frames
        What was found in each.
    """

    frames: list[Analysis]
    _faced: list[Analysis]
    _overlaid: npt.NDArray[np.float64]

    @property
    def scale(self) -> tuple[float, float]:
        """Size of the copies as factors of the picture's width and height."""
        return self.frames[0].scale

    def covered(self, box: Box) -> float:
        """Return how much of a box lies on faces, 0..1: the mean of all frames."""
        shares = [frame.covered(box) for frame in self._faced]
        if len(shares) >= MANY_FRAMES and np.count_nonzero(shares) == 1:
            return 0.0
        return float(np.mean(shares))

    def mean(self, name: str, box: Box) -> float:
        """Return the mean of the map "text", "marks", "detail" or "saliency" in a box, 0..1."""
        amount = float(np.mean([frame.mean(name, box) for frame in self.frames]))
        if name == "text":
            return min(1.0, OFTEN * amount)
        if name == "marks":
            return min(1.0, max(OFTEN * amount, _mean_in(self._overlaid, box)))
        return amount

    def look_closer(self, around: Box | None = None) -> None:
        """Look for small faces around a box, or everywhere."""
        for frame in self._faced:
            frame.look_closer(around)


def reduced_frames(samples: Sequence[FramePlanes], form: FrameForm) -> list[Grey]:
    """Return small grey copies of frames, as displayed: upright, in square pixels, black 0 and white 255."""
    size = copy_size(*form.displayed_size)
    return [_reduced(planes[0], form, size) for planes in samples]


def active_area(greys: Sequence[Grey]) -> Box:
    """Return the part of the picture between black bars, as fractions 0..1 of its width and height.

    Bars are taken to be equally wide on both sides, and one of them has to end in a straight line: anything else
    is a dark part of the picture.
    """
    bright = np.maximum.reduce([np.asarray(grey) for grey in greys]) > BLACK
    side, lid = _bar(bright.mean(axis=0)), _bar(bright.mean(axis=1))
    return Box(side, lid, 1 - side, 1 - lid)


def analyse_clip(greys: Sequence[Grey], area: Box, size: tuple[int, int]) -> ClipAnalysis:
    """Look for what a label should not cover in the active area of a clip.

    Parameters
    ----------
    greys
        Small grey copies of frames.
    area
        Active area as fractions of the frame.
    size
        Width and height of the active area in pixels as displayed.
    """
    height, width = greys[0].shape
    left, top, right, bottom = area.scaled(width, height).inside(width, height)
    active = [np.ascontiguousarray(grey[top:bottom, left:right]) for grey in greys]
    overlaid = _lasting_marks(active)
    if height >= PORTRAIT * width:
        _add_platform_zones(overlaid, Box(left, top, right, bottom), (width, height))
    sums = opencv().integral(overlaid, sdepth=opencv().CV_64F)
    every = FACES_EVERY if len(active) >= FACES_EVERY * MANY_FRAMES else 1
    frames = [analyse(grey, size, faces=number % every == 0) for number, grey in enumerate(active)]
    return ClipAnalysis(frames, frames[::every], sums)


def _reduced(luma: npt.NDArray[np.generic], form: FrameForm, size: tuple[int, int]) -> Grey:
    stored_size = size[::-1] if form.quarter_turns % 2 else size
    few = np.clip(signal(thinned(luma, stored_size), form) * 255, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(form.displayed(resized(few, stored_size)))


def _bar(bright: npt.NDArray[np.float64]) -> float:
    """Return how wide the bars at both ends are, as a part of the whole; half a pixel is added.

    Parameters
    ----------
    bright
        Of every line along the bars, how much is not black, 0..1.
    """
    places = np.flatnonzero(bright)
    if places.size == 0:
        return 0.0
    bar = min(int(places[0]), bright.size - 1 - int(places[-1]))
    share = (bar + 0.5) / bright.size
    edges = bright[bar : bar + EDGE_LINES].max(), bright[::-1][bar : bar + EDGE_LINES].max()
    return share if LEAST_BAR <= share <= MOST_BAR and max(edges) >= STRAIGHT else 0.0


def _lasting_marks(greys: Sequence[Grey]) -> npt.NDArray[np.float32]:
    """Return a map, 0 or 1, of logos and words that stay while the picture below them changes."""
    cv2 = opencv()
    kernel = np.ones((3, 3), np.uint8)
    edges = np.stack([cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, kernel) for grey in greys])
    lasting = np.percentile(edges, LASTING, axis=0) >= STRONG_EDGE
    usual = float(np.mean(edges >= STRONG_EDGE))
    if not LEAST_LASTING * usual < lasting.mean() <= MOST_LASTING * usual:
        return np.zeros(lasting.shape, np.float32)
    gap = max(3, round(MARK_GAP * min(lasting.shape)))
    joined = cv2.morphologyEx(lasting.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8))
    return np.asarray(cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.float32)


def _add_platform_zones(overlaid: npt.NDArray[np.float32], active: Box, size: tuple[int, int]) -> None:
    """Mark what the buttons and captions of platforms lie over, in place."""
    right = round((1 - BUTTONS) * size[0] - active.left)
    bottom = round((1 - CAPTIONS) * size[1] - active.top)
    overlaid[:, max(right, 0) :] = 1
    overlaid[max(bottom, 0) :] = 1


def _mean_in(sums: npt.NDArray[np.float64], box: Box) -> float:
    """Return the mean in a box of a map, given its integral."""
    left, top, right, bottom = box.inside(sums.shape[1] - 1, sums.shape[0] - 1)
    total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return float(total) / ((right - left) * (bottom - top))

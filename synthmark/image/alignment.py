"""Bringing a picture into the frame of its mark: warping, the offset of the tile, and the fine fit.

A frame is a homography (3, 3) from frame pixels (across, down, 1) to picture pixels; once the mark is aligned,
frame pixels are canonical pixels and a tile begins at (0, 0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from synthmark._opencv import opencv
from synthmark.image.canonical import Planes, canonical_size, planes_at
from synthmark.image.carriers import TILE, Carriers
from synthmark.image.engine import engine
from synthmark.image.readout import Spectrum, folded_at, pilot_surface

if TYPE_CHECKING:
    from synthmark.image.pictures import Picture

__all__ = [
    "MIRRORS",
    "TURNS",
    "Offset",
    "Source",
    "Window",
    "best_offset",
    "canonical_frame",
    "composed",
    "covered",
    "oriented",
    "oriented_pilots",
    "resized_frame",
    "warp",
]

Homography = NDArray[np.float64]
Orientation = NDArray[np.int64]
Part = tuple[slice, slice]

_MOST_FROM_PICTURE = 1024  # pixels; copies smaller than this are made from the copy of twice their size
_MARGIN = 3  # pixels at the edge of the picture that do not count
_MOST_SIDE = 32766  # pixels of a plane that OpenCV warps: it counts them in 16 bits
_REACH = 4  # pixels around a place that an interpolation looks at

MIRRORS: tuple[Orientation, ...] = tuple(np.diag(pair) for pair in ((1, 1), (-1, -1), (-1, 1), (1, -1)))
"""Identity, half turn and the two mirrors: what the line search cannot tell apart."""

TURNS: tuple[Orientation, ...] = MIRRORS + tuple(flip @ np.array([[0, 1], [1, 0]]) for flip in MIRRORS)
"""All eight orientations of a square."""


def resized_frame(size: tuple[int, int], resized: tuple[int, int]) -> Homography:
    """Return the frame of a picture of `size` (rows, columns) seen at another size."""
    across, down = size[1] / resized[1], size[0] / resized[0]
    return np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1.0]])


def canonical_frame(height: int, width: int) -> Homography:
    """Return the frame of a picture that was at most resized: canonical pixels to picture pixels."""
    return resized_frame((height, width), canonical_size(height, width))


def composed(frame: Homography, linear: NDArray[Any], shift: tuple[float, float] = (0.0, 0.0)) -> Homography:
    """Return the frame whose pixel x is the old frame's pixel `linear @ x + shift` (across, down)."""
    inner = np.eye(3)
    inner[:2, :2] = linear
    inner[:2, 2] = shift
    return np.asarray(frame @ inner)


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of frame pixels: first column, first row, columns, rows."""

    left: int
    top: int
    width: int
    height: int


def _corners(frame: Homography, height: int, width: int) -> NDArray[np.float64]:
    """Return the corners of a picture in frame pixels, (4, 2), in order around it."""
    right, bottom = width - 0.5, height - 0.5
    corners = np.array([[-0.5, -0.5, 1], [right, -0.5, 1], [right, bottom, 1], [-0.5, bottom, 1]])
    seen = np.linalg.solve(frame, corners.T)
    return np.asarray((seen[:2] / seen[2]).T)


def covered(frame: Homography, height: int, width: int, most: int = 1024) -> Window:
    """Return the rectangle of frame pixels that a picture covers, cut to its middle, at most `most` a side."""
    places = _corners(frame, height, width)
    left, top = np.floor(places.min(axis=0)).astype(int)
    right, bottom = np.ceil(places.max(axis=0)).astype(int)
    columns, rows = int(min(right - left, most)), int(min(bottom - top, most))
    first = int(left + right - columns) // 2, int(top + bottom - rows) // 2
    return Window(*first, max(columns, 8), max(rows, 8))


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A picture and its reduced copies, from which frames are warped."""

    picture: Picture
    _reduced: dict[int, tuple[Part, Planes]] = field(default_factory=dict)

    def size(self, halvings: int) -> tuple[int, int]:
        """Return rows and columns of the copy at 2**(-halvings / 2) of the picture's size."""
        rows, columns = (max(1, round(side * 2.0 ** (-halvings / 2))) for side in self.picture.colour.shape[:2])
        return rows, columns

    def reduced(self, halvings: int, part: Part) -> tuple[Part, Planes]:
        """Return a part of the copy at 2**(-halvings / 2) of the picture's size: which part it is, and its planes.

        It holds the rows and columns that are asked for and those of before, so that little is computed twice. The
        planes are float32 (1 or 3, rows, columns), 0..255.
        """
        held = self._reduced.get(halvings)
        if held is not None:
            part = _united(held[0], part)
        if held is None or held[0] != part:
            self._reduced[halvings] = self._computed(halvings, part)
        return self._reduced[halvings]

    def _computed(self, halvings: int, part: Part) -> tuple[Part, Planes]:
        size = self.size(halvings)
        if halvings >= 2 and max(size) < _MOST_FROM_PICTURE:
            rows, columns = self.size(halvings - 2)
            larger = self.reduced(halvings - 2, (slice(0, rows), slice(0, columns)))[1]
            return (slice(0, size[0]), slice(0, size[1])), _halved(larger, size)
        return part, planes_at(self.picture, *size, part)

    def window(self, frame: Homography, most: int = 1024) -> Window:
        """Return the rectangle of frame pixels that the picture covers, cut to its middle, at most `most` a side."""
        return covered(frame, self.picture.height, self.picture.width, most)

    def warped(self, frame: Homography, window: Window) -> tuple[Planes, NDArray[np.float32]]:
        """Return planes and validity (0 or 1) of a window of the frame: float32 (1 or 3, h, w) and (h, w)."""
        cv2 = opencv()
        zoom = math.sqrt(abs(np.linalg.det(frame[:2, :2])))
        halvings = max(0, int(2 * math.log2(max(zoom, 1e-6))))
        rows, columns = self.size(halvings)
        across, down = columns / self.picture.width, rows / self.picture.height
        shrink = np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1.0]])
        matrix = shrink @ composed(frame, np.eye(2), (window.left, window.top))
        part, planes = self.reduced(halvings, _part_within_reach((rows, columns), matrix, window))
        matrix = _led_to(part, matrix)
        smooth = cv2.INTER_LINEAR if zoom > 0.8 else cv2.INTER_CUBIC
        out = np.empty((len(planes), window.height, window.width), np.float32)
        for plane, target in zip(planes, out, strict=True):
            target[...] = warp(plane, matrix, window, smooth, cv2.BORDER_REPLICATE)
        return out, self._validity(frame, window)

    def _validity(self, frame: Homography, window: Window) -> NDArray[np.float32]:
        """Return 1 where a window shows the picture, 0 outside and on its last few pixels."""
        places = _corners(frame, self.picture.height, self.picture.width) - (window.left, window.top)
        middle = places.mean(axis=0)
        inner = places - _MARGIN * np.sign(places - middle)
        valid = np.zeros((window.height, window.width), np.uint8)
        opencv().fillConvexPoly(valid, np.rint(inner).astype(np.int32), 1)
        return valid.astype(np.float32)

    def whitened(self, frame: Homography, window: Window) -> NDArray[np.float32]:
        """Return the whitened luma of a window of the frame, zero outside the picture."""
        planes, valid = self.warped(frame, window)
        return np.asarray(engine().whiten(planes, True)[0] * valid)

    def spectrum(self, frame: Homography, window: Window, weighted: bool = True) -> Spectrum:
        """Return the spectrum of the folded tile of a window, wherever the window begins.

        Without weights the colour is left aside too: what strong compression leaves is read best from luma.
        """
        planes, valid = self.warped(frame, window)
        whitened = engine().whiten(planes if weighted else planes[:1], weighted)[0] * valid
        return folded_at(whitened, window.top, window.left)


def _halved(planes: Planes, size: tuple[int, int]) -> Planes:
    """Return planes of about twice the size reduced to `size` (rows, columns) by area."""
    cv2 = opencv()
    return np.stack([cv2.resize(plane, size[::-1], interpolation=cv2.INTER_AREA) for plane in planes])


def warp(plane: NDArray[Any], matrix: Homography, window: Window, interpolation: int, border: int) -> NDArray[Any]:
    """Return a window of a plane; `matrix` leads from window pixels to plane pixels."""
    cv2 = opencv()
    plane, matrix = _within_reach(plane, matrix, window)
    flags, size = cv2.WARP_INVERSE_MAP | interpolation, (window.width, window.height)
    if np.abs(matrix[2, :2]).max() < 1e-9:
        warped = cv2.warpAffine(plane, matrix[:2] / matrix[2, 2], size, flags=flags, borderMode=border)
    else:
        warped = cv2.warpPerspective(plane, matrix, size, flags=flags, borderMode=border)
    return np.asarray(warped)


def _part_within_reach(size: tuple[int, ...], matrix: Homography, window: Window) -> Part:
    """Return the rows and columns of a plane of a size (rows, columns) that a window shows."""
    right, bottom = window.width, window.height
    corners = matrix @ np.array([[0, right, right, 0], [0, 0, bottom, bottom], [1, 1, 1, 1.0]])
    places = (corners[:2] / corners[2])[::-1]
    first = np.clip(np.floor(places.min(axis=1)) - _REACH, 0, np.array(size) - 1).astype(int)
    last = np.clip(np.ceil(places.max(axis=1)) + _REACH, first + 1, np.minimum(size, first + _MOST_SIDE)).astype(int)
    return slice(int(first[0]), int(last[0])), slice(int(first[1]), int(last[1]))


def _led_to(part: Part, matrix: Homography) -> Homography:
    """Return the map to the pixels of a part of a plane, for one that leads to those of the whole plane."""
    shift = np.eye(3)
    shift[:2, 2] = -part[1].start, -part[0].start
    return np.asarray(shift @ matrix)


def _within_reach(plane: NDArray[Any], matrix: Homography, window: Window) -> tuple[NDArray[Any], Homography]:
    """Return the part of a very long plane that a window shows, and the map that leads to it."""
    if max(plane.shape) <= _MOST_SIDE:
        return plane, matrix
    part = _part_within_reach(plane.shape, matrix, window)
    return plane[part], _led_to(part, matrix)


def _united(one: Part, other: Part) -> Part:
    """Return the smallest part that holds two parts."""
    rows, columns = (slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(one, other, strict=True))
    return rows, columns


@dataclass(frozen=True, slots=True, eq=False)
class Offset:
    """The best orientation and cyclic shift of the tile: frame pixel x shows tile pixel orientation @ (x - shift)."""

    score: float
    orientation: Orientation
    down: int
    across: int


def oriented(spectrum: Spectrum, orientation: Orientation) -> Spectrum:
    """Return the spectrum S' with S'(f) = S(orientation @ f), f = (across, down)."""
    index = np.rint(np.fft.fftfreq(TILE, 1 / TILE)).astype(np.int64)
    across = orientation[0, 0] * index[None, :] + orientation[0, 1] * index[:, None]
    down = orientation[1, 0] * index[None, :] + orientation[1, 1] * index[:, None]
    return np.asarray(spectrum[down % TILE, across % TILE])


@lru_cache(maxsize=8)
def oriented_pilots(carriers: Carriers) -> dict[bytes, Spectrum]:
    """Return the pilot's spectrum in all eight orientations."""
    return {turn.tobytes(): oriented(carriers.pilot, turn) for turn in TURNS}


def best_offset(
    spectrum: Spectrum, carriers: Carriers, orientations: tuple[Orientation, ...], step: int = 1
) -> Offset:
    """Return where the pilot correlates best over orientations and cyclic shifts, all of them or every `step`-th."""
    best = Offset(-math.inf, MIRRORS[0], 0, 0)
    for orientation in orientations:
        surface = pilot_surface(spectrum, oriented_pilots(carriers)[orientation.tobytes()])[::step, ::step]
        down, across = np.unravel_index(int(np.argmax(surface)), surface.shape)
        score = float(surface[down, across])
        if score > best.score:
            best = Offset(score, orientation, step * int(down), step * int(across))
    return best

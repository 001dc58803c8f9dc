"""The fine fit: small displacements of the four corners of a frame that bring the pilot into step everywhere.

Each block of the frame is correlated with the pilot on its own; the sum over blocks, taken where a smooth
displacement field says, is climbed from the middle of the frame outwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from synthmark._opencv import opencv
from synthmark.image.carriers import TILE, Carriers
from synthmark.image.readout import Spectrum, folded_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthmark.image.alignment import Homography, Window

__all__ = ["Warpable", "refinements"]

_MOST_BLOCKS = 80
_REACH = 10  # pixels of displacement that a block can show
_PASSES = 3

Real = NDArray[np.float64]

# Displacements of the corners (left-top, right-top, left-bottom, right-bottom) x (across, down): shift, then
# scale, shear and rotation, then the two keystones.
_CORNERS = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]])
_SHAPES = [np.ones(4), _CORNERS[:, 0], _CORNERS[:, 1], _CORNERS[:, 0] * _CORNERS[:, 1]]
_MODES = np.array([np.outer(shape, axis) for shape in _SHAPES for axis in np.eye(2)])
_AFFINE = 6


class Warpable(Protocol):
    """What a frame can be warped from: a picture, or the averaged pictures of a video."""

    def window(self, frame: Homography, most: int = 1024) -> Window:
        """Return the rectangle of frame pixels that is covered."""

    def whitened(self, frame: Homography, window: Window) -> NDArray[np.float32]:
        """Return a window of the frame, whitened."""


def _places(height: int, width: int) -> list[tuple[int, int]]:
    """Return where blocks begin (down, across): half a tile apart, or a whole one where that makes too many."""
    for stride in (TILE // 2, TILE):
        rows, columns = (range(0, max(length - TILE, 0) + 1, stride) for length in (height, width))
        if len(rows) * len(columns) <= _MOST_BLOCKS:
            break
    return [(y, x) for y in rows for x in columns]


def _phases(starts: NDArray[np.int64], count: int) -> NDArray[np.complex64]:
    """Return the phase factors (n, count) that move blocks which begin at `starts` to a multiple of the tile."""
    return np.exp(-2j * np.pi / TILE * np.outer(starts % TILE, np.fft.fftfreq(TILE, 1 / TILE)[:count])).astype(
        np.complex64
    )


def _block_surfaces(whitened: NDArray[np.float32], window: Window, carriers: Carriers) -> tuple[Real, Real]:
    """Return the pilot correlation of each block near zero shift (n, 21, 21), and block centres (n, 2) in -1..1."""
    height, width = whitened.shape
    padded = np.pad(whitened, ((0, max(0, TILE - height)), (0, max(0, TILE - width))))
    places = np.array(_places(*padded.shape))
    spectra = np.fft.rfft2(np.stack([padded[y : y + TILE, x : x + TILE] for y, x in places]))
    half = TILE // 2 + 1
    spectra *= _phases(places[:, 0] + window.top, TILE)[:, :, None]
    spectra *= _phases(places[:, 1] + window.left, half)[:, None, :]
    level = np.sqrt(np.mean(spectra.real**2 + spectra.imag**2, axis=0)) + np.float32(1e-9)
    spectra *= (carriers.pilot[:, :half].conj() / level).astype(np.complex64)
    near = np.arange(-_REACH, _REACH + 1)
    surfaces = np.fft.irfft2(spectra, s=(TILE, TILE))[:, near[:, None], near[None, :]]
    centres = (places[:, ::-1] + TILE / 2) / (np.array([width, height]) / 2) - 1
    return surfaces.astype(np.float64), np.clip(centres, -1, 1)


def _looked_up(surfaces: Real, displacement: Real) -> Real:
    """Return the bilinear value of each block's surface: (n, 21, 21) at (trials, n, 2) to (trials, n)."""
    place = np.clip(displacement + _REACH, 0, 2 * _REACH - 1e-6)
    whole = place.astype(np.int64)
    part = place - whole
    block = np.arange(len(surfaces))
    x, y, fx, fy = whole[..., 0], whole[..., 1], part[..., 0], part[..., 1]
    upper = surfaces[block, y, x] * (1 - fx) + surfaces[block, y, x + 1] * fx
    lower = surfaces[block, y + 1, x] * (1 - fx) + surfaces[block, y + 1, x + 1] * fx
    return np.asarray(upper * (1 - fy) + lower * fy)


def _climbed(surfaces: Real, bilinear: Real, corners: Real, modes: Real, step: float) -> Real:
    """Move the corners (4, 2) mode by mode while the summed correlation grows, down to steps of 0.1 pixel."""
    moves = np.concatenate([np.zeros((1, 4, 2)), modes, -modes])
    while step >= 0.1:
        trials = corners + step * moves
        scores = _looked_up(surfaces, np.einsum("bc,tcd->tbd", bilinear, trials)).sum(axis=1)
        top = int(np.argmax(scores))
        if top == 0:
            step /= 2
        corners = trials[top]
    return corners


def _corner_displacements(surfaces: Real, centres: Real) -> Real:
    """Return displacements of the corners (4, 2): first from the middle, then further out, keystones last."""
    x, y = centres[:, 0], centres[:, 1]
    bilinear = np.stack([(1 + cx * x) * (1 + cy * y) / 4 for cx, cy in _CORNERS], axis=1)
    corners = np.zeros((4, 2))
    radius = np.abs(centres).max(axis=1)
    for reach, count in ((0.45, _AFFINE), (0.7, _AFFINE), (2.0, _AFFINE), (2.0, len(_MODES))):
        inside = radius <= max(reach, radius.min() + 0.05)
        corners = _climbed(surfaces[inside], bilinear[inside], corners, _MODES[:count], 2.0)
    return corners


def _moved(frame: Homography, window: Window, corners: Real) -> Homography:
    """Return the frame whose corners are displaced."""
    middle = np.array([window.left + window.width / 2, window.top + window.height / 2])
    places = (middle + _CORNERS * np.array([window.width, window.height]) / 2).astype(np.float32)
    change = opencv().getPerspectiveTransform(places, (places + corners).astype(np.float32))
    return np.asarray(frame @ change)


def refinements(source: Warpable, frame: Homography, carriers: Carriers) -> Iterator[tuple[Homography, Spectrum]]:
    """Yield the frame as it is and then fitted ever more finely, each with the spectrum of its folded tile.

    Parameters
    ----------
    source
        The picture.
    frame
        An aligned frame, right to within a few pixels.
    carriers
        Of the key that is tried.
    """
    window = source.window(frame)
    whitened = source.whitened(frame, window)
    for _ in range(_PASSES):
        yield frame, folded_at(whitened, window.top, window.left)
        corners = _corner_displacements(*_block_surfaces(whitened, window, carriers))
        if np.abs(corners).max() < 0.2:
            return
        frame = _moved(frame, window, corners)
        whitened = source.whitened(frame, window)
    yield frame, folded_at(whitened, window.top, window.left)

"""Sketches of pictures: 24 x 24 cells of grey in 4 bits, which coding and scaling hardly change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from synthmark._opencv import opencv

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ROW_BYTES", "SIDE", "best_window", "cells_of", "correlations", "keys_of_sketches", "reduced", "sketch_of"]

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIDE = 24
"""Cells per side of a sketch."""

ROW_BYTES = SIDE * SIDE // 2
"""Bytes of a sketch: two cells in each."""

FINE = 4 * SIDE
"""Pixels per side of the reduced picture that a sketch is made from."""

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_FLAT = 1.5  # of 255: standard deviation below which a picture shows nothing to compare
_STEPS = 3.0  # levels of the sketch per standard deviation
_KEY_BITS = 128
_LEAST_WINDOW = 0.45  # of a side: a smaller part has too few cells to be told from a part of another picture
_WINDOWS = 20
_FINER = 3  # steps per cell when a window slides


def reduced(colour: NDArray[Any], alpha: NDArray[Any] | None, peak: float) -> Floats:
    """Return a picture as float32 (96, 96) grey in 0 to 255, on white where it is transparent.

    Parameters
    ----------
    colour
        (H, W) or (H, W, 3) RGB.
    alpha
        (H, W) or None.
    peak
        The value of white, and of opaque alpha.
    """
    small = _area(colour)
    grey = small if small.ndim == 2 else small @ _LUMA
    grey = grey * np.float32(255 / peak)
    if alpha is not None:
        cover = _area(alpha) * np.float32(1 / peak)
        grey = grey * cover + 255 * (1 - cover)
    return np.asarray(grey, np.float32)


def _area(plane: NDArray[Any]) -> Floats:
    cv2 = opencv()
    return np.asarray(cv2.resize(plane, (FINE, FINE), interpolation=cv2.INTER_AREA), np.float32)


def sketch_of(grey: Floats) -> Bytes:
    """Return the sketch, uint8 (288,), of a (96, 96) grey picture; all cells are equal in a flat one."""
    cv2 = opencv()
    cells = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    spread = float(cells.std())
    scaled = (cells - cells.mean()) / max(spread, _FLAT) * (_STEPS if spread >= _FLAT else 0)
    levels = np.clip(np.rint(scaled + 7.5), 0, 15).astype(np.uint8).ravel()
    return np.asarray(levels[::2] << 4 | levels[1::2], np.uint8)


def cells_of(rows: Bytes) -> Floats:
    """Return sketches (n, 288) as float32 (n, 576) of mean 0 and length 1; flat ones are 0."""
    levels = np.stack([rows >> 4, rows & 15], axis=-1).reshape(len(rows), -1).astype(np.float32)
    levels -= levels.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(levels, axis=1, keepdims=True)
    return np.asarray(np.divide(levels, lengths, out=np.zeros_like(levels), where=lengths > 0), np.float32)


def correlations(first: Bytes, second: Bytes) -> Floats:
    """Return the correlation of each of some sketches (n, 288) with each of others (m, 288): (n, m) in -1 to 1."""
    return np.asarray(cells_of(first) @ cells_of(second).T, np.float32)


def best_window(whole: Bytes, part: Bytes, ratio: float) -> float:
    """Return how well a sketch fits a window of another one: the best correlation over places and sizes.

    Parameters
    ----------
    whole, part
        Sketches, (288,) each.
    ratio
        Aspect ratio (width by height) of the picture of ``part`` divided by that of ``whole``.
    """
    cv2 = opencv()
    large, small = (cells_of(row[None])[0].reshape(SIDE, SIDE) for row in (whole, part))
    if not large.any() or not small.any():
        return 0.0
    canvas = cv2.resize(large, (SIDE * _FINER, SIDE * _FINER), interpolation=cv2.INTER_CUBIC)
    fits = [
        cv2.matchTemplate(canvas, cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), cv2.TM_CCOEFF_NORMED).max()
        for size in _window_sizes(ratio)
    ]
    return float(max(fits, default=0.0))


def _window_sizes(ratio: float) -> Iterator[tuple[int, int]]:
    """Yield widths and heights of windows in steps of the canvas."""
    tallest = min(1.0, 1 / ratio)
    for factor in np.linspace(1.0, _LEAST_WINDOW, _WINDOWS):
        height, width = factor * tallest, factor * tallest * ratio
        if min(height, width) >= _LEAST_WINDOW:
            yield round(width * SIDE * _FINER), round(height * SIDE * _FINER)


def keys_of_sketches(rows: Bytes) -> NDArray[np.uint64]:
    """Return search keys, uint64 (n, 2): the signs of the 128 lowest cosine coefficients of each sketch."""
    if not len(rows):
        return np.zeros((0, 2), np.uint64)
    cells = cells_of(rows).reshape(-1, SIDE, SIDE)
    basis = _cosines()
    coefficients = basis @ cells @ basis.T
    across, down = np.indices((SIDE, SIDE))
    order = np.lexsort((down.ravel(), (across + down).ravel()))[1 : 1 + _KEY_BITS]  # without the mean
    bits = coefficients.reshape(-1, SIDE * SIDE)[:, order] > 0
    return np.ascontiguousarray(np.packbits(bits, axis=1)).view(">u8").astype(np.uint64)


def _cosines() -> Floats:
    """Return the matrix of the cosine transform (DCT-II), (24, 24)."""
    frequency, place = np.indices((SIDE, SIDE))
    return np.asarray(np.cos(np.pi * frequency * (2 * place + 1) / (2 * SIDE)), np.float32)

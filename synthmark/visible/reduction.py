"""Small grey copies of pictures: all that is needed to see what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark._opencv import opencv

if TYPE_CHECKING:
    import numpy.typing as npt

    Grey = npt.NDArray[np.uint8]

__all__ = ["copy_size", "resized", "thinned"]

# The copy that is analysed: short side, unless that makes it larger than the area. Tiny pictures are
# enlarged, as faces in them would be smaller than the cascades know.
SHORT_SIDE = 380
AREA = 200_000
ENLARGED_SIDE = 200


def copy_size(width: float, height: float) -> tuple[int, int]:
    """Return the width and height in pixels of the copy in which a picture is looked at."""
    short = min(height, width)
    wanted = SHORT_SIDE if short >= SHORT_SIDE else max(short, ENLARGED_SIDE)
    factor = min(wanted / short, (AREA / (height * width)) ** 0.5)
    return max(1, round(width * factor)), max(1, round(height * factor))


def thinned(pixels: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    """Leave out rows and columns of a large picture, but keep twice the final size for the next filter."""
    cv2 = opencv()
    step = max(1, pixels.shape[0] // (2 * size[1]))
    rows = np.ascontiguousarray(pixels[::step])
    columns = min(rows.shape[1], 2 * size[0])
    return np.asarray(cv2.resize(rows, (columns, rows.shape[0]), interpolation=cv2.INTER_NEAREST))


def resized(grey: Grey, size: tuple[int, int]) -> Grey:
    """Return a grey picture (H, W) at another width and height, averaged where it shrinks."""
    cv2 = opencv()
    averaging = cv2.INTER_CUBIC if size[0] > grey.shape[1] or size[1] > grey.shape[0] else cv2.INTER_AREA
    return np.asarray(cv2.resize(grey, size, interpolation=averaging), np.uint8)

"""The small grey copy of a picture in which the place of its label is looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark._opencv import opencv
from synthmark.visible.reduction import copy_size, resized, thinned

if TYPE_CHECKING:
    import numpy.typing as npt

    from synthmark.image.pictures import Picture

    Grey = npt.NDArray[np.uint8]

__all__ = ["grey_levels", "reduced"]


def reduced(picture: Picture) -> Grey:
    """Return a grey copy of a picture as uint8, of moderate size, with transparent areas in medium grey."""
    size = copy_size(picture.width, picture.height)
    grey = grey_levels(thinned(picture.colour, size), picture.peak)
    if picture.alpha is not None:
        share = thinned(picture.alpha, size).astype(np.float32) / np.float32(picture.peak)
        grey = (grey * share + 127 * (1 - share)).astype(np.uint8)
    return resized(grey, size)


def grey_levels(colour: npt.NDArray[Any], peak: float) -> Grey:
    """Return the luma of colours (H, W) or (H, W, 3), of which peak is white, as uint8."""
    cv2 = opencv()
    if colour.dtype != np.uint8:
        colour = np.clip(colour.astype(np.float32) * np.float32(255 / peak), 0, 255).astype(np.uint8)
    return np.asarray(colour if colour.ndim == 2 else cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), np.uint8)

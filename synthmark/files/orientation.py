"""The eight orientations of EXIF: turning a picture upright and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from synthmark.image.pictures import Array

__all__ = ["as_stored", "upright"]

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_OPPOSITES = {6: 8, 8: 6}


def upright(picture: Image.Image | Array, orientation: int) -> Image.Image | Array:
    """Turn a stored picture as its viewer sees it.

    Parameters
    ----------
    picture
        Image, or array with rows and columns first.
    orientation
        Value of the EXIF tag 0x0112 (EXIF 3.0, 4.6.5.1.5); anything but 2 to 8 means upright.
    """
    turn = _TURNS.get(orientation)
    if turn is None:
        return picture
    if isinstance(picture, Image.Image):
        return picture.transpose(turn)
    return _turned(picture, turn)


def as_stored(picture: Image.Image | Array, orientation: int) -> Image.Image | Array:
    """Turn an upright picture back into the order in which a file with this orientation stores it."""
    return upright(picture, _OPPOSITES.get(orientation, orientation))


def _turned(pixels: Array, turn: Image.Transpose) -> Array:
    """Do to an array what Pillow's `transpose` does to an image."""
    swapped = np.swapaxes(pixels, 0, 1)
    turned = {
        Image.Transpose.FLIP_LEFT_RIGHT: pixels[:, ::-1],
        Image.Transpose.ROTATE_180: pixels[::-1, ::-1],
        Image.Transpose.FLIP_TOP_BOTTOM: pixels[::-1],
        Image.Transpose.TRANSPOSE: swapped,
        Image.Transpose.ROTATE_270: swapped[:, ::-1],
        Image.Transpose.TRANSVERSE: swapped[::-1, ::-1],
        Image.Transpose.ROTATE_90: swapped[::-1],
    }[turn]
    return np.ascontiguousarray(turned)

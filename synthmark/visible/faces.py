"""Where faces are, by the cascades of Haar features that come with OpenCV (Viola and Jones, CVPR 2001)."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark._opencv import opencv
from synthmark.errors import DependencyError
from synthmark.visible.boxes import Box

if TYPE_CHECKING:
    import numpy.typing as npt

    Grey = npt.NDArray[np.uint8]

__all__ = ["large_faces", "small_faces"]

# Sizes of faces as parts of the short side. Searching for small ones costs most, so they are looked for
# only where a label is to go. The two ranges overlap, as the least sizes of a search are often missed.
LARGE = 0.15
SMALL, SMALL_END = 0.06, 0.27
# Seen from the side, only faces from this size on are found with any certainty.
LARGE_PROFILE = 0.2
FRONTAL = "haarcascade_frontalface_alt2.xml"
PROFILE = "haarcascade_profileface.xml"
# Least size in pixels of the faces that these two cascades know.
WINDOW = 20
# How many neighbouring windows have to agree on a face.
AGREEING = 2

_cascades = threading.local()


def large_faces(grey: Grey) -> list[Box]:
    """Find faces of 15 % of the short side and more from the front, of 20 % from either side.

    Parameters
    ----------
    grey
        uint8 array (H, W).

    Returns
    -------
    list of Box
        Boxes in pixels of `grey`.
    """
    short, most, width = min(grey.shape), max(grey.shape), grey.shape[1]
    frontal = _detect(FRONTAL, grey, round(LARGE * short), most, step=1.1)
    profile = _detect(PROFILE, grey, round(LARGE_PROFILE * short), most, step=1.3)
    turned = np.ascontiguousarray(grey[:, ::-1])
    mirrored = _detect(PROFILE, turned, round(LARGE_PROFILE * short), most, step=1.3)
    return frontal + profile + [box._replace(left=width - box.right, right=width - box.left) for box in mirrored]


def small_faces(grey: Grey, around: Box | None = None) -> list[Box]:
    """Find faces of 6 to 27 % of the short side, seen from the front.

    Parameters
    ----------
    grey
        uint8 array (H, W).
    around
        Part of `grey` whose surroundings are searched; None searches all of it.

    Returns
    -------
    list of Box
        Boxes in pixels of `grey`.
    """
    height, width = grey.shape
    least, most = round(SMALL * min(grey.shape)), round(SMALL_END * min(grey.shape))
    searched = around.grown(most) if around else Box(0, 0, width, height)
    left, top, right, bottom = searched.inside(width, height)
    found = _detect(FRONTAL, np.ascontiguousarray(grey[top:bottom, left:right]), least, most, step=1.15)
    return [box.moved(left, top) for box in found]


def _detect(name: str, grey: Grey, least: int, most: int, *, step: float) -> list[Box]:
    """Find faces of sizes from least to most with one cascade; `step` is the ratio of neighbouring sizes.

    The picture is reduced until the least face fills the cascade's own window: faster than asking the
    cascade for large faces.
    """
    least = max(least, WINDOW)
    if min(grey.shape) < least or most < least:
        return []
    factor = WINDOW / least
    size = tuple(max(WINDOW, round(length * factor)) for length in grey.shape[::-1])
    small = opencv().resize(grey, size, interpolation=opencv().INTER_AREA)
    limit = max(WINDOW, round(most * factor))
    found = _cascade(name).detectMultiScale(small, step, AGREEING, maxSize=(limit, limit))
    back_x, back_y = grey.shape[1] / size[0], grey.shape[0] / size[1]
    return [Box(float(x), float(y), float(x + w), float(y + h)).scaled(back_x, back_y) for x, y, w, h in found]


def _cascade(name: str) -> Any:  # noqa: ANN401 - OpenCV's object
    """Load a cascade once in each thread, as it keeps buffers between calls."""
    cascade = getattr(_cascades, name, None)
    if cascade is None:
        cascade = _loaded(name)
        setattr(_cascades, name, cascade)
    return cascade


def _loaded(name: str) -> Any:  # noqa: ANN401
    """Read a cascade from text, as OpenCV on Windows opens no path with other than ASCII letters."""
    cv2 = opencv()
    try:
        text = Path(cv2.data.haarcascades, name).read_text(encoding="utf-8")
    except (AttributeError, OSError) as error:
        raise DependencyError(
            f"This build of OpenCV lacks the face cascade {name}: install it with "
            "'pip install \"opencv-python>=4.8,<5\"'."
        ) from error
    cascade = cv2.CascadeClassifier()
    storage = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
    cascade.read(storage.getFirstTopLevelNode())
    return cascade

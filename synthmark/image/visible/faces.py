"""Where faces are, by the cascades of Haar features that come with OpenCV (Viola and Jones, CVPR 2001)."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark.errors import DependencyError
from synthmark.image._opencv import opencv
from synthmark.image.visible.boxes import Box

if TYPE_CHECKING:
    import numpy.typing as npt

    Grey = npt.NDArray[np.uint8]

__all__ = ["large_faces", "small_faces"]

# Sizes of faces as parts of the short side. Searching for small ones costs most, so they are looked for
# only where a label is to go.
LARGE = 0.17
SMALL = 0.06
# Pixels below which the cascades cannot see a face: their own windows.
WINDOW = 24
AGREEING = 3

_cascades = threading.local()


def large_faces(grey: Grey) -> list[Box]:
    """Find faces of 17 % of the short side and more, seen from the front or from either side.

    Parameters
    ----------
    grey
        uint8 array (H, W).

    Returns
    -------
    list of Box
        Boxes in pixels of `grey`.
    """
    least = max(WINDOW, round(LARGE * min(grey.shape)))
    mirrored = np.ascontiguousarray(grey[:, ::-1])
    seen = _detect("haarcascade_frontalface_default.xml", grey, least, max(grey.shape), 1.2)
    seen += _detect("haarcascade_profileface.xml", grey, least, max(grey.shape), 1.3)
    turned = _detect("haarcascade_profileface.xml", mirrored, least, max(grey.shape), 1.3)
    width = grey.shape[1]
    return seen + [Box(width - box.right, box.top, width - box.left, box.bottom) for box in turned]


def small_faces(grey: Grey, around: Box | None = None) -> list[Box]:
    """Find faces of 6 to 20 % of the short side, seen from the front.

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
    short = min(grey.shape)
    least, most = max(WINDOW, round(SMALL * short)), max(WINDOW, round(1.2 * LARGE * short))
    height, width = grey.shape
    whole = Box(0, 0, width, height)
    left, top, right, bottom = (around.grown(most) if around else whole).inside(width, height)
    part = np.ascontiguousarray(grey[top:bottom, left:right])
    found = _detect("haarcascade_frontalface_default.xml", part, least, most, 1.2)
    return [box.moved(left, top) for box in found]


def _detect(name: str, grey: Grey, least: int, most: int, step: float) -> list[Box]:
    """Run one cascade; `step` is the ratio of neighbouring sizes."""
    if min(grey.shape) < least:
        return []
    found = _cascade(name).detectMultiScale(
        grey, step, AGREEING, minSize=(least, least), maxSize=(most, most)
    )
    return [Box(float(x), float(y), float(x + w), float(y + h)) for x, y, w, h in found]


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

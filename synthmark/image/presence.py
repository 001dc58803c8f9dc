"""Where in a picture a mark is present: pasted or replaced parts stand out.

The picture is brought into the frame of the mark and whitened, multiplied with the tile of the content id that was
read, and averaged over a neighbourhood. Tiles in wrong places tell what the same average gives without a mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmark._opencv import opencv
from synthmark.errors import InputError
from synthmark.image.alignment import Source, Window
from synthmark.image.carriers import TILE, carriers
from synthmark.image.pictures import as_picture
from synthmark.keys import key_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthmark.image.extraction import ImageDetection

__all__ = ["PresenceMap", "presence_map"]

_NEIGHBOURHOOD = 20.0  # canonical pixels: standard deviation of the Gaussian average
_WRONG_PLACES = 16  # tiles that are shifted at random: what the average gives without a mark
_THRESHOLD = 2.5  # standard deviations of no mark from which the mark counts as present
_MOST = 4096  # canonical pixels of a side


@dataclass(frozen=True, slots=True, eq=False)
class PresenceMap:
    """Where the mark is.

    Attributes
    ----------
    score
        float32 (rows, columns), a reduced picture: correlation with the mark in standard deviations of no mark.
    present
        bool (rows, columns): whether the mark counts as present.
    threshold
        The score from which it does.
    """

    score: NDArray[np.float32]
    present: NDArray[np.bool_]
    threshold: float

    @property
    def share(self) -> float:
        """Part of the area in which the mark is present, 0 to 1."""
        return float(self.present.mean())


def presence_map(
    picture: object, detection: ImageDetection, key: bytes | None = None, *, short_side: int = 256
) -> PresenceMap:
    """Return where the mark of a detection is present in the picture it was found in.

    Parts full of strong texture show little of the mark, so that it may go unseen there.

    Parameters
    ----------
    picture
        The picture that was given to `extract`.
    detection
        What it returned, true.
    key
        The key it was given.
    short_side
        Pixels of the short side of the map.

    Raises
    ------
    InputError
        When the detection found nothing, or the picture is unusable.
    """
    if detection.content_id is None or detection.frame is None:
        raise InputError("The detection found no mark; there is nothing to draw a map of.")
    source = Source(as_picture(picture))
    frame = np.array(detection.frame)
    window = source.window(frame, _MOST)
    whitened = source.whitened(frame, window)
    tile = carriers(key_bytes(key)).tile(detection.content_id)
    score = _on_picture(_score(whitened, tile, window), source, frame, window, short_side)
    return PresenceMap(score, score >= _THRESHOLD, _THRESHOLD)


def _score(whitened: NDArray[np.float32], tile: NDArray[np.float32], window: Window) -> NDArray[np.float32]:
    """Return the averaged correlation with the tile over what tiles in wrong places give."""
    places = np.random.default_rng(0).integers(8, TILE - 8, (_WRONG_PLACES, 2))
    squares = [_average(whitened, tile, window, int(down), int(across)) ** 2 for down, across in places]
    spread = _smooth(np.mean(squares, axis=0))
    return np.asarray(_average(whitened, tile, window) / np.sqrt(spread + 1e-9), np.float32)


def _average(
    whitened: NDArray[np.float32], tile: NDArray[np.float32], window: Window, down: int = 0, across: int = 0
) -> NDArray[np.float32]:
    """Return the average of picture times repeated tile around every pixel."""
    placed = np.roll(tile, (down - window.top, across - window.left), (0, 1))
    rows, columns = -(-window.height // TILE), -(-window.width // TILE)
    repeated = np.tile(placed, (rows, columns))[: window.height, : window.width]
    return _smooth(whitened * repeated)


def _smooth(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(opencv().GaussianBlur(plane, (0, 0), _NEIGHBOURHOOD))


def _on_picture(
    score: NDArray[np.float32], source: Source, frame: NDArray[np.float64], window: Window, short_side: int
) -> NDArray[np.float32]:
    """Bring the scores from the frame of the mark back to the picture, at a reduced size."""
    cv2 = opencv()
    height, width = source.picture.height, source.picture.width
    factor = short_side / min(height, width)
    rows, columns = max(1, round(height * factor)), max(1, round(width * factor))
    shrink = np.array([[columns / width, 0, 0], [0, rows / height, 0], [0, 0, 1.0]])
    shift = np.array([[1, 0, window.left], [0, 1, window.top], [0, 0, 1.0]])
    matrix = shrink @ frame @ shift
    return np.asarray(cv2.warpPerspective(score, matrix, (columns, rows), borderMode=cv2.BORDER_REPLICATE))

"""The layers that lie in the pixels, on all frames of a file: visible label and watermark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark import image
from synthmark._opencv import opencv
from synthmark.errors import CapacityError
from synthmark.image.pictures import as_picture
from synthmark.image.visible import LabelPlacement, draw_label, place_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from synthmark.config import Config
    from synthmark.detection import Detection
    from synthmark.image.pictures import Array

    Picture = Image | Array

__all__ = ["Mark", "MarkedFrames", "draw_labels", "embed_marks", "extracted"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A watermark to embed: content id, key (None: the published one), and factor on the usual strength."""

    content_id: int
    key: bytes | None
    strength: float


@dataclass(frozen=True, slots=True, eq=False)
class MarkedFrames:
    """Frames with the watermark.

    Attributes
    ----------
    frames
        The pictures, of the same kind and size as before.
    marked
        Numbers of the frames that carry the mark; flat frames of an animation may be unable to.
    psnr
        Of the mark over all marked frames, in decibels (infinite when nothing changed); None without mark.
    """

    frames: tuple[Picture, ...]
    marked: tuple[int, ...]
    psnr: float | None


def draw_labels(
    frames: Sequence[Picture], config: Config, *, force: bool = False
) -> tuple[tuple[Picture, ...], LabelPlacement]:
    """Draw the visible label on all frames, at one place on frames of one size.

    Returns
    -------
    tuple
        The frames, and the placement on the first of them.

    Raises
    ------
    InputError, CapacityError
        See `synthmark.image.label`.
    """
    placements: dict[tuple[int, int], LabelPlacement] = {}
    drawn: list[Picture] = []
    for frame in frames:
        size = _size(frame)
        if size not in placements:
            placements[size] = place_label(
                frame, config.text, position=config.position, font=config.font, force=force
            )
        drawn.append(draw_label(frame, placements[size]))
    return tuple(drawn), placements[_size(frames[0])]


def embed_marks(frames: Sequence[Picture], mark: Mark) -> MarkedFrames:
    """Embed one content id into every frame that can carry it.

    Raises
    ------
    CapacityError
        When no frame can.
    """
    result: list[Picture] = []
    marked: list[int] = []
    errors = _Errors()
    refusal: CapacityError | None = None
    for number, frame in enumerate(frames):
        try:
            after: Any = image.embed(frame, mark.content_id, mark.key, strength=mark.strength)
        except CapacityError as error:
            refusal = refusal or error
            result.append(frame)
            continue
        errors.add(frame, after)
        result.append(after)
        marked.append(number)
    if refusal is not None and not marked:
        raise refusal
    return MarkedFrames(tuple(result), tuple(marked), errors.psnr())


def extracted(frame: Picture, mark: Mark) -> Detection:
    """Look for a mark of the same key in a frame, without any search for geometric changes."""
    return image.extract(frame, mark.key, search="fast")


def _size(frame: Picture) -> tuple[int, int]:
    """Return width and height."""
    if isinstance(frame, np.ndarray):
        return int(frame.shape[1]), int(frame.shape[0])
    return frame.size


class _Errors:
    """Sums up the squared differences of pictures, as parts of the peak value."""

    def __init__(self) -> None:
        self._sum = 0.0
        self._count = 0

    def add(self, before: Picture, after: Picture) -> None:
        """Add the difference of two pictures of one kind and size."""
        cv2, old, new = opencv(), as_picture(before), as_picture(after)
        self._sum += cv2.norm(old.colour, new.colour, cv2.NORM_L2SQR) / old.peak**2
        self._count += old.colour.size

    def psnr(self) -> float:
        """Return the peak signal-to-noise ratio in decibels."""
        return -10 * math.log10(self._sum / self._count) if self._sum else math.inf

"""Pictures by which people judge a mark: a marked frame, the difference, and one line of pixels over time."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from media_video import Luma, frame_picture, luma_frames
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["AMPLIFIED", "amplified", "strip_over_time", "written_looks"]

AMPLIFIED = 20
FRAMES = 120  # of the strip


def written_looks(original: Path, marked: Path, folder: Path, index: int = 12) -> None:
    """Write three PNG files: a marked frame, its difference times 20 on grey, and a strip over time.

    The strip shows the middle line of the first frames below each other: the original, the marked clip, and the
    difference times 20. What flickers shows as stripes across.
    """
    folder.mkdir(parents=True, exist_ok=True)
    planes = [[_eight_bit(plane) for _, plane in islice(luma_frames(path), FRAMES)] for path in (original, marked)]
    index = min(index, len(planes[0]) - 1)
    pictures = {
        "frame": frame_picture(marked, index),
        "difference": amplified(planes[0][index], planes[1][index]),
        "strip": strip_over_time(*planes),
    }
    for name, picture in pictures.items():
        Image.fromarray(picture).save(folder / f"{original.stem}_{name}.png")


def _eight_bit(plane: np.ndarray) -> Luma:
    return (plane >> 2 if plane.dtype == np.uint16 else plane).astype(np.uint8)


def amplified(original: Luma, marked: Luma) -> Luma:
    """Return the difference times 20 around grey, clipped."""
    return np.clip(128 + AMPLIFIED * (marked.astype(int) - original), 0, 255).astype(np.uint8)


def strip_over_time(original: list[Luma], marked: list[Luma]) -> Luma:
    """Return the middle line of every frame, time downwards: original, marked and difference below each other."""
    before, after = (np.stack([plane[plane.shape[0] // 2] for plane in planes]) for planes in (original, marked))
    gap = np.full((4, before.shape[1]), 255, np.uint8)
    return np.concatenate([before, gap, after, gap, amplified(before, after)])

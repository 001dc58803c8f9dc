"""The form of the frames of a clip: how their planes are stored, and how a player turns and stretches them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from synthmark.errors import InputError
from synthmark.visible.boxes import Box

__all__ = ["FrameForm", "FramePlanes", "require_planes"]

# Y, U and V; or Y and interleaved UV of shape (rows, columns, 2); or Y alone.
FramePlanes = Sequence[npt.NDArray[Any]]

MATRICES = ("bt709", "bt601", "bt2020nc")
TRANSFERS = ("sdr", "pq", "hlg")
# Beyond this no player shows a picture that anyone could read; a broken header gives such numbers.
MOST_STRETCH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameForm:
    """How the frames of a clip are stored and shown.

    Attributes
    ----------
    width, height
        Of the stored luma plane, in samples.
    bit_depth
        8 (uint8), or 9 to 16 (uint16, in the low bits).
    subsampling
        How many luma samples one chroma sample stands for, horizontally and vertically: (2, 2) is 4:2:0.
    full_range
        Whether black is 0 and white the largest number, instead of 16 and 235 (times 2 ** (bit_depth - 8)).
    matrix
        "bt709", "bt601" or "bt2020nc": how luma and chroma make up red, green and blue (ITU-T H.273).
    transfer
        "sdr", "pq" (SMPTE ST 2084) or "hlg" (ITU-R BT.2100).
    rotation
        Multiple of 90: by how many degrees players turn the stored frame counterclockwise, which is what
        PyAV's `VideoFrame.rotation` says.
    sample_aspect
        Width by height of a stored sample as shown, before the rotation.

    Raises
    ------
    InputError
        When a value is out of range.
    """

    width: int
    height: int
    bit_depth: int = 8
    subsampling: tuple[int, int] = (2, 2)
    full_range: bool = False
    matrix: str = "bt709"
    transfer: str = "sdr"
    rotation: int = 0
    sample_aspect: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        rules = {
            "width and height": self.width > 0 and self.height > 0,
            "bit_depth": self.bit_depth in range(8, 17),
            "subsampling": all(factor in (1, 2, 4) for factor in self.subsampling),
            "matrix": self.matrix in MATRICES,
            "transfer": self.transfer in TRANSFERS,
            "rotation": self.rotation % 90 == 0,
            "sample_aspect": Fraction(1, MOST_STRETCH) <= self.sample_aspect <= MOST_STRETCH,
        }
        wrong = [name for name, holds in rules.items() if not holds]
        if wrong:
            raise InputError(f"This form of frames cannot be used, because of {', '.join(wrong)}: {self}.")

    @property
    def quarter_turns(self) -> int:
        """Quarter turns counterclockwise from the stored to the displayed frame, 0..3."""
        return self.rotation // 90 % 4

    @property
    def square_size(self) -> tuple[int, int]:
        """Width and height of the stored frame in square samples; the more finely sampled side stays."""
        if self.sample_aspect >= 1:
            return round(self.width * self.sample_aspect), self.height
        return self.width, round(self.height / self.sample_aspect)

    @property
    def displayed_size(self) -> tuple[int, int]:
        """Width and height of the frame as displayed, in square samples."""
        width, height = self.square_size
        return (height, width) if self.quarter_turns % 2 else (width, height)

    def displayed(self, stored: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Turn an array (H, W, ...) from the stored into the displayed orientation; a view."""
        return np.rot90(stored, self.quarter_turns)

    def stored(self, displayed: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Turn an array from the displayed into the stored orientation; a view."""
        return np.rot90(displayed, -self.quarter_turns)

    def stored_box(self, box: Box) -> Box:
        """Return where a box of the displayed frame lies in the stored frame, in whole samples."""
        width, height = self.square_size
        turned = _turned_back(box, self.quarter_turns, width, height)
        exact = turned.scaled(self.width / width, self.height / height)
        return Box(*(round(edge) for edge in exact))


def require_planes(planes: FramePlanes, form: FrameForm) -> None:
    """Check that planes have the form that a label was made for.

    Raises
    ------
    InputError
        When their number, shape or dtype is another.
    """
    across, down = form.subsampling
    cells = (-(-form.height // down), -(-form.width // across))
    luma = (form.height, form.width)
    shapes = tuple(tuple(plane.shape) for plane in planes)
    if shapes not in ((luma,), (luma, cells, cells), (luma, (*cells, 2))):
        raise InputError(f"Planes of shapes {(luma, cells, cells)} are needed; these have {shapes}.")
    wanted = np.uint8 if form.bit_depth == 8 else np.uint16
    if any(plane.dtype != wanted for plane in planes):
        raise InputError(f"Planes with {form.bit_depth} bits have dtype {np.dtype(wanted)}.")


def _turned_back(box: Box, quarter_turns: int, width: int, height: int) -> Box:
    """Return a box before a frame (width x height) was turned counterclockwise by quarter turns."""
    left, top, right, bottom = box
    return (
        box,
        Box(width - bottom, left, width - top, right),
        Box(width - right, height - bottom, width - left, height - top),
        Box(top, height - right, bottom, height - left),
    )[quarter_turns]

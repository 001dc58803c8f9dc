"""The public mark of Stable Diffusion, SDXL and FLUX: the method dwtDct of the package invisible-watermark.

The method changes, in each 4 x 4 block of the Haar approximation of the chrominance U, the largest coefficient but
the first so that its remainder by 36 tells one bit; the message repeats over the blocks row by row. A picture that
was cut or resized holds it no longer. Anyone can write this mark, and many copies of these programs leave it out.

Source of the messages: CompVis/stable-diffusion `scripts/txt2img.py`, Stability-AI/stablediffusion
`scripts/txt2img.py`, Stability-AI/generative-models `sgm/inference/helpers.py` and diffusers
`pipelines/stable_diffusion_xl/watermark.py`, black-forest-labs/flux `src/flux/util.py`. Some programs
hand 8-bit values to the package and some floats (U is then centred on 0.5, not 128); some in the order BGR, some RGB.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pywt

from synthmark._opencv import opencv
from synthmark.image.pictures import as_picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["MESSAGES", "ForeignMark", "find_foreign_mark"]

_STEP = 36.0  # of the quantiser
_BLOCK = 4  # coefficients of a side
_MOST_PIXELS = 4_000_000  # that are read of a larger picture: hundreds of blocks for each bit
_ACCEPTED = 1e-6  # chance of agreement by accident, after correction
_BLOCKS_PER_BIT = 4  # at least; with fewer, the votes are no votes


def _bits_of(text: str) -> NDArray[np.bool_]:
    return np.unpackbits(np.frombuffer(text.encode("ascii"), np.uint8)).astype(bool)


def _bits(digits: str) -> NDArray[np.bool_]:
    return np.array([digit == "1" for digit in digits])


MESSAGES: dict[str, NDArray[np.bool_]] = {
    "Stable Diffusion 1": _bits_of("StableDiffusionV1"),
    "Stable Diffusion 2": _bits_of("SDV2"),
    "SDXL": _bits("101100111110110010010000011110111011000110011110"),
    # written there with two zeros in front, which `bin` drops
    "FLUX": _bits("1010101111111010000111100111001111010100101110"),
}
"""The fixed messages, by the family of models whose programs write them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignMark:
    """What was found of the public marks of other programs; true when one was found.

    Attributes
    ----------
    found
        Whether a message agrees better than chance allows.
    name
        Key of `MESSAGES`, or None.
    agreeing, bits
        How many bits of the message agree, of how many.
    false_alarm_probability
        Chance that independent random bits agree so well with any message in any variant; None when nothing
        was found.
    numbers
        "8-bit" or "float": what the program that wrote it handed over.
    order
        "BGR" or "RGB".
    """

    found: bool = False
    name: str | None = None
    agreeing: int = 0
    bits: int = 0
    false_alarm_probability: float | None = None
    numbers: str = ""
    order: str = ""

    def __bool__(self) -> bool:
        """Return whether a mark was found."""
        return self.found


def find_foreign_mark(picture: object) -> ForeignMark:
    """Look for the public marks of Stable Diffusion, SDXL and FLUX in a picture in its original size.

    Parameters
    ----------
    picture
        uint8, uint16 or float array (H, W, 3) RGB or (H, W, 4), or a PIL image; a grey picture cannot hold them.

    Raises
    ------
    InputError
        When the picture is unusable.
    """
    taken = as_picture(picture)
    if taken.colour.ndim != 3:
        return ForeignMark()
    rows = max(_BLOCK, _MOST_PIXELS // taken.colour.shape[1])  # blocks count row by row: the first rows are enough
    rgb = _eight_bits(taken.colour[:rows], taken.peak)
    best = min(_candidates(rgb), key=lambda mark: mark.false_alarm_probability or 0.0, default=ForeignMark())
    chance = best.false_alarm_probability
    return best if chance is not None and chance <= _ACCEPTED else ForeignMark()


def _eight_bits(colour: NDArray[Any], peak: float) -> NDArray[np.uint8]:
    if colour.dtype == np.uint8:
        return colour
    return np.asarray(np.clip(np.rint(colour * (255.0 / peak)), 0, 255).astype(np.uint8))


def _candidates(rgb: NDArray[np.uint8]) -> Iterator[ForeignMark]:
    """Yield how well every message agrees in every variant."""
    variants = list(product(("8-bit", "float"), ("BGR", "RGB")))
    for numbers, order in variants:
        votes = _block_bits(_chrominance(rgb, numbers, order))
        for name, message in MESSAGES.items():
            if len(votes) >= _BLOCKS_PER_BIT * len(message):
                agreeing = int(np.count_nonzero(_majority(votes, len(message)) == message))
                chance = _tail(agreeing, len(message)) * len(MESSAGES) * len(variants)
                yield ForeignMark(
                    found=True,
                    name=name,
                    agreeing=agreeing,
                    bits=len(message),
                    false_alarm_probability=min(1.0, chance),
                    numbers=numbers,
                    order=order,
                )


def _chrominance(rgb: NDArray[np.uint8], numbers: str, order: str) -> NDArray[np.generic]:
    """Return the plane U as the package sees it: uint8 or float32, since rounding decides where blocks are flat."""
    cv2 = opencv()
    given = np.ascontiguousarray(rgb[..., ::-1] if order == "BGR" else rgb)
    converted = cv2.cvtColor(given if numbers == "8-bit" else given.astype(np.float32), cv2.COLOR_BGR2YUV)
    return np.asarray(converted[..., 1])


def _block_bits(plane: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return the bit of every block, row by row."""
    rows, columns = (side // 4 * 4 for side in plane.shape)
    if min(rows, columns) < 2 * _BLOCK:
        return np.zeros(0, bool)
    approximation, _ = pywt.dwt2(plane[:rows, :columns], "haar")
    down, across = (side // _BLOCK for side in approximation.shape)
    cut = approximation[: down * _BLOCK, : across * _BLOCK]
    blocks = cut.reshape(down, _BLOCK, across, _BLOCK).swapaxes(1, 2).reshape(-1, _BLOCK * _BLOCK)
    largest = np.abs(blocks[:, 1:]).max(axis=1, initial=0.0)
    return np.asarray(largest % _STEP > _STEP / 2)


def _majority(votes: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Return what most of the blocks say that hold the same bit of a message."""
    place = np.arange(len(votes)) % length
    ones = np.bincount(place, votes, length)
    return np.asarray(ones * 255 > 127 * np.bincount(place, minlength=length))


def _tail(agreeing: int, bits: int) -> float:
    """Return the chance that so many of so many fair bits agree, or more."""
    return math.fsum(math.comb(bits, count) for count in range(agreeing, bits + 1)) / 2.0**bits

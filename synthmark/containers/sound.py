"""What every reader and writer of sound shares: how the sound of a file is coded, and blocks of samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from synthmark.errors import DamagedMediaError, UnsupportedMediaError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    Block = NDArray[np.generic]

__all__ = [
    "BLOCK_FRAMES",
    "LONGEST_SECONDS",
    "SoundForm",
    "SoundReader",
    "checked_blocks",
    "checked_form",
    "collected",
]

BLOCK_FRAMES = 1 << 16
"""Samples per channel that are read at a time."""
LONGEST_SECONDS = 24 * 3600
"""Longer sound is refused: a few bytes of a compressed file can stand for hours of silence."""
_RATES = (8000, 192_000)
_MOST_CHANNELS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundForm:
    """How the sound of a file is coded.

    Attributes
    ----------
    rate
        Sample rate in hertz.
    channels
        How many.
    dtype
        In which samples are given and taken without loss: int16, int32, float32 or float64.
    coding
        How they are stored, by the name of the library: PCM_16, FLOAT, VORBIS, mp3, aac, opus, alac, ...
    frames
        Samples per channel that the file states; None when it does not.
    layout
        Names of the channels as FFmpeg writes them ("stereo", "5.1"); empty when the library does not tell.
    bit_rate
        Mean of the coded sound in bit/s; 0 for codings without loss.
    constant
        Whether each packet has the same bit rate.
    tracks
        How many sound tracks the file has; the first is read.
    profile
        Variant of the codec, such as LC or HE-AAC; empty when there is none.
    """

    rate: int
    channels: int
    dtype: str
    coding: str
    frames: int | None = None
    layout: str = ""
    bit_rate: float = 0.0
    constant: bool = False
    tracks: int = 1
    profile: str = ""


class SoundReader(Protocol):
    """A sound file that is open for reading."""

    @property
    def form(self) -> SoundForm:
        """How its sound is coded."""

    def blocks(self) -> Iterator[Block]:
        """Yield the samples from the start in arrays (n, channels) of the form's dtype."""


def checked_form(form: SoundForm, name: str) -> SoundForm:
    """Return the form of a file after checking that it can be worked with.

    Raises
    ------
    UnsupportedMediaError, DamagedMediaError
        When the rate, the channels or the length are out of range.
    """
    low, high = _RATES
    if not low <= form.rate <= high:
        raise UnsupportedMediaError(f"The sample rate is {form.rate} Hz; {low} to {high} Hz are supported.")
    if not 1 <= form.channels <= _MOST_CHANNELS:
        raise UnsupportedMediaError(f"The sound has {form.channels} channels; 1 to {_MOST_CHANNELS} are supported.")
    if form.frames is not None and form.frames > LONGEST_SECONDS * form.rate:
        raise DamagedMediaError(
            f"The {name} file states {form.frames} samples, {form.frames / form.rate / 3600:.0f} hours; at most "
            f"{LONGEST_SECONDS // 3600} hours are read. Cut it into parts."
        )
    return form


def collected(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield small blocks, such as the frames of a codec, put together to some `BLOCK_FRAMES` each."""
    parts: list[Block] = []
    count = 0
    for block in blocks:
        parts.append(block)
        count += len(block)
        if count >= BLOCK_FRAMES:
            yield np.concatenate(parts)
            parts, count = [], 0
    if parts:
        yield np.concatenate(parts)


def checked_blocks(blocks: Iterable[Block], form: SoundForm, name: str) -> Iterator[Block]:
    """Yield blocks as they are, and refuse sound that is empty, endless, cut short or no finite number.

    Raises
    ------
    DamagedMediaError
        See above.
    """
    count = 0
    for block in blocks:
        count += len(block)
        if count > LONGEST_SECONDS * form.rate:
            raise DamagedMediaError(f"The {name} file holds more than {LONGEST_SECONDS // 3600} hours of sound.")
        if block.dtype.kind == "f" and not np.isfinite(block).all():
            raise DamagedMediaError(f"The {name} file holds samples that are no finite numbers.")
        yield block
    if count == 0 or count < (form.frames or 0):
        raise DamagedMediaError(f"The {name} file states {form.frames or 0} samples and holds {count}.")

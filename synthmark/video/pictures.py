"""What the extractor keeps of a video: frames, whitened and averaged over half seconds, at a small size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark._opencv import opencv
from synthmark.image.carriers import TILE
from synthmark.image.engine import engine
from synthmark.video.pattern import frame_size, resampled_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SHORT_SIDE", "Chunk", "ChunkMaker", "picture_size"]

SHORT_SIDE = 320
"""Pixels of the short side of an averaged picture: a quarter more than the canonical frame of video has."""

_DURATION = 0.5  # seconds
_RATE = 12.0  # frames a second that are looked at: more of them say little more
_LEVELLED = 9  # pixels over which the noise of an average is levelled


def picture_size(height: int, width: int) -> tuple[int, int]:
    """Return the (rows, columns) of the averaged pictures of a video."""
    return resampled_size(height, width, SHORT_SIDE / 512)


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Half a second of video.

    Attributes
    ----------
    start, end
        In seconds; it ends where the next chunk starts.
    picture
        float32, the average of its whitened frames, 320 pixels on the short side.
    spectrum
        complex128 (128, 128), of the tile that is folded from the canonical frame.
    """

    start: float
    end: float
    picture: NDArray[np.float32]
    spectrum: NDArray[np.complex128]


class ChunkMaker:
    """Averages frames.

    Parameters
    ----------
    height, width
        Of the frames.
    bit_depth
        Of their luma.
    """

    def __init__(self, height: int, width: int, bit_depth: int) -> None:
        self._size = picture_size(height, width)
        self._canonical = frame_size(height, width)
        self._step = np.float32(2 ** (bit_depth - 8))
        self._sum: NDArray[np.float32] | None = None
        self._start = self._last = 0.0
        self._next = -np.inf

    def push(self, luma: NDArray[Any], seconds: float) -> Chunk | None:
        """Take a frame; return the chunk that ends before it, when one does."""
        done = None
        if self._sum is not None and not 0 <= seconds - self._start < _DURATION:
            done = self._chunk(seconds if seconds > self._start else self._last)
        if self._sum is None or seconds >= self._next:
            self._take(luma, seconds)
        self._last = seconds
        return done

    def finish(self) -> Chunk | None:
        """Return the last chunk, which may be shorter."""
        return None if self._sum is None else self._chunk(self._last + 1 / _RATE)

    def _take(self, luma: NDArray[Any], seconds: float) -> None:
        smooth = opencv().INTER_AREA if luma.shape[0] >= self._size[0] else opencv().INTER_CUBIC
        small = np.asarray(opencv().resize(luma, self._size[::-1], interpolation=smooth), np.float32) / self._step
        whitened = engine().whiten(small[None], False)[0]
        if self._sum is None:
            self._start, self._sum = seconds, whitened
        else:
            self._sum += whitened
        self._next = seconds + 0.99 / _RATE

    def _chunk(self, end: float) -> Chunk:
        assert self._sum is not None
        picture, self._sum = _levelled(self._sum), None
        shrink = opencv().INTER_AREA
        frame = opencv().resize(picture, self._canonical[::-1], interpolation=shrink)
        spectrum = np.fft.fft2(engine().fold(np.ascontiguousarray(frame), TILE).astype(np.float64))
        return Chunk(self._start, end, picture, np.asarray(spectrum))


def _levelled(total: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sum of whitened frames over its own local level: where the content moves, little of it is left."""
    power = np.maximum(opencv().blur(total * total, (_LEVELLED, _LEVELLED)), 0)
    level = np.sqrt(power)
    return np.asarray(total / (level + 0.05 * level.mean() + 1e-6), np.float32)

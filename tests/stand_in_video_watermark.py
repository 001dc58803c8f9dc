"""A simple watermark with the names of `synthmark.video.embedding` and `extraction`, for tests of all around it.

Each of 9 x 9 blocks in the middle of the luma plane holds a bit of the content id, or of its checksum, in the parity
of its mean, counted in steps. A frame that is flat stays unmarked.
"""

import sys
import types
import zlib

import numpy as np

from synthmark.errors import CapacityError
from synthmark.video.detection import VideoDetection, VideoMark

STEP = 8.0
CERTAIN = 3


def _blocks(plane):
    height, width = plane.shape
    for rows in np.array_split(np.arange(height // 5, height - height // 5), 9):
        for columns in np.array_split(np.arange(width // 5, width - width // 5), 9):
            yield plane[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _bits(content_id):
    word = content_id | (zlib.crc32(content_id.to_bytes(8)) & 0x1FFFF) << 64
    return [word >> number & 1 for number in range(81)]


class LumaEmbedder:
    def __init__(
        self,
        content_id,
        key=None,
        *,
        width,
        height,
        bit_depth=8,
        frame_rate=25.0,
        full_range=False,
        strength=1.0,
        seconds=None,
    ):
        if min(width, height) < 64:
            raise CapacityError("too small for the stand-in")
        self._id, self._unit = content_id, 1 << (bit_depth - 8)
        self._shape = (height, width)
        self.times = []
        self.stretches = []

    def embed(self, luma, seconds):
        assert luma.shape == self._shape
        self.times.append(seconds)
        flat = luma.max() - luma.min() < 3
        self.stretches.append(types.SimpleNamespace(start=seconds, end=seconds + 0.04, marked=not flat))
        if flat:
            return
        for bit, block in zip(_bits(self._id), _blocks(luma), strict=True):
            values = block.astype(float) / self._unit
            for _ in range(3):
                mean = values.mean()
                targets = (np.arange(2, 28) * STEP + STEP / 2)[bit::2]
                values = np.clip(values + min(targets - mean, key=abs), 0, 255)
            block[...] = np.rint(values * self._unit).astype(block.dtype)


class LumaExtractor:
    def __init__(self, key=None, *, width, height, bit_depth=8, full_range=False, keys=()):
        self._unit = 1 << (bit_depth - 8)
        self._found = {}
        self._keys = keys or (key,)

    def push(self, luma, seconds):
        bits = [int(block.mean() / self._unit // STEP) & 1 for block in _blocks(luma)]
        content_id = sum(bit << number for number, bit in enumerate(bits[:64]))
        if bits == _bits(content_id):
            self._found.setdefault(content_id, []).append(seconds)

    @property
    def decided(self):
        return any(len(times) >= CERTAIN for times in self._found.values())

    def detections(self):
        return (self.detection(), *(VideoDetection() for _ in self._keys[1:]))

    def detection(self):
        certain = {each: times for each, times in self._found.items() if len(times) >= CERTAIN}
        if not certain:
            return VideoDetection()
        marks = tuple(VideoMark(content_id=each, spans=((t[0], t[-1]),)) for each, t in certain.items())
        best = max(marks, key=lambda mark: len(certain[mark.content_id]))
        return VideoDetection(
            found=True,
            content_id=best.content_id,
            false_alarm_probability=1e-12,
            strength=9.0,
            version=1,
            spans=best.spans,
            marks=marks,
        )


def install(monkeypatch):
    """Put the stand-in in the place of the two modules."""
    for name, value in (("embedding", LumaEmbedder), ("extraction", LumaExtractor)):
        module = types.ModuleType(f"synthmark.video.{name}")
        setattr(module, value.__name__, value)
        monkeypatch.setitem(sys.modules, module.__name__, module)

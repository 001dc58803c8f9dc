"""Adapters for other open watermarking packages, and a least-significant-bit toy as the floor.

The peers always answer with some bits: they cannot say that there is no mark, and they are told the length.
Each keeps its defaults; scale multiplies the quantisation steps.
"""

from __future__ import annotations

import multiprocessing
import sys
import types
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BlindWatermark", "InvisibleWatermark", "LeastSignificantBit"]

Pixels = NDArray[np.uint8]

# What the peers raise on pictures that are too small for them.
PEER_ERRORS = (RuntimeError, AssertionError, ValueError, IndexError, FloatingPointError)


def bits_of(content_id: int) -> NDArray[np.uint8]:
    return np.unpackbits(np.frombuffer(content_id.to_bytes(8, "big"), np.uint8))


def id_of(bits: Any) -> int:  # noqa: ANN401 - any sequence of booleans
    return int.from_bytes(np.packbits(np.asarray(bits, bool)).tobytes(), "big")


class InvisibleWatermark:
    """invisible-watermark: dwtDct (diffusers' default) or dwtDctSvd, 64 bits."""

    def __init__(self, method: str, scale: float = 1) -> None:
        # The package imports torch for a third method that is not used here.
        sys.modules.setdefault("torch", types.ModuleType("torch"))
        import imwatermark

        self.package, self.method = imwatermark, method
        self.options = {} if scale == 1 else {"scales": [0, 36 * scale, 0]}

    def embed(self, picture: Pixels, content_id: int) -> Pixels:
        encoder = self.package.WatermarkEncoder()
        encoder.set_watermark("bits", bits_of(content_id).tolist())
        bgr = np.ascontiguousarray(picture[..., ::-1])
        return np.ascontiguousarray(encoder.encode(bgr, self.method, **self.options)[..., ::-1])

    def extract(self, picture: Pixels) -> int | None:
        decoder = self.package.WatermarkDecoder("bits", 64)
        try:
            return id_of(decoder.decode(np.ascontiguousarray(picture[..., ::-1]), self.method, **self.options))
        except PEER_ERRORS:
            return None


class BlindWatermark:
    """blind-watermark: DWT, DCT and SVD over three channels, 64 bits."""

    def __init__(self, scale: float = 1) -> None:
        # The package insists on setting the start method, which only works while none is set.
        method = multiprocessing.get_start_method(allow_none=True)
        multiprocessing.set_start_method(None, force=True)
        import blind_watermark

        multiprocessing.set_start_method(method, force=True)
        blind_watermark.bw_notes.close()
        self.package, self.scale = blind_watermark, scale

    def _marker(self) -> Any:  # noqa: ANN401 - the package has no types
        marker = self.package.WaterMark(password_wm=1, password_img=1)
        marker.bwm_core.d1 *= self.scale
        marker.bwm_core.d2 *= self.scale
        return marker

    def embed(self, picture: Pixels, content_id: int) -> Pixels:
        marker = self._marker()
        marker.read_img(img=np.ascontiguousarray(picture[..., ::-1]))
        marker.read_wm(bits_of(content_id).astype(bool), mode="bit")
        # OpenCV rounds when it saves a float picture, which is how the package writes its files.
        return np.ascontiguousarray(np.rint(marker.embed()).astype(np.uint8)[..., ::-1])

    def extract(self, picture: Pixels) -> int | None:
        bgr = np.ascontiguousarray(picture[..., ::-1])
        try:
            return id_of(self._marker().extract(embed_img=bgr, wm_shape=64, mode="bit"))
        except PEER_ERRORS:
            return None


class LeastSignificantBit:
    """The id and its CRC-32 in the lowest bits of the blue channel, again and again: the floor."""

    def embed(self, picture: Pixels, content_id: int) -> Pixels:
        code = np.concatenate([bits_of(content_id), self._check(content_id)])
        marked = picture.copy()
        marked[..., 2] = (picture[..., 2] & 0xFE) | np.resize(code, picture.shape[:2])
        return marked

    def extract(self, picture: Pixels) -> int | None:
        bits = (picture[..., 2] & 1).reshape(-1)[:96]
        if bits.size < 96:
            return None
        content_id = id_of(bits[:64])
        return content_id if np.array_equal(bits[64:], self._check(content_id)) else None

    @staticmethod
    def _check(content_id: int) -> NDArray[np.uint8]:
        code = zlib.crc32(content_id.to_bytes(8, "big")).to_bytes(4, "big")
        return np.unpackbits(np.frombuffer(code, np.uint8))

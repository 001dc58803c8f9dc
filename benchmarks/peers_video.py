"""Peers for video: open image watermarks put on every frame, and a bar code in the picture as a control.

The peers keep their defaults, mark every frame of the RGB picture with the same 64 bits, and are read by a majority
vote per bit over at most 12 frames spread over the file. They are told the length of the payload, but no more than
synthmark is told of what happened to the file. They cannot say that there is no mark. RivaGAN is left out: its
weights are not part of its package. The bar code is not a watermark that anyone uses: it checks the benchmark.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Protocol

import av
import numpy as np
from media_video import Plane, luma_frames, recode, shape_of
from methods_video import OPTIONS, Method, Reading
from peers_image import BlindWatermark, InvisibleWatermark, bits_of, id_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["PEERS", "BarCode", "PictureByPicture", "peer_named"]

PEERS = ("invisible-watermark", "invisible-watermark-svd", "blind-watermark")
VOTES = 12


class PictureMethod(Protocol):
    """A watermark for single pictures."""

    def embed(self, picture: NDArray[np.uint8], content_id: int) -> NDArray[np.uint8]:
        """Return the marked picture."""

    def extract(self, picture: NDArray[np.uint8]) -> int | None:
        """Return the bits as a number."""


class PictureByPicture:
    """A picture watermark on every frame, in RGB as its package wants it."""

    def __init__(self, method: PictureMethod) -> None:
        self.method = method

    def embed(self, source: Path, target: Path, content_id: int) -> dict[str, Any]:
        with av.open(str(source)) as before, av.open(str(target), "w") as after:
            stream = before.streams.video[0]
            encoder = after.add_stream("libx264", rate=stream.average_rate or 25, options=OPTIONS)
            shape = shape_of(source)
            encoder.width, encoder.height, encoder.pix_fmt = shape.width, shape.height, "yuv420p"
            for frame in before.decode(stream):
                turned = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)
                marked = self.method.embed(np.ascontiguousarray(turned), content_id)
                made = av.VideoFrame.from_ndarray(np.ascontiguousarray(marked), format="rgb24")
                after.mux(encoder.encode(made))
            after.mux(encoder.encode())
        return {"frames": encoder.frames}

    def extract(self, path: Path, *, everything: bool = False) -> Reading:  # noqa: ARG002 - same votes either way
        votes = np.zeros(64)
        for picture in spread_pictures(path, VOTES):
            found = self.method.extract(picture)
            if found is not None:
                votes += 2.0 * bits_of(found) - 1
        return Reading(id_of(votes > 0) if votes.any() else None)


def spread_pictures(path: Path, count: int) -> list[NDArray[np.uint8]]:
    """Return at most so many RGB frames, spread evenly."""
    with av.open(str(path)) as container:
        total = sum(1 for _ in container.decode(video=0))
    wanted = set(np.linspace(0, total - 1, min(count, total)).astype(int).tolist())
    with av.open(str(path)) as container:
        return [
            np.asarray(f.to_ndarray(format="rgb24"), np.uint8)
            for n, f in enumerate(container.decode(video=0))
            if n in wanted
        ]


class BarCode:
    """The id and its CRC-32 as 16 by 6 grey squares of 10 pixels in the corner: easily read, easily seen."""

    SIDE, COLUMNS, ROWS = 10, 16, 6

    def embed(self, source: Path, target: Path, content_id: int) -> dict[str, Any]:
        code = np.concatenate([bits_of(content_id), self._check(content_id)]).reshape(self.ROWS, self.COLUMNS)
        squares = np.kron(code * 120 + 60, np.ones((self.SIDE, self.SIDE), np.uint8))

        def edit(luma: Plane, _seconds: float) -> None:
            luma[: squares.shape[0], : squares.shape[1]] = squares.astype(int) * 4 ** (luma.itemsize - 1)

        return {"frames": recode(source, target, edit, options=OPTIONS)}

    def extract(self, path: Path, *, everything: bool = False) -> Reading:
        marks: dict[int, list[tuple[float, float]]] = {}
        for seconds, luma in luma_frames(path):
            found = self._read(luma)
            if found is not None:
                spans = marks.setdefault(found, [(seconds, seconds)])
                spans[0] = (spans[0][0], seconds)
                if not everything:
                    break
        return Reading(next(iter(marks), None), tuple((i, tuple(spans)) for i, spans in marks.items()))

    def _read(self, luma: Plane) -> int | None:
        height, width = self.ROWS * self.SIDE, self.COLUMNS * self.SIDE
        if luma.shape[0] < height or luma.shape[1] < width:
            return None
        squares = luma[:height, :width].reshape(self.ROWS, self.SIDE, self.COLUMNS, self.SIDE)
        code = (squares.mean(axis=(1, 3)) > 120 * 4 ** (luma.itemsize - 1)).ravel()
        content_id = id_of(code[:64])
        return content_id if np.array_equal(code[64:], self._check(content_id)) else None

    @staticmethod
    def _check(content_id: int) -> NDArray[Any]:
        code = zlib.crc32(content_id.to_bytes(8, "big")).to_bytes(4, "big")
        return np.unpackbits(np.frombuffer(code, np.uint8))


def peer_named(name: str) -> Method:
    """Return the peer of that name, or the bar code."""
    if name == "bar-code":
        return BarCode()
    if name == "blind-watermark":
        return PictureByPicture(BlindWatermark())
    methods = {"invisible-watermark": "dwtDct", "invisible-watermark-svd": "dwtDctSvd"}
    if name not in methods:
        raise ValueError(f"unknown method {name!r}; known: synthmark, synthmark-frames, {', '.join(PEERS)}, bar-code")
    return PictureByPicture(InvisibleWatermark(methods[name]))

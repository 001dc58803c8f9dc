"""Video files for the benchmarks: their shape, their luma planes, and the program `ffmpeg` that changes them.

`ffmpeg` is the one that imageio-ffmpeg brings (version 9, with libvmaf), so that results do not depend on the system;
where that package is missing, the one on the PATH is taken.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

import av
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from av.container import InputContainer, OutputContainer

Luma = NDArray[np.uint8]
Plane = NDArray[np.uint8] | NDArray[np.uint16]

__all__ = [
    "Luma",
    "Plane",
    "Shape",
    "clips_below",
    "encode_luma",
    "ffmpeg_program",
    "ffmpeg_version",
    "frame_picture",
    "luma_frames",
    "read_luma",
    "recode",
    "run_ffmpeg",
    "shape_of",
]

SUFFIXES = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".flv"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a video looks like when it is played: width and height after rotation, frames per second, seconds."""

    width: int
    height: int
    frame_rate: float
    seconds: float

    @property
    def short_side(self) -> int:
        return min(self.width, self.height)


def clips_below(folders: list[Path]) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in SUFFIXES)


@cache
def ffmpeg_program() -> str:
    """Return the path of ffmpeg: imageio-ffmpeg's, or else the system's."""
    try:
        import imageio_ffmpeg  # type: ignore[import-untyped]
    except ImportError:
        return shutil.which("ffmpeg") or "ffmpeg"
    return str(imageio_ffmpeg.get_ffmpeg_exe())


@cache
def ffmpeg_version() -> str:
    text = subprocess.run([ffmpeg_program(), "-version"], capture_output=True, text=True, check=True).stdout
    found = re.match(r"ffmpeg version (\S+)", text)
    return found[1] if found else "unknown"


def run_ffmpeg(*arguments: str | Path) -> str:
    """Run ffmpeg with two threads and return what it wrote to stderr; a failure carries that text."""
    head = [
        ffmpeg_program(),
        "-hide_banner",
        "-nostdin",
        "-y",
        "-v",
        "error",
        "-threads",
        "2",
        "-filter_threads",
        "1",
    ]
    command = [*head, *(str(argument) for argument in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise RuntimeError(f"ffmpeg failed with {done.returncode}: {done.stderr.strip()[-800:]}")
    return done.stderr


def shape_of(path: Path) -> Shape:
    """Return the shape of a video, by its first frame and its timestamps."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rate = float(stream.average_rate or 25)
        frame = next(container.decode(stream))
        seconds = _seconds(container, stream)
        turned = frame.rotation % 180 != 0
    width, height = (frame.height, frame.width) if turned else (frame.width, frame.height)
    return Shape(width, height, rate, seconds)


def _seconds(container: InputContainer, stream: av.VideoStream) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return float(container.duration or 0) / av.time_base


def luma_frames(path: Path) -> Iterator[tuple[float, Plane]]:
    """Yield (seconds, luma plane as stored) of every frame; the plane is a copy, 16 bit wide above 8 bit."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in container.decode(stream):
            yield float(frame.time or 0), plane_view(frame).copy()


def read_luma(path: Path, limit: int | None = None) -> tuple[list[Luma], float]:
    """Return the luma planes of the first `limit` frames, reduced to 8 bit, and the frames per second."""
    planes: list[Luma] = []
    for _, plane in luma_frames(path):
        planes.append((plane >> 2 if plane.dtype == np.uint16 else plane).astype(np.uint8))  # from 10 bit or 8
        if limit is not None and len(planes) >= limit:
            break
    return planes, shape_of(path).frame_rate


def recode(
    source: Path,
    target: Path,
    edit: Callable[[Plane, float], None] | None = None,
    *,
    options: dict[str, str] | None = None,
    limit: int | None = None,
) -> int:
    """Decode a file and encode it with x264, the luma planes edited in place; return the number of frames.

    Keeps timestamps, rotation, bit depth and colour tags, and leaves the sound out: the pass that the product makes,
    without the rest of the product. `options` are x264's; without them CRF 18, `veryfast`.
    """
    with av.open(str(source)) as before, av.open(str(target), "w") as after:
        stream = before.streams.video[0]
        stream.thread_type = "AUTO"
        encoder, count = None, 0
        for frame in before.decode(stream):
            if limit is not None and count >= limit:
                break
            if encoder is None:
                encoder = _encoder_like(stream, frame, after, options or {"crf": "18", "preset": "veryfast"})
            if edit is not None:
                frame.make_writable()
                edit(plane_view(frame), float(frame.time or 0))
            frame.pict_type = PictureType.NONE
            after.mux(encoder.encode(frame))
            count += 1
        if encoder is not None:
            after.mux(encoder.encode())
    return count


def _encoder_like(
    stream: av.VideoStream, frame: av.VideoFrame, after: OutputContainer, options: dict[str, str]
) -> av.VideoStream:
    encoder = after.add_stream("libx264", rate=stream.average_rate or 25, options=options)
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, frame.format.name
    context, origin = encoder.codec_context, stream.codec_context
    context.time_base = stream.time_base or Fraction(1, 90000)
    for name in ("color_range", "color_primaries", "color_trc", "colorspace"):
        setattr(context, name, getattr(origin, name))
    if frame.rotation:
        encoder.set_display_rotation(frame.rotation)
    return encoder


def plane_view(frame: av.VideoFrame) -> Plane:
    """Return the luma plane of a frame as a writable view."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    if frame.format.components[0].bits > 8:
        return rows.view(np.uint16)[:, : plane.width]
    return rows[:, : plane.width]


def encode_luma(
    planes: list[Luma], frame_rate: float, target: Path, *, crf: int = 18, preset: str = "veryfast"
) -> None:
    """Write luma planes as a grey H.264 video, for trials without a container pass; odd sides lose a line."""
    height, width = (side // 2 * 2 for side in planes[0].shape)
    with av.open(str(target), "w") as container:
        rate = Fraction(frame_rate).limit_denominator(1001)
        stream = container.add_stream("libx264", rate=rate, options={"crf": str(crf), "preset": preset})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        grey = np.full((height // 2, width), 128, np.uint8)
        for plane in planes:
            picture = np.concatenate([plane[:height, :width], grey])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        container.mux(stream.encode())


def frame_picture(path: Path, index: int) -> Luma:
    """Return one frame as an RGB picture, turned as it is shown."""
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number == index:
                return np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90))
    raise ValueError(f"{path.name} has no frame {index}.")

"""How much a mark changes a video: PSNR of luma, VMAF and the size of the encoded stream."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import av
import numpy as np
from media_video import luma_frames, run_ffmpeg

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PSNR_DEFINITION", "luma_psnr", "stream_bytes", "vmaf"]

PSNR_DEFINITION = (
    "10 log10(peak^2 / mean squared error of the luma plane), the error taken over all frames of the clip, and over "
    "all frames of each second; peak 255 at 8 bit, 1023 at 10 bit"
)


def luma_psnr(original: Path, changed: Path) -> tuple[float | None, list[float | None]]:
    """Return the PSNR of luma in dB over a clip and in every second; None where nothing differs.

    The frames are compared one after another; a last second of less than half a second counts with the one before.
    """
    errors: dict[int, list[float]] = {}
    peak, start = 255, None
    for (seconds, first), (_, second) in zip(luma_frames(original), luma_frames(changed), strict=True):
        start = seconds if start is None else start
        peak = 1023 if first.dtype == np.uint16 else 255
        difference = first.astype(np.float32) - second.astype(np.float32)
        errors.setdefault(int(seconds - start), []).append(float(np.mean(difference**2, dtype=np.float64)))
    groups = [errors[second] for second in sorted(errors)]
    if len(groups) > 1 and 2 * len(groups[-1]) < len(groups[-2]):
        groups[-2:] = [groups[-2] + groups[-1]]
    every = [error for group in groups for error in group]
    return _decibels(every, peak), [_decibels(group, peak) for group in groups]


def _decibels(errors: list[float], peak: int) -> float | None:
    error = sum(errors) / len(errors)
    return float(10 * np.log10(peak**2 / error)) if error else None


def vmaf(original: Path, changed: Path) -> float:
    """Return the mean VMAF (libvmaf's default model, vmaf_v0.6.1) of a file against another, frame by frame."""
    numbered = "settb=AVTB,setpts=N*40000"
    graph = f"[0:v:0]{numbered}[changed];[1:v:0]{numbered}[original];[changed][original]libvmaf=n_threads=2"
    text = run_ffmpeg("-v", "info", "-nostats", "-i", changed, "-i", original, "-lavfi", graph, "-f", "null", "-")
    found = re.search(r"VMAF score: ([0-9.]+)", text)
    if found is None:
        raise RuntimeError(f"ffmpeg gave no VMAF score; libvmaf is needed: {text.strip()[-300:]}")
    return float(found[1])


def stream_bytes(path: Path) -> int:
    """Return the size of the video stream without its container."""
    with av.open(str(path)) as container:
        return sum(packet.size for packet in container.demux(video=0))

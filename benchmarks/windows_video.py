"""The pieces of clips that are marked: windows of about six seconds, cut without loss."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from media_video import clips_below, run_ffmpeg, shape_of

if TYPE_CHECKING:
    from pathlib import Path

    from media_video import Shape

__all__ = [
    "LONGEST",
    "SHORTEST",
    "Window",
    "chosen_clips",
    "content_id_for",
    "cut_window",
    "partner_of",
    "windows_of",
]

SHORTEST, LONGEST = 5.0, 6.0
WHOLE_UP_TO = 6.5  # a clip no longer than this is taken as it is, with its timestamps, rotation and bit depth


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of a clip; `whole` says that it is the whole clip."""

    path: Path
    start: float
    shape: Shape
    whole: bool

    @property
    def name(self) -> str:
        return f"{self.path.stem} from {self.start:.1f} s"

    @property
    def pixels(self) -> float:
        """Pixels of all its frames, in proportion to which all work takes time."""
        return self.shape.width * self.shape.height * self.shape.frame_rate * self.shape.seconds


def windows_of(folders: list[Path], per_clip: int, selection: str = "") -> list[Window]:
    """Return windows side by side from every clip of at least five seconds, in the order of the names."""
    paths = chosen_clips(folders, selection)
    return [window for path in paths for window in _windows(path, per_clip)]


def chosen_clips(folders: list[Path], selection: str) -> list[Path]:
    """Return the clips below the folders whose name holds one of the parts, which commas separate."""
    parts = selection.split(",")
    return [path for path in clips_below(folders) if any(part in path.name for part in parts)]


def _windows(path: Path, per_clip: int) -> list[Window]:
    shape = shape_of(path)
    if shape.seconds < SHORTEST:
        return []
    if shape.seconds <= WHOLE_UP_TO:
        return [Window(path, 0.0, shape, whole=True)]
    count = min(per_clip, int(shape.seconds / SHORTEST))
    seconds = min(LONGEST, shape.seconds / count)
    starts = np.linspace(0, shape.seconds - seconds, count) if count > 1 else [0.0]
    return [Window(path, float(start), replace(shape, seconds=seconds), whole=False) for start in starts]


def cut_window(window: Window, target: Path) -> None:
    """Write the window without its sound: packets copied when it is the whole clip, else lossless 8-bit H.264."""
    if window.whole:
        run_ffmpeg("-i", window.path, "-map", "0:v:0", "-c", "copy", target)
        return
    cut = ["-ss", f"{window.start:.4f}", "-t", f"{window.shape.seconds:.4f}", "-i", str(window.path)]
    lossless = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-qp", "0"]
    run_ffmpeg(*cut, "-map", "0:v:0", *lossless, target)


def content_id_for(window: Window, seed: int) -> int:
    rng = np.random.default_rng([seed, zlib.crc32(window.name.encode())])
    return int(rng.integers(0, 2**64, dtype=np.uint64))


def partner_of(window: Window, windows: list[Window]) -> Window:
    """Return the window that a window is joined with: the next larger or, for the largest, the next smaller one."""
    by_size = sorted(windows, key=lambda w: (w.shape.width * w.shape.height, w.name))
    place = by_size.index(window)
    return by_size[place + 1] if place + 1 < len(by_size) else by_size[place - 1]

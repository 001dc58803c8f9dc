"""How far a pass over a video is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Lines", "Meter", "Progress", "Report", "progress_line"]

_EVERY_SECONDS = 0.2
_LINE_EVERY = 15.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a pass is.

    Attributes
    ----------
    step
        "marking" or "reading back".
    frames
        Frames that are done.
    total
        Frames in all, as the file states them; zero when unknown.
    speed
        Frames per second.
    remaining
        Seconds to go at this speed; None when unknown.
    """

    step: str
    frames: int
    total: int
    speed: float
    remaining: float | None


Report = Callable[[Progress], object]


class Meter:
    """Counts frames and reports a few times a second.

    Parameters
    ----------
    report
        Is called with the progress; None for nobody.
    step
        See `Progress`.
    total
        Frames that are expected; zero when unknown.
    """

    def __init__(self, report: Report | None, step: str, total: int) -> None:
        self._report = report
        self._step = step
        self._total = total
        self._frames = 0
        self._begin = self._last = time.perf_counter()

    def advance(self) -> None:
        """Count one frame."""
        self._frames += 1
        if self._report is not None and time.perf_counter() - self._last >= _EVERY_SECONDS:
            self.show()

    def show(self) -> None:
        """Report now."""
        self._last = time.perf_counter()
        if self._report is None:
            return
        speed = self._frames / max(self._last - self._begin, 1e-6)
        left = max(self._total - self._frames, 0) / speed if self._total and speed else None
        self._report(Progress(step=self._step, frames=self._frames, total=self._total, speed=speed, remaining=left))


class Lines:
    """Writes a line of progress from time to time, for logs.

    Parameters
    ----------
    write
        Writes one line.
    name
        What is worked on; empty where that goes without saying.
    """

    def __init__(self, write: Callable[[str], object], name: str = "") -> None:
        self._write = write
        self._name = f"{name}: " if name else ""
        self._last = time.monotonic()

    def show(self, progress: Progress) -> None:
        """Write a line when the last one is long ago."""
        now = time.monotonic()
        if now - self._last >= _LINE_EVERY:
            self._last = now
            self._write(self._name + progress_line(progress))


def progress_line(progress: Progress) -> str:
    """Return progress as one line of text."""
    frames = f"{progress.frames} of {progress.total}" if progress.total else f"{progress.frames}"
    left = "" if progress.remaining is None else f", {round(progress.remaining)} s left"
    return f"{progress.step}: {frames} frames, {progress.speed:.0f} frames/s{left}"

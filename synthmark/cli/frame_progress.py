"""How far the work on a video is, on stderr: a bar with frames, speed and time left, or a line now and then."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Any

from synthmark.console import print_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synthmark.video.progress import Progress

    Report = Callable[[Progress], object]

__all__ = ["frame_progress"]

_EVERY = 15.0  # seconds between two lines


@contextlib.contextmanager
def frame_progress(*, shown: bool = True) -> Iterator[Report | None]:
    """Give a function that shows the progress of a video while the block runs.

    Parameters
    ----------
    shown
        False where stdout may be a terminal, too, and gets lines that a bar would tear apart.
    """
    if not shown:
        yield None
    elif sys.stderr.isatty():
        with _bar() as report:
            yield report
    else:
        yield _Lines().show


@contextlib.contextmanager
def _bar() -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    speed = TextColumn("{task.fields[speed]}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), speed, TimeRemainingColumn())
    tasks: dict[str, Any] = {}
    with Bar(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:

        def show(progress: Progress) -> None:
            if progress.step not in tasks:
                tasks[progress.step] = bar.add_task(
                    progress.step.capitalize(), total=progress.total or None, speed=""
                )
            speed = f"{progress.speed:.0f} frames/s"
            bar.update(tasks[progress.step], completed=progress.frames, speed=speed)

        yield show


class _Lines:
    """Prints a line from time to time."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def show(self, progress: Progress) -> None:
        """Print a line when the last one is long ago."""
        now = time.monotonic()
        if now - self._last < _EVERY:
            return
        self._last = now
        print_problem(progress_line(progress))


def progress_line(progress: Progress) -> str:
    """Return progress as one line of text."""
    frames = f"{progress.frames} of {progress.total}" if progress.total else f"{progress.frames}"
    left = "" if progress.remaining is None else f", {round(progress.remaining)} s left"
    return f"{progress.step}: {frames} frames, {progress.speed:.0f} frames/s{left}"

"""How far the work on a video is, on stderr: a bar with frames, speed and time left, or a line now and then."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from synthmark.console import print_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synthmark.video.progress import Progress

    Report = Callable[[Progress], object]

__all__ = ["frame_progress"]


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
        from synthmark.video.progress import Lines

        yield Lines(print_problem).show


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

"""How far a long run is, on stderr: a bar on a terminal, else a line from time to time."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from synthmark.console import print_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["progress"]

_EVERY = 15.0  # seconds between two lines


@contextlib.contextmanager
def progress(total: int, title: str, *, shown: bool = True) -> Iterator[Callable[[str], object]]:
    """Show progress while the block runs, and give it a function to call after each step with its outcome.

    Nothing is shown of one step.

    Parameters
    ----------
    total
        How many steps there are.
    title
        The word before the bar.
    shown
        False where stdout may be a terminal, too, and gets lines that a bar would tear apart.
    """
    if not shown or total < 2:
        yield lambda _outcome: None
    elif sys.stderr.isatty():
        with _bar(total, title) as advance:
            yield advance
    else:
        yield _Lines(total, title).advance


@contextlib.contextmanager
def _bar(total: int, title: str) -> Iterator[Callable[[str], object]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[counts]}"),
    )
    counts: Counter[str] = Counter()
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(title, total=total, counts="", rate="")
        start = time.monotonic()

        def advance(outcome: str) -> None:
            counts[outcome] += 1
            rate = _rate(counts.total(), time.monotonic() - start)
            bar.update(task, advance=1, counts=_words(counts), rate=rate)

        yield advance


class _Lines:
    """Writes a line from time to time, for logs."""

    def __init__(self, total: int, title: str) -> None:
        self._total = total
        self._title = title
        self._counts: Counter[str] = Counter()
        self._start = self._last = time.monotonic()

    def advance(self, outcome: str) -> None:
        """Count one step."""
        self._counts[outcome] += 1
        now = time.monotonic()
        if now - self._last >= _EVERY:
            self._last = now
            print_problem(self._line(now - self._start))

    def _line(self, seconds: float) -> str:
        done = self._counts.total()
        left = (self._total - done) * seconds / done
        parts = f"{_rate(done, seconds)}, {_duration(left)} left ({_words(self._counts)})"
        return f"{self._title}: {done} of {self._total}, {parts}"


def _rate(done: int, seconds: float) -> str:
    return f"{done / seconds:.1f}/s" if seconds > 0 else ""


def _words(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items()))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

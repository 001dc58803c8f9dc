"""A progress bar on stderr, for people only."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["progress"]


@contextlib.contextmanager
def progress(total: int, title: str, *, shown: bool = True) -> Iterator[Callable[[], object]]:
    """Show a bar while the block runs, and give it a function that advances the bar by one.

    Nothing is shown when stderr is no terminal or there is only one step.

    Parameters
    ----------
    total
        How many steps there are.
    title
        The word before the bar.
    shown
        False where stdout may be a terminal, too, and gets lines that the bar would tear apart.
    """
    if not shown or total < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)

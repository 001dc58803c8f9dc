"""Run a function over many items in worker processes of one thread each; results in the order of items."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["available_cores", "run_ordered"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)
_AHEAD = 4  # items per worker that may wait or be done before their turn: bounds memory, keeps workers busy


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_ordered(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    jobs: int,
    crashed: Callable[[Item], Result],
) -> Iterator[Result]:
    """Yield the function's result for each item, in order.

    Parameters
    ----------
    function
        What to run; with more than one job it is called in other processes, so it must be picklable and must
        not raise.
    items
        What to run it on.
    jobs
        How many worker processes; 1 runs everything in this process.
    crashed
        Makes the result of an item whose worker process ended without one.
    """
    if min(jobs, len(items)) <= 1:
        yield from map(function, items)
        return
    rest = list(items)
    while rest:
        done = 0
        try:
            for result in _pooled(function, rest, jobs):
                yield result
                done += 1
        except BrokenProcessPool:
            # One of the items under way took the whole pool with it; alone, each shows whether it is the one.
            suspects = rest[done : done + _AHEAD * jobs]
            yield from (_alone(function, item, crashed) for item in suspects)
            done += len(suspects)
        rest = rest[done:]


def _pooled(function: Callable[[Item], Result], items: Sequence[Item], jobs: int) -> Iterator[Result]:
    waiting = iter(items)
    pool = _pool(min(jobs, len(items)))
    try:
        queue: deque[Future[Result]] = deque(
            pool.submit(function, item) for item in itertools.islice(waiting, _AHEAD * jobs)
        )
        while queue:
            result = queue.popleft().result()
            queue.extend(pool.submit(function, item) for item in itertools.islice(waiting, 1))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)


def _alone(function: Callable[[Item], Result], item: Item, crashed: Callable[[Item], Result]) -> Result:
    with _pool(1) as pool:
        try:
            return pool.submit(function, item).result()
        except BrokenProcessPool:
            return crashed(item)


def _pool(jobs: int) -> ProcessPoolExecutor:
    """Return a pool of fresh processes: a forked one could inherit the locks of a thread of this one."""
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_start)


def _start() -> None:
    """Keep a worker to one thread, before anything heavy is imported, and leave Ctrl-C to the parent."""
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)

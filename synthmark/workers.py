"""Worker processes of one thread each that survive the death of one of them.

Every worker has a pipe of its own. When a codec takes a worker down, exactly the item that it was working on is
lost, a new worker takes its place, and the others do not notice.
"""

from __future__ import annotations

import itertools
import math
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from multiprocessing import connection
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.connection import Connection
    from types import FrameType, TracebackType

__all__ = ["InOrder", "Pool", "available_cores", "run_ordered"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)
_AHEAD = 2  # items per worker: the one it works on, and one that waits in its pipe, so that it need not wait
_WINDOW = 4096  # results that may be done before their turn: bounds memory
_FAREWELL = 5.0  # seconds a worker has to tidy up when the run is given up

CRASHED = "the worker process ended abruptly: too little memory, or a defect in a codec"
TIMED_OUT = "it took longer than {limit:g} seconds and was given up"


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Pool(Generic[Item, Result]):
    """Runs a function in worker processes.

    Parameters
    ----------
    function
        What to run on each item; it is called in fresh processes, so it must be picklable, and must not raise.
    jobs
        How many worker processes at most; each is started when there is work for it.
    failed
        Makes the result of an item whose worker ended without one, from the item and the reason in words.
    time_limit
        Seconds that an item may take; None for any time.
    prepare
        Called once in every worker before its first item.
    """

    def __init__(
        self,
        function: Callable[[Item], Result],
        jobs: int,
        failed: Callable[[Item, str], Result],
        *,
        time_limit: float | None = None,
        prepare: Callable[[], object] | None = None,
    ) -> None:
        self._function = function
        self._jobs = jobs
        self._failed = failed
        self._limit = time_limit
        self._prepare = prepare
        self._workers: list[_Worker[Item, Result]] = []

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not any(worker.items for worker in self._workers)

    @property
    def full(self) -> bool:
        """Whether `submit` has to wait for a result first."""
        return len(self._workers) == self._jobs and all(len(worker.items) >= _AHEAD for worker in self._workers)

    def submit(self, item: Item) -> None:
        """Give an item to the worker with the least to do; only when the pool is not `full`."""
        free = [worker for worker in self._workers if not worker.items]
        if not free and len(self._workers) < self._jobs:
            self._workers.append(self._started())
        min(self._workers, key=lambda worker: len(worker.items)).give(item)

    def wait(self, timeout: float | None = None) -> list[tuple[Item, Result]]:
        """Return what got done: at least one result, unless nothing is under way or the time is over.

        Parameters
        ----------
        timeout
            Seconds; None for as long as it takes.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while not self.idle:
            ready = set(connection.wait([worker.pipe for worker in self._workers], self._patience(end)))
            done = [pair for worker in list(self._workers) for pair in self._collected(worker, ready)]
            if done or (end is not None and time.monotonic() >= end):
                return done
        return []

    def close(self) -> None:
        """End all workers, and give up what is under way."""
        for worker in self._workers:
            worker.dismiss()
        for worker in self._workers:
            worker.end(_FAREWELL)
        self._workers.clear()

    def __enter__(self) -> Pool[Item, Result]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _started(self) -> _Worker[Item, Result]:
        return _Worker(self._function, self._prepare)

    def _patience(self, end: float | None) -> float | None:
        """Return the seconds until something must be looked at, even if no worker says anything."""
        limits = [worker.since + self._limit for worker in self._workers if self._limit and worker.items]
        nearest = min([*limits, math.inf if end is None else end])
        return None if nearest == math.inf else max(0.0, nearest - time.monotonic())

    def _collected(self, worker: _Worker[Item, Result], ready: set[Any]) -> Iterator[tuple[Item, Result]]:
        """Yield the result of one worker, or its failure."""
        if worker.pipe in ready:
            try:
                message = worker.receive()
            except (EOFError, OSError):
                yield from self._lost(worker, CRASHED)
                return
            if message is not None:
                yield message
        elif self._limit and worker.items and time.monotonic() - worker.since > self._limit:
            yield from self._lost(worker, TIMED_OUT.format(limit=self._limit))

    def _lost(self, worker: _Worker[Item, Result], reason: str) -> Iterator[tuple[Item, Result]]:
        """Replace a dead or hanging worker: its first item is lost, those that only waited are given anew."""
        worker.end(0)
        self._workers.remove(worker)
        lost = list(itertools.islice(worker.items, 1))
        for item in itertools.islice(worker.items, 1, None):
            self.submit(item)
        for item in lost:
            yield item, self._failed(item, reason)


class _Worker(Generic[Item, Result]):
    """One process, its pipe, and the items that it has been given and not answered."""

    def __init__(self, function: Callable[[Item], Result], prepare: Callable[[], object] | None) -> None:
        context = multiprocessing.get_context("spawn")  # a forked process could inherit the locks of a thread
        self.pipe, theirs = context.Pipe()
        self.items: deque[Item] = deque()
        self.since = math.inf  # when the first item was begun: not before the worker is ready
        self._ready = False
        self._process = context.Process(target=_serve, args=(theirs, function, prepare), daemon=True)
        self._process.start()
        theirs.close()

    def give(self, item: Item) -> None:
        """Send an item; a worker that is dead already shows it when its answer is awaited."""
        if not self.items and self._ready:
            self.since = time.monotonic()
        self.items.append(item)
        try:
            self.pipe.send(item)
        except OSError:
            return

    def receive(self) -> tuple[Item, Result] | None:
        """Return the first item with its result; None when the worker only said that it is ready."""
        result = self.pipe.recv()
        self.since = time.monotonic()
        if not self._ready:
            self._ready = True
            return None
        return self.items.popleft(), result

    def dismiss(self) -> None:
        """Ask the process to end, without waiting."""
        if self.items:
            self._process.terminate()
        self.pipe.close()

    def end(self, patience: float) -> None:
        """Make sure that the process has ended."""
        self._process.join(patience)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()
        self.pipe.close()


def _serve(pipe: Connection, function: Callable[[Any], object], prepare: Callable[[], object] | None) -> None:
    """Answer items until the other end is closed; the life of a worker process."""
    _start()
    if prepare is not None:
        prepare()
    try:
        pipe.send(None)
        while True:
            pipe.send(function(pipe.recv()))
    except (EOFError, OSError):
        return


def _start() -> None:
    """Keep a worker to one thread, before anything heavy is imported; leave Ctrl-C to the parent; die with it."""
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Unwind the stack when the run is given up, so that temporary files are deleted."""
    raise SystemExit(1)


def _die_with_parent() -> None:
    """End this process when the parent is gone: what it still wrote would come in the way of the next run."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def run_ordered(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    jobs: int,
    failed: Callable[[Item, str], Result],
) -> Iterator[Result]:
    """Yield the function's result for each item, in the order of the items.

    Parameters
    ----------
    function
        What to run; see `Pool`.
    items
        What to run it on; they are drawn as they are needed.
    jobs
        How many worker processes; 1 runs everything in this process.
    failed
        Makes the result of an item whose worker process ended without one; see `Pool`.
    """
    rest = iter(items)
    first = list(itertools.islice(rest, 2))
    if jobs <= 1 or len(first) <= 1:
        yield from map(function, itertools.chain(first, rest))
        return
    with Pool[tuple[int, Item], Result](_Numbered(function), jobs, lambda item, why: failed(item[1], why)) as pool:
        window: InOrder[Result] = InOrder()
        for numbered in enumerate(itertools.chain(first, rest)):
            while pool.full or window.full:
                _keep(pool, window)
                yield from window.ready()
            pool.submit(numbered)
        while not pool.idle:
            _keep(pool, window)
            yield from window.ready()


def _keep(pool: Pool[tuple[int, Item], Result], window: InOrder[Result]) -> None:
    for (number, _), result in pool.wait():
        window.put(number, result)


class _Numbered(Generic[Item, Result]):
    """A function on numbered items."""

    def __init__(self, function: Callable[[Item], Result]) -> None:
        self._function = function

    def __call__(self, item: tuple[int, Item]) -> Result:
        return self._function(item[1])


class InOrder(Generic[Result]):
    """Results that wait for their turn."""

    def __init__(self) -> None:
        self._waiting: dict[int, Result] = {}
        self._next = 0

    @property
    def full(self) -> bool:
        """Whether so many wait that no more work should be begun before the turn of the first."""
        return len(self._waiting) >= _WINDOW

    def put(self, number: int, result: Result) -> None:
        """Keep the result with this number, counted from 0."""
        self._waiting[number] = result

    def ready(self) -> Iterator[Result]:
        """Yield the results whose turn has come."""
        while self._next in self._waiting:
            yield self._waiting.pop(self._next)
            self._next += 1

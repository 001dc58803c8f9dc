"""Labelling files as a generator writes them, once they are complete."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synthmark.batch.outcomes import Outcome
    from synthmark.batch.pools import Inline
    from synthmark.batch.running import Batch
    from synthmark.batch.worker import Answer, Task
    from synthmark.selection import Choice
    from synthmark.workers import Pool

    Workers: TypeAlias = Pool[Task, Answer] | Inline

__all__ = ["Watch"]

_State: TypeAlias = tuple[int, int]
_INTERVAL = 0.5  # seconds between two looks, at least
_REST = 4  # times as long as a look at the folders took, so that large ones cost a fifth of a core at most
_PATIENCE = 15  # times the settling time after which a file that cannot be read is no longer taken for incomplete


@dataclass(slots=True)
class Watch:
    """Looks again and again, and has every file labelled that has not changed for a while.

    A file that cannot be read may still be incomplete: only when it does not change for much longer it has failed.

    Attributes
    ----------
    batch
        What to do.
    settle
        Seconds that size and time of a file must stay as they are.
    """

    batch: Batch
    settle: float
    _since: dict[Path, tuple[_State, float]] = field(default_factory=dict)
    _doubtful: dict[Path, tuple[_State, float, Outcome]] = field(default_factory=dict)
    _told: dict[Path, _State] = field(default_factory=dict)
    _under_way: dict[Path, _State] = field(default_factory=dict)

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what became of files, for ever."""
        with self.batch.pool() as pool:
            while True:
                began = time.monotonic()
                yield from self._look(pool)
                yield from self._rest(pool, max(_INTERVAL, _REST * (time.monotonic() - began)))

    def failures(self) -> list[Outcome]:
        """Return the failures that could still have turned out to be files under way."""
        return [outcome for _, _, outcome in self._doubtful.values()]

    def _look(self, pool: Workers) -> Iterator[Outcome]:
        """Look at all files once."""
        before, self._since = self._since, {}
        with self.batch.selection() as selection:
            for choice in selection:
                yield from self._followed(choice, before, pool)

    def _followed(
        self, choice: Choice[Path], before: dict[Path, tuple[_State, float]], pool: Workers
    ) -> Iterator[Outcome]:
        """Decide on one file: too early, done, told already, or to be labelled now."""
        source = choice.job.source
        state = (0, 0) if choice.reason else _state(source)
        if state is None or source in self._under_way or state == self._told.get(source):
            return
        outcome = self.batch.settled(choice)
        if outcome is not None:
            yield from self._tell(outcome, state)
            return
        if not self._is_settled(source, state, before):
            return
        if source in self._doubtful and self._doubtful[source][0] == state:
            yield from self._given_up(source)
            return
        while pool.full:
            yield from self._answers(pool, None)
        self._under_way[source] = state
        pool.submit(self.batch.begun(choice.job))

    def _is_settled(self, source: Path, state: _State, before: dict[Path, tuple[_State, float]]) -> bool:
        """Note since when a file is as it is, and return whether that is long enough."""
        now = time.monotonic()
        known = before.get(source)
        since = known[1] if known is not None and known[0] == state else now
        self._since[source] = (state, since)
        return now - since >= self.settle

    def _given_up(self, source: Path) -> Iterator[Outcome]:
        """Tell of a file that cannot be read, when it has been so for long."""
        state, failed, outcome = self._doubtful[source]
        if time.monotonic() - failed >= _PATIENCE * self.settle:
            del self._doubtful[source]
            yield from self._tell(outcome, state)

    def _rest(self, pool: Workers, seconds: float) -> Iterator[Outcome]:
        """Wait for the next look, and yield what gets done meanwhile."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if pool.idle:
                time.sleep(left)
            else:
                yield from self._answers(pool, left)

    def _answers(self, pool: Workers, timeout: float | None) -> Iterator[Outcome]:
        for task, answer in pool.wait(timeout):
            source, outcome = task.job.source, self.batch.noted(answer)
            state = self._under_way.pop(source)
            if outcome.kind == "DamagedMediaError":
                self._doubtful[source] = (state, time.monotonic(), outcome)
            else:
                self._doubtful.pop(source, None)
                yield from self._tell(outcome, state)

    def _tell(self, outcome: Outcome, state: _State) -> Iterator[Outcome]:
        """Yield an outcome; only of what is not done it must be remembered, since the journal knows the rest."""
        if outcome.status == "present":
            return
        if outcome.status != "labelled":
            self._told[outcome.job.source] = state
        yield outcome


def _state(path: Path) -> _State | None:
    """Return size and time of change of a file; None when it is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns

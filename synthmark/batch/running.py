"""One pass over folders: what is done already is left alone, the rest goes to the workers, in the order of names."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Self

from synthmark.batch.journal import FileState, Journal
from synthmark.batch.outcomes import Outcome
from synthmark.batch.pools import Inline
from synthmark.batch.worker import Answer, LabelFile, Preparation, Task
from synthmark.errors import InputError, MediaError
from synthmark.payload import format_content_id, new_content_id, parse_content_id
from synthmark.selection import Selection
from synthmark.workers import InOrder, Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType

    from synthmark.batch.journal import Entry
    from synthmark.batch.orders import Order
    from synthmark.config import Config
    from synthmark.registry import Registry, RegistryRecord
    from synthmark.selection import Choice, Job

__all__ = ["Batch"]

_ERRORS = {"InputError": InputError, "MediaError": MediaError}


class Batch:
    """A batch at work.

    Parameters
    ----------
    order
        What to do.
    dry_run
        Whether to say what would be done, and write nothing.

    Raises
    ------
    InputError
        When another run writes into the same folder.
    MediaError
        When the journal in the folder cannot be used.
    """

    def __init__(self, order: Order[Path], *, dry_run: bool = False) -> None:
        if order.output.exists() and not order.output.is_dir():
            raise InputError(f"{order.output} is a file; the copies need a folder.")
        self._order = order
        self._dry_run = dry_run
        with contextlib.ExitStack() as opened:
            self._registry = _registry(order.config, dry_run=dry_run)
            if self._registry is not None:
                opened.callback(self._registry.close)
            self._journal = opened.enter_context(Journal(order.output, overwrite=order.overwrite, dry_run=dry_run))
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def selection(self) -> Selection[Path]:
        """Return the files that there are at this moment; to be closed."""
        return Selection(self._order.paths, self._order.output, self._order.patterns)

    def outcomes(self, selection: Selection[Path], done: Callable[[Outcome], object]) -> Iterator[Outcome]:
        """Label the files of a selection, and yield what became of each, in their order.

        Parameters
        ----------
        selection
            The files.
        done
            Called with each outcome as soon as there is one.
        """
        window: InOrder[Outcome] = InOrder()
        with self.pool(alone=selection.total == 1) as pool:
            for number, choice in enumerate(selection):
                outcome = self.settled(choice)
                while (outcome is None and pool.full) or window.full:
                    self._await(pool, window, done)
                    yield from window.ready()
                if outcome is None:
                    pool.submit(self.begun(choice.job, number))
                else:
                    done(outcome)
                    window.put(number, outcome)
                yield from window.ready()
            while not pool.idle:
                self._await(pool, window, done)
                yield from window.ready()
        self._journal.end_pass()

    def pool(self, *, alone: bool = False) -> Pool[Task, Answer] | Inline:
        """Return the workers; for a file that is alone this process itself."""
        order = self._order
        label = LabelFile(order.config, order.relabel, order.force)
        if alone and order.time_limit is None:
            return Inline(label, self._journal.owner)
        prepare = Preparation(self._journal.owner, self._journal.workers_lock, order.config.watermark)
        return Pool(label, order.jobs or 1, _lost, time_limit=order.time_limit, prepare=prepare)

    def settled(self, choice: Choice[Path]) -> Outcome | None:
        """Return what becomes of a file without any work, or None when it is to be labelled."""
        if choice.reason:
            return Outcome.failed(choice.job, _ERRORS[choice.kind](choice.reason))
        try:
            settled = self._compared(choice.job)
        except (OSError, MediaError) as error:
            return Outcome.failed(choice.job, MediaError(f"{choice.job.source} or its copy cannot be read: {error}."))
        return Outcome(choice.job, "planned") if settled is None and self._dry_run else settled

    def begun(self, job: Job[Path], number: int = 0) -> Task:
        """Note that a file is begun, and return the task."""
        entry = self._journal.entry(job.target)
        content_id = self._kept_id(entry) or self._new_id()
        self._journal.begin(job.target, content_id)
        return Task(number, job, parse_content_id(content_id))

    def noted(self, answer: Answer) -> Outcome:
        """Note what became of a task: in the registry first, and then in the journal, which can be repaired.

        Raises
        ------
        RegistryError
            When the registry cannot take the record; the next run does the file again.
        """
        outcome = answer.outcome
        if outcome.record is not None:
            assert answer.before is not None
            assert answer.after is not None
            if self._registry is not None and answer.entry is not None:
                self._registry.add(answer.entry)
            self._journal.finish(outcome.job.target, outcome.record.content_id, answer.before, answer.after)
        elif outcome.kind != "InternalError" and not outcome.job.target.exists():
            self._journal.forget(outcome.job.target)  # else remains, or a copy without a record, are to be seen to
        return outcome

    def _await(
        self, pool: Pool[Task, Answer] | Inline, window: InOrder[Outcome], done: Callable[[Outcome], object]
    ) -> None:
        for task, answer in pool.wait():
            outcome = self.noted(answer)
            done(outcome)
            window.put(task.number, outcome)

    def _compared(self, job: Job[Path]) -> Outcome | None:
        """Compare a file and its copy with the journal."""
        entry = self._journal.entry(job.target)
        if not job.target.exists():
            return None
        if entry is not None and entry.source is None:
            return self._repaired(job, entry)
        overwrite = self._order.overwrite
        if entry is None or (overwrite and not entry.current):
            return None if overwrite else Outcome(job, "present")
        change = _change(job, entry)
        if not change:
            return Outcome(job, "present")
        return None if overwrite else Outcome.failed(job, InputError(change))

    def _repaired(self, job: Job[Path], entry: Entry) -> Outcome | None:
        """Note that a copy is done which the registry has, and of which a run that was stopped could not note it."""
        records = self._records(entry.content_id)
        if not records or self._dry_run:
            return None
        after = FileState.now(job.target)
        for record in records:
            if record.sha256_after == after.sha256:
                before = FileState.now(job.source)
                if before.sha256 != record.sha256_before:
                    return None
                self._journal.finish(job.target, record.content_id, before, after)
                return Outcome(job, "present")
        return None

    def _kept_id(self, entry: Entry | None) -> str | None:
        """Return the content id that a file got in a run that was stopped before the file was done."""
        if entry is None or entry.source is not None or self._records(entry.content_id):
            return None
        return entry.content_id

    def _new_id(self) -> str:
        """Draw a content id that no other file has."""
        while True:
            content_id = format_content_id(new_content_id(self._order.config.producer))
            if not (self._journal.knows(content_id) or self._records(content_id)):
                return content_id

    def _records(self, content_id: str) -> list[RegistryRecord]:
        """Return what the registry has on a content id."""
        if self._registry is None:
            return []
        return [stored.record for stored in self._registry.find_content_id(parse_content_id(content_id))]


def _registry(config: Config, *, dry_run: bool) -> Registry | None:
    """Open the registry that is configured, before the first file, so that a wrong one is told once."""
    if config.registry is None or dry_run:
        return None
    from synthmark.registry import open_registry, require_reason  # noqa: PLC0415 - heavy, and often not needed

    require_reason(config)
    return open_registry(config.registry)


def _change(job: Job[Path], entry: Entry) -> str:
    """Say what has changed since a copy was made."""
    assert entry.source is not None
    assert entry.target is not None
    if not entry.source.holds(job.source):
        return f"{job.source} has changed since its copy was labelled; --overwrite labels it anew."
    if not entry.target.holds(job.target):
        return f"{job.target} has changed since it was labelled; --overwrite labels {job.source} anew."
    return ""


def _lost(task: Task, reason: str) -> Answer:
    return Answer(Outcome.lost(task.job, reason))

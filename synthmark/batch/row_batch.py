"""A pass over files that any machine can read and write: by worker processes here, or by a Ray cluster."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from synthmark.batch.rows import LabelRow, Row, lost_row
from synthmark.errors import ConfigError
from synthmark.remote import Place, RemoteFile, to_place
from synthmark.selection import Job, Selection
from synthmark.workers import InOrder, Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from synthmark.batch.orders import Order

__all__ = ["Engine", "RowBatch", "RowOutcome", "prepare_worker"]

Engine: TypeAlias = Literal["local", "ray"]


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of the file of a row; told like an `Outcome`."""

    row: Row

    @property
    def job(self) -> Job[Place]:
        """The file and its copy."""
        return Job(to_place(self.row["source"]), to_place(self.row["target"]))

    @property
    def status(self) -> str:
        """See `Outcome`."""
        return str(self.row["status"])

    @property
    def code(self) -> int:
        """The exit code that the file gives rise to."""
        return int(self.row["code"])

    @property
    def error(self) -> str:
        """Why it failed, in words."""
        return str(self.row["error"])

    @property
    def notes(self) -> list[str]:
        """What a user should know of the file, one line each."""
        return str(self.row["notes"]).splitlines()

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as the object that `--json` prints."""
        return dict(json.loads(self.row["report"]))


class RowBatch:
    """A batch at work that keeps no journal: copies and registry say what is done.

    Parameters
    ----------
    order
        What to do; paths and output may be URLs.
    engine
        "local" for worker processes of this machine, "ray" for a cluster.
    dry_run
        Whether to say what would be done, and write nothing.

    Raises
    ------
    ConfigError
        When the registry cannot be that of several machines.
    RegistryError
        When the registry cannot be used.
    """

    def __init__(self, order: Order[Place], *, engine: Engine = "local", dry_run: bool = False) -> None:
        self._order = order
        self._engine = engine
        self._label = LabelRow(
            config=order.config,
            overwrite=order.overwrite,
            relabel=order.relabel,
            force=order.force,
            dry_run=dry_run,
        )
        self._check_registry()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def selection(self) -> Selection[Place]:
        """Return the files that there are at this moment; to be closed."""
        return Selection(self._order.paths, self._order.output, self._order.patterns)

    def outcomes(self, selection: Selection[Place], done: Callable[[RowOutcome], object]) -> Iterator[RowOutcome]:
        """Label the files of a selection, and yield what became of each.

        The order is that of the files with the engine "local", and that of completion with "ray".

        Parameters
        ----------
        selection
            The files.
        done
            Called with each outcome as soon as there is one.
        """
        rows, order = _rows(selection), self._order
        if self._engine == "ray":
            from synthmark.batch.ray_engine import rows_on_ray  # noqa: PLC0415 - an extra

            found = rows_on_ray(self._label, rows, selection.total, jobs=order.jobs, time_limit=order.time_limit)
            for outcome in map(RowOutcome, found):
                done(outcome)
                yield outcome
        elif any(_is_memory(place) for place in (*order.paths, order.output)):
            for outcome in (RowOutcome(self._label(row)) for row in rows):  # no other process has this memory
                done(outcome)
                yield outcome
        else:
            yield from self._here(rows, done)

    def _here(self, rows: Iterable[Row], done: Callable[[RowOutcome], object]) -> Iterator[RowOutcome]:
        """Label in worker processes of this machine."""
        window: InOrder[RowOutcome] = InOrder()
        prepare = functools.partial(prepare_worker, warm=self._order.config.watermark)
        jobs, limit = self._order.jobs or 1, self._order.time_limit
        with Pool(self._label, jobs, lost_row, time_limit=limit, prepare=prepare) as pool:
            for row in rows:
                while pool.full or window.full:
                    _await(pool, window, done)
                    yield from window.ready()
                pool.submit(row)
            while not pool.idle:
                _await(pool, window, done)
                yield from window.ready()

    def _check_registry(self) -> None:
        """Make the registry, or tell at once, and not at each file, what is wrong with it."""
        config = self._order.config
        if config.registry is None:
            return
        from synthmark.registry import open_registry, require_reason  # noqa: PLC0415 - heavy, often not needed

        require_reason(config)
        if self._engine == "ray" and isinstance(config.registry, Path):
            raise ConfigError(
                f"The registry {config.registry} is a file, which the machines of a cluster cannot share: "
                "set registry to a URL such as postgresql://user@host/name."
            )
        if not self._label.dry_run:
            open_registry(config.registry).close()


def prepare_worker(*, warm: bool) -> None:
    """Load in a worker process, before its first file, what labelling needs."""
    from synthmark.batch.worker import warm_up  # noqa: PLC0415 - needed in the workers alone

    if warm:
        warm_up()


def _is_memory(place: Place) -> bool:
    return isinstance(place, RemoteFile) and place.scheme == "memory"


def _rows(selection: Selection[Place]) -> Iterator[Row]:
    """Yield a row for each file."""
    for number, choice in enumerate(selection):
        job = choice.job
        yield {"number": number, "source": str(job.source), "target": str(job.target), "reason": choice.reason}


def _await(pool: Pool[Row, Row], window: InOrder[RowOutcome], done: Callable[[RowOutcome], object]) -> None:
    for row, result in pool.wait():
        outcome = RowOutcome(result)
        done(outcome)
        window.put(row["number"], outcome)

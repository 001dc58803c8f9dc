"""Rows of files on a Ray cluster: Ray Data hands blocks of them to actors, one for each core.

An actor labels in a process of its own below it: a file that kills that process costs one row, while the death of an
actor, or of its machine, makes Ray hand its block to another one.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import itertools
import logging
import os
import pickle
from typing import TYPE_CHECKING, Any

from synthmark._version import __version__
from synthmark.batch.row_batch import prepare_worker
from synthmark.batch.rows import lost_row
from synthmark.errors import DependencyError, SynthmarkError
from synthmark.workers import Pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synthmark.batch.rows import LabelRow, Row

__all__ = ["LabelOnCore", "rows_on_ray"]

_LARGEST_BLOCK = 32  # rows that are done again, or found done, when an actor dies
_ROUNDS = 16  # blocks for each core, so that none waits long for the last one


class LabelOnCore:
    """What an actor does: it hands one row after another to a process below it.

    Parameters
    ----------
    version
        Of this program, where the batch was begun.
    label
        The `LabelRow`, pickled.
    time_limit
        Seconds that a file may take; None for any time.

    Raises
    ------
    DependencyError
        When this machine has another version: it could take the settings for others.
    """

    def __init__(self, version: str, label: bytes, time_limit: float | None = None) -> None:
        if version != __version__:
            raise DependencyError(f"The batch was begun by synthmark {version}; a machine has {__version__}.")
        self._start(pickle.loads(label), time_limit)  # noqa: S301 - it comes from the driver, as this class does

    def _start(self, label: LabelRow, time_limit: float | None) -> None:
        prepare = functools.partial(prepare_worker, warm=label.config.watermark)
        self._pool = Pool(label, 1, lost_row, time_limit=time_limit, prepare=prepare)

    def __call__(self, row: Row) -> Row:
        """Return a row with what became of the file."""
        self._pool.submit(row)
        ((_, result),) = self._pool.wait()
        return result


def rows_on_ray(
    label: LabelRow, rows: Iterable[Row], total: int, *, jobs: int | None, time_limit: float | None = None
) -> Iterator[Row]:
    """Yield what becomes of each row, as it is done.

    The cluster is the one that `RAY_ADDRESS` names, or else the one that runs on this machine, or else this machine.

    Parameters
    ----------
    label
        What to do with a row.
    rows
        Numbered, with source and target.
    total
        How many rows there are.
    jobs
        How many files are worked on at a time; None for one per core of the cluster.
    time_limit
        Seconds that a file may take; None for any time.

    Raises
    ------
    DependencyError
        When Ray is missing.
    SynthmarkError
        When the cluster fails.
    """
    ray = _connected()
    cores = jobs or max(1, int(ray.cluster_resources().get("CPU", 1)))
    with _failures(ray):
        table = ray.data.from_arrow(list(_blocks(rows, _block_size(total, cores))))
        pool = ray.data.ActorPoolStrategy(min_size=1, max_size=cores)
        arguments = (__version__, pickle.dumps(label), time_limit)
        done = table.map(LabelOnCore, fn_constructor_args=arguments, compute=pool, num_cpus=1)
        yield from done.iter_rows()


def _connected() -> Any:  # noqa: ANN401 - the module, which has no types
    """Connect to the cluster, quietly and without reports to the makers of Ray."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray: Any = importlib.import_module("ray")
        importlib.import_module("ray.data")
    except ImportError as error:
        raise DependencyError("The engine needs the library Ray: pip install synthmark[ray]") from error
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "ignore_reinit_error": True}
    try:
        ray.init(address="auto", **quiet)
    except ConnectionError:
        ray.init(include_dashboard=False, **quiet)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    return ray


def _block_size(total: int, cores: int) -> int:
    return max(1, min(_LARGEST_BLOCK, total // (cores * _ROUNDS)))


def _blocks(rows: Iterable[Row], size: int) -> Iterator[Any]:
    """Yield tables of a few rows each."""
    import pyarrow as pa  # noqa: PLC0415 - comes with Ray

    remaining = iter(rows)
    while block := list(itertools.islice(remaining, size)):
        yield pa.Table.from_pylist(block)


@contextlib.contextmanager
def _failures(ray: Any) -> Iterator[None]:  # noqa: ANN401 - as above
    """Turn the end of the cluster into an error of ours."""
    try:
        yield
    except (ray.exceptions.RayError, ConnectionError) as error:
        raise SynthmarkError(f"The Ray cluster failed: {str(error).strip().splitlines()[0]}") from error

"""What a batch is told to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from synthmark.patterns import EVERYTHING, Patterns
from synthmark.selection import P

if TYPE_CHECKING:
    from synthmark.config import Config

__all__ = ["Order"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Generic[P]):
    """Which files to label, where their copies go, and how.

    Attributes
    ----------
    paths
        Files, and folders with files; for a `RowBatch` also URLs.
    output
        Folder of the copies.
    config
        What to write.
    patterns
        Which names to take.
    jobs
        How many worker processes; None for one per core of a cluster.
    overwrite
        Whether copies that exist are replaced.
    relabel, force
        See `synthmark.label_file`.
    time_limit
        Seconds that one file may take; None for any time.
    """

    paths: tuple[P, ...]
    output: P
    config: Config
    patterns: Patterns = EVERYTHING
    jobs: int | None = 1
    overwrite: bool = False
    relabel: bool = False
    force: bool = False
    time_limit: float | None = None

"""What a batch is told to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.patterns import EVERYTHING, Patterns

if TYPE_CHECKING:
    from pathlib import Path

    from synthmark.config import Config

__all__ = ["Order"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Which files to label, where their copies go, and how.

    Attributes
    ----------
    paths
        Files, and folders with files.
    output
        Folder of the copies.
    config
        What to write.
    patterns
        Which names to take.
    jobs
        How many worker processes.
    overwrite
        Whether copies that exist are replaced.
    relabel, force
        See `synthmark.label_file`.
    time_limit
        Seconds that one file may take; None for any time.
    """

    paths: tuple[Path, ...]
    output: Path
    config: Config
    patterns: Patterns = EVERYTHING
    jobs: int = 1
    overwrite: bool = False
    relabel: bool = False
    force: bool = False
    time_limit: float | None = None

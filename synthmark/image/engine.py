"""Which implementation runs: numba kernels where numba is installed, NumPy and OpenCV where it is not."""

from __future__ import annotations

import importlib.util
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["engine"]


@cache
def engine() -> ModuleType:
    """Return `_kernels` or, without numba, `_plain`: two modules with the same functions."""
    name = "_kernels" if importlib.util.find_spec("numba") else "_plain"
    return importlib.import_module(f"synthmark.image.{name}")

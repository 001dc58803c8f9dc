"""Which implementation runs: numba kernels where numba is installed, vectorised NumPy where it is not."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING

from synthmark._jit import compiles

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["engine"]


@cache
def engine() -> ModuleType:
    """Return `_kernels` or, without numba, `_plain`: two modules with the same functions."""
    return importlib.import_module(f"synthmark.audio.{'_kernels' if compiles() else '_plain'}")

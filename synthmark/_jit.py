"""The one place that imports numba: `kernel` compiles a function on first use, or leaves it plain Python."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["compiles", "kernel"]


@functools.cache
def compiles() -> bool:
    """Return whether kernels are compiled: numba is installed and can be imported."""
    try:
        importlib.import_module("numba")
    except ImportError:
        return False
    return True


def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile with the disk cache, in memory where no cache can be written, not at all without numba."""
    if not compiles():
        return function
    numba = importlib.import_module("numba")
    try:
        return cast("Callable[..., Any]", numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # numba finds no place for a cache: zip archive, frozen bundle, no home directory
        return cast("Callable[..., Any]", numba.njit(nogil=True, error_model="numpy")(function))


class _Lazy:
    """Holds a kernel until its first call, so that importing a module costs no import of numba."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.plain = function
        self._compiled: Callable[..., Any] | None = None

    def compiled(self) -> Callable[..., Any]:
        """Return the compiled function, or the plain one where numba is missing."""
        if self._compiled is None:
            self._compiled = _compile(self.plain)
        return self._compiled

    def __call__(self, *args: Any) -> Any:  # noqa: ANN401 - a kernel may take and return any array or scalar
        return self.compiled()(*args)


def kernel(function: F) -> F:
    """Mark a function as a kernel: arithmetic on arrays and scalars, no Python objects.

    Kernels do not call one another: numba's cache does not see that a callee in another file has changed.
    """
    return cast("F", _Lazy(function))

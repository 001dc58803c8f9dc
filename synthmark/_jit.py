"""The one place that imports numba: `kernel` compiles a function on first use, or leaves it plain Python."""

from __future__ import annotations

import functools
import importlib
import types
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
    function = _with_parts(function)
    try:
        return cast("Callable[..., Any]", numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # numba finds no place for a cache: zip archive, frozen bundle, no home directory
        return cast("Callable[..., Any]", numba.njit(nogil=True, error_model="numpy")(function))


def _with_parts(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function with the kernels that it names in a form that numba copies into it.

    Compiling them each by itself would take twice as long, and gains nothing.
    """
    code, scope = function.__code__, function.__globals__
    parts = {name: scope[name] for name in code.co_names if isinstance(scope.get(name), _Lazy)}
    for name, part in parts.items():
        if part.plain.__code__.co_filename != code.co_filename:
            raise TypeError(f"The kernel {code.co_name} calls {name}, which is in another file; move it here.")
    inline = functools.partial(importlib.import_module("numba").njit, inline="always", error_model="numpy")
    scope = scope | {name: inline(_with_parts(part.plain)) for name, part in parts.items()}
    return functools.update_wrapper(types.FunctionType(code, scope, code.co_name), function)


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

    A kernel may call others of its own file. It calls none in another: numba's cache does not see that that one has
    changed.
    """
    return cast("F", _Lazy(function))

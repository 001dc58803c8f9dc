"""Kernels compile on first use, and run as plain Python where numba is missing or cannot keep a cache."""

import subprocess
import sys

import numpy as np
import pytest

from synthmark import _jit


def total(values):
    """Add up."""
    result = 0.0
    for value in values:
        result += value
    return result


@pytest.fixture(autouse=True)
def _forget():
    _jit.compiles.cache_clear()
    yield
    _jit.compiles.cache_clear()


def test_a_kernel_keeps_its_name_and_words():
    lazy = _jit.kernel(total)
    assert (lazy.__name__, lazy.__doc__) == ("total", "Add up.")


def test_it_compiles_once_on_first_use():
    lazy = _jit.kernel(total)
    assert lazy._compiled is None
    assert lazy(np.arange(4.0)) == 6
    compiled = lazy._compiled
    assert compiled.signatures
    assert lazy(np.arange(5.0)) == 10
    assert lazy._compiled is compiled


@_jit.kernel
def _half(value):
    return value / 2


@_jit.kernel
def _mean_of_two(one, other):
    return _half(one) + _half(other)


def test_a_kernel_may_call_another_of_its_file():
    assert _mean_of_two(1.0, 4.0) == 2.5
    assert _mean_of_two.compiled().signatures
    assert _half._compiled is None, "its code is copied"


def test_without_numba_it_calls_the_plain_one(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr(_half, "_compiled", None)
    monkeypatch.setattr(_mean_of_two, "_compiled", None)
    assert _mean_of_two(2, 3) == 2.5
    assert _half._compiled is _half.plain, "it is called"


def test_a_kernel_calls_none_of_another_file(monkeypatch):
    from synthmark.image._kernels import fold

    monkeypatch.setitem(globals(), "_half", fold)
    caller = _jit.kernel(_mean_of_two.plain)
    with pytest.raises(TypeError, match="_mean_of_two calls _half, which is in another file"):
        caller(1.0, 4.0)


def test_without_numba_it_is_plain_python(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    assert not _jit.compiles()
    lazy = _jit.kernel(total)
    assert lazy([1, 2.5]) == 3.5
    assert lazy._compiled is total


def test_a_broken_numba_counts_as_none(monkeypatch):
    """numba refuses some versions of NumPy with an ImportError."""

    def broken(name):
        raise ImportError("Numba needs NumPy 2.3 or less")

    monkeypatch.setattr(_jit.importlib, "import_module", broken)
    assert not _jit.compiles()
    assert _jit.kernel(total)([1.0]) == 1


def test_without_a_place_for_the_cache_it_compiles_in_memory(monkeypatch):
    import numba

    asked = []

    def njit(**options):
        asked.append(options.get("cache", False))
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(numba, "njit", njit)
    assert _jit.kernel(total)([1.0]) == 1
    assert asked == [True, False]


def test_an_error_in_a_kernel_is_not_hidden(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(TypeError):
        _jit.kernel(total)(None)


def test_importing_kernels_does_not_import_numba():
    code = "import sys, synthmark.image._kernels, synthmark.codes; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

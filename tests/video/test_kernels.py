import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthmark.image.canonical import taps
from synthmark.video import _kernels, _plain


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    small=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    factor=st.tuples(st.floats(1, 4), st.floats(1, 4)),
    deep=st.booleans(),
)
def test_the_kernel_adds_as_the_plain_one(seed, small, factor, deep):
    random = np.random.default_rng(seed)
    height, width = (max(1, round(length * part)) for length, part in zip(small, factor, strict=True))
    kind, peak = (np.uint16, 1023) if deep else (np.uint8, 255)
    luma = random.integers(0, peak + 1, (height, width)).astype(kind)
    difference = random.normal(0, 3, small).astype(np.float32)
    tables = (*taps(small[0], height, False), *taps(small[1], width, False))
    fast, plain = luma.copy(), luma.copy()
    _kernels.add_difference(fast, difference, *tables, float(peak))
    _plain.add_difference(plain, difference, *tables, float(peak))
    apart = np.abs(fast.astype(int) - plain.astype(int))
    assert apart.max() <= 1
    assert (apart > 0).mean() < 0.02
    assert fast.max() <= peak


@pytest.mark.parametrize("module", [_kernels, _plain])
def test_values_are_rounded_and_held_within_the_range(module):
    luma = np.array([[0, 100, 255]], np.uint8)
    tables = (*taps(1, 1, False), *taps(3, 3, False))
    module.add_difference(luma, np.array([[-5.0, 0.6, 5.0]], np.float32), *tables, 255.0)
    assert luma.tolist() == [[0, 101, 255]]

"""The kernel of the polar code: successive-cancellation list decoding.

`_plain` holds the same function in NumPy; it is used where numba is missing and is what the tests compare with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synthmark._jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["decode_list"]


class _Paths(NamedTuple):
    """The candidates that are followed, a row each.

    Level s of a path holds 2**s values from offset 2**s. A path writes its own row and reads where `source` and
    `left_source` point, so that a fork copies pointers and no values.
    """

    soft: NDArray[np.float32]
    left: NDArray[np.uint8]
    right: NDArray[np.uint8]
    source: NDArray[np.int64]
    left_source: NDArray[np.int64]
    bits: NDArray[np.uint8]
    metric: NDArray[np.float32]


@kernel
def decode_list(
    llr: NDArray[np.float32], nodes: NDArray[np.int32], info_count: int, paths: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Decode a polar word with a list of candidate paths, min-sum arithmetic.

    Parameters
    ----------
    llr
        float32, shape (2**n,): log-likelihood ratios, positive for bit 0.
    nodes
        int32, shape (m, 3): the decoding schedule, rows of (first leaf, level, frozen). A frozen row covers the
        2**level frozen leaves that begin at `first leaf`; an information leaf has level 0.
    info_count
        Number of information bits.
    paths
        List size.

    Returns
    -------
    Information bits of the surviving paths (paths, info_count), best first, and their metrics (lower is better;
    infinity for a path that was never used).

    References
    ----------
    I. Tal, A. Vardy, "List decoding of polar codes", IEEE Trans. Inf. Theory 61(5), 2015;
    A. Balatsoukas-Stimming et al., "LLR-based successive cancellation list decoding", IEEE TSP 63(19), 2015.
    """
    every = _begun(llr, info_count, paths)
    active, done = 1, 0
    for row in range(nodes.shape[0]):
        first, level = nodes[row, 0], nodes[row, 1]
        _descend(every, active, first, level)
        if nodes[row, 2]:
            _freeze(every, active, level)
        else:
            active = _fork(every, active, done)
            done += 1
        _ascend(every, active, first, level)
    best = np.argsort(every.metric)
    return every.bits[best], every.metric[best]


@kernel
def _begun(llr: NDArray[np.float32], info_count: int, paths: int) -> _Paths:
    """Return the paths before the first leaf: one that is used, which knows the whole word."""
    size = llr.shape[0]
    levels = 0
    while 1 << levels < size:
        levels += 1
    soft = np.zeros((paths, 2 * size), np.float32)
    soft[0, size:] = llr
    metric = np.full(paths, np.float32(np.inf))
    metric[0] = 0.0
    left, right = np.zeros((paths, 2 * size), np.uint8), np.zeros((paths, 2 * size), np.uint8)
    source, left_source = np.zeros((paths, levels + 1), np.int64), np.zeros((paths, levels + 1), np.int64)
    return _Paths(soft, left, right, source, left_source, np.zeros((paths, info_count), np.uint8), metric)


@kernel
def _descend(every: _Paths, active: int, first: int, level: int) -> None:
    """Compute soft values from the highest level whose half changed down to the level of a node."""
    top = every.source.shape[1] - 1
    if first > 0:
        top = 0
        while (first >> top) & 1 == 0:
            top += 1
        top += 1
    for s in range(top - 1, level - 1, -1):
        if (first >> s) & 1:
            _right_half(every, active, s)
        else:
            _left_half(every, active, s)
        for p in range(active):
            every.source[p, s] = p


@kernel
def _left_half(every: _Paths, active: int, s: int) -> None:
    """Compute the soft values of a left half, whose bits are sums of two."""
    soft, half = every.soft, 1 << s
    for p in range(active):
        above = every.source[p, s + 1]
        for i in range(half):
            a = soft[above, 2 * half + i]
            b = soft[above, 3 * half + i]
            least = min(abs(a), abs(b))
            soft[p, half + i] = least if (a < 0) == (b < 0) else -least


@kernel
def _right_half(every: _Paths, active: int, s: int) -> None:
    """Compute the soft values of a right half, given the bits of the left one."""
    soft, left, half = every.soft, every.left, 1 << s
    for p in range(active):
        above, bit_row = every.source[p, s + 1], every.left_source[p, s]
        for i in range(half):
            a = soft[above, 2 * half + i]
            b = soft[above, 3 * half + i]
            soft[p, half + i] = b - a if left[bit_row, half + i] else b + a


@kernel
def _freeze(every: _Paths, active: int, level: int) -> None:
    """Take the leaves of a node for zeros: whatever speaks against it counts against the path."""
    width = 1 << level
    for p in range(active):
        row, loss = every.source[p, level], np.float32(0.0)
        for i in range(width):
            value = every.soft[row, width + i]
            if value < 0:
                loss -= value
            every.right[p, width + i] = 0
        every.metric[p] += loss


@kernel
def _fork(every: _Paths, active: int, done: int) -> int:
    """Follow both values of the next bit, keep the best paths, and return how many there are."""
    choices = np.empty(2 * active, np.float32)
    for p in range(active):
        value = every.soft[every.source[p, 0], 1]
        choices[2 * p] = every.metric[p] - min(value, np.float32(0.0))
        choices[2 * p + 1] = every.metric[p] + max(value, np.float32(0.0))
    order = np.argsort(choices)[: every.metric.shape[0]]
    kept, parents = len(order), order >> 1
    every.metric[:kept] = choices[order]
    every.source[:kept] = every.source[parents]
    every.left_source[:kept] = every.left_source[parents]
    every.bits[:kept] = every.bits[parents]
    for q in range(kept):
        every.bits[q, done] = every.right[q, 1] = order[q] & 1
    return kept


@kernel
def _ascend(every: _Paths, active: int, first: int, level: int) -> None:
    """Add up bits: a finished right half joins its left half, one level up each time."""
    left, right, left_source = every.left, every.right, every.left_source
    s, levels = level, every.source.shape[1] - 1
    while s < levels and (first >> s) & 1:
        half = 1 << s
        for p in range(active):
            bit_row = left_source[p, s]
            for i in range(half):
                value = right[p, half + i]
                right[p, 2 * half + i] = left[bit_row, half + i] ^ value
                right[p, 3 * half + i] = value
        s += 1
    if s < levels:
        half = 1 << s
        for p in range(active):
            left[p, half : 2 * half] = right[p, half : 2 * half]
            left_source[p, s] = p

"""The kernel of the polar code: successive-cancellation list decoding.

`_plain` holds the same function in NumPy; it is used where numba is missing and is what the tests compare with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthmark._jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["decode_list"]


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
    size = llr.shape[0]
    levels = 0
    while 1 << levels < size:
        levels += 1
    # Level s of a path holds 2**s values from offset 2**s. A path writes its own row and reads where `source` and
    # `left_source` point, so that a fork copies pointers and no values.
    soft = np.zeros((paths, 2 * size), np.float32)
    left = np.zeros((paths, 2 * size), np.uint8)
    right = np.zeros((paths, 2 * size), np.uint8)
    source = np.zeros((paths, levels + 1), np.int64)
    left_source = np.zeros((paths, levels + 1), np.int64)
    bits = np.zeros((paths, info_count), np.uint8)
    metric = np.full(paths, np.float32(np.inf))
    metric[0] = 0.0
    soft[0, size:] = llr
    active = 1
    done = 0
    new_source = source.copy()
    new_left_source = left_source.copy()
    new_bits = bits.copy()
    new_metric = metric.copy()
    choices = np.zeros(2 * paths, np.float32)
    for row in range(nodes.shape[0]):
        first = nodes[row, 0]
        level = nodes[row, 1]
        # Soft values from the highest level whose half changed down to this node's level.
        top = levels
        if first > 0:
            top = 0
            while (first >> top) & 1 == 0:
                top += 1
            top += 1
        for s in range(top - 1, level - 1, -1):
            half = 1 << s
            for p in range(active):
                above = source[p, s + 1]
                if (first >> s) & 1:
                    bit_row = left_source[p, s]
                    for i in range(half):
                        a = soft[above, 2 * half + i]
                        b = soft[above, 3 * half + i]
                        soft[p, half + i] = b - a if left[bit_row, half + i] else b + a
                else:
                    for i in range(half):
                        a = soft[above, 2 * half + i]
                        b = soft[above, 3 * half + i]
                        least = min(abs(a), abs(b))
                        soft[p, half + i] = least if (a < 0) == (b < 0) else -least
            for p in range(active):
                source[p, s] = p
        width = 1 << level
        if nodes[row, 2]:
            for p in range(active):
                loss = np.float32(0.0)
                for i in range(width):
                    value = soft[source[p, level], width + i]
                    if value < 0:
                        loss -= value
                    right[p, width + i] = 0
                metric[p] += loss
        else:
            for p in range(active):
                value = soft[source[p, 0], 1]
                choices[2 * p] = metric[p] - min(value, np.float32(0.0))
                choices[2 * p + 1] = metric[p] + max(value, np.float32(0.0))
            order = np.argsort(choices[: 2 * active])
            kept = min(2 * active, paths)
            for q in range(kept):
                parent = order[q] >> 1
                new_metric[q] = choices[order[q]]
                new_source[q] = source[parent]
                new_left_source[q] = left_source[parent]
                new_bits[q, :done] = bits[parent, :done]
                new_bits[q, done] = order[q] & 1
            active = kept
            done += 1
            for q in range(active):
                metric[q] = new_metric[q]
                source[q] = new_source[q]
                left_source[q] = new_left_source[q]
                bits[q, :done] = new_bits[q, :done]
                right[q, 1] = bits[q, done - 1]
        # Partial sums: a finished right half joins its left half, one level up each time.
        s = level
        while s < levels and (first >> s) & 1:
            half = 1 << s
            for p in range(active):
                bit_row = left_source[p, s]
                for i in range(half):
                    value_bit = right[p, half + i]
                    right[p, 2 * half + i] = left[bit_row, half + i] ^ value_bit
                    right[p, 3 * half + i] = value_bit
            s += 1
        if s < levels:
            half = 1 << s
            for p in range(active):
                left[p, half : 2 * half] = right[p, half : 2 * half]
                left_source[p, s] = p
    best = np.argsort(metric)
    return bits[best], metric[best]

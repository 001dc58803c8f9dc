"""The list decoder in NumPy, all paths at once: for machines without numba, and to test `_kernels` against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Soft = NDArray[np.float32]
    Bits = NDArray[np.uint8]

__all__ = ["decode_list"]


@dataclass(slots=True)
class _Paths:
    """The paths of a list decoder: arrays whose first axis is the path, one pair for each level of the tree."""

    soft: list[Soft]
    left: list[Bits]
    metric: Soft
    bits: Bits

    def descend(self, first: int, level: int) -> None:
        """Compute the soft values of a node from the highest level whose half changes there."""
        top = len(self.soft) - 1 if first == 0 else (first & -first).bit_length()
        for s in range(top - 1, level - 1, -1):
            a, b = np.split(self.soft[s + 1], 2, axis=1)
            if first >> s & 1:
                self.soft[s] = np.where(self.left[s], b - a, b + a)
            else:
                least = np.minimum(np.abs(a), np.abs(b))
                self.soft[s] = np.where((a < 0) == (b < 0), least, -least)

    def freeze(self, level: int) -> Bits:
        """Pass a block of frozen leaves: each path pays for what contradicts zeros."""
        self.metric = self.metric - np.minimum(self.soft[level], 0).sum(axis=1)
        return np.zeros(self.soft[level].shape, np.uint8)

    def fork(self, done: int, most: int) -> Bits:
        """Split every path at an information leaf and keep the best."""
        value = self.soft[0][:, 0]
        choices = np.stack([self.metric - np.minimum(value, 0), self.metric + np.maximum(value, 0)], axis=1)
        kept = np.argsort(choices.ravel(), kind="stable")[:most]
        self._take(kept >> 1)
        self.metric = choices.ravel()[kept]
        self.bits[:, done] = kept & 1
        return self.bits[:, done : done + 1]

    def _take(self, parents: NDArray[Any]) -> None:
        self.soft = [values[parents] for values in self.soft]
        self.left = [values[parents] for values in self.left]
        self.bits = self.bits[parents]

    def join(self, first: int, level: int, right: Bits) -> None:
        """Join finished right halves to their left halves, and keep the left half that remains."""
        while level < len(self.left) and first >> level & 1:
            right = np.concatenate([self.left[level] ^ right, right], axis=1)
            level += 1
        if level < len(self.left):
            self.left[level] = right


def decode_list(llr: Soft, nodes: NDArray[np.int32], info_count: int, paths: int) -> tuple[Bits, Soft]:
    """Decode a polar word with a list of candidate paths; arguments and results as in `_kernels`."""
    levels = len(llr).bit_length() - 1
    sizes = [1 << level for level in range(levels)]
    state = _Paths(
        soft=[*(np.zeros((1, size), np.float32) for size in sizes), llr[None]],
        left=[np.zeros((1, size), np.uint8) for size in sizes],
        metric=np.zeros(1, np.float32),
        bits=np.zeros((1, info_count), np.uint8),
    )
    done = 0
    for first, level, frozen in nodes.tolist():
        state.descend(first, level)
        right = state.freeze(level) if frozen else state.fork(done, paths)
        done += not frozen
        state.join(first, level, right)
    return _ranked(state, paths)


def _ranked(state: _Paths, paths: int) -> tuple[Bits, Soft]:
    """Return words and metrics, best first, filled up to the list size with paths that were never used."""
    best = np.argsort(state.metric, kind="stable")
    unused = paths - len(best)
    words = np.pad(state.bits[best], ((0, unused), (0, 0)))
    return words, np.pad(state.metric[best], (0, unused), constant_values=np.inf)

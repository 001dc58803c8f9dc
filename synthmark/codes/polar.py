"""A polar code of 96 information bits with list decoding; the frame's CRC picks the right path."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from synthmark._jit import compiles
from synthmark.codes import _kernels, _plain
from synthmark.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PolarCode"]


@cache
def _reliability_order(size: int) -> NDArray[np.intp]:
    """Return the bit channels, least reliable first, by polarization weight sum(bit_j * 2**(j/4)).

    G. He et al., "Beta-expansion: a theoretical framework for fast and recursive construction of polar codes",
    IEEE GLOBECOM 2017.
    """
    index = np.arange(size)
    weight = np.zeros(size)
    for j in range(size.bit_length() - 1):
        weight += (index >> j & 1) * 2.0 ** (j / 4)
    return np.argsort(weight, kind="stable")


def _schedule(frozen: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Cut the leaves into the largest aligned frozen blocks and single information leaves."""
    rows: list[tuple[int, int, int]] = []

    def cut(first: int, level: int) -> None:
        block = frozen[first : first + (1 << level)]
        if block.all() or level == 0:
            rows.append((first, level, int(block[0])))
            return
        cut(first, level - 1)
        cut(first + (1 << level - 1), level - 1)

    cut(0, len(frozen).bit_length() - 1)
    return np.array(rows, np.int32)


def _transform(word: NDArray[np.uint8]) -> None:
    """Multiply a word of 2**n bits by the polar matrix F^(x)n over GF(2), in place.

    E. Arikan, "Channel polarization", IEEE Trans. Inf. Theory 55(7), 2009.
    """
    half = 1
    while half < len(word):
        pairs = word.reshape(-1, 2, half)
        pairs[:, 0] ^= pairs[:, 1]
        half *= 2


@dataclass(frozen=True)
class PolarCode:
    """A polar code of `length` coded bits (a power of two) for `info` information bits.

    Raises
    ------
    InputError
        When the length is no power of two or too short for the information bits.
    """

    length: int
    info: int
    _positions: NDArray[np.intp] = field(init=False, repr=False, compare=False)
    _nodes: NDArray[np.int32] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.length & (self.length - 1) or not 0 < self.info <= self.length:
            raise InputError(f"No polar code has length {self.length} for {self.info} bits; use a power of two.")
        positions = np.sort(_reliability_order(self.length)[self.length - self.info :])
        frozen = np.ones(self.length, np.bool_)
        frozen[positions] = False
        object.__setattr__(self, "_positions", positions)
        object.__setattr__(self, "_nodes", _schedule(frozen))

    def encode(self, bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the `length` coded bits (uint8) of `info` information bits (uint8, each 0 or 1)."""
        word = np.zeros(self.length, np.uint8)
        word[self._positions] = bits
        _transform(word)
        return word

    def decode(self, llr: NDArray[np.floating], paths: int = 8) -> NDArray[np.uint8]:
        """Return the candidate information words, most likely first.

        Parameters
        ----------
        llr
            Shape (length,): soft bits, positive for bit 0; any common scale.
        paths
            List size: how many candidates are kept and returned.

        Returns
        -------
        uint8 array, shape (at most paths, info).
        """
        soft = np.ascontiguousarray(llr, np.float32)
        decode_list = _kernels.decode_list if compiles() else _plain.decode_list
        words, metrics = decode_list(soft, self._nodes, self.info, paths)
        return np.asarray(words[np.isfinite(metrics)])

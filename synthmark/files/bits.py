"""The boolean entropy decoder of VP8 (RFC 6386, section 7), for even probabilities."""

from __future__ import annotations

__all__ = ["BoolReader"]


class BoolReader:
    """Reads flags and literals of a VP8 header; zeros follow the end of the data."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._next = 2
        self._value = int.from_bytes(data[:2].ljust(2, b"\0"), "big")
        self._range = 255
        self._shifted = 0

    def take(self, width: int) -> int:
        """Read an unsigned number of `width` bits, most significant bit first."""
        number = 0
        for _ in range(width):
            number = number << 1 | self._flag()
        return number

    def _flag(self) -> int:
        """Decode one flag with probability one half."""
        split = 1 + ((self._range - 1) * 128 >> 8)
        flag = self._value >= split << 8
        if flag:
            self._range -= split
            self._value -= split << 8
        else:
            self._range = split
        while self._range < 128:
            self._shift()
        return int(flag)

    def _shift(self) -> None:
        """Double range and value, taking in a new byte after every eight bits."""
        self._value <<= 1
        self._range <<= 1
        self._shifted += 1
        if self._shifted == 8:
            self._shifted = 0
            if self._next < len(self._data):
                self._value |= self._data[self._next]
            self._next += 1

"""Rectangles in pixels or fractions: left and top inclusive, right and bottom exclusive."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Box"]


class Box(NamedTuple):
    """A rectangle; the unit is that of its four numbers."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Extent from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Extent from top to bottom."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Width times height."""
        return self.width * self.height

    def shared_area(self, other: Box) -> float:
        """Return the area that two boxes have in common."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0) * max(height, 0)

    def grown(self, by: float) -> Box:
        """Return the box with every side moved outwards."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def scaled(self, factor_x: float, factor_y: float) -> Box:
        """Return the box in a picture that is resized by two factors."""
        return Box(self.left * factor_x, self.top * factor_y, self.right * factor_x, self.bottom * factor_y)

    def moved(self, right: float, down: float) -> Box:
        """Return the box at another place."""
        return Box(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def inside(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return the pixels of a picture that the box touches, one at least: left, top, right, bottom."""
        left = min(max(int(self.left), 0), width - 1)
        top = min(max(int(self.top), 0), height - 1)
        right = min(max(-int(-self.right // 1), left + 1), width)
        bottom = min(max(-int(-self.bottom // 1), top + 1), height)
        return left, top, right, bottom

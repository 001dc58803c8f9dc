"""How large a label is: font size from the measured ink, one line or two, padding and margin."""

from __future__ import annotations

import math
from dataclasses import dataclass

from synthmark.errors import CapacityError, InputError
from synthmark.visible.typeface import LINE_PITCH, REFERENCE_SIZE, Typeface
from synthmark.visible.wording import two_lines

__all__ = ["Layout", "fit", "require_height"]

# GB 45438-2025, 5.2 e and 5.4 f: at least 5 % of the picture's short side.
LEAST_HEIGHT = 0.05
MOST_HEIGHT = 0.5

# GB 45438-2025, 5.2: text is to be legible. Below 6 pixels of ink no Chinese character is; 9 are comfortable.
LEGIBLE_INK = 6
COMFORTABLE_INK = 9
# More ink than the standard asks for is given as long as the plate takes no more of the picture's width.
COMFORTABLE_WIDTH = 0.7
# Padding around the ink and margin to the edges of the picture, in sizes of the font.
PADDING_X = 0.46
PADDING_Y = 0.3
MARGIN = 0.32
SHORTEST = "AI生成"


@dataclass(frozen=True, slots=True)
class Layout:
    """The size of a label, all in pixels.

    Attributes
    ----------
    lines
        The text as it is broken.
    font_size
        Size of the font.
    ink_height
        Measured height of the smallest glyph.
    width, height
        Extent of the plate.
    margin
        Room between plate and edge of the picture.
    """

    lines: tuple[str, ...]
    font_size: int
    ink_height: int
    width: int
    height: int
    margin: int

    @property
    def full_width(self) -> int:
        """Columns that a picture needs."""
        return self.width + 2 * self.margin

    @property
    def full_height(self) -> int:
        """Rows that a picture needs."""
        return self.height + 2 * self.margin


def fit(text: str, typeface: Typeface, size: tuple[int, int], fraction: float) -> Layout:
    """Lay a label out so that the ink of its smallest glyph has a fraction of the picture's short side.

    One line is tried first, then two. On small pictures legible text is higher than the fraction asks for.

    Parameters
    ----------
    size
        Width and height of the picture in pixels.
    fraction
        Least height of ink, as a part of the short side.

    Raises
    ------
    CapacityError
        When the label does not fit.
    """
    least = max(LEGIBLE_INK, math.ceil(fraction * min(size) - 1e-9))
    inks = [*range(COMFORTABLE_INK, least, -1), least]
    breaks = [(text,), two_lines(text, lambda line: typeface.width(line, REFERENCE_SIZE))]
    for lines in filter(None, breaks):
        for ink in inks:
            if _may_fit(lines, typeface, ink, size):
                layout = _laid_out(lines, typeface, ink)
                share = 1.0 if ink == least else COMFORTABLE_WIDTH
                if layout.full_width <= share * size[0] and layout.full_height <= size[1]:
                    return layout
    raise _too_small(text, typeface, least, size)


def require_height(height: object, *, force: bool) -> float:
    """Return the least height of ink as a part of the short side; None is 0.05.

    Raises
    ------
    InputError
        When it is no number above 0 and up to 0.5; unless `force` is set, also when it is below 0.05.
    """
    if height is None:
        return LEAST_HEIGHT
    if isinstance(height, bool) or not isinstance(height, (int, float)) or not 0 < height <= MOST_HEIGHT:
        raise InputError(f"The height of a label is a number above 0 and up to {MOST_HEIGHT}; this is {height!r}.")
    if height < LEAST_HEIGHT and not force:
        raise InputError(
            f"A label needs a height of at least {LEAST_HEIGHT} of the short side; this is {height}. "
            "Pass force=True for a lower one."
        )
    return float(height)


def _laid_out(lines: tuple[str, ...], typeface: Typeface, ink: int) -> Layout:
    """Return the layout of given lines at a least height of ink."""
    text = "".join(lines)
    font_size = typeface.size_for(text, ink)
    height, width = typeface.mask(lines, font_size).shape
    return Layout(
        lines,
        font_size,
        typeface.ink_height(text, font_size),
        width + 2 * math.ceil(PADDING_X * font_size),
        height + 2 * math.ceil(PADDING_Y * font_size),
        max(1, round(MARGIN * font_size)),
    )


def _may_fit(lines: tuple[str, ...], typeface: Typeface, ink: int, size: tuple[int, int]) -> bool:
    """Return whether drawing a label is worth while: ink far larger than the picture is never drawn."""
    wide, high = _estimate(lines, typeface, ink)
    return wide <= 1.2 * size[0] and high <= 1.2 * size[1]


def _estimate(lines: tuple[str, ...], typeface: Typeface, ink: int) -> tuple[int, int]:
    """Estimate the width and height in pixels that a label needs, margin included."""
    text = "".join(lines)
    font_size = ink * REFERENCE_SIZE / max(typeface.ink_height(text, REFERENCE_SIZE), 1)
    advance = max(typeface.width(line, REFERENCE_SIZE) for line in lines) / REFERENCE_SIZE
    wide = font_size * (advance + 2 * (PADDING_X + MARGIN))
    high = font_size * (0.9 + LINE_PITCH * (len(lines) - 1) + 2 * (PADDING_Y + MARGIN))
    return round(wide), round(high)


def _too_small(text: str, typeface: Typeface, ink: int, size: tuple[int, int]) -> CapacityError:
    """Say what the label needs and what would fit."""
    wide, high = _estimate((text,), typeface, ink)
    shorter, lower = _estimate((SHORTEST,), typeface, ink) if text != SHORTEST else (wide, high)
    advice = f"{SHORTEST!r} would fit." if shorter <= size[0] and lower <= size[1] else "Use a larger picture."
    return CapacityError(
        f"The label {text!r} needs about {wide} x {high} pixels on one line, with glyphs {ink} pixels high; "
        f"the picture has {size[0]} x {size[1]}, and two lines do not fit either. {advice}"
    )

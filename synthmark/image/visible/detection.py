"""Recognising our own visible label: which text, where, how high, and whether that is what GB 45438-2025 asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmark._opencv import opencv
from synthmark.image.pictures import Picture, as_picture
from synthmark.image.visible.label_search import FINE, best_match
from synthmark.image.visible.reduction import grey_levels
from synthmark.image.visible.templates import ink_of, template
from synthmark.visible.boxes import Box
from synthmark.visible.layout import LEAST_HEIGHT
from synthmark.visible.places import EDGE_BAND, nearest_anchor
from synthmark.visible.wording import has_elements

if TYPE_CHECKING:
    import numpy.typing as npt

    from synthmark.image.visible.label_search import Match

    Map = npt.NDArray[np.float32]

__all__ = ["FoundLabel", "find_label"]

# Larger pictures are searched in a copy with this short side, in which the least label is well legible, and with
# at most this many pixels.
SEARCHED_SIDE = 800
SEARCHED_AREA = 1_500_000
# Fonts fit strokes to whole pixels: a height measured by the size of letters may be up to a pixel too low.
ONE_PIXEL = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLabel:
    """One of our labels, as found in a picture.

    Attributes
    ----------
    text
        What it says.
    box
        Its plate in pixels of the picture: left, top, right, bottom.
    anchor
        Nearest corner or edge: "bottom-right", "top", ...
    text_colour
        "white" or "black".
    ink_height
        Height of the smallest glyph in pixels, by the size of the letters; exact to about one pixel.
    fraction
        The same as a part of the picture's short side.
    correlation
        How much the pixels are like the label, 0..1.
    violations
        What GB 45438-2025, 5.2 asks and this label is not: "elements" (b), "place" (c: edge or corner), "height"
        (e: 5 % of the short side). Empty when it conforms.
    """

    text: str
    box: Box
    anchor: str
    text_colour: str
    ink_height: float
    fraction: float
    correlation: float
    violations: tuple[str, ...]

    @property
    def conforming(self) -> bool:
        """Whether the label is what GB 45438-2025, 5.2 asks."""
        return not self.violations


def find_label(picture: object) -> FoundLabel | None:
    """Look for a label as `synthmark.image.label` draws it: a standard text in the bundled font on a plate.

    Labels of others, and other texts or fonts, are not guessed at.

    Parameters
    ----------
    picture
        Array (H, W), (H, W, 3) RGB or (H, W, 4) RGBA, uint8, uint16 or float 0..1, or a PIL image; upright as
        displayed, in square pixels.

    Returns
    -------
    FoundLabel or None
        The best match; None when there is none.

    Raises
    ------
    InputError
        For an unusable picture.
    """
    viewed = as_picture(picture)
    searched, factor = _searched(viewed)
    match = best_match(searched)
    return None if match is None else _described(match, factor, (viewed.width, viewed.height))


def _searched(viewed: Picture) -> tuple[Map, float]:
    """Return a grey copy of moderate size, and its size as a part of the picture's."""
    grey = grey_levels(viewed.colour, viewed.peak)
    factor = min(1.0, SEARCHED_SIDE / min(grey.shape), (SEARCHED_AREA / grey.size) ** 0.5)
    if factor < 1:
        size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
        grey = opencv().resize(grey, size, interpolation=opencv().INTER_AREA)
    return grey.astype(np.float32), factor


def _described(match: Match, factor: float, size: tuple[int, int]) -> FoundLabel:
    """Say what a match in the searched copy means in the picture."""
    height, width = (length * match.size / FINE for length in template(match.text, FINE).shape)
    box = Box(match.left, match.top, match.left + width, match.top + height).scaled(1 / factor, 1 / factor)
    whole = Box(*box.inside(*size))
    ink = match.size * ink_of(match.text) / factor
    return FoundLabel(
        text=match.text,
        box=whole,
        anchor=nearest_anchor(*_free_room(whole, size)),
        text_colour="white" if match.white_text else "black",
        ink_height=ink,
        fraction=ink / min(size),
        correlation=match.correlation,
        violations=_violations(match.text, whole, ink, size),
    )


def _violations(text: str, box: Box, ink: float, size: tuple[int, int]) -> tuple[str, ...]:
    """Return the demands of the standard that a label does not meet."""
    across, down = _free_room(box, size)
    met = {
        "elements": has_elements(text),
        "place": min(across, down, 1 - across, 1 - down) <= EDGE_BAND,
        "height": ink + ONE_PIXEL >= LEAST_HEIGHT * min(size),
    }
    return tuple(name for name, holds in met.items() if not holds)


def _free_room(box: Box, size: tuple[int, int]) -> tuple[float, float]:
    """Return where a box lies, as fractions 0..1 of the free room from the left and the top."""
    return box.left / max(size[0] - box.width, 1), box.top / max(size[1] - box.height, 1)

"""Where and how a visible label is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from synthmark.visible.boxes import Box
    from synthmark.visible.places import PlaceScore

__all__ = ["LabelPlacement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPlacement:
    """Where and how a label is drawn; one placement serves every frame of an animated picture.

    Attributes
    ----------
    text
        The text.
    lines
        The text as it is broken: one line or two.
    picture_size
        Width and height in pixels of the pictures it is for.
    box
        The plate: left, top, right, bottom in whole pixels, right and bottom exclusive.
    anchor
        Corner or edge: "bottom-right", "top", ...
    ink_height
        Measured height of the smallest glyph in pixels, from the first row of ink to the last.
    fraction
        The same as a part of the picture's short side.
    font_size
        Size of the font in pixels.
    font
        Path of the font, None for the bundled one.
    text_colour
        "white" (on a black plate) or "black" (on a white plate).
    opacity
        Opacity of the plate, 0..1.
    contrast
        Least contrast ratio of the text to the pixels around it, 1..21 (WCAG 2.2).
    reason
        "requested"; "usual" for the usual corner; else what spoke against that corner most: "faces", "marks",
        "text", "detail", "saliency".
    scores
        All places that were considered, best first; empty when a position was requested.
    """

    text: str
    lines: tuple[str, ...]
    picture_size: tuple[int, int]
    box: Box
    anchor: str
    ink_height: int
    fraction: float
    font_size: int
    font: Path | None
    text_colour: str
    opacity: float
    contrast: float
    reason: str
    scores: tuple[PlaceScore, ...] = field(repr=False)

"""Where a label can go along the edges of a picture, and which of these places is best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from synthmark.errors import InputError
from synthmark.visible.boxes import Box

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synthmark.visible.layout import Layout

__all__ = [
    "ANCHORS",
    "EDGE_BAND",
    "PORTRAIT",
    "Place",
    "PlaceScore",
    "Surroundings",
    "best_places",
    "nearest_anchor",
    "reason_for",
    "requested_place",
    "usual_anchor",
]

# Position of each anchor as fractions of the free room.
ANCHORS = {
    "top-left": (0.0, 0.0),
    "top": (0.5, 0.0),
    "top-right": (1.0, 0.0),
    "left": (0.0, 0.5),
    "right": (1.0, 0.5),
    "bottom-left": (0.0, 1.0),
    "bottom": (0.5, 1.0),
    "bottom-right": (1.0, 1.0),
}
OFFSETS = (1 / 6, 1 / 3, 1 / 2, 2 / 3, 5 / 6)
# Pictures at least this much higher than wide are shown full screen on telephones, where buttons and
# captions lie over the right and lower edges.
PORTRAIT = 1.7
# How near an edge a place asked for by fractions has to be (GB 45438-2025, 5.2 c: edge or corner).
EDGE_BAND = 0.1

WEIGHTS = {"faces": 100.0, "marks": 6.0, "text": 2.5, "detail": 1.0, "saliency": 0.8}
# Disadvantage against the usual corner of the corner beside it, of other corners, and of places along edges.
BESIDE, OTHER_CORNER, ALONG_EDGE = 0.1, 0.14, 0.4


class Surroundings(Protocol):
    """What was found in a picture or clip, in the pixels of a small copy of it; see `analysis.Analysis`."""

    @property
    def scale(self) -> tuple[float, float]:
        """Size of the copy as factors of the picture's width and height."""

    def covered(self, box: Box) -> float:
        """Return how much of a box lies on faces, 0..1."""

    def mean(self, name: str, box: Box) -> float:
        """Return the mean of the map "text", "marks", "detail" or "saliency" in a box, 0..1."""

    def look_closer(self, around: Box | None = None) -> None:
        """Look for small faces around a box, or everywhere."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place for a label: the corner or edge it is at, and its box in pixels of the picture."""

    anchor: str
    box: Box


@dataclass(frozen=True, slots=True)
class PlaceScore:
    """How good a place is: the lower the total, the better.

    Attributes
    ----------
    place
        The place.
    total
        Weighted sum of all that follows.
    faces, marks, text, detail, saliency
        How much of the box covers faces, text near an edge, other text, fine detail and what draws the
        eye, 0..1.
    habit
        Cost of not being the usual corner.
    """

    place: Place
    total: float
    faces: float
    marks: float
    text: float
    detail: float
    saliency: float
    habit: float


def usual_anchor(width: int, height: int) -> str:
    """Return the corner where people expect a label: bottom right, top left on full-screen portraits."""
    return "top-left" if height >= PORTRAIT * width else "bottom-right"


def requested_place(position: object, layout: Layout, size: tuple[int, int], *, force: bool = False) -> Place:
    """Return the place that a caller asks for.

    Parameters
    ----------
    position
        The name of a corner or edge, or (x, y): fractions 0..1 of the free room from the left and the top.

    Raises
    ------
    InputError
        When it is neither, or unless `force` is set, when it is not at an edge or corner.
    """
    if isinstance(position, str) and position in ANCHORS:
        return _place(position, *ANCHORS[position], layout, size)
    across, down = _fractions(position)
    if not force and min(across, down, 1 - across, 1 - down) > EDGE_BAND:
        raise InputError(
            f"The position {position!r} is not at an edge or corner: one fraction must be within {EDGE_BAND} "
            "of 0 or 1. Pass force=True for a place inside the picture."
        )
    return _place(nearest_anchor(across, down), across, down, layout, size)


def best_places(
    analysis: Surroundings, layout: Layout, size: tuple[int, int], usual: str | None = None
) -> list[PlaceScore]:
    """Score the places along the edges, best first; `usual` is the corner to prefer, None `usual_anchor`.

    Small faces are looked for around the best place only, everywhere once one is found there; when every
    place covers a face, the edges are searched in small steps.
    """
    usual = usual or usual_anchor(*size)
    places = _places(OFFSETS, layout, size)
    ranked = _ranked(places, analysis, usual)
    analysis.look_closer(_reduced(ranked[0].place.box, analysis))
    if analysis.covered(_reduced(ranked[0].place.box, analysis)) > 0:
        analysis.look_closer()
    ranked = _ranked(places, analysis, usual)
    if ranked[0].faces > 0:
        fine = _places([step / 100 for step in range(1, 100)], layout, size)
        ranked = _ranked(fine, analysis, usual)
    return ranked


def reason_for(scores: tuple[PlaceScore, ...], usual: str) -> str:
    """Return "usual", or in which respect the usual corner is worst against the chosen place."""
    if scores[0].place.anchor == usual:
        return "usual"
    expected = next(score for score in scores if score.place.anchor == usual)
    return max(WEIGHTS, key=lambda name: WEIGHTS[name] * (getattr(expected, name) - getattr(scores[0], name)))


def _ranked(places: Iterable[Place], analysis: Surroundings, usual: str) -> list[PlaceScore]:
    return sorted((_score(place, analysis, usual) for place in places), key=lambda score: score.total)


def _score(place: Place, analysis: Surroundings, usual: str) -> PlaceScore:
    box = _reduced(place.box, analysis)
    found = {name: analysis.mean(name, box) for name in ("marks", "text", "detail", "saliency")}
    found["faces"] = analysis.covered(box)
    habit = _habit(place.anchor, usual)
    # A face weighs more than all else together, however little of it is covered.
    weighted = sum(WEIGHTS[name] * amount for name, amount in found.items())
    return PlaceScore(
        place=place, total=weighted + WEIGHTS["faces"] * (found["faces"] > 0) + habit, habit=habit, **found
    )


def _habit(anchor: str, usual: str) -> float:
    if anchor == usual:
        return 0.0
    if "-" not in anchor:
        return ALONG_EDGE
    return BESIDE if anchor.split("-", maxsplit=1)[0] == usual.split("-", maxsplit=1)[0] else OTHER_CORNER


def _reduced(box: Box, analysis: Surroundings) -> Box:
    """Return a box of the picture in pixels of the analysed copy."""
    return box.scaled(*analysis.scale)


def _places(offsets: Iterable[float], layout: Layout, size: tuple[int, int]) -> list[Place]:
    """Return the four corners, and places along the four edges at fractions of the free room."""
    spots = [(name, *spot) for name, spot in ANCHORS.items() if "-" in name]
    for offset in offsets:
        spots += [
            ("bottom", offset, 1.0),
            ("top", offset, 0.0),
            ("right", 1.0, offset),
            ("left", 0.0, offset),
        ]
    return [_place(*spot, layout, size) for spot in spots]


def _place(anchor: str, across: float, down: float, layout: Layout, size: tuple[int, int]) -> Place:
    """Return the place at fractions of the free room."""
    left = layout.margin + round(across * (size[0] - layout.full_width))
    top = layout.margin + round(down * (size[1] - layout.full_height))
    return Place(anchor, Box(left, top, left + layout.width, top + layout.height))


def _fractions(position: object) -> tuple[float, float]:
    """Read two fractions."""
    if isinstance(position, (tuple, list)) and len(position) == 2:
        across, down = position
        if all(isinstance(part, (int, float)) and 0 <= part <= 1 for part in (across, down)):
            return float(across), float(down)
    raise InputError(
        f"A position is one of {', '.join(ANCHORS)}, or fractions (x, y) from 0 to 1; this is {position!r}."
    )


def nearest_anchor(across: float, down: float) -> str:
    """Return the name of the corner or edge nearest to fractions of the free room."""
    return min(ANCHORS, key=lambda name: (ANCHORS[name][0] - across) ** 2 + (ANCHORS[name][1] - down) ** 2)

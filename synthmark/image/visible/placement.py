"""The visible label of a picture: choosing its place, drawing it there, or both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from synthmark.errors import InputError
from synthmark.image.pictures import Picture, as_picture
from synthmark.image.visible.reduction import reduced
from synthmark.visible.analysis import analyse
from synthmark.visible.label_placement import LabelPlacement
from synthmark.visible.layout import Layout, fit, require_height
from synthmark.visible.places import (
    Place,
    PlaceScore,
    best_places,
    reason_for,
    requested_place,
    usual_anchor,
)
from synthmark.visible.plate import OPACITY, Patch, contrast, is_bright, with_label
from synthmark.visible.typeface import load_typeface
from synthmark.visible.wording import require_wording

if TYPE_CHECKING:
    import numpy.typing as npt

    from synthmark.visible.boxes import Box

    Array = npt.NDArray[Any]

__all__ = ["DEFAULT_TEXT", "LabelPlacement", "draw_label", "label", "place_label"]

DEFAULT_TEXT = "AI生成"

Position = str | tuple[float, float]


@dataclass(frozen=True, slots=True)
class Request:
    """The options of `label`, not yet checked."""

    text: object
    position: object
    font: str | Path | None
    height: object
    force: bool


class Colours(TypedDict):
    """The part of a placement that depends on the pixels below the label."""

    text_colour: str
    opacity: float
    contrast: float


def label(  # noqa: PLR0913 - options by keyword
    picture: object,
    text: str = DEFAULT_TEXT,
    *,
    position: Position | None = None,
    font: str | Path | None = None,
    height: float | None = None,
    force: bool = False,
) -> Any:  # noqa: ANN401 - the same kind as the picture
    """Draw a visible label on a picture, where it covers least of what matters.

    Parameters
    ----------
    picture
        Array (H, W), (H, W, 3) RGB or (H, W, 4) RGBA, uint8, uint16 or float 0..1, or a PIL image. It is not
        changed. Transparent areas below the label become opaque.
    text
        One line with both elements: 人工智能 or AI, and 生成 or 合成.
    position
        "top-left", "top", "top-right", "left", "right", "bottom-left", "bottom", "bottom-right", or (x, y):
        fractions 0..1 of the free room from the left and the top. None chooses the best corner or edge.
    font
        Path of a TrueType or OpenType font; None is the bundled part of Noto Sans CJK SC (Bold).
    height
        Height of the smallest glyph's ink as a part of the short side, 0.05..0.5; None is 0.05.
    force
        Accept a text without the elements, a height below 0.05, and a position inside the picture.

    Returns
    -------
    same kind as `picture`
        New array or image of the same shape, dtype and mode. A palette is made anew where the label's colours
        do not fit in, so that a palette image keeps its mode but not always its palette.

    Raises
    ------
    InputError
        For an unusable picture or option, or characters that the font lacks.
    CapacityError
        When the picture is too small for the text.

    Notes
    -----
    Text height, position and elements follow GB 45438-2025, 5.2.
    """
    viewed = as_picture(picture)
    placement = _placed(viewed, Request(text, position, font, height, force))
    return _drawn(picture, viewed, placement)


def place_label(  # noqa: PLR0913 - the options of label
    picture: object,
    text: str = DEFAULT_TEXT,
    *,
    position: Position | None = None,
    font: str | Path | None = None,
    height: float | None = None,
    force: bool = False,
) -> LabelPlacement:
    """Choose where and how a label goes, without drawing it; parameters and errors are those of `label`."""
    return _placed(as_picture(picture), Request(text, position, font, height, force))


def draw_label(picture: object, placement: LabelPlacement) -> Any:  # noqa: ANN401 - the same kind
    """Draw a label as placed, on a picture of the size it was placed for; returns the same kind.

    Raises
    ------
    InputError
        When the picture is unusable or has another size.
    """
    if not isinstance(placement, LabelPlacement):
        raise InputError(f"A placement comes from place_label; this is {type(placement).__name__}.")
    viewed = as_picture(picture)
    if (viewed.width, viewed.height) != placement.picture_size:
        raise InputError(
            f"The label was placed for {placement.picture_size} pixels; this picture has "
            f"{(viewed.width, viewed.height)}. Place it again."
        )
    return _drawn(picture, viewed, placement)


def _placed(viewed: Picture, request: Request) -> LabelPlacement:
    """Check the options, lay out the text, choose the place and the colours."""
    text = require_wording(request.text, force=request.force)
    fraction = require_height(request.height, force=request.force)
    typeface = load_typeface(request.font)
    typeface.require_glyphs(text)
    size = (viewed.width, viewed.height)
    layout = fit(text, typeface, size, fraction)
    place, reason, scores = _chosen(viewed, request, layout)
    return LabelPlacement(
        text=text,
        lines=layout.lines,
        picture_size=size,
        box=place.box,
        anchor=place.anchor,
        ink_height=layout.ink_height,
        fraction=layout.ink_height / min(size),
        font_size=layout.font_size,
        font=None if request.font is None else Path(request.font),
        reason=reason,
        scores=scores,
        **_colours(viewed, place.box),
    )


def _chosen(viewed: Picture, request: Request, layout: Layout) -> tuple[Place, str, tuple[PlaceScore, ...]]:
    """Return the place, the reason for it, and the scores of all places."""
    size = (viewed.width, viewed.height)
    if request.position is not None:
        return requested_place(request.position, layout, size, force=request.force), "requested", ()
    scores = tuple(best_places(analyse(reduced(viewed), size), layout, size))
    return scores[0].place, reason_for(scores, usual_anchor(*size)), scores


def _colours(viewed: Picture, box: Box) -> Colours:
    """Choose the colours of a label for the pixels that it will cover."""
    patch = _patch(viewed, box)
    text = 0.0 if is_bright(patch) else 1.0
    # A palette may lose colours on the way back: a plate of one colour keeps the contrast.
    opacity = OPACITY if viewed.exact else 1.0
    return {
        "text_colour": "white" if text else "black",
        "opacity": opacity,
        "contrast": contrast(patch, text=text, opacity=opacity),
    }


def _drawn(picture: object, viewed: Picture, placement: LabelPlacement) -> object:
    """Draw on a copy of a picture, of which only the pixels of the box change."""
    mask = load_typeface(placement.font).mask(placement.lines, placement.font_size)
    text = 1.0 if placement.text_colour == "white" else 0.0
    patch = with_label(_patch(viewed, placement.box), mask, text=text, opacity=placement.opacity)
    if isinstance(picture, np.ndarray):
        return _pasted_into_array(picture, placement.box, patch)
    return _rebuilt(viewed, placement.box, patch)


def _pasted_into_array(picture: Array, box: Box, patch: Patch) -> Array:
    """Return a copy of an array with a box replaced, without any other copy of the whole."""
    copied = np.array(picture, picture.dtype.newbyteorder("="), order="C", subok=False)
    view = as_picture(copied)
    view.colour[_area(box)] = patch.colour
    if view.alpha is not None:
        view.alpha[_area(box)] = patch.alpha
    return copied.astype(picture.dtype, copy=False)


def _rebuilt(viewed: Picture, box: Box, patch: Patch) -> object:
    """Return a PIL image of the same mode with a box replaced."""
    colour = viewed.colour.copy()
    colour[_area(box)] = patch.colour
    if viewed.alpha is None or patch.alpha is None:
        return viewed.rebuilt(colour)
    alpha = viewed.alpha.copy()
    # Palettes have no room for half-transparent corners.
    alpha[_area(box)] = patch.alpha if viewed.exact else _opaque_or_as_before(patch, viewed.alpha[_area(box)])
    return viewed.rebuilt(colour, alpha)


def _opaque_or_as_before(patch: Patch, before: Array) -> Array:
    """Return alpha that is opaque where a label covers most of a pixel, unchanged elsewhere."""
    assert patch.alpha is not None
    return np.where(patch.alpha > patch.peak / 2, patch.peak, before).astype(before.dtype)


def _patch(viewed: Picture, box: Box) -> Patch:
    """Return the pixels of a box."""
    area = _area(box)
    return Patch(viewed.colour[area], None if viewed.alpha is None else viewed.alpha[area], viewed.peak)


def _area(box: Box) -> tuple[slice, slice]:
    return slice(int(box.top), int(box.bottom)), slice(int(box.left), int(box.right))

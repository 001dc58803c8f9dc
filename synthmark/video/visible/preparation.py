"""Choosing where and how a label goes on a clip, from frames sampled from all of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from synthmark.errors import CapacityError, InputError
from synthmark.video.visible.blending import layers, weights
from synthmark.video.visible.clip_analysis import active_area, analyse_clip, reduced_frames
from synthmark.video.visible.colours import choose_colours
from synthmark.video.visible.frame_form import FrameForm, require_planes
from synthmark.video.visible.label import SPANS, VideoLabel, VideoLabelPlacement
from synthmark.video.visible.levels import WHITE
from synthmark.visible.boxes import Box
from synthmark.visible.layout import Layout, fit, require_height
from synthmark.visible.places import Place, PlaceScore, best_places, reason_for, requested_place, usual_anchor
from synthmark.visible.typeface import Typeface, load_typeface
from synthmark.visible.wording import require_wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from synthmark.video.visible.frame_form import FramePlanes

    Grey = npt.NDArray[np.uint8]

__all__ = ["prepare_label"]


@dataclass(frozen=True, slots=True)
class Request:
    """The options of `prepare_label`; all but the position are checked."""

    text: str
    position: object
    font: Path | None
    typeface: Typeface
    fraction: float
    span: str
    duration: float | None
    force: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The place of a label in the displayed frame, why it is there, and how other places compare."""

    place: Place
    reason: str
    scores: tuple[PlaceScore, ...]


def prepare_label(  # noqa: PLR0913 - options by keyword
    samples: Sequence[FramePlanes],
    form: FrameForm,
    *,
    text: str = "AI生成",
    position: str | tuple[float, float] | None = None,
    font: str | Path | None = None,
    height: float | None = None,
    span: str = "whole",
    duration: float | None = None,
    force: bool = False,
) -> VideoLabel:
    """Choose where and how a label goes on a clip, and make ready to draw it.

    Parameters
    ----------
    samples
        Planes of frames from all over the clip, 16 or more; from a short clip, all it has. They are not changed.
    form
        How the frames are stored and shown.
    text
        One line with both elements: 人工智能 or AI, and 生成 or 合成.
    position
        As for pictures, in the displayed orientation: the name of a corner or edge, or fractions (x, y) of the
        free room. None chooses the place that covers least. Black bars around the picture stay free: they are
        what is cut off first.
    font
        Path of a TrueType or OpenType font; None is the bundled part of Noto Sans CJK SC (Bold).
    height
        Height of the smallest glyph's ink as a part of the displayed short side, 0.05..0.5; None is 0.05.
    span
        "whole", "start" (the first 3 seconds) or "start+end" (the last 3 seconds, too).
    duration
        Of the clip in seconds; needed for "start+end".
    force
        Accept a text without the elements, a height below 0.05, and a position inside the picture.

    Raises
    ------
    InputError
        For unusable samples or options, or characters that the font lacks.
    CapacityError
        When the frames are too small for the text.

    Notes
    -----
    Elements, height and time follow GB 45438-2025, 5.4.
    """
    _require_span(span, duration)
    _require_samples(samples, form)
    text = require_wording(text, force=force)
    typeface = load_typeface(font)
    typeface.require_glyphs(text)
    fraction = require_height(height, force=force)
    named_font = None if font is None else Path(font)
    request = Request(text, position, named_font, typeface, fraction, span, duration, force)
    greys = reduced_frames(samples, form)
    area, layout = _laid_out(active_area(greys), form, request)
    return _label(samples, form, request, layout, _placed(greys, area, layout, form, request))


def _laid_out(active: Box, form: FrameForm, request: Request) -> tuple[Box, Layout]:
    """Lay the label out in the active area (fractions of the frame), or where that is too small, in all of it."""
    ink = request.fraction * min(form.displayed_size) + _ink_lost(form)
    for area in dict.fromkeys((active, Box(0, 0, 1, 1))):
        left, top, right, bottom = _pixels(area, form)
        size = (int(right - left), int(bottom - top))
        try:
            return area, fit(request.text, request.typeface, size, ink / min(size))
        except CapacityError as error:
            refusal = error
    raise refusal


def _placed(greys: Sequence[Grey], area: Box, layout: Layout, form: FrameForm, request: Request) -> Found:
    """Find the place of a label in the active area."""
    box = _pixels(area, form)
    size = (int(box.width), int(box.height))
    if request.position is not None:
        place = requested_place(request.position, layout, size, force=request.force)
        return Found(_moved(place, box), "requested", ())
    usual = usual_anchor(*form.displayed_size)
    ranked = tuple(best_places(analyse_clip(greys, area, size), layout, size, usual))
    scores = tuple(replace(score, place=_moved(score.place, box)) for score in ranked)
    return Found(scores[0].place, reason_for(scores, usual), scores)


def _label(
    samples: Sequence[FramePlanes], form: FrameForm, request: Request, layout: Layout, found: Found
) -> VideoLabel:
    """Choose the colours and make the mask."""
    stored = form.stored_box(found.place.box)
    colours = choose_colours(samples, stored, form)
    mask = request.typeface.mask(layout.lines, layout.font_size)
    shown = weights((layout.width, layout.height), mask, white_text=colours.white_text, opacity=colours.opacity)
    luma, chroma = layers(shown, stored, form, white=WHITE[form.transfer])
    ink = layout.ink_height - _ink_lost(form)
    placement = VideoLabelPlacement(
        text=request.text,
        lines=layout.lines,
        picture_size=form.displayed_size,
        box=found.place.box,
        anchor=found.place.anchor,
        ink_height=ink,
        fraction=ink / min(form.displayed_size),
        font_size=layout.font_size,
        font=request.font,
        text_colour="white" if colours.white_text else "black",
        opacity=colours.opacity,
        contrast=colours.contrast,
        reason=found.reason,
        scores=found.scores,
        span=request.span,
    )
    return VideoLabel(placement, form, request.duration, luma, chroma)


def _pixels(area: Box, form: FrameForm) -> Box:
    """Return the whole pixels inside an area that is given as fractions of the displayed frame."""
    left, top, right, bottom = area.scaled(*form.displayed_size)
    return Box(math.ceil(left), math.ceil(top), math.floor(right), math.floor(bottom))


def _moved(place: Place, area: Box) -> Place:
    """Return a place of the active area as one of the frame."""
    return Place(place.anchor, place.box.moved(area.left, area.top))


def _ink_lost(form: FrameForm) -> int:
    """Return how many displayed pixels of ink may blur away where glyphs are shrunk into the stored frame.

    They are shrunk along one axis of the stored frame when its samples are not square; glyphs lose height
    when that axis is upright as displayed.
    """
    wide = form.sample_aspect > 1
    if form.sample_aspect == 1 or wide != bool(form.quarter_turns % 2):
        return 0
    return math.ceil(2 * max(form.sample_aspect, 1 / form.sample_aspect))


def _require_samples(samples: Sequence[FramePlanes], form: FrameForm) -> None:
    """Refuse an empty sequence, and frames of another form."""
    if not samples:
        raise InputError("No frames were sampled: pass the planes of one at least, better of 16.")
    for planes in samples:
        require_planes(planes, form)


def _require_span(span: str, duration: float | None) -> None:
    """Refuse unknown spans, and an end without a duration."""
    if span not in SPANS:
        raise InputError(f"The label is shown over one of {', '.join(SPANS)}; this is {span!r}.")
    if duration is not None and not (math.isfinite(duration) and duration >= 0):
        raise InputError(f"The duration of a clip is a number of seconds; this is {duration!r}.")
    if span == "start+end" and duration is None:
        raise InputError("The end of this clip is not known, as its duration is not: use 'whole' or 'start'.")

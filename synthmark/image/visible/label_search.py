"""Finding our own label in a grey picture: its last element first at every size, then the whole text."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark._opencv import opencv
from synthmark.image.visible.templates import BARE_PADDING, ELEMENTS, PLATE_PADDING, template, texts_with
from synthmark.visible.boxes import Box

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Map = npt.NDArray[np.float32]

__all__ = ["FINE", "Match", "best_match"]

# Sizes of the font that are looked for, as parts of the short side, and the ratio of neighbouring ones.
LEAST, MOST, RATIO = 0.035, 0.42, 1.08
# Smaller letters than this, in pixels, are no longer legible: ours have 8 at least before a picture is reduced.
LEGIBLE = 4.0
# The picture is resized until the font has these sizes in pixels: for the search, and for a close look.
COARSE, FINE = 16.0, 32.0
# Pixels of a resized picture that are searched. Only pictures many times as long as wide exceed this, at sizes that
# are hardly legible.
MOST_SEARCHED = 4_000_000
# Correlation (-1..1) from which a place is looked at closely; our labels reach 0.75 there, pictures 0.55.
PROMISING = 0.58
MOST_PER_SIZE, MOST_CANDIDATES = 3, 6
# Sizes of the close look around the coarse one.
STEPS = (-0.08, -0.06, -0.04, -0.02, 0.0, 0.02, 0.04, 0.06, 0.08)
FINER_STEPS = (-0.01, 0.0, 0.01)
# Room around the expected place, in sizes of the font.
ROOM = 0.25
# Standard deviation in grey levels of the least contrast that is looked at: a label has 40 at least.
LEAST_DEVIATION = 15
# Correlation of the whole label with its padding.
CERTAIN = 0.8
# A text matches a longer label that it is a part of a little better than the longer text does; a label with a
# longer text than it has, by 0.88 at most.
ABOUT_AS_WELL = 0.94
# Grey levels 0..255 of text, and of what lies around it, that our plates show, in HDR too; black text has the
# complement.
TEXT_LEVEL, PLATE_LEVEL = 185, 175


@dataclass(frozen=True, slots=True)
class Match:
    """A text that was found.

    Attributes
    ----------
    text
        The text; while the search goes on, one element of it.
    size
        Size of the font in pixels of the picture.
    left, top
        Corner of the template in pixels of the picture.
    white_text
        Whether the text is brighter than what is around it.
    correlation
        Of template and picture, 0..1.
    """

    text: str
    size: float
    left: float
    top: float
    white_text: bool
    correlation: float


def best_match(grey: Map) -> Match | None:
    """Return the text in a grey picture (H, W), 0..255, that is most like one of our labels, if any is."""
    candidates = sorted(_promising(grey), key=lambda match: -match.correlation)[:MOST_CANDIDATES]
    read = (_read(grey, _closer(grey, candidate)) for candidate in candidates)
    return max(filter(None, read), key=lambda match: match.correlation, default=None)


def _promising(grey: Map) -> Iterator[Match]:
    """Look for every element at every size."""
    size = max(LEGIBLE, LEAST * min(grey.shape))
    while size <= MOST * min(grey.shape):
        if grey.size * (COARSE / size) ** 2 <= MOST_SEARCHED:
            small = _resized(grey, COARSE / size)
            for element in ELEMENTS:
                yield from _peaks(small, element, size)
        size *= RATIO


def _peaks(small: Map, element: str, size: float) -> Iterator[Match]:
    """Return the places of a resized picture that are most like an element, either way round."""
    pattern = template(element, COARSE, bare=True)
    if small.shape[0] < pattern.shape[0] or small.shape[1] < pattern.shape[1]:
        return
    correlation = _correlation(small, pattern)
    strength = np.abs(correlation)
    factor = size / COARSE
    for _ in range(MOST_PER_SIZE):
        row, column = np.unravel_index(int(strength.argmax()), strength.shape)
        found = float(correlation[row, column])
        if abs(found) < PROMISING:
            return
        yield Match(element, size, column * factor, row * factor, found > 0, abs(found))
        strength[max(0, row - 8) : row + 9, max(0, column - 8) : column + 9] = 0


def _closer(grey: Map, rough: Match) -> Match:
    """Return a match with its size and place as exact as can be."""
    best = max((_matched(grey, rough, 1 + step) for step in STEPS), key=lambda match: match.correlation)
    return max((_matched(grey, best, 1 + step) for step in FINER_STEPS), key=lambda match: match.correlation)


def _matched(grey: Map, match: Match, factor: float) -> Match:
    """Look for the element of a match around its place at another size."""
    size = match.size * factor
    shape = template(match.text, FINE, bare=True).shape
    grown = (factor - 1) * match.size / FINE
    wanted = replace(match, size=size, left=match.left - grown * shape[1] / 2, top=match.top - grown * shape[0] / 2)
    return _found(grey, wanted, bare=True)[0] or replace(match, correlation=0.0)


def _read(grey: Map, element: Match) -> Match | None:
    """Return the text around an element, when it stands on a plate of ours."""
    less_x, less_y = (inner - outer for inner, outer in zip(BARE_PADDING, PLATE_PADDING, strict=True))
    read = []
    for text, offset in texts_with(element.text):
        for size in (element.size * (1 + step) for step in FINER_STEPS):
            left, top = element.left + (less_x - offset) * size, element.top + less_y * size
            match, seen = _found(grey, replace(element, text=text, size=size, left=left, top=top), bare=False)
            if match and seen is not None and match.correlation >= CERTAIN and _is_plate(match, seen):
                read.append(match)
    return _longest(read)


def _longest(read: list[Match]) -> Match | None:
    """Return the longest text of those that match about as well as the best: others may be parts of it."""
    best = max((match.correlation for match in read), default=0)
    close = [match for match in read if match.correlation >= ABOUT_AS_WELL * best]
    return max(close, key=lambda match: (len(match.text), match.correlation), default=None)


def _found(grey: Map, wanted: Match, *, bare: bool) -> tuple[Match | None, Map | None]:
    """Return the best match near the wanted place at exactly the wanted size, and the pixels it covers.

    It is None where the template would reach beyond the picture.
    """
    pattern = template(wanted.text, FINE, bare=bare)
    scale = FINE / wanted.size
    box = Box(wanted.left, wanted.top, wanted.left + pattern.shape[1] / scale, wanted.top + pattern.shape[0] / scale)
    left, top, right, bottom = box.grown(ROOM * wanted.size).inside(grey.shape[1], grey.shape[0])
    area = _resized(grey[top:bottom, left:right], scale)
    if area.shape[0] < pattern.shape[0] or area.shape[1] < pattern.shape[1]:
        return None, None
    correlation = _correlation(area, pattern) * (1 if wanted.white_text else -1)
    row, column = np.unravel_index(int(correlation.argmax()), correlation.shape)
    seen = area[row : row + pattern.shape[0], column : column + pattern.shape[1]]
    across, down = left + float(column) / scale, top + float(row) / scale
    return replace(wanted, correlation=float(correlation[row, column]), left=across, top=down), seen


def _is_plate(match: Match, seen: Map) -> bool:
    """Return whether the pixels of a match show white letters on a dark plate, or black ones on a light one."""
    coverage = template(match.text, FINE)
    levels = seen if match.white_text else 255 - seen
    letters, plate = levels[coverage > 0.9], levels[coverage < 0.02]
    return bool(np.median(letters) >= TEXT_LEVEL and np.percentile(plate, 90) <= PLATE_LEVEL)


def _correlation(picture: Map, pattern: Map) -> Map:
    """Return the normalised cross-correlation (Lewis 1995) at every place; 0 where there is little contrast."""
    cv2 = opencv()
    found = np.asarray(cv2.matchTemplate(picture, pattern, cv2.TM_CCOEFF_NORMED), np.float32)
    rows, columns = found.shape
    window: dict[str, Any] = {"ksize": pattern.shape[::-1], "anchor": (0, 0)}
    mean = cv2.boxFilter(picture, cv2.CV_32F, **window)[:rows, :columns]
    squares = cv2.sqrBoxFilter(picture, cv2.CV_32F, **window)[:rows, :columns]
    found[squares - mean**2 < LEAST_DEVIATION**2] = 0
    return found


def _resized(grey: Map, factor: float) -> Map:
    """Return a picture at another size."""
    cv2 = opencv()
    size = tuple(max(1, math.floor(length * factor + 0.5)) for length in grey.shape[::-1])
    averaging = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=averaging), np.float32)

"""Closed-loop embedding: try the mark on simulated attacks, choose its strength, add it, read it back.

The strength is chosen per picture between a best and a worst quality. A first estimate comes from one simulated
attack at a nominal strength; the marked picture is then read back, and the strength is raised when it does not
read, untouched or after JPEG, up to the worst quality allowed.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthmark._opencv import opencv
from synthmark.errors import CapacityError, InputError
from synthmark.image.canonical import Planes, planes_at
from synthmark.image.carriers import Carriers, carriers
from synthmark.image.difference import (
    PRESENT_SCORE,
    Plan,
    amplitude_for,
    kept_by_enlarging,
    pixels_of,
    with_mark,
    without_mark,
)
from synthmark.image.engine import engine
from synthmark.image.pictures import Picture, as_picture
from synthmark.image.readout import folded_at, folded_spectrum, pilot_score, read, signal_to_noise, soft_bits
from synthmark.keys import key_bytes
from synthmark.payload import check_content_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["BEST_PSNR", "WORST_PSNR", "embed"]

WORST_PSNR = 42.2
"""No picture is changed more than this (dB over RGB), unless a strength above 1 is asked for."""

BEST_PSNR = 47.5
"""A picture on which the mark survives easily gets this quality (dB over RGB)."""

_NOMINAL_PSNR = 45.0
_SAVED_QUALITY = 20  # of the strong JPEG that the estimate imitates
_WANTED_SAVED, _WANTED_CUT = 4.6, 4.6  # dB of Eb/N0 after the imitated attacks; the decoder needs about 0.3
_CHECKED_QUALITY = 75
_CHECK_PATHS = 8  # a shorter list than the extractor has: some room
_ACTIVITY_GAINS = (0.1, 0.2, 0.02)  # the last for pictures whose busy parts carry nothing: pages of text
_LAST_LIMIT = 1.0  # standard deviation of the mark where the picture is flat, for the last plan
_RETRY_STEP = 1.25  # of amplitude
_PSNR_TOLERANCE, _PSNR_ALLOWANCE = 0.4, 0.05  # dB; one addition is enough for nearly every picture
_MIN_SIDE = 32


def embed(picture: object, content_id: int, key: bytes | None = None, *, strength: float = 1.0) -> object:
    """Return the picture with an invisible mark that holds a content id.

    Parameters
    ----------
    picture
        uint8, uint16 or float array (H, W), (H, W, 3) RGB or (H, W, 4), or a PIL image. Colour under alpha zero
        is left as it is.
    content_id
        Integer in [0, 2**64).
    key
        Who may read the mark: those who know this key; None for the published default key.
    strength
        Factor on the amplitude that is chosen for this picture, 0.25 to 4. Above 1 the quality bound is lowered
        by as much.

    Returns
    -------
    The same kind, shape and dtype.

    Raises
    ------
    CapacityError
        When the mark does not read back, untouched and after JPEG 75 of its luma, within the quality bound. A mark
        of the same key that is already there is taken out first where it is in the way.
    InputError
        When an argument is unusable.
    """
    if not (isinstance(strength, (int, float)) and 0.25 <= strength <= 4):
        raise InputError(f"The strength is {strength!r}; a factor from 0.25 to 4 is needed.")
    view = as_picture(picture)
    if min(view.height, view.width) < _MIN_SIDE:
        raise CapacityError(
            f"The picture has {view.width} x {view.height} pixels; a mark needs at least {_MIN_SIDE} on each side."
        )
    key_carriers = carriers(key_bytes(key))
    colour = _embedded(view, key_carriers, check_content_id(content_id), strength)
    if colour is None:
        cleaned = without_mark(view, key_carriers)
        colour = None if cleaned is None else _embedded(cleaned, key_carriers, content_id, strength)
    if colour is None:
        raise CapacityError(
            f"No mark that reads back fits into this picture of {view.width} x {view.height} pixels at "
            f"{WORST_PSNR:.0f} dB: it is too small or too flat. Use a larger picture, or a strength above 1."
        )
    return view.rebuilt(colour)


def _embedded(
    picture: Picture, key_carriers: Carriers, content_id: int, strength: float
) -> NDArray[np.generic] | None:
    """Return the marked colour by the first plan that reads back; None where none does."""
    for plan, psnr in _plans(Plan.of(picture, key_carriers, content_id)):
        colour = _marked(plan, psnr - 20 * math.log10(strength), strength)
        if colour is not None:
            return colour
    return None


def _plans(unmasked: Plan) -> Iterator[tuple[Plan, float]]:
    """Yield plans with the quality that each should need (infinite where unknown), the likeliest first.

    The less the mark follows the activity the more it carries at a given PSNR, but the more it shows where the
    picture is flat: where the first plan breaks the limit there, the plan that comes closer to its limit is taken.
    """
    first, second, last = (unmasked.masked(gain) for gain in _ACTIVITY_GAINS)
    wanted = _wanted_psnr(first)
    room = wanted - _worst_psnr(first)
    if room < 0:
        other = _wanted_psnr(second)
        if other - _worst_psnr(second) > room:
            first, wanted = second, other
    yield first, wanted
    yield replace(last, flat_limit=max(last.flat_limit, _LAST_LIMIT)), math.inf


def _marked(plan: Plan, psnr: float, strength: float) -> NDArray[np.generic] | None:
    """Return the marked colour at the lowest strength from the estimate upwards that reads back.

    Where the estimate, made after a much stronger JPEG, lies within the bound, JPEG is not tried once more; on
    pictures smaller than the canonical frame it always is.
    """
    worst = _worst_psnr(plan) - max(0.0, 20 * math.log10(strength))
    comfortable = strength >= 1 and worst <= psnr <= BEST_PSNR and _enlargement(plan) >= 1
    psnr = max(min(psnr, BEST_PSNR), worst)
    while True:
        colour, reached = _added(plan, psnr, worst)
        if _reads_back(plan, colour, after_jpeg=not comfortable):
            return colour
        if psnr <= worst + 0.2:
            return None
        psnr = max(min(psnr, reached) - 20 * math.log10(_RETRY_STEP), worst)


def _worst_psnr(plan: Plan) -> float:
    """Return the quality bound: that of the whole picture, or that of its flat parts where it is stricter."""
    flat = _NOMINAL_PSNR - 20 * math.log10(plan.flat_limit / amplitude_for(plan, _NOMINAL_PSNR))
    return max(WORST_PSNR, flat)


def _wanted_psnr(plan: Plan) -> float:
    """Return the quality at which the mark should survive, from simulated attacks at the nominal strength."""
    luma = plan.planes[0] + np.float32(amplitude_for(plan, _NOMINAL_PSNR)) * plan.delta
    margin = min(_saved_hard(plan, luma) - _WANTED_SAVED, _cut_and_shrunk(plan, luma) - _WANTED_CUT)
    return float(min(_NOMINAL_PSNR + margin, BEST_PSNR))


def _enlargement(plan: Plan) -> float:
    """Return how many pixels of the picture make one canonical pixel, at most 2."""
    return float(min(min(plan.picture.height, plan.picture.width) / min(plan.delta.shape), 2.0))


def _saved_hard(plan: Plan, luma: NDArray[np.float32]) -> float:
    """Return Eb/N0 in dB after a strong JPEG of the whole picture, imitated on its middle."""
    rows, columns, planes = _middle(plan)
    size = _enlargement(plan)
    planes[0] = _compressed(luma[rows, columns], round(_SAVED_QUALITY * max(size, 1.0) ** 1.2), size)
    return _measured(plan, planes, rows.start, columns.start) + 10 * math.log10(luma.size / planes[0].size)


def _cut_and_shrunk(plan: Plan, luma: NDArray[np.float32]) -> float:
    """Return Eb/N0 in dB after a cut to half of the area, a resize to 0.7 and JPEG 60."""
    rows, columns, planes = _middle(plan)
    planes[0] = _compressed(luma[rows, columns], 60, 0.7 * _enlargement(plan))
    return _measured(plan, planes, rows.start, columns.start)


def _middle(plan: Plan) -> tuple[slice, slice, Planes]:
    """Return the rows, columns and planes of the middle half of the area."""
    rows, columns = (slice(length * 3 // 20, length * 17 // 20) for length in plan.delta.shape)
    return rows, columns, plan.planes[:, rows, columns].copy()


def _compressed(luma: NDArray[np.float32], quality: int, size: float) -> NDArray[np.float32]:
    """Return the luma after JPEG at `size` times its width and height, at most at its own."""
    cv2 = opencv()
    height, width = luma.shape
    if size < 1:
        small = (max(1, round(width * size)), max(1, round(height * size)))
        luma = cv2.resize(luma, small, interpolation=cv2.INTER_AREA)
    pixels = np.clip(luma + 0.5, 0, 255).astype(np.uint8)
    coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    read = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE).astype(np.float32)
    return np.asarray(cv2.resize(read, (width, height), interpolation=cv2.INTER_CUBIC) if size < 1 else read)


def _measured(plan: Plan, planes: Planes, top: int = 0, left: int = 0) -> float:
    """Return Eb/N0 in dB of the mark in canonical planes whose first pixel is tile pixel (top, left)."""
    soft = soft_bits(folded_at(engine().whiten(planes, True)[0], top, left), plan.carriers)
    return max(signal_to_noise(soft, plan.carriers.coded_signs(plan.content_id)), -20.0)


def _added(plan: Plan, psnr: float, worst: float) -> tuple[NDArray[np.generic], float]:
    """Return the marked colour and its PSNR, close to the one wanted and not below the worst."""
    pixels = pixels_of(plan.picture)
    amplitude = amplitude_for(plan, psnr + _PSNR_ALLOWANCE) / math.sqrt(kept_by_enlarging(plan.delta, pixels.shape))
    for _ in range(3):
        colour, reached = with_mark(plan, pixels, amplitude)
        if reached >= worst and abs(reached - psnr) < _PSNR_TOLERANCE:
            break
        amplitude *= 10 ** ((reached - max(psnr, worst + 0.02)) / 20)
    return colour.reshape(plan.picture.colour.shape), reached


def _reads_back(plan: Plan, colour: NDArray[np.generic], after_jpeg: bool) -> bool:
    """Return whether the marked colour reads, as it is and, where asked, after JPEG."""
    marked = Picture(colour, None, plan.picture.peak)
    planes = planes_at(marked, *plan.delta.shape)
    if not _holds(plan, planes):
        return False
    if after_jpeg:
        planes[0] = _saved(plan, marked, planes)
        return _holds(plan, planes)
    return True


def _saved(plan: Plan, marked: Picture, planes: Planes) -> NDArray[np.float32]:
    """Return the canonical luma after JPEG: of the picture itself where it is small, else of the canonical luma."""
    if _enlargement(plan) >= 1:
        return _compressed(planes[0], _CHECKED_QUALITY, 1.0)
    luma = planes_at(marked, marked.height, marked.width)[0]
    saved = Picture(_compressed(luma, _CHECKED_QUALITY, 1.0), None, 255.0)
    return np.asarray(planes_at(saved, *plan.delta.shape)[0])


def _holds(plan: Plan, planes: Planes) -> bool:
    """Return whether the content id reads from canonical planes."""
    spectrum = folded_spectrum(engine().whiten(planes, True)[0])
    if pilot_score(spectrum, plan.carriers) < PRESENT_SCORE:
        return False
    reading = read(soft_bits(spectrum, plan.carriers), plan.carriers, _CHECK_PATHS)
    return reading is not None and reading.content_id == plan.content_id

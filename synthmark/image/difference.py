"""The difference that marks a picture: one tile everywhere, shaped by what the eye allows, and how it is added."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from synthmark._opencv import opencv
from synthmark.image.canonical import Planes, canonical_planes, taps
from synthmark.image.carriers import TILE, Carriers
from synthmark.image.engine import engine
from synthmark.image.readout import folded_spectrum, pilot_score, read, soft_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthmark.image.pictures import Picture

__all__ = ["PRESENT_SCORE", "Plan", "amplitude_for", "kept_by_enlarging", "pixels_of", "with_mark", "without_mark"]

PRESENT_SCORE = 4.0
"""Pilot score, at the one place where a picture that was just marked has it, from which a mark is looked for."""

_ACTIVITY_LIMIT = 20.0
_FLAT_LIMIT = 0.85  # standard deviation of the mark where the picture is flat, in units of 0..255
_QUIET_LIMIT = 0.65  # the same where nearly all of the picture is flat: there the eye is not distracted
_REMOVAL_GAIN = 0.1  # of the mask that an earlier mark is supposed to have
_REMOVAL_PSNR = 45.0


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What stays the same while the strength is chosen.

    Attributes
    ----------
    planes
        Canonical luma and colour differences of the picture.
    activity
        The least local activity of each neighbourhood, so that no grain shows on the flat side of an edge.
    delta
        The difference at unit strength: the tile everywhere, shaped by the activity.
    flat_limit
        Highest standard deviation of the mark where the picture is flat.
    """

    picture: Picture
    carriers: Carriers
    content_id: int
    planes: Planes
    activity: NDArray[np.float32]
    delta: NDArray[np.float32]
    flat_limit: float

    @classmethod
    def of(cls, picture: Picture, key_carriers: Carriers, content_id: int) -> Plan:
        """Return a plan whose mark has the same strength everywhere."""
        cv2 = opencv()
        planes = canonical_planes(picture)
        activity = cv2.erode(engine().whiten(planes[:1], True)[1], np.ones((9, 9), np.uint8))
        activity = np.minimum(cv2.blur(activity, (5, 5)), np.float32(_ACTIVITY_LIMIT))
        rows, columns = activity.shape
        tile = key_carriers.tile(content_id)
        delta = np.tile(tile, (-(-rows // TILE), -(-columns // TILE)))[:rows, :columns]
        quiet = float(np.mean(activity < 1)) > 0.85
        # A picture smaller than the canonical frame loses part of the mark, so that more fits before it shows.
        room = min(max(min(planes.shape[1:]) / min(picture.height, picture.width), 1.0), 2.0)
        limit = room * (_QUIET_LIMIT if quiet else _FLAT_LIMIT)
        return cls(picture, key_carriers, content_id, planes, activity, delta, limit)

    def masked(self, gain: float) -> Plan:
        """Return the plan whose mark grows by `gain` with each unit of activity."""
        return replace(self, delta=self.delta * (1 + np.float32(gain) * self.activity))


def amplitude_for(plan: Plan, psnr: float) -> float:
    """Return the factor on the unit difference that gives this PSNR at canonical size."""
    return math.sqrt(255.0**2 / 10 ** (psnr / 10) / _power(plan.delta, plan.delta))


def _power(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Return the mean product of two differences."""
    return float(np.einsum("ij,ij->", first, second) / first.size)


def kept_by_enlarging(delta: NDArray[np.float32], shape: tuple[int, ...]) -> float:
    """Return the share of the power of a difference that linear interpolation to a larger picture keeps."""
    kept, power = 1.0, _power(delta, delta)
    neighbours = ((delta[1:], delta[:-1]), (delta[:, 1:], delta[:, :-1]))
    for axis, (later, earlier) in enumerate(neighbours):
        if shape[axis] > delta.shape[axis]:
            first, second = taps(delta.shape[axis], shape[axis], False)[1].T
            kept *= 1 - 2 * float(np.mean(first * second)) * (1 - _power(later, earlier) / power)
    return kept


def with_mark(plan: Plan, pixels: NDArray[np.generic], amplitude: float) -> tuple[NDArray[np.generic], float]:
    """Return the pixels (H, W, channels) with the difference added, and the PSNR in dB over all channels."""
    height, width = pixels.shape[:2]
    peak = plan.picture.peak
    delta = plan.delta * np.float32(amplitude * peak / 255)
    if height < delta.shape[0] or width < delta.shape[1]:
        delta = opencv().resize(delta, (width, height), interpolation=opencv().INTER_AREA)
    rows, columns = taps(delta.shape[0], height, False), taps(delta.shape[1], width, False)
    out = np.empty_like(pixels)
    rounding = 0.5 if pixels.dtype.kind == "u" else 0.0
    change = engine().add_mark(pixels, delta, *rows, *columns, peak, rounding, out)
    if plan.picture.alpha is not None:
        np.copyto(out, pixels, where=(plan.picture.alpha == 0)[..., None])
    return out, 10 * math.log10(peak**2 / max(float(change), 1e-9))


def pixels_of(picture: Picture) -> NDArray[np.generic]:
    """Return the colour of a picture as contiguous pixels (H, W, channels)."""
    source = picture.colour
    return np.ascontiguousarray(source if source.ndim == 3 else source[..., None])


def without_mark(picture: Picture, key_carriers: Carriers) -> Picture | None:
    """Return the picture with the mark of this key that it carries taken out again, or None where it carries none.

    The amplitude of the old mark is where its code bits, which fall in proportion to what is subtracted, vanish.
    Only for writing a new mark in its place.
    """
    planes = canonical_planes(picture)
    spectrum = folded_spectrum(engine().whiten(planes, True)[0])
    present = pilot_score(spectrum, key_carriers) >= PRESENT_SCORE
    reading = read(soft_bits(spectrum, key_carriers), key_carriers) if present else None
    if reading is None:
        return None
    plan = Plan.of(picture, key_carriers, reading.content_id).masked(_REMOVAL_GAIN)
    step = amplitude_for(plan, _REMOVAL_PSNR)
    before, after = _agreement(plan, 0.0), _agreement(plan, step)
    amplitude = step * min(max(before / max(before - after, 1e-9), 0.0), 3.0)
    pixels = pixels_of(picture)
    cleaned, _ = with_mark(plan, pixels, -amplitude / math.sqrt(kept_by_enlarging(plan.delta, pixels.shape)))
    return replace(picture, colour=cleaned.reshape(picture.colour.shape))


def _agreement(plan: Plan, amplitude: float) -> float:
    """Return how far the code bits agree with the plan's content id once its difference is subtracted."""
    planes = plan.planes.copy()
    planes[0] -= np.float32(amplitude) * plan.delta
    spectrum = folded_spectrum(engine().whiten(planes, True)[0])
    values = plan.carriers.code_bits(spectrum, np.ones(len(plan.carriers.frequency)))
    return float(np.mean(values * plan.carriers.coded_signs(plan.content_id)))

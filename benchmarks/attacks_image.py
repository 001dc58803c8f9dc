"""The attacks on pictures: every one takes an RGB picture of dtype uint8 and gives one back.

``ATTACKS`` holds every row of the robustness table, one entry per strength and variant, with the share of
pictures (in percent) that must give back the exact content id. ``SWEEPS`` holds finer steps for the plots.
All chance comes from the generator that is passed in, so the same generator gives the same picture.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import attack_functions_image as functions
import numpy as np
from attack_functions_image import Function, Pixels, chain, saved
from PIL import Image, ImageFilter

__all__ = ["ATTACKS", "SWEEPS", "Attack", "attack_named", "attacked"]

Condition = Callable[[Pixels], bool]


def always(picture: Pixels) -> bool:
    """Say that the attack makes sense on any picture."""
    return picture.size > 0


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: its function, the table row it belongs to and what that row asks for."""

    name: str
    function: Function
    required: float
    group: str
    row: str
    applies: Condition = always


def attacked(picture: Pixels, attack: Attack, seed: int = 0, label: str = "") -> Pixels:
    """Return the attacked picture; the chance depends on seed, label and the attack's name alone."""
    rng = np.random.default_rng([seed, zlib.crc32(label.encode()), zlib.crc32(attack.name.encode())])
    return np.ascontiguousarray(attack.function(picture, rng))


def short_side_left(scale: float, pixels: int = 192) -> Condition:
    return lambda picture: min(picture.shape[:2]) * scale >= pixels


def _saving() -> list[Attack]:
    row = "none; PNG; JPEG 95, 75, 50; WebP 75; AVIF 60"
    attacks = [
        Attack("none", functions.unchanged, 100, "saving", row),
        Attack("PNG", saved("PNG", compress_level=1), 100, "saving", row),
        *(Attack(f"JPEG {q}", saved("JPEG", quality=q), 100, "saving", row) for q in (95, 75, 50)),
        Attack("WebP 75", saved("WEBP", quality=75), 100, "saving", row),
        Attack("AVIF 60", saved("AVIF", quality=60), 100, "saving", row),
        Attack("JPEG 30", saved("JPEG", quality=30), 99, "saving", "JPEG 30"),
        Attack("JPEG 15", saved("JPEG", quality=15), 90, "saving", "JPEG 15"),
    ]
    row = "chat application: long side to 1080 when larger, JPEG 70"
    return [*attacks, Attack("chat application", functions.chat(1080, 70), 100, "saving", row)]


def _resizing() -> list[Attack]:
    row = "whole picture resized to 0.25 .. 3.0"
    scales = (0.25, 0.35, 0.5, 0.75, 1.5, 2.0, 3.0)
    limit = {0.25: short_side_left(0.25)}
    attacks = [
        Attack(f"resize {s:g}", functions.resized(s, s), 100, "resizing", row, limit.get(s, always)) for s in scales
    ]
    linear, area = functions.resized_without_antialias(0.5), functions.resized(0.5, 0.5, Image.Resampling.BOX)
    attacks.append(Attack("resize 0.5 without antialias", linear, 100, "resizing", row))
    attacks.append(Attack("resize 0.5 by averages", area, 100, "resizing", row))
    row = "width alone scaled by 0.85 or 1.15"
    return attacks + [Attack(f"width {s}", functions.resized(s, 1), 98, "resizing", row) for s in (0.85, 1.15)]


def _rotating() -> list[Attack]:
    row = "flip left-right, flip upside down, rotation 90 / 180 / 270"
    attacks = [
        Attack("flip left-right", functions.flipped_left_right, 100, "rotating", row),
        Attack("flip upside down", functions.flipped_upside_down, 100, "rotating", row),
        *(Attack(f"rotation {90 * n}", functions.quarter_turned(n), 100, "rotating", row) for n in (1, 2, 3)),
    ]
    row = "rotation by any angle, corners cut or filled"
    for canvas in ("filled", "expanded", "cut"):
        for degrees in (1, 5, 15, 30, 45, 77, None):
            name = f"rotation {'random' if degrees is None else degrees} {canvas}"
            attacks.append(Attack(name, functions.rotated(degrees, canvas), 99, "rotating", row))
    both = chain(functions.rotated(10, "filled"), saved("JPEG", quality=50))
    row = "rotation 10 degrees + JPEG 50"
    attacks.append(Attack("rotation 10 filled + JPEG 50", both, 98, "rotating", row))
    both = chain(functions.rotated(10, "cut"), saved("JPEG", quality=50))
    attacks.append(Attack("rotation 10 cut + JPEG 50", both, 98, "rotating", row))
    row = "mild perspective (corners moved by up to 3 %)"
    either, inward = functions.perspective(0.03, inward=False), functions.perspective(0.03, inward=True)
    attacks.append(Attack("perspective 3 % either way", either, 90, "rotating", row))
    attacks.append(Attack("perspective 3 % inward", inward, 90, "rotating", row))
    return attacks


def _cropping() -> list[Attack]:
    attacks = []
    for share, required in ((75, 100), (50, 100), (25, 95), (10, 70)):
        row = f"crop at a random place to {share} % of the area"
        kept, free = functions.cropped(share / 100, 1.15), functions.cropped(share / 100, 3.0)
        attacks.append(Attack(f"crop {share} %", kept, required, "cropping", row))
        attacks.append(Attack(f"crop {share} % any aspect", free, required, "cropping", row))
    row = "1 to 50 px cut off one side"
    attacks += [
        Attack(f"cut {n} px", functions.side_cut(n), 100, "cropping", row) for n in (1, 2, 3, 5, 8, 13, 21, 34, 50)
    ]
    mixed = chain(functions.cropped(0.5, 1.15), functions.resized(0.7, 0.7), saved("JPEG", quality=60))
    row = "crop 50 % + resize 0.7 + JPEG 60"
    attacks.append(Attack("crop 50 % + resize 0.7 + JPEG 60", mixed, 95, "cropping", row))
    row = "screenshot: 0.8x, on a larger canvas with window bars, JPEG 70"
    return [*attacks, Attack("screenshot", functions.screenshot(0.8, 70), 98, "cropping", row)]


def _colouring() -> list[Attack]:
    made = {
        **{f"brightness {f}": functions.brightened(f) for f in (0.8, 1.2)},
        **{f"contrast {f}": functions.contrasted(f) for f in (0.7, 1.3)},
        **{f"gamma {e}": functions.gamma(e) for e in (0.7, 1.4)},
        "grey": functions.grey,
        "hue +30 degrees": functions.hue_turned(30),
        "saturation 0.5": functions.saturated(0.5),
        "sharpen": functions.filtered(ImageFilter.SHARPEN),
        "unsharp mask": functions.filtered(ImageFilter.UnsharpMask()),
        "posterise 32 levels": functions.posterised(5),
    }
    row = "brightness, contrast, gamma, grey, hue, saturation, sharpen, posterise"
    return [Attack(name, function, 100, "colouring", row) for name, function in made.items()]


def _degrading() -> list[Attack]:
    noise, blur, medians = ((5, 100), (10, 100), (20, 95)), ((1, 100), (2, 98), (3, 75)), ((3, 100), (5, 90))
    return [
        *(Attack(f"noise {s}", functions.noisy(s), r, "degrading", f"Gaussian noise sigma {s}") for s, r in noise),
        *(Attack(f"blur {s}", functions.blurred(s), r, "degrading", f"blur sigma {s}") for s, r in blur),
        *(Attack(f"median {s}", functions.median(s), r, "degrading", f"median {s}") for s, r in medians),
    ]


def _covering() -> list[Attack]:
    row, other = "a logo or caption over 20 % of the area", "half of the area painted over"
    return [
        Attack("caption 20 %", functions.captioned(0.2), 100, "covering", row),
        Attack("logo 20 %", functions.logo_placed(0.2), 100, "covering", row),
        Attack("stickers 20 %", functions.stickers_placed(0.2), 100, "covering", row),
        Attack("half painted", functions.half_painted, 95, "covering", other),
        Attack("boxes over 50 %", functions.stickers_placed(0.5), 95, "covering", other),
    ]


def _all() -> dict[str, Attack]:
    makers = (_saving, _resizing, _rotating, _cropping, _colouring, _degrading, _covering)
    return {attack.name: attack for make in makers for attack in make()}


ATTACKS: dict[str, Attack] = _all()


def _sweep(group: str, make: Callable[[float], Function], steps: tuple[float, ...]) -> dict[float, Attack]:
    return {step: Attack(f"{group} {step:g}", make(step), 0, "sweep", group) for step in steps}


SWEEPS: dict[str, dict[float, Attack]] = {
    "JPEG quality": _sweep(
        "JPEG quality", lambda q: saved("JPEG", quality=int(q)), (90, 75, 60, 50, 40, 30, 20, 15, 10, 5)
    ),
    "scale": _sweep("scale", lambda s: functions.resized(s, s), (0.15, 0.2, 0.25, 0.35, 0.5, 0.75, 1.25, 2.0, 3.0)),
    "area kept in %": _sweep(
        "area kept in %", lambda p: functions.cropped(p / 100, 1.15), (90, 75, 50, 35, 25, 15, 10, 5)
    ),
    "rotation in degrees": _sweep(
        "rotation in degrees", lambda d: functions.rotated(d, "filled"), (0.5, 1, 2, 5, 10, 15, 30, 45)
    ),
    "noise sigma": _sweep("noise sigma", functions.noisy, (2, 5, 10, 15, 20, 30, 40)),
    "blur sigma": _sweep("blur sigma", functions.blurred, (0.5, 1, 1.5, 2, 2.5, 3, 4)),
    "area painted over in %": _sweep(
        "area painted over in %", lambda p: functions.stickers_placed(p / 100), (10, 20, 35, 50, 65, 80)
    ),
    "perspective in %": _sweep(
        "perspective in %", lambda p: functions.perspective(p / 100, inward=True), (0.5, 1, 2, 3, 4, 6)
    ),
}


def attack_named(name: str) -> Attack:
    """Return the attack of that name, from the table or from a sweep."""
    if name in ATTACKS:
        return ATTACKS[name]
    return {attack.name: attack for steps in SWEEPS.values() for attack in steps.values()}[name]

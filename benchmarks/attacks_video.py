"""The table of attacks on video: what each does to a file and which share of the marks has to come back.

Every attack makes a muted file from a marked one. The encoders are x264 `medium` for the rows that name a CRF of
H.264 alone and `veryfast` after all other changes, x265 `veryfast`, libvpx-vp9 `realtime` with cpu-used 7 and
SVT-AV1 preset 10, two threads each, always 8 bit 4:2:0. Changes of the picture are saved at CRF 26, changes of time
at CRF 23, unless the row says otherwise. Resizing scales larger clips down and smaller ones up. Frame rates change as
24 to 30 and 30 to 15 do, by 5/4 and 1/2 of the clip's own. Chance comes from the seed and the attack's name alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import attack_functions_video as functions
import numpy as np
from attack_functions_video import Function, filtered, recoded
from media_video import Shape, shape_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ATTACKS", "Attack", "attack_named", "joined"]

joined = functions.joined
Condition = Callable[[Shape], bool]


def _always(_shape: Shape) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: the percentage of clips asked for, its row, and how the result is read.

    `reading` is "video" for a file to extract from, "picture" for one frame saved as JPEG, "join" for two marked
    clips put together with `joined` (`run` is not called).
    """

    name: str
    asked: float
    row: str
    function: Function
    suffix: str = ".mp4"
    reading: str = "video"
    applies: Condition = _always

    def run(self, source: Path, target: Path, seed: int) -> None:
        """Make the attacked file, muted, from a marked one; `target` should end in `suffix`."""
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        self.function(source, target, shape_of(source), rng)


def _coding() -> list[Attack]:
    x264, x265 = "libx264 -preset medium", "libx265 -preset veryfast -x265-params log-level=error"
    vp9 = "libvpx-vp9 -deadline realtime -cpu-used 7 -row-mt 1 -b:v 0"
    rows = [
        Attack("none", 100, "none; remux", functions.copied),
        Attack("remux to Matroska", 100, "none; remux", functions.copied, ".mkv"),
    ]
    for crf, asked in ((23, 100), (28, 100), (35, 97), (40, 75)):
        rows.append(Attack(f"H.264 CRF {crf}", asked, f"H.264 CRF {crf}", recoded(f"{x264} -crf {crf}")))
    for crf, asked in ((28, 100), (32, 95)):
        rows.append(Attack(f"H.265 CRF {crf}", asked, f"H.265 CRF {crf}", recoded(f"{x265} -crf {crf}")))
    return [
        *rows,
        Attack("VP9 CRF 35", 97, "VP9 CRF 35", recoded(f"{vp9} -crf 35"), ".webm"),
        Attack("AV1 CRF 40", 95, "AV1 CRF 40", recoded("libsvtav1 -preset 10 -crf 40"), ".mp4"),
    ]


def _geometry() -> list[Attack]:
    rows = [
        Attack(f"resize to {n} lines", asked, f"resize to {n} lines + CRF 26", filtered(functions.lines(n)))
        for n, asked in ((720, 100), (480, 100), (360, 95))
    ]
    rows += [
        Attack(f"crop to {p} %", asked, f"crop to {p} % of the area + CRF 26", filtered(functions.cropped(p / 100)))
        for p, asked in ((70, 98), (40, 90))
    ]
    bars = "letterbox or pillarbox to another aspect"
    return [
        *rows,
        Attack("bars to 4:3", 98, bars, filtered(functions.with_bars(4 / 3))),
        Attack("bars to 2.35:1", 98, bars, filtered(functions.with_bars(2.35))),
        Attack("rotation 90", 98, "rotation 90", filtered("transpose=clock")),
        Attack("mirror", 98, "mirror", filtered("hflip")),
        Attack("rotation 5 degrees", 95, "rotation 5 degrees", filtered(functions.rotated(5))),
    ]


def _time() -> list[Attack]:
    row = "24 to 30 fps; 30 to 15; speed 0.5, 2; every second frame dropped; frames shuffled within a second"
    changes = {
        "24 to 30 fps": functions.frame_rate_times(5 / 4),
        "30 to 15 fps": functions.frame_rate_times(1 / 2),
        "speed 0.5": functions.speed(0.5),
        "speed 2": functions.speed(2),
        "every second frame dropped": functions.every_second_frame,
        "frames shuffled within a second": functions.shuffled,
    }
    return [
        Attack("trim to 2 s", 97, "trim to any 2 s", functions.trimmed(2), applies=lambda shape: shape.seconds > 2.2),
        Attack("cut and join", 95, "cut and join of two marked clips", functions.copied, reading="join"),
        *(Attack(name, 98, row, filtered(change, crf=23)) for name, change in changes.items()),
    ]


def _picture() -> list[Attack]:
    row = "brightness, contrast, gamma, grey, blur sigma 1.5, noise sigma 8; + CRF 26"
    changes = {
        "brightness 0.8": functions.brightness(0.8),
        "brightness 1.2": functions.brightness(1.2),
        "contrast 0.7": "eq=contrast=0.7",
        "contrast 1.3": "eq=contrast=1.3",
        "gamma 0.7": "eq=gamma=0.7",
        "gamma 1.4": "eq=gamma=1.4",
        "grey": "hue=s=0",
        "blur sigma 1.5": "gblur=sigma=1.5",
        "noise sigma 8": functions.noisy(8),
    }
    return [
        *(Attack(name, 97, row, filtered(change)) for name, change in changes.items()),
        Attack("screen recording", 95, "screen recording: 0.8x on a larger canvas, CRF 30, 30 fps", functions.screen),
        Attack(
            "one frame as JPEG 85",
            80,
            "one frame saved as JPEG 85 (720 lines and more)",
            functions.one_frame,
            ".jpg",
            "picture",
            lambda shape: shape.short_side >= 720,
        ),
        Attack(
            "caption, logo and sticker", 98, "caption, logo and sticker over 25 % of the picture", functions.covered
        ),
    ]


ATTACKS: tuple[Attack, ...] = (*_coding(), *_geometry(), *_time(), *_picture())


def attack_named(name: str) -> Attack:
    return {attack.name: attack for attack in ATTACKS}[name]

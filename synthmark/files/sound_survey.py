"""What has to be known of a sound file before its copy can be written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.audio.loudness import LoudnessMeter
from synthmark.audio.samples import as_sound
from synthmark.files.sound_layers import LabelFinder, Labels

if TYPE_CHECKING:
    from synthmark.containers.sound import SoundReader

__all__ = ["Survey", "survey_of"]


@dataclass(frozen=True, slots=True)
class Survey:
    """Samples per channel, loudness in LUFS, and the audible labels that are there."""

    frames: int
    loudness: float
    labels: Labels


def survey_of(reader: SoundReader, *, heard: float) -> Survey:
    """Read a sound file through.

    Parameters
    ----------
    heard
        Seconds from the start in which labels are looked for; 0 asks neither for them nor for the loudness.

    Raises
    ------
    MediaError
        When it is damaged.
    """
    rate, frames = reader.form.rate, 0
    meter, finder = LoudnessMeter(rate), LabelFinder(rate)
    for block in reader.blocks():
        if heard:
            sound = as_sound(block)
            meter.push(sound.scaled(0, len(sound)))
            if frames < heard * rate:
                finder.push(block)
        frames += len(block)
    return Survey(frames, meter.loudness() if heard else -math.inf, finder.finish() if heard else Labels())

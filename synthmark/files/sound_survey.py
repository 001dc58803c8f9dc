"""What has to be known of a sound file before its copy can be written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.audio.cue_search import CueFinder, RhythmCue
from synthmark.audio.loudness import LoudnessMeter
from synthmark.audio.samples import as_sound

if TYPE_CHECKING:
    from synthmark.containers.sound import SoundReader

__all__ = ["Survey", "survey_of"]

_LISTEN_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Survey:
    """Samples per channel, loudness in LUFS, and the rhythm cue at the very start, if there is one."""

    frames: int
    loudness: float
    cue: RhythmCue | None


def survey_of(reader: SoundReader, *, label: bool) -> Survey:
    """Read a sound file through.

    Parameters
    ----------
    label
        Whether loudness and cue are asked for.

    Raises
    ------
    MediaError
        When it is damaged.
    """
    rate, frames = reader.form.rate, 0
    meter, finder = LoudnessMeter(rate), CueFinder(rate)
    for block in reader.blocks():
        if label:
            sound = as_sound(block)
            meter.push(sound.scaled(0, len(sound)))
            finder.push(block[: max(_LISTEN_SECONDS * rate - frames, 0)])
        frames += len(block)
    cues = finder.finish() if label else ()
    first = next((cue for cue in cues if cue.position == "start"), None)
    return Survey(frames, meter.loudness() if label else -math.inf, first)

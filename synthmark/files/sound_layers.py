"""What checking finds in the samples of a sound file beside its watermark: the audible label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark import audio
from synthmark.files import content_layers as layers
from synthmark.files.reading import read_file
from synthmark.files.sound_file import read_sound
from synthmark.files.task import ContentLayers
from synthmark.report import LayerReport, Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from synthmark.files.sound_file import SoundFile

__all__ = ["audible_layer", "sound_layers"]


def sound_layers(path: Path, keys: Sequence[bytes]) -> ContentLayers:
    """Look for the marks of all keys and for rhythm cues.

    Raises
    ------
    MediaError
        When the file cannot be read, is damaged, or is no sound that can be decoded.
    """
    file = read_sound(read_file(path))
    for key in keys:
        detection = audio.extract(file.samples, file.rate, key)
        if detection:
            return ContentLayers(layers.marked(detection, key, keys=len(keys)), audible_layer(file))
    return ContentLayers(layers.unmarked(keys=len(keys)), audible_layer(file))


def audible_layer(file: SoundFile) -> LayerReport:
    """Report the rhythm cues of a sound file; spoken labels are left to the listener."""
    cues = audio.find_cues(file.samples, file.rate)
    if not cues:
        return LayerReport(layer="visible", outcome="not_detected", messages=(Message("audible.none"),))
    spans = [[cue.start, cue.end] for cue in cues]
    found = {
        "kind": "rhythm",
        "spans": spans,
        "positions": [cue.position for cue in cues],
        "likeness": max(cue.likeness for cue in cues),
    }
    first = Message("audible.cue", {"start": f"{cues[0].start:.1f}", "end": f"{cues[0].end:.1f}", "count": len(cues)})
    return LayerReport(layer="visible", outcome="detected", evidence=found, messages=(first,))

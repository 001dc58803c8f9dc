"""What checking finds in the samples of a sound file: its watermark and its audible label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.audio.cue_search import CueFinder
from synthmark.audio.extraction import StreamExtractor
from synthmark.files import content_layers as layers
from synthmark.files.sound_file import open_sound
from synthmark.files.task import ContentLayers
from synthmark.report import LayerReport, Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from synthmark.audio.cue_search import RhythmCue
    from synthmark.audio.detection import AudioDetection
    from synthmark.containers.sound import SoundForm

__all__ = ["Heard", "audible_layer", "listen", "sound_layers"]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a sound file holds: its form and length, its cues, and the mark of the first key that has one."""

    form: SoundForm
    frames: int
    cues: tuple[RhythmCue, ...]
    detection: AudioDetection | None = None
    key: bytes | None = None


def sound_layers(path: Path, keys: Sequence[bytes]) -> ContentLayers:
    """Look for the marks of all keys and for rhythm cues; of several sound tracks the first is read.

    All keys are tried at the speed of embedding first; only when that finds nothing, other speeds follow, which
    takes longer.

    Raises
    ------
    MediaError
        When the file cannot be read, is damaged, or is no sound that can be decoded.
    """
    heard = listen(path, keys, search="fast")
    if heard.detection is None:
        heard = listen(path, keys, search="full", cues=heard.cues)
    watermark = layers.unmarked(keys=len(keys))
    if heard.detection is not None:
        watermark = layers.marked(heard.detection, heard.key, keys=len(keys))
    return ContentLayers(layers.first_of(watermark, heard.form.tracks), audible_layer(heard))


def listen(
    path: Path,
    keys: Sequence[bytes | None],
    *,
    search: str = "full",
    cues: tuple[RhythmCue, ...] | None = None,
) -> Heard:
    """Read a sound file once, and look for cues and for the marks of all keys.

    Parameters
    ----------
    search
        See `synthmark.audio.StreamExtractor`.
    cues
        Those that are known already; None looks for them.

    Raises
    ------
    MediaError
        See `sound_layers`.
    """
    with open_sound(path) as reader:
        rate, frames = reader.form.rate, 0
        finder = CueFinder(rate) if cues is None else None
        extractors = [(key, StreamExtractor(rate, key, search=search)) for key in keys]
        for block in reader.blocks():
            frames += len(block)
            if finder:
                finder.push(block)
            for _, extractor in extractors:
                extractor.push(block)
    known = finder.finish() if finder else cues or ()
    for key, extractor in extractors:
        if detection := extractor.finish():
            return Heard(reader.form, frames, known, detection, key)
    return Heard(reader.form, frames, known)


def audible_layer(heard: Heard) -> LayerReport:
    """Report the rhythm cues of a sound file; spoken labels are left to the listener."""
    cues = heard.cues
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

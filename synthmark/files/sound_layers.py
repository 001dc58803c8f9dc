"""What checking finds in the samples of a sound file beside its watermark: the audible label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.report import LayerReport, Message

if TYPE_CHECKING:
    from synthmark.files.sound_file import SoundFile

__all__ = ["audible_layer"]


def audible_layer(file: SoundFile) -> LayerReport:
    """Report the rhythm cues of a sound file; spoken labels are left to the listener."""
    from synthmark import audio  # noqa: PLC0415 - `import synthmark` stays light

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

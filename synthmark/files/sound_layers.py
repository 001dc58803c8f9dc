"""What checking finds in the samples of a sound file: its watermark and its audible label."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark.audio.cue_search import CueFinder
from synthmark.audio.extraction import StreamExtractor
from synthmark.audio.prompt_search import PromptFinder
from synthmark.audio.prompts import PROMPT_TEXTS
from synthmark.audio.samples import as_sound
from synthmark.files import content_layers as layers
from synthmark.files.sound_file import open_sound
from synthmark.files.task import ContentLayers
from synthmark.report import LayerReport, Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from synthmark.audio.cue_search import RhythmCue
    from synthmark.audio.detection import AudioDetection
    from synthmark.audio.prompt_search import SpokenPrompt
    from synthmark.containers.sound import Block, SoundForm

__all__ = ["Heard", "LabelFinder", "Labels", "audible_layer", "listen", "sound_layers"]

_FAINT = 12.0
"""A cue so many decibels softer than the mean of the whole cannot be told clearly."""
_SPEECH_RATE = (120, 160)  # characters a minute of standard Chinese, GB 45438-2025, 5.3 e, note 4


@dataclass(frozen=True, slots=True)
class Labels:
    """The audible labels of a file, and its mean power in decibels against full scale."""

    cues: tuple[RhythmCue, ...] = ()
    prompts: tuple[SpokenPrompt, ...] = ()
    level: float = -math.inf

    def __iter__(self) -> Iterator[RhythmCue | SpokenPrompt]:
        """Yield them in the order of time."""
        found: list[RhythmCue | SpokenPrompt] = [*self.cues, *self.prompts]
        return iter(sorted(found, key=lambda label: label.start))


class LabelFinder:
    """Finds the audible labels in sound that arrives piece by piece."""

    def __init__(self, rate: float) -> None:
        self._cues, self._prompts = CueFinder(rate), PromptFinder(rate)
        self._power, self._count = 0.0, 0

    def push(self, block: Block) -> None:
        """Take the next samples: (n, channels)."""
        self._cues.push(block)
        self._prompts.push(block)
        scaled = as_sound(block).scaled(0, len(block))
        self._power += float(np.einsum("ij,ij->", scaled, scaled, dtype=np.float64))
        self._count += scaled.size

    def finish(self) -> Labels:
        """Return what was found."""
        level = 10 * math.log10(self._power / max(self._count, 1) + 1e-12)
        return Labels(self._cues.finish(), self._prompts.finish(), level)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a sound file holds: its form and length, its labels, and the mark of the first key that has one."""

    form: SoundForm
    frames: int
    labels: Labels
    detection: AudioDetection | None = None
    key: bytes | None = None


def sound_layers(path: Path, keys: Sequence[bytes]) -> ContentLayers:
    """Look for the marks of all keys and for audible labels; of several sound tracks the first is read.

    All keys are tried at the speed of embedding first; only when that finds nothing, other speeds follow, which
    takes longer.

    Raises
    ------
    MediaError
        When the file cannot be read, is damaged, or is no sound that can be decoded.
    """
    heard = listen(path, keys, search="fast")
    if heard.detection is None:
        heard = listen(path, keys, search="full", labels=heard.labels)
    watermark = layers.unmarked(keys=len(keys))
    if heard.detection is not None:
        watermark = layers.marked(heard.detection, heard.key, keys=len(keys))
    return ContentLayers(layers.first_of(watermark, heard.form.tracks), audible_layer(heard.labels))


def listen(
    path: Path,
    keys: Sequence[bytes | None],
    *,
    search: str = "full",
    labels: Labels | None = None,
) -> Heard:
    """Read a sound file once, and look for audible labels and for the marks of all keys.

    Parameters
    ----------
    search
        See `synthmark.audio.StreamExtractor`.
    labels
        Those that are known already; None looks for them.

    Raises
    ------
    MediaError
        See `sound_layers`.
    """
    with open_sound(path) as reader:
        rate, frames = reader.form.rate, 0
        finder = LabelFinder(rate) if labels is None else None
        extractors = [(key, StreamExtractor(rate, key, search=search)) for key in keys]
        for block in reader.blocks():
            frames += len(block)
            if finder:
                finder.push(block)
            for _, extractor in extractors:
                extractor.push(block)
    known = finder.finish() if finder else labels or Labels()
    for key, extractor in extractors:
        if detection := extractor.finish():
            return Heard(reader.form, frames, known, detection, key)
    return Heard(reader.form, frames, known)


def audible_layer(labels: Labels) -> LayerReport:
    """Report the audible labels of a sound file, and whether they meet GB 45438-2025, 5.3.

    Rhythm cues of any software are recognised, and the bundled spoken prompts; other speech is left to the listener.
    """
    found = list(labels)
    if not found:
        return LayerReport(layer="visible", outcome="not_detected", messages=(Message("audible.none"),))
    findings = [finding for label in found for finding in _findings(label, labels.level)]
    evidence = {
        "kind": "rhythm" if labels.cues else "spoken",
        "spans": [[label.start, label.end] for label in found],
        "positions": [label.position for label in found],
        "likeness": max(label.likeness for label in found),
        "conforms": any(not list(_findings(label, labels.level)) for label in found),
        "findings": findings,
    }
    messages = [*_said(labels), *(Message(code) for code in dict.fromkeys(item["code"] for item in findings))]
    return LayerReport(layer="visible", outcome="detected", evidence=evidence, messages=tuple(messages))


def _said(labels: Labels) -> Iterator[Message]:
    """Yield a sentence on the cues and one on the prompts."""
    for code, found in (("audible.cue", labels.cues), ("audible.spoken", labels.prompts)):
        if found:
            first: RhythmCue | SpokenPrompt = found[0]
            yield Message(code, {"start": f"{first.start:.1f}", "end": f"{first.end:.1f}", "count": len(found)})


def _findings(label: RhythmCue | SpokenPrompt, level: float) -> Iterator[dict[str, Any]]:
    """Yield in what a label falls short of the standard; its rhythm, words and place are right when it is found."""
    if hasattr(label, "level") and label.level < level - _FAINT:
        yield {"code": "audible.faint", "clause": "GB 45438-2025 5.3 f", "start": label.start}
    if getattr(label, "language", "") == "zh":
        rate = len(PROMPT_TEXTS["zh"]) * 60 / (label.end - label.start)
        if not _SPEECH_RATE[0] <= rate <= _SPEECH_RATE[1]:
            yield {"code": "audible.speech_rate", "clause": "GB 45438-2025 5.3 e", "start": label.start}

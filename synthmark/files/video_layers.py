"""What checking finds in the pictures and the sound of a video file."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from synthmark.files import content_layers as layers
from synthmark.files.task import ContentLayers
from synthmark.files.video_looks import Witness
from synthmark.files.visible_layers import film_label
from synthmark.payload import format_content_id
from synthmark.report import Message
from synthmark.video.reading import read_marks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from synthmark.containers.video_reader import VideoReader
    from synthmark.report import LayerReport
    from synthmark.video.detection import VideoDetection

__all__ = ["video_layers"]


def video_layers(path: Path, keys: Sequence[bytes]) -> ContentLayers:
    """Look for the marks of all keys in pictures and sound, and for labels that people see and hear.

    Raises
    ------
    MediaError
        When the file cannot be read, is damaged, or holds no video that can be decoded.
    """
    witnesses: list[Witness] = []

    def admit(reader: VideoReader, rate: float | None) -> Witness:
        witnesses.append(Witness(reader, rate))
        return witnesses[0]

    detections = read_marks(path, keys, admit=admit).detections
    pairs = zip(detections, keys, strict=True)
    found = next((_marked(each, key, len(keys)) for each, key in pairs if each.found), None)
    return ContentLayers(found or layers.unmarked(keys=len(keys)), film_label(*witnesses[0].finish()))


def _marked(detection: VideoDetection, key: bytes, keys: int) -> LayerReport:
    """Report a mark, and whether pictures and sound say the same."""
    report = layers.marked(detection, key, keys=keys)
    evidence = {**report.evidence, **_carriers(detection)}
    if detection.agrees is not False:
        return dataclasses.replace(report, evidence=evidence)
    assert detection.sound is not None
    params = {name: format_content_id(each.content_id or 0) for name, each in _both(detection)}
    clash = Message("conflict.sound", params)
    return dataclasses.replace(report, outcome="invalid", evidence=evidence, messages=(*report.messages, clash))


def _both(detection: VideoDetection) -> tuple[tuple[str, Any], ...]:
    return ("pictures", detection), ("sound", detection.sound)


def _carriers(detection: VideoDetection) -> dict[str, Any]:
    """Return what pictures and sound each say."""
    sound = detection.sound
    heard = None if sound is None or not sound.found else format_content_id(sound.content_id or 0)
    return {
        "in_pictures": bool(detection.marks),
        "in_sound": heard is not None,
        "sound_content_id": heard,
        "sound_spans": () if sound is None else sound.spans,
    }

"""How what was found in pixels and samples is reported: the layers `watermark` and `visible`."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from synthmark.report import LayerReport, Message

if TYPE_CHECKING:
    from synthmark.detection import Detection

__all__ = ["first_of", "marked", "unmarked", "unsupported", "unwritten"]

_GEOMETRY = ("scale", "angle", "flipped", "speed", "tempo", "spans")


def marked(detection: Detection, key: bytes | None, *, searched: int = 1, keys: int = 1) -> LayerReport:
    """Report a mark that was found; its probability covers the frames that were searched and all keys.

    Parameters
    ----------
    detection
        What was found, for a single frame (or stream) and key.
    key
        With which it was found.
    searched
        How many frames or streams were searched up to this one.
    keys
        How many keys are tried.
    """
    from synthmark.keys import key_id  # noqa: PLC0415 - `import synthmark` stays light
    from synthmark.payload import format_content_id  # noqa: PLC0415

    assert detection.content_id is not None
    single = detection.false_alarm_probability
    chance = None if single is None else min(1.0, single * searched * keys)
    evidence: dict[str, Any] = {
        "false_alarm_probability": chance,
        "strength": detection.strength,
        "frames_searched": searched,
        "keys_tried": keys,
    }
    evidence |= {name: getattr(detection, name) for name in _GEOMETRY if hasattr(detection, name)}
    evidence |= _several(detection)
    claims = {
        "content_id": format_content_id(detection.content_id),
        "format": detection.version,
        "key_id": key_id(key),
    }
    return LayerReport(
        layer="watermark",
        outcome="detected",
        integrity="intact",
        claims=claims,
        evidence=evidence,
        messages=_odds(chance),
    )


def _several(detection: Detection) -> dict[str, Any]:
    """Return every mark with its spans, of what was joined from marked pieces."""
    from synthmark.payload import format_content_id  # noqa: PLC0415 - see marked

    several = getattr(detection, "marks", ())
    marks = [{"content_id": format_content_id(mark.content_id), "spans": mark.spans} for mark in several]
    return {"marks": marks} if marks else {}


def _odds(chance: float | None) -> tuple[Message, ...]:
    """Return the sentence on the odds against chance, as a whole power of ten, rounded down."""
    if not chance:
        return ()  # no figure, no claim
    return (Message("mark.chance", {"n": f"10^{math.floor(-math.log10(chance))}"}),)


def unmarked(*, searched: int = 1, keys: int = 1) -> LayerReport:
    """Report that no mark was found."""
    return LayerReport(
        layer="watermark", outcome="not_detected", evidence={"frames_searched": searched, "keys_tried": keys}
    )


def first_of(layer: LayerReport, tracks: int) -> LayerReport:
    """Return a report on the first of some sound tracks, with a sentence that says so when there are several."""
    if tracks < 2:
        return layer
    said = Message("note.first_track", {"count": tracks})
    return dataclasses.replace(layer, messages=(*layer.messages, said))


def unwritten() -> LayerReport:
    """Report on a file that was just written without a watermark."""
    return LayerReport(layer="watermark", outcome="not_checked", messages=(Message("not_checked.not_written"),))


def unsupported() -> LayerReport:
    """Report that the content of a file cannot be read here."""
    return LayerReport(layer="watermark", outcome="not_checked", messages=(Message("not_checked.unsupported"),))

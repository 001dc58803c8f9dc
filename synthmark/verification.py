"""Checking one file: every layer is read back, and the layers are compared with one another."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthmark._version import __version__
from synthmark.errors import UnsupportedMediaError
from synthmark.report import (
    FileFacts,
    LayerReport,
    Message,
    Report,
    ToolFacts,
    overall_verdict,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthmark.config import Config
    from synthmark.detection import Detection
    from synthmark.files.picture_file import PictureFile
    from synthmark.metadata import MetadataReport

__all__ = ["OWN_NUMBER", "verify_file"]

OWN_NUMBER = re.compile(r"synthmark-([0-9a-f]{16})")
"""The content numbers that labelling writes: ProduceID and PropagateID holding the content id."""

_AI_SOURCES = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "algorithmicMedia")


def verify_file(path: Path | str, config: Config | None = None, *, tool: str = "synthmark") -> Report:
    """Read all layers of a picture file back.

    Parameters
    ----------
    path
        The file; it is only read.
    config
        Whose key to look for; None for the published default key.
    tool
        Name of the program for the report.

    Raises
    ------
    MediaError
        When the file cannot be read, is damaged, or is of a kind that is not supported.
    ConfigError
        When the key file is wrong.
    """
    from synthmark.files.reading import read_file, sha256_of  # noqa: PLC0415 - `import synthmark` stays light
    from synthmark.keys import key_id  # noqa: PLC0415
    from synthmark.metadata import read_metadata  # noqa: PLC0415

    path = Path(path)
    key = None if config is None else config.key()
    data = read_file(path)
    watermark = _watermark_layer(data, key)
    found = read_metadata(data)
    metadata = _metadata_layer(found)
    clashes = _clashes(metadata, watermark)
    layers = (_with_messages(metadata, clashes), watermark, _credential_layer(found), _visible_layer())
    return Report(
        verdict=overall_verdict(layers, contradictory=bool(clashes)),
        file=FileFacts(path.name, len(data), sha256_of(data), found.media_type),
        layers=layers,
        agreement=_agreement(metadata, watermark),
        tool=ToolFacts(tool, __version__, (key_id(key),)),
        checked_at=_now(),
    )


def _now() -> str:
    """Return the time in UTC as RFC 3339, to the second."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _watermark_layer(data: bytes, key: bytes | None) -> LayerReport:
    """Look for the mark in the pixels."""
    from synthmark.files.picture_file import read_picture  # noqa: PLC0415 - see verify_file
    from synthmark.metadata import sniff  # noqa: PLC0415

    try:
        file = read_picture(data)
    except UnsupportedMediaError:
        if sniff(data) is None:
            raise
        return LayerReport(
            layer="watermark", outcome="not_checked", messages=(Message("not_checked.unsupported"),)
        )
    detection, searched = _search(file, key)
    if not detection:
        return LayerReport(layer="watermark", outcome="not_detected", evidence={"frames_searched": searched})
    return _marked(detection, searched, key)


def _search(file: PictureFile, key: bytes | None) -> tuple[Detection, int]:
    """Search the first, middle and last frame for the mark; return it and how many were searched."""
    from synthmark import image  # noqa: PLC0415 - see verify_file

    last = len(file.frames) - 1
    numbers = sorted({0, last // 2, last})
    for searched, number in enumerate(numbers, 1):
        detection = image.extract(file.frames[number], key)
        if detection:
            return detection, searched
    return detection, len(numbers)


def _marked(detection: Detection, searched: int, key: bytes | None) -> LayerReport:
    """Report a mark that was found; its probability covers every frame that was searched."""
    from synthmark.keys import key_id  # noqa: PLC0415 - see verify_file
    from synthmark.payload import format_content_id  # noqa: PLC0415

    assert detection.content_id is not None
    chance = min(1.0, (detection.false_alarm_probability or 0.0) * searched)
    evidence: dict[str, Any] = {
        "false_alarm_probability": chance,
        "strength": detection.strength,
        "frames_searched": searched,
    }
    geometry = ("scale", "angle", "flipped")
    evidence |= {name: getattr(detection, name) for name in geometry if hasattr(detection, name)}
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
        messages=(Message("mark.chance", {"n": _odds(chance)}),),
    )


def _odds(chance: float) -> str:
    """Return the whole power of ten that the odds against chance exceed."""
    return f"10^{math.floor(-math.log10(chance))}" if chance > 0 else "10^300"


def _metadata_layer(found: MetadataReport) -> LayerReport:
    """Report the AIGC labels and the IPTC properties of a file."""
    messages = _metadata_messages(found)
    claims = _metadata_claims(found)
    evidence = {
        "places": [label.place for label in found.labels],
        "findings": [
            {"code": item.code, "field": item.field, "clause": item.clause}
            for item in (*found.findings, *(item for label in found.labels for item in label.findings))
        ],
        "traces": [{"kind": trace.kind, "place": trace.place} for trace in found.traces],
    }
    broken = _is_broken(found)
    present = bool(found.labels) or _is_ai_source(found.digital_source_type)
    return LayerReport(
        layer="metadata",
        outcome="invalid" if broken else "detected" if present else "not_detected",
        integrity="altered" if broken else "unknown",
        claims=claims,
        evidence=evidence,
        messages=messages,
    )


def _is_broken(found: MetadataReport) -> bool:
    """Return whether labels are there that cannot be read, contradict one another, or have no legal value."""
    labels = {label.label for label in found.labels}
    legal = all(label is not None and label.label in ("1", "2", "3") for label in labels)
    return bool(labels) and (not legal or len(labels) > 1)


def _metadata_claims(found: MetadataReport) -> dict[str, str]:
    """Return what the metadata says, without the fields that are not there."""
    claims: dict[str, str | None] = {
        "digital_source_type": found.digital_source_type,
        "system": found.ai_system,
        "system_version": found.ai_system_version,
    }
    if found.label is not None:
        label = found.label
        claims |= {
            "label": label.label,
            "producer": label.content_producer,
            "produce_id": label.produce_id,
            "propagator": label.content_propagator,
            "propagate_id": label.propagate_id,
            "content_id": _own_id({"produce_id": label.produce_id, "propagate_id": label.propagate_id}),
        }
    return {name: value for name, value in claims.items() if value}


def _own_id(claims: Mapping[str, Any]) -> str | None:
    """Return the content id that a label of this program holds: the latest one, the propagator's, counts."""
    for name in ("propagate_id", "produce_id"):
        own = OWN_NUMBER.fullmatch(claims.get(name) or "")
        if own:
            return own[1]
    return None


def _metadata_messages(found: MetadataReport) -> tuple[Message, ...]:
    """Return the sentences on what is not as the standard asks."""
    codes = {
        "metadata.unreadable": any(label.label is None for label in found.labels),
        "metadata.several": len(found.labels) > 1,
        "metadata.contradictory": len({label.label for label in found.labels}) > 1,
        "metadata.deviates": any(label.findings for label in found.labels),
        "metadata.source_type_only": not found.labels and _is_ai_source(found.digital_source_type),
        "metadata.generator": not found.labels and bool(found.traces),
    }
    return tuple(Message(code) for code, present in codes.items() if present)


def _is_ai_source(source_type: str | None) -> bool:
    """Return whether an IPTC digital source type names a generated picture."""
    return bool(source_type) and str(source_type).rsplit("/", 1)[-1] in _AI_SOURCES


def _credential_layer(found: MetadataReport) -> LayerReport:
    """Report whether a C2PA manifest is there; its signature is not checked."""
    if not found.has_credential:
        return LayerReport(layer="credential", outcome="not_detected")
    return LayerReport(
        layer="credential",
        outcome="not_checked",
        evidence={"places": list(found.credentials)},
        messages=(Message("not_checked.credential"),),
    )


def _visible_layer() -> LayerReport:
    """Say that people see the visible label for themselves."""
    return LayerReport(layer="visible", outcome="not_checked", messages=(Message("not_checked.visible"),))


def _clashes(metadata: LayerReport, watermark: LayerReport) -> tuple[Message, ...]:
    """Return in what the metadata label contradicts the watermark.

    A label that this program wrote names its content id, so another id in the pixels means that label or
    picture come from another file. A foreign content number says nothing about the watermark.
    """
    own, marked = metadata.claims.get("content_id"), watermark.claims.get("content_id")
    if own is None or marked is None or own == marked:
        return ()
    return (Message("conflict.content_id", {"metadata": own, "watermark": marked}),)


def _agreement(metadata: LayerReport, watermark: LayerReport) -> dict[str, tuple[str, ...]]:
    """Return which layers name the same content id; a foreign content number may hold it, too."""
    marked = watermark.claims.get("content_id")
    numbers = [metadata.claims.get(name, "") for name in ("produce_id", "propagate_id")]
    if marked and any(marked in number.lower() for number in numbers):
        return {"content_id": ("metadata", "watermark")}
    return {}


def _with_messages(layer: LayerReport, more: Sequence[Message]) -> LayerReport:
    """Return a layer with further messages."""
    return dataclasses.replace(layer, messages=(*layer.messages, *more))

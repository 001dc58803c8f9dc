"""Checking one file: every layer is read back, and the layers are compared with one another."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from synthmark._version import __version__
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
    from pathlib import Path

    from synthmark.config import Config
    from synthmark.files.task import ContentLayers, Written
    from synthmark.metadata import MetadataReport

__all__ = ["OWN_NUMBER", "keys_to_try", "recorded_source", "report_written", "verify_file"]

OWN_NUMBER = re.compile(r"synthmark-([0-9a-f]{16})")
"""The content numbers that labelling writes: ProduceID and PropagateID holding the content id."""

_RECORDED_SOURCES = ("digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print")
_AI_SOURCES = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "algorithmicMedia")


def verify_file(
    path: Path | str,
    config: Config | None = None,
    *,
    keys: Sequence[bytes] = (),
    tool: str = "synthmark",
) -> Report:
    """Read all layers of a picture, sound or video file back.

    Parameters
    ----------
    path
        The file, or the URL of one; it is only read.
    config
        Whose key to look for.
    keys
        Further keys to look for. The order is: these, that of the configuration, the published default key;
        the first that finds a mark counts, and the report names it.
    tool
        Name of the program for the report.

    Raises
    ------
    MediaError
        When the file cannot be read, is damaged, or is of a kind that is not supported.
    ConfigError
        When the key file is wrong.
    """
    from synthmark.files.media_file import content_layers  # noqa: PLC0415 - `import synthmark` stays light
    from synthmark.remote import staged_source, to_place  # noqa: PLC0415

    tried = keys_to_try(config, keys)
    with staged_source(to_place(path)) as file:
        return _report(file, content_layers(file, tried), tried, tool)


def report_written(path: Path, written: Written, key: bytes | None) -> Report:
    """Report on a file that was just written, whose marks were read back already.

    Parameters
    ----------
    path
        The file.
    written
        What was read back from it.
    key
        The key the watermark was read with.
    """
    from synthmark.files import content_layers as layers  # noqa: PLC0415 - see verify_file
    from synthmark.files.task import ContentLayers  # noqa: PLC0415

    watermark = layers.unwritten() if written.detection is None else layers.marked(written.detection, key)
    return _report(path, ContentLayers(watermark, written.visible), (key,), "synthmark")


def keys_to_try(config: Config | None, keys: Sequence[bytes] = ()) -> tuple[bytes, ...]:
    """Return the keys that `verify_file` tries, each once, in their order.

    Raises
    ------
    ConfigError
        When the key file of the configuration is wrong.
    """
    from synthmark.keys import key_bytes  # noqa: PLC0415 - see verify_file

    configured = None if config is None else config.key()
    return tuple(dict.fromkeys(key_bytes(key) for key in (*keys, configured, None)))


def _report(path: Path, content: ContentLayers, keys: Sequence[bytes | None], tool: str) -> Report:
    """Read the metadata, compare the layers, and sum up."""
    from synthmark.files.reading import digest_of_file  # noqa: PLC0415 - see verify_file
    from synthmark.keys import key_id  # noqa: PLC0415
    from synthmark.metadata import read_metadata_file  # noqa: PLC0415

    found = read_metadata_file(path)
    metadata = _metadata_layer(found)
    clashes = _clashes(metadata, content.watermark)
    layers = (_with_messages(metadata, clashes), content.watermark, _credential_layer(found), content.visible)
    return Report(
        verdict=overall_verdict(layers, contradictory=bool(clashes)),
        file=FileFacts(path.name, *digest_of_file(path), found.media_type),
        layers=layers,
        agreement=_agreement(metadata, content.watermark),
        tool=ToolFacts(tool, __version__, tuple(key_id(key) for key in keys)),
        checked_at=_now(),
    )


def _now() -> str:
    """Return the time in UTC as RFC 3339, to the second."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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


def _clashes(metadata: LayerReport, watermark: LayerReport) -> tuple[Message, ...]:
    """Return in what the metadata contradict the watermark, or themselves.

    A label that this program wrote names its content id, so another id in the pixels means that label or
    picture come from another file. A foreign content number says nothing about the watermark.
    """
    clashes = []
    own, marked = metadata.claims.get("content_id"), watermark.claims.get("content_id")
    if own is not None and marked is not None and own != marked:
        clashes.append(Message("conflict.content_id", {"metadata": own, "watermark": marked}))
    source = recorded_source(metadata.claims)
    if source and metadata.claims.get("label", "1" if marked else None) == "1":
        clashes.append(Message("conflict.source_type", {"value": source}))
    return tuple(clashes)


def recorded_source(claims: Mapping[str, Any]) -> str | None:
    """Return the digital source type that metadata or a credential claim, where it names a camera or recorder."""
    source = str(claims.get("digital_source_type", "")).rsplit("/", 1)[-1]
    return source if source in _RECORDED_SOURCES else None


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

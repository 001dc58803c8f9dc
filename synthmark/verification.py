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
    from synthmark.files.media_file import MediaFile
    from synthmark.metadata import MetadataReport

__all__ = ["OWN_NUMBER", "keys_to_try", "report_written", "verify_file"]

OWN_NUMBER = re.compile(r"synthmark-([0-9a-f]{16})")
"""The content numbers that labelling writes: ProduceID and PropagateID holding the content id."""

_AI_SOURCES = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "algorithmicMedia")


def verify_file(
    path: Path | str,
    config: Config | None = None,
    *,
    keys: Sequence[bytes] = (),
    tool: str = "synthmark",
) -> Report:
    """Read all layers of a picture or sound file back.

    Parameters
    ----------
    path
        The file; it is only read.
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
    from synthmark.files.reading import read_file  # noqa: PLC0415 - `import synthmark` stays light

    tried = keys_to_try(config, keys)
    data = read_file(Path(path))
    watermark, visible = _content_layers(data, tried)
    return _report(Path(path).name, data, (watermark, visible), tried, tool)


def report_written(name: str, data: bytes, mark: Detection | None, key: bytes | None) -> Report:
    """Report on a file that was just written, from which the mark was read back already.

    Parameters
    ----------
    name, data
        Of the file, without its folder.
    mark
        What was read back; None for a file that was written without a watermark.
    key
        The key it was read with.
    """
    unwritten = LayerReport(layer="watermark", outcome="not_checked", messages=(Message("not_checked.not_written"),))
    watermark = unwritten if mark is None else _marked(mark, key, frames=1, keys=1)
    return _report(name, data, (watermark, _written_layer(data)), (key,), "synthmark")


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


def _report(
    name: str, data: bytes, content: tuple[LayerReport, LayerReport], keys: Sequence[bytes | None], tool: str
) -> Report:
    """Read the metadata, compare the layers, and sum up."""
    from synthmark.files.reading import sha256_of  # noqa: PLC0415 - see verify_file
    from synthmark.keys import key_id  # noqa: PLC0415
    from synthmark.metadata import read_metadata  # noqa: PLC0415

    found = read_metadata(data)
    metadata = _metadata_layer(found)
    watermark, visible = content
    clashes = _clashes(metadata, watermark)
    layers = (_with_messages(metadata, clashes), watermark, _credential_layer(found), visible)
    return Report(
        verdict=overall_verdict(layers, contradictory=bool(clashes)),
        file=FileFacts(name, len(data), sha256_of(data), found.media_type),
        layers=layers,
        agreement=_agreement(metadata, watermark),
        tool=ToolFacts(tool, __version__, tuple(key_id(key) for key in keys)),
        checked_at=_now(),
    )


def _now() -> str:
    """Return the time in UTC as RFC 3339, to the second."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _content_layers(data: bytes, keys: Sequence[bytes]) -> tuple[LayerReport, LayerReport]:
    """Look for the mark and for the label that people perceive in pixels or samples."""
    from synthmark.files.media_file import read_media  # noqa: PLC0415 - see verify_file
    from synthmark.metadata import sniff  # noqa: PLC0415

    try:
        file = read_media(data)
    except UnsupportedMediaError:
        if sniff(data) is None:
            raise
        unsupported = (Message("not_checked.unsupported"),)
        return LayerReport(layer="watermark", outcome="not_checked", messages=unsupported), _visible_layer()
    return _watermark_layer(file, keys), _perceived_layer(file)


def _perceived_layer(file: MediaFile) -> LayerReport:
    """Report the audible label of sound; of pictures, nothing is read."""
    from synthmark.files.sound_file import SoundFile  # noqa: PLC0415 - see verify_file
    from synthmark.files.sound_layers import audible_layer  # noqa: PLC0415

    return audible_layer(file) if isinstance(file, SoundFile) else _visible_layer()


def _written_layer(data: bytes) -> LayerReport:
    """Report the audible label of a file that was just written; pictures are not decoded for it."""
    from synthmark.files.kinds import SOUNDS, kind_of  # noqa: PLC0415 - see verify_file
    from synthmark.files.media_file import read_media  # noqa: PLC0415

    return _perceived_layer(read_media(data)) if kind_of(data) in SOUNDS else _visible_layer()


def _watermark_layer(file: MediaFile, keys: Sequence[bytes]) -> LayerReport:
    """Look for the mark in the frames of a picture file, or in sound."""
    last = len(file.frames) - 1
    frames = [file.frames[number] for number in sorted({0, last // 2, last})]
    searches = {"frames_searched": len(frames), "keys_tried": len(keys)}
    return _found(file, frames, keys) or LayerReport(layer="watermark", outcome="not_detected", evidence=searches)


def _found(file: MediaFile, frames: Sequence[Any], keys: Sequence[bytes]) -> LayerReport | None:
    """Search frames for the mark of each key; the first mark that is found counts."""
    for key in keys:
        for searched, frame in enumerate(frames, 1):
            detection = _extracted(file, frame, key)
            if detection:
                return _marked(detection, key, frames=searched, keys=len(keys))
    return None


def _extracted(file: MediaFile, frame: Any, key: bytes) -> Detection:  # noqa: ANN401 - a picture or samples
    from synthmark import audio, image  # noqa: PLC0415 - see verify_file
    from synthmark.files.sound_file import SoundFile  # noqa: PLC0415

    return audio.extract(frame, file.rate, key) if isinstance(file, SoundFile) else image.extract(frame, key)


def _marked(detection: Detection, key: bytes | None, *, frames: int, keys: int) -> LayerReport:
    """Report a mark that was found; its probability covers the frames that were searched and all keys."""
    from synthmark.keys import key_id  # noqa: PLC0415 - see verify_file
    from synthmark.payload import format_content_id  # noqa: PLC0415

    assert detection.content_id is not None
    single = detection.false_alarm_probability
    chance = None if single is None else min(1.0, single * frames * keys)
    evidence: dict[str, Any] = {
        "false_alarm_probability": chance,
        "strength": detection.strength,
        "frames_searched": frames,
        "keys_tried": keys,
    }
    geometry = ("scale", "angle", "flipped", "speed", "tempo", "spans")
    evidence |= {name: getattr(detection, name) for name in geometry if hasattr(detection, name)}
    several = getattr(detection, "marks", ())  # sound that was joined from marked pieces
    marks = [{"content_id": format_content_id(mark.content_id), "spans": mark.spans} for mark in several]
    evidence |= {"marks": marks} if marks else {}
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


def _odds(chance: float | None) -> tuple[Message, ...]:
    """Return the sentence on the odds against chance, as a whole power of ten, rounded down."""
    if not chance:
        return ()  # no figure, no claim
    return (Message("mark.chance", {"n": f"10^{math.floor(-math.log10(chance))}"}),)


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

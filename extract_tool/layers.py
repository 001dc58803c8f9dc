"""Completes a report with what this tool adds: explained metadata, foreign marks, credential, registry."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from extract_tool.credential import credential_layer, names_ai
from extract_tool.metadata_details import metadata_details
from synthmark.report import LayerReport, Message, overall_verdict
from synthmark.verification import recorded_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_tool.opened import OpenedFile
    from extract_tool.sandbox import Request
    from synthmark.image.presence import PresenceMap
    from synthmark.report import Report

__all__ = ["completed"]

_WHOLE = 0.9  # of the area: below, parts of the picture may come from elsewhere


def completed(request: Request, report: Report, file: OpenedFile) -> Report:
    """Return a report with all that this tool knows to add."""
    layers = [_completed_layer(layer, report, file, request.trust_list) for layer in report.layers]
    layers += _foreign_layers(file)
    layers += _registry_layers(request, report)
    layers, clash = _compared(layers)
    layers, denied = _denied(layers)
    counted = [layer for layer in layers if not _is_other_credential(layer)]
    verdict = overall_verdict(counted, contradictory=clash or denied or report.verdict == "conflict")
    agreement = {**report.agreement, **_agreement(report.agreement, layers)}
    return dataclasses.replace(report, layers=tuple(layers), verdict=verdict, agreement=agreement)


def _compared(layers: list[LayerReport]) -> tuple[list[LayerReport], bool]:
    """Compare the watermark that an intact credential names with what was found; say so where they differ."""
    named = {layer.layer: layer.claims.get("content_id") for layer in layers if layer.outcome == "detected"}
    signed, found = named.get("credential"), named.get("watermark") or named.get("metadata")
    if signed is None or found is None or signed == found:
        return layers, False
    said = Message("conflict.credential", {"credential": signed, "found": found})
    return [_with_message(layer, said) if layer.layer == "credential" else layer for layer in layers], True


def _denied(layers: list[LayerReport]) -> tuple[list[LayerReport], bool]:
    """Say so where an intact credential says that a camera or recorder made what another layer says AI made."""
    source = next((recorded_source(layer.claims) for layer in layers if _is_other_credential(layer)), None)
    labelled = any(layer.outcome == "detected" and layer.layer != "credential" for layer in layers)
    if source is None or not labelled:
        return layers, False
    said = Message("conflict.recorded", {"value": source})
    return [_with_message(layer, said) if layer.layer == "credential" else layer for layer in layers], True


def _agreement(known: Mapping[str, tuple[str, ...]], layers: list[LayerReport]) -> dict[str, tuple[str, ...]]:
    """Return which layers name one content id, the credential included."""
    named = {layer.layer: layer.claims.get("content_id") for layer in layers if layer.outcome == "detected"}
    signed = named.get("credential")
    same = [name for name in ("metadata", "watermark") if signed is not None and named.get(name) == signed]
    return {"content_id": (*dict.fromkeys((*known.get("content_id", ()), *same)), "credential")} if same else {}


def _with_message(layer: LayerReport, said: Message) -> LayerReport:
    return dataclasses.replace(layer, messages=(*layer.messages, said))


def _is_other_credential(layer: LayerReport) -> bool:
    """Tell whether a layer is an intact credential that does not name AI: it is no label of AI content."""
    return layer.layer == "credential" and layer.outcome == "detected" and not names_ai(layer.claims)


def _completed_layer(layer: LayerReport, report: Report, file: OpenedFile, trust_list: str | None) -> LayerReport:
    if layer.layer == "metadata":
        return _with_evidence(layer, metadata_details(file.metadata))
    if layer.layer == "watermark" and file.presence is not None:
        return _with_presence(layer, file.presence)
    if layer.layer == "credential" and file.metadata.has_credential:
        return credential_layer(file.path, report.file.media_type, layer, trust_list)
    return layer


def _with_evidence(layer: LayerReport, more: dict[str, Any]) -> LayerReport:
    return dataclasses.replace(layer, evidence={**layer.evidence, **more})


def _with_presence(layer: LayerReport, presence: PresenceMap) -> LayerReport:
    """Say on how much of the picture the mark is; whether it is intact cannot be said where parts lack it."""
    layer = _with_evidence(layer, {"presence": {"share": round(presence.share, 4), "threshold": presence.threshold}})
    if presence.share >= _WHOLE:
        return layer
    said = Message("map.partial", {"share": round(100 * presence.share)})
    return dataclasses.replace(layer, integrity="unknown", messages=(*layer.messages, said))


def _foreign_layers(file: OpenedFile) -> list[LayerReport]:
    """Report the public marks of other programs, which only pictures carry."""
    if file.picture is None:
        return []
    from synthmark.image.foreign import find_foreign_mark

    mark = find_foreign_mark(file.picture)
    if mark.name is None:
        return [LayerReport(layer="foreign", outcome="not_detected")]
    evidence = {
        "false_alarm_probability": mark.false_alarm_probability,
        "agreeing_bits": mark.agreeing,
        "bits": mark.bits,
        "numbers": mark.numbers,
        "order": mark.order,
    }
    said = (Message("foreign.found", {"name": mark.name, "agreeing": mark.agreeing, "bits": mark.bits}),)
    return [
        LayerReport(
            layer="foreign", outcome="detected", claims={"system": mark.name}, evidence=evidence, messages=said
        )
    ]


def _registry_layers(request: Request, report: Report) -> list[LayerReport]:
    """Look the content id up, where a registry is given."""
    if request.registry is None:
        return []
    from extract_tool.registry_check import registry_layer

    return [registry_layer(request.registry, report, request.path)]

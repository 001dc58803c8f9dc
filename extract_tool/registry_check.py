"""Looks up the content id of a file in a registry, and compares the content with the fingerprint kept there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.errors import SynthmarkError
from synthmark.report import LayerReport, Message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from synthmark.registry import StoredRecord
    from synthmark.report import Outcome, Report

__all__ = ["registry_layer"]

_AGREEMENTS: Mapping[str, tuple[Outcome, str]] = {
    "agrees": ("detected", "registry.agrees"),
    "disagrees": ("invalid", "registry.differs"),
}


def registry_layer(location: str, report: Report, path: Path) -> LayerReport:
    """Report what a registry says about the content id of a file.

    Parameters
    ----------
    location
        Path or URL of the registry.
    report
        What was found in the file.
    path
        The file.
    """
    try:
        return _looked_up(location, report, path)
    except SynthmarkError as error:
        unread = (Message("registry.unreadable", {"reason": str(error)}),)
        return LayerReport(layer="registry", outcome="not_checked", messages=unread)


def _looked_up(location: str, report: Report, path: Path) -> LayerReport:
    from synthmark.registry import open_registry

    content_id = _content_id(report)
    if content_id is None:
        return LayerReport(layer="registry", outcome="not_checked", messages=(Message("registry.none"),))
    with open_registry(location, create=False) as registry:
        records = registry.find_content_id(int(content_id, 16))
    if not records:
        missing = (Message("registry.missing", {"value": content_id}),)
        return LayerReport(layer="registry", outcome="not_detected", messages=missing)
    return _compared(records[-1], content_id, path)


def _content_id(report: Report) -> str | None:
    """Return the id to look up: that of the watermark, else that of the metadata label."""
    named = [report.layer(name).claims.get("content_id") for name in ("watermark", "metadata")]
    return next((str(value) for value in named if value), None)


def _compared(stored: StoredRecord, content_id: str, path: Path) -> LayerReport:
    from synthmark.registry import fingerprint_file
    from synthmark.registry.store import compare_record

    record = stored.record
    comparison = compare_record(record, fingerprint_file(path, dense=True))
    outcome, code = _AGREEMENTS.get(comparison.agreement, ("detected", "registry.uncompared"))
    claims = {"content_id": content_id, "producer": record.producer, "labelled_at": record.time}
    return LayerReport(
        layer="registry",
        outcome=outcome,
        claims={name: value for name, value in claims.items() if value},
        evidence={"agreement": comparison.agreement, "similarity": comparison.similarity},
        messages=(Message("registry.found", {"value": content_id}), Message(code)),
    )

"""The metadata labels of a file field by field, and their conformity to GB 45438-2025 Annex E point by point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthmark.errors import InputError
from synthmark.metadata import parse_producer_code
from synthmark.metadata.aigc import FIELD_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthmark.metadata import AigcLabel, Finding, FoundLabel, MetadataReport

__all__ = ["POINTS", "metadata_details"]

_LONGEST = 400  # characters of a value that are shown

_SHAPE = (
    "text.",
    "wrapper.",
    "field.letter_case",
    "field.draft_name",
    "field.other_scheme",
    "field.unknown",
    "field.repeated",
    "field.missing",
    "field.type",
)

POINTS: Mapping[str, tuple[str, ...]] = {
    "E a": ("xmp.namespace", "place.unlisted"),
    "E b": _SHAPE,
    "E c": ("label.value",),
    "E d": ("field.empty ContentProducer", "producer.code ContentProducer"),
    "E e": ("field.empty ProduceID",),
    "E g": ("field.empty ContentPropagator", "producer.code ContentPropagator"),
    "E h": ("field.empty PropagateID",),
    "E j": ("field.characters",),
    "6.1 c": ("labels.several",),
}
"""The points of the standard, each with the findings that break it: their code, or its start, and field."""


def metadata_details(found: MetadataReport) -> dict[str, Any]:
    """Return the labels of a file in detail, and the traces of generators with what they say.

    Reserved fields (E f, E i) may hold anything, so that there is no point for them.
    """
    return {
        "labels": [_label_details(label, found.findings) for label in found.labels],
        "traces": [{"kind": item.kind, "place": item.place, "text": _shown(item.text)} for item in found.traces],
    }


def _label_details(found: FoundLabel, of_file: Sequence[Finding]) -> dict[str, Any]:
    label, findings = found.label, (*found.findings, *of_file)
    values = {} if label is None else {name: _shown(getattr(label, field)) for name, field in FIELD_NAMES.items()}
    return {
        "place": found.place,
        "form": found.form,
        "fields": values,
        "providers": {} if label is None else _providers(label),
        "conformity": [] if label is None else _conformity(findings),
    }


def _providers(label: AigcLabel) -> dict[str, Any]:
    return {
        "ContentProducer": _provider(label.content_producer),
        "ContentPropagator": _provider(label.content_propagator),
    }


def _provider(value: str) -> dict[str, str]:
    """Take a provider apart: a code that checks, a code that does not, a name, or nothing."""
    if not value:
        return {"kind": "empty"}
    try:
        code = parse_producer_code(value)
    except InputError:
        coded = len(value) == 27 and value.startswith("00") and value.isalnum()
        return {"kind": "broken_code" if coded else "name"}
    return {
        "kind": "code",
        "subject_type": code.subject_type,
        "binding": code.binding,
        "subject": code.subject,
        "service_type": code.service_type,
        "extension": code.extension,
    }


def _conformity(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    said = [f"{finding.code} {finding.field}".strip() for finding in findings]
    broken = {point: [item for item in said if item.startswith(starts)] for point, starts in POINTS.items()}
    return [{"point": point, "met": not items, "findings": items[:16]} for point, items in broken.items()]


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."

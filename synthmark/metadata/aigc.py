"""The AIGC label of GB 45438-2025 Annex E: its seven fields, how it is written and checked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

from synthmark.errors import InputError
from synthmark.metadata import producer as producer_codes

__all__ = [
    "FIELD_NAMES",
    "AigcLabel",
    "Finding",
    "check_label",
    "new_label",
    "propagated",
    "to_json",
]

# Key of the standard -> attribute of AigcLabel, in the order in which Annex E b) prints the keys.
FIELD_NAMES: dict[str, str] = {
    "Label": "label",
    "ContentProducer": "content_producer",
    "ProduceID": "produce_id",
    "ReservedCode1": "reserved_code1",
    "ContentPropagator": "content_propagator",
    "PropagateID": "propagate_id",
    "ReservedCode2": "reserved_code2",
}
_CLAUSES = dict(zip(FIELD_NAMES, ("E c", "E d", "E e", "E f", "E g", "E h", "E i"), strict=True))
_REQUIRED = ("ContentProducer", "ProduceID", "ContentPropagator", "PropagateID")

# E j): 0x21, 0x23-0x5B, 0x5D-0x7E and \" (a quotation mark, which JSON writes with its backslash).
_ALLOWED = re.compile(r"[\x21-\x5B\x5D-\x7E]*")


@dataclass(frozen=True, slots=True)
class AigcLabel:
    """The seven values of one AIGC label (GB 45438-2025 Annex E c-i).

    Attributes
    ----------
    label
        "1": the content is AI-generated, "2": it may be, "3": it is suspected to be.
    content_producer, content_propagator
        Name or 27-character code of the service that made, and that last spread, the content.
    produce_id, propagate_id
        The number that each of the two gave the content.
    reserved_code1, reserved_code2
        Integrity data of the two; may be empty.
    """

    label: str
    content_producer: str
    produce_id: str
    reserved_code1: str = ""
    content_propagator: str = ""
    propagate_id: str = ""
    reserved_code2: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One deviation from the standard: a machine code, the field and the clause it concerns."""

    code: str
    field: str = ""
    clause: str = ""


def new_label(
    content_producer: str,
    produce_id: str,
    *,
    label: str = "1",
    reserved_code1: str = "",
    reserved_code2: str = "",
) -> AigcLabel:
    """Make the label of a first write, in which the propagator equals the producer.

    Raises
    ------
    InputError
        A value breaks Annex E: empty, a character outside E j), or a producer code that does not check.
    """
    made = AigcLabel(
        label=label,
        content_producer=content_producer,
        produce_id=produce_id,
        reserved_code1=reserved_code1,
        content_propagator=content_producer,
        propagate_id=produce_id,
        reserved_code2=reserved_code2,
    )
    require_valid(made)
    return made


def propagated(label: AigcLabel, propagator: str, propagate_id: str, reserved_code2: str = "") -> AigcLabel:
    """Copy `label` with the propagator's three fields replaced and nothing else.

    Raises
    ------
    InputError
        One of the three new values breaks Annex E.
    """
    changed = replace(label, content_propagator=propagator, propagate_id=propagate_id, reserved_code2=reserved_code2)
    require_valid(changed, ("ContentPropagator", "PropagateID", "ReservedCode2"))
    return changed


def to_json(label: AigcLabel, *, wrapped: bool = False) -> str:
    """Write the label exactly as Annex E b) prints it.

    Parameters
    ----------
    wrapped
        False gives the inner object (the form that XMP holds), True ``{"AIGC": {...}}``.

    Raises
    ------
    InputError
        A value breaks Annex E.
    """
    require_valid(label)
    return serialised({name: getattr(label, attribute) for name, attribute in FIELD_NAMES.items()}, wrapped)


def serialised(members: dict[str, object], wrapped: bool = False) -> str:
    """Write members as JSON without white space, in the wrapper of Annex E when asked."""
    inner = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    return f'{{"AIGC": {inner}}}' if wrapped else inner


def check_label(label: AigcLabel) -> tuple[Finding, ...]:
    """Compare a label with Annex E point by point; an empty result means that it complies.

    Codes: ``label.value`` (E c), ``field.empty`` (E d, e, g, h), ``field.characters`` (E j) and
    ``producer.code`` (a value with the shape of a producer code that does not check).
    """
    findings = [] if label.label in {"1", "2", "3"} else [Finding("label.value", "Label", "E c")]
    for name, attribute in FIELD_NAMES.items():
        findings += _check_field(name, getattr(label, attribute))
    return tuple(findings)


def _check_field(name: str, value: str) -> list[Finding]:
    findings = []
    if name in _REQUIRED and not value:
        findings.append(Finding("field.empty", name, _CLAUSES[name]))
    if not _ALLOWED.fullmatch(value):
        findings.append(Finding("field.characters", name, "E j"))
    if name in {"ContentProducer", "ContentPropagator"} and not producer_codes.is_acceptable(value):
        findings.append(Finding("producer.code", name, _CLAUSES[name]))
    return findings


_EXPLANATIONS = {
    "label.value": 'must be "1" (AI-generated), "2" (possibly) or "3" (suspected)',
    "field.empty": "must not be empty",
    "field.characters": "may hold only printable ASCII without space and backslash (GB 45438-2025 E j)",
    "producer.code": "has the shape of a producer code, but does not check; compare it with the registration",
}


def require_valid(label: AigcLabel, names: tuple[str, ...] = tuple(FIELD_NAMES)) -> None:
    """Raise `InputError` for the first of the named fields that breaks Annex E."""
    for name in names:
        if not isinstance(getattr(label, FIELD_NAMES[name]), str):
            raise InputError(f"{name} must be a string, got {type(getattr(label, FIELD_NAMES[name])).__name__}")
    for finding in check_label(label):
        if finding.field in names:
            shown = getattr(label, FIELD_NAMES[finding.field])[:80]
            raise InputError(f"{finding.field} {shown!r} {_EXPLANATIONS[finding.code]}")

"""A lenient reader of AIGC labels: every variant seen in the wild, each deviation reported by a code."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass

from synthmark.metadata.aigc import FIELD_NAMES, AigcLabel, Finding, propagated, serialised

__all__ = ["MAX_TEXT", "ParsedLabel", "parse_label", "propagated_text", "read_label"]

MAX_TEXT = 1024 * 1024  # characters; a real label has a few hundred
_MAX_LAYERS = 4  # of escaping or quoting around one label
_MAX_DEPTH = 32  # of objects within objects; a label has one or two

# Names of drafts and of one vendor's scheme (lower case) -> name of the standard, or None: known but unused.
_DRAFT_NAMES: dict[str, str | None] = {
    "reservecode1": "ReservedCode1",
    "reservecode2": "ReservedCode2",
    "propagator": "ContentPropagator",
    "propagatorid": "PropagateID",
    "propatorid": "PropagateID",
}
_OTHER_SCHEME: dict[str, str | None] = {
    "serviceprovider": "ContentProducer",
    "contentid": "ProduceID",
    "serviceuser": None,
    "time": None,
}
_STANDARD_NAMES = {name.lower(): name for name in FIELD_NAMES}
# Words that other JSON texts use too: alone they make no label.
_COMMON_WORDS = {"label", "time", "contentid", "propagator"}
_PREFIX = re.compile(r"\s*AIGC\s*[=:]?\s*(?=[{\"&\\])", re.IGNORECASE)
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ParsedLabel:
    """A label found in a text, the form it had ("wrapped" or "bare"), and all members of its object."""

    label: AigcLabel
    form: str
    findings: tuple[Finding, ...]
    members: dict[str, object]


def parse_label(text: str, *, keyed: bool = True) -> tuple[AigcLabel | None, tuple[Finding, ...]]:
    """Read one AIGC label from text, whatever its form.

    Taken: wrapped, bare, lower camel-case, escaped (XML or backslashes), a leading ``AIGC``, values that
    are no strings, missing fields, names of drafts and of Tencent's scheme.

    Parameters
    ----------
    keyed
        True when the place that held the text is itself named AIGC. False asks for at least one
        name that only AIGC labels use, unless the text has the ``{"AIGC": ...}`` wrapper.

    Returns
    -------
    The label and its deviations; or None and the one reason why the text is no label.
    """
    parsed = read_label(text, keyed=keyed)
    return (parsed.label, parsed.findings) if isinstance(parsed, ParsedLabel) else (None, (parsed,))


def read_label(text: str, *, keyed: bool = True) -> ParsedLabel | Finding:
    """Do the work of `parse_label`, and keep the form and the unknown members too."""
    if len(text) > MAX_TEXT:
        return Finding("text.too_large")
    findings: list[Finding] = []
    value = _decoded(text, findings)
    if not isinstance(value, _Members):
        return Finding("text.not_json")
    members, form = _unwrapped(value, findings)
    if members is None or not _is_label(members, keyed=keyed or form == "wrapped"):
        return Finding("text.no_known_field")
    try:
        plain = {name: _plain(item) for name, item in members}
    except RecursionError:
        return Finding("text.not_json")
    return ParsedLabel(_label_from(members, plain, findings), form, tuple(dict.fromkeys(findings)), plain)


def propagated_text(parsed: ParsedLabel, propagator: str, propagate_id: str, reserved_code2: str = "") -> str:
    """Write a read label again as a bare object with the propagator's three fields replaced.

    The production fields keep their values even where they break E j), and members outside the
    standard stay, so that nothing of what the producer stated is lost.
    """
    changed = propagated(parsed.label, propagator, propagate_id, reserved_code2)
    members: dict[str, object] = {name: getattr(changed, field) for name, field in FIELD_NAMES.items()}
    members |= {name: value for name, value in parsed.members.items() if _standard_name(name)[0] is None}
    return _SURROGATES.sub("\ufffd", serialised(members))


class _Members(list[tuple[str, object]]):
    """The members of a JSON object in file order, repeated names included."""


def _decoded(text: str, findings: list[Finding]) -> object:
    """Parse JSON, taking off layers of escaping until an object appears."""
    value: object = text.strip("\ufeff\0 \t\r\n")
    for _ in range(_MAX_LAYERS):
        if not isinstance(value, str):
            break
        prefix = _PREFIX.match(value)
        if prefix:
            findings.append(Finding("text.prefixed"))
        value, layers = _one_layer(value[prefix.end() :] if prefix else value)
        if layers or isinstance(value, str):
            findings.append(Finding("text.escaped"))
        if value is None:
            break
    return value


def _one_layer(text: str) -> tuple[object, bool]:
    """Give the JSON value of a text, or the text without one layer of escaping, or None."""
    try:
        return json.loads(text, object_pairs_hook=_Members), False
    except (ValueError, RecursionError):
        pass
    if "&" in text and (unescaped := html.unescape(text)) != text:
        return unescaped, True
    if '\\"' in text:
        return text.replace('\\"', '"'), True
    return None, False


def _unwrapped(members: _Members, findings: list[Finding]) -> tuple[_Members | None, str]:
    """Take the inner object out of the ``{"AIGC": ...}`` wrapper, where there is one."""
    inner = [value for name, value in members if name.lower() == "aigc"]
    if not inner:
        return members, "bare"
    if len(members) > 1:
        findings.append(Finding("wrapper.siblings"))
    value = inner[0]
    if isinstance(value, str):
        findings.append(Finding("text.escaped"))
        value = _decoded(value, findings)
    return (value if isinstance(value, _Members) else None), "wrapped"


def _is_label(members: _Members, *, keyed: bool) -> bool:
    names = {name.lower() for name, _ in members}
    known = names & (_STANDARD_NAMES.keys() | _DRAFT_NAMES.keys() | _OTHER_SCHEME.keys())
    return bool(known if keyed else known - _COMMON_WORDS)


def _standard_name(name: str) -> tuple[str | None, str | None]:
    """Give the standard's name for a member, and the code of the deviation, if any."""
    lower = name.lower()
    if name in FIELD_NAMES:
        return name, None
    if lower in _STANDARD_NAMES:
        return _STANDARD_NAMES[lower], "field.letter_case"
    if lower in _DRAFT_NAMES:
        return _DRAFT_NAMES[lower], "field.draft_name"
    if lower in _OTHER_SCHEME:
        return _OTHER_SCHEME[lower], "field.other_scheme"
    return None, "field.unknown"


def _label_from(members: _Members, plain: dict[str, object], findings: list[Finding]) -> AigcLabel:
    values: dict[str, str] = {}
    # Names of the standard first: they win over the same field under another name.
    for name in sorted((name for name, _ in members), key=lambda name: name not in FIELD_NAMES):
        standard, code = _standard_name(name)
        if code:
            findings.append(Finding(code, standard or _clean(name)[:80]))
        if standard is None:
            continue
        if standard in values:
            findings.append(Finding("field.repeated", standard))
        values.setdefault(standard, _as_text(standard, plain[name], findings))
    findings += [Finding("field.missing", name, "E b") for name in FIELD_NAMES if name not in values]
    return AigcLabel(**{field: values.get(name, "") for name, field in FIELD_NAMES.items()})


def _as_text(name: str, value: object, findings: list[Finding]) -> str:
    if isinstance(value, str):
        return _clean(value)
    findings.append(Finding("field.type", name))
    return "" if value is None else _clean(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _plain(value: object, depth: int = 0) -> object:
    """Turn parsed members into dictionaries, refusing a depth that would exhaust the stack later."""
    if depth > _MAX_DEPTH:
        raise RecursionError
    if isinstance(value, _Members):
        return {name: _plain(item, depth + 1) for name, item in value}
    return [_plain(item, depth + 1) for item in value] if isinstance(value, list) else value


def _clean(text: str) -> str:
    # JSON may spell half of a surrogate pair, which no file or terminal can take.
    return _SURROGATES.sub("\ufffd", text)

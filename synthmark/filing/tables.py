"""The tables of the documents: what the company states, tool and keys, records, and the checklist."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from synthmark.filing.checklist import checklist
from synthmark.filing.document import Table
from synthmark.filing.tables_measured import MEASURED
from synthmark.filing.tabular import Rows, table, table_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthmark.filing.checklist import Point
    from synthmark.filing.facts import Facts
    from synthmark.filing.fields import Wording

__all__ = ["TABLES", "points"]

_FINGERPRINT = 48  # characters of a fingerprint that are shown


def points(facts: Facts, wording: Wording) -> tuple[Point, ...]:
    """Return the checklist."""
    from synthmark.filing.templates import words  # noqa: PLC0415 - templates do not know tables

    return checklist(facts, words("checklist", wording.language))


def _company(facts: Facts, wording: Wording) -> Table:
    company = facts.company
    names = [item.name for item in dataclasses.fields(company)][:10]
    rows = [(wording.content["fields"][name], wording.company(company, name)) for name in names]
    return table(wording, "company", rows, (2, 5))


def _tool(facts: Facts, wording: Wording) -> Table:
    said, tool = table_words(wording, "tool"), facts.tool
    none = str(wording.content["none"])
    rows = [
        (said["version"], tool.version),
        (said["program"], said["program_value"].format(files=tool.files)),
        (said["digest"], tool.digest),
        (said["file"], tool.name or none),
        (said["sha256"], tool.sha256 or none),
        *((said[name], said[f"{name}_value"]) for name in ("licence", "network", "writing")),
        (said["machine"], f"Python {facts.python}, {facts.machine}"),
    ]
    return table(wording, "tool", rows, (2, 5))


def _keys(facts: Facts, wording: Wording) -> Table:
    said, secret = table_words(wording, "keys"), facts.config.key_file is not None
    rows = [
        (said["kind"], said["secret" if secret else "public"]),
        (said["id"], facts.key_id),
        (said["holders"], wording.company(facts.company, "key_holders")),
        (said["file"], said["file_secret" if secret else "file_public"]),
    ]
    return table(wording, "keys", rows, (2, 5))


def _access(facts: Facts, wording: Wording) -> Table:
    said, secret = table_words(wording, "access"), facts.config.key_file is not None
    values = {"key": said["with_key"] if secret else "", "public": "" if secret else said["with_mark"]}
    rows = [tuple(cell.format(**values) for cell in said[name]) for name in ("regulator", "company", "public")]
    return table(wording, "access", rows, (2, 4, 4))


def _record(facts: Facts, wording: Wording) -> Table:
    record = {} if facts.records is None else dict(facts.records.record)
    return table(wording, "record", _record_rows(record, wording), (2.4, 3.6, 5))


def _request(facts: Facts, wording: Wording) -> Table:
    heads = tuple(table_words(wording, "record")["heads"])
    names = ("content_id", "produce_id", "layers", "explicit_label", "requested_by", "agreement", "time")
    record = {name: value for name, value in (facts.trials.request or {}).items() if name in names}
    caption = table_words(wording, "request")["caption"]
    rows = _record_rows(record, wording) or [("-", "-", "-")]
    return Table(caption, heads, tuple(rows), (2.4, 3.6, 5))


def _record_rows(record: dict[str, Any], wording: Wording) -> Rows:
    called = table_words(wording, "record")["rows"]
    return [(name, called[name], _value(name, record[name], wording)) for name in called if name in record]


def _value(name: str, value: object, wording: Wording) -> str:
    if value is None:
        return str(wording.content["none"])
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    text = str(value)
    return f"{text[:_FINGERPRINT]}…" if name == "fingerprint" and len(text) > _FINGERPRINT else text


def _duties(facts: Facts, wording: Wording) -> Table:
    said, company = table_words(wording, "duties"), facts.company
    names = {"records": "log_keepers", "keys": "key_holders", "safety": "safety_officer", "contact": "contact"}
    rows = [(said[name], wording.company(company, field)) for name, field in names.items()]
    return table(wording, "duties", rows, (3, 4))


def _complaints(facts: Facts, wording: Wording) -> Table:
    said, company = table_words(wording, "complaints"), facts.company
    names = {"entry": "complaints", "process": "complaints_process", "days": "complaints_days"}
    rows = [
        (
            said[name],
            wording.company(company, field),
            wording.word("statuses", "stated" if getattr(company, field) else "not_met"),
        )
        for name, field in names.items()
    ]
    not_met = wording.word("statuses", "not_met")
    rows += [(said[name], said[f"{name}_value"], not_met) for name in ("handling", "screens")]
    return table(wording, "complaints", rows, (4, 4, 1.5))


def _checklist(facts: Facts, wording: Wording) -> Table:
    rows: Rows = [
        (point.law, point.clause, point.point, wording.word("statuses", point.status), point.proof)
        for point in points(facts, wording)
    ]
    return table(wording, "checklist", rows, (2.3, 2.0, 4.1, 1.5, 4.5))


TABLES: dict[str, Callable[[Facts, Wording], Table]] = {
    **MEASURED,
    "access": _access,
    "checklist": _checklist,
    "company": _company,
    "complaints": _complaints,
    "duties": _duties,
    "keys": _keys,
    "record": _record,
    "request": _request,
    "tool": _tool,
}
"""Every table that a template may name."""

"""Which record belongs to an id or a file, and whether the file still shows or plays what was marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from synthmark.errors import InputError, SynthmarkError
from synthmark.payload import parse_content_id
from synthmark.registry.fingerprint import Agreement, Comparison
from synthmark.registry.measuring import Changes, fingerprint_file
from synthmark.registry.store import Match, compare_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from synthmark.registry.fingerprint import Fingerprint
    from synthmark.registry.record import StoredRecord
    from synthmark.registry.store import Registry
    from synthmark.report import LayerReport, Report

__all__ = ["Found", "MatchedBy", "find_file", "find_id"]

MatchedBy = Literal["sha256", "content_id", "produce_id", "fingerprint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the registry says about an id or a file.

    Attributes
    ----------
    matched_by
        How the records were found: by the digest of the file, by the id in its mark or label, by its content; None
        when none were found.
    matches
        The records, each compared with the file.
    agreement
        "agrees" when one record agrees with the file; "disagrees" when all differ from it, so that the mark or label
        was copied from elsewhere; "undecided" where that cannot be told, as for a mere id.
    ids
        The content ids that the file carries, 16 hex digits each.
    """

    matched_by: MatchedBy | None
    matches: tuple[Match, ...]
    agreement: Agreement
    ids: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "matched_by": self.matched_by,
            "agreement": self.agreement,
            "ids": list(self.ids),
            "records": [
                match.record.as_json()
                | {"agreement": match.comparison.agreement, "similarity": _rounded(match.comparison.similarity)}
                for match in self.matches
            ],
        }


def _rounded(similarity: float | None) -> float | None:
    return None if similarity is None else round(similarity, 4)


_UNDECIDED = Comparison("undecided", None)
_SAME = Comparison("agrees", 1.0)


def find_id(registry: Registry, text: str) -> Found:
    """Return the records of a content id in hex, or of a content number (ProduceID).

    Raises
    ------
    RegistryError
        When the registry cannot be used, or a record was altered.
    """
    try:
        records = registry.find_content_id(parse_content_id(text))
    except InputError:
        records = []
    if records:
        return _found("content_id", records, _UNDECIDED)
    return _found("produce_id", registry.find_produce_id(text), _UNDECIDED)


def find_file(registry: Registry, path: Path, report: Report) -> Found:
    """Return the records of a file: by its digest, else by the ids it carries, else by its content.

    Parameters
    ----------
    registry
        Where to look.
    path
        The file.
    report
        Of `synthmark.verify_file` on it.

    Raises
    ------
    RegistryError
        When the registry cannot be used, or a record was altered.
    """
    digest = report.file.sha256
    same = [item for item in registry.find_sha256(digest) if item.record.sha256_after == digest]
    ids = tuple(dict.fromkeys(_ids(report)))
    if same:
        return _found("sha256", same, _SAME, ids)
    marked = [record for content_id in ids for record in registry.find_content_id(int(content_id, 16))]
    if marked:
        return _compared(marked, path, report, ids)
    return _alike(registry, path, ids)


def _alike(registry: Registry, path: Path, ids: tuple[str, ...]) -> Found:
    """Return the records of the same content; a file that carries another id than they contradicts them."""
    dense = _fingerprint(path, Changes())
    matches = () if dense is None else tuple(registry.find_fingerprint(dense))
    if not matches:
        return Found(matched_by=None, matches=(), agreement="undecided", ids=ids)
    return Found(matched_by="fingerprint", matches=matches, agreement="disagrees" if ids else "agrees", ids=ids)


def _found(
    matched_by: MatchedBy, records: Sequence[StoredRecord], comparison: Comparison, ids: tuple[str, ...] = ()
) -> Found:
    """Return records that all compare alike."""
    matches = tuple(Match(record, comparison) for record in records)
    return Found(
        matched_by=matched_by if matches else None,
        matches=matches,
        agreement=comparison.agreement if matches else "undecided",
        ids=ids,
    )


def _ids(report: Report) -> Iterator[str]:
    """Yield the content ids of the watermark, of all marks of joined pieces, and of the metadata label."""
    watermark, metadata = report.layer("watermark"), report.layer("metadata")
    marks = [mark["content_id"] for mark in watermark.evidence.get("marks", ())]
    for content_id in (watermark.claims.get("content_id"), *marks, metadata.claims.get("content_id")):
        if content_id:
            yield str(content_id)


def _compared(records: Sequence[StoredRecord], path: Path, report: Report, ids: tuple[str, ...]) -> Found:
    """Compare the content with that of each record, every mark with the stretch that carries it."""
    watermark = report.layer("watermark")
    cache: dict[Changes, Fingerprint | None] = {}
    matches = []
    for record in records:
        changes = _changes(watermark, record.record.content_id)
        if changes not in cache:
            cache[changes] = _fingerprint(path, changes)
        dense = cache[changes]
        matches.append(Match(record, _UNDECIDED if dense is None else compare_record(record.record, dense)))
    return Found(matched_by="content_id", matches=tuple(matches), agreement=_overall(matches, ids), ids=ids)


def _overall(matches: Sequence[Match], ids: Sequence[str]) -> Agreement:
    """Return the answer for a file: each registered id needs one record that does not disagree."""
    answers: list[Agreement] = []
    for content_id in ids:
        own = [match.comparison.agreement for match in matches if match.record.record.content_id == content_id]
        answers += [min(own, key=_ORDER.index)] if own else []
    return max(answers, key=_ORDER.index, default="undecided")


_ORDER: tuple[Agreement, ...] = ("agrees", "undecided", "disagrees")


def _changes(watermark: LayerReport, content_id: str) -> Changes:
    """Return what the mark of an id shows about how the copy was changed."""
    marks = watermark.evidence.get("marks", ())
    mark: Mapping[str, Any] = next((mark for mark in marks if mark["content_id"] == content_id), {})
    own = watermark.evidence if watermark.claims.get("content_id") == content_id else {}
    spans = mark.get("spans") or own.get("spans") or ()
    return Changes(
        angle=float(own.get("angle") or 0.0),
        flipped=bool(own.get("flipped")),
        speed=float(own.get("speed") or 1.0),
        tempo=float(own.get("tempo") or 1.0),
        spans=tuple((float(start), float(end)) for start, end in spans),
    )


def _fingerprint(path: Path, changes: Changes) -> Fingerprint | None:
    """Return the fingerprint to compare; None for a file of which none can be taken."""
    try:
        return fingerprint_file(path, dense=True, changes=changes)
    except SynthmarkError:
        return None

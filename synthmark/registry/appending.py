"""Appending entries to the chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from synthmark.registry import index
from synthmark.registry.chain import FORMAT, Head, canonical, entry_hash
from synthmark.registry.record import RegistryRecord, StoredRecord, now_text
from synthmark.registry.schema import columns_of, entries, head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Prepared", "append", "head_of", "prepared_record"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What an entry will hold besides its place: made before the lock is taken, which others wait for.

    Attributes
    ----------
    body
        The entry without its place, the hash before it and the time.
    keys
        The rows of its search keys without its place.
    record
        The record, if it is one.
    """

    body: Mapping[str, Any]
    keys: Sequence[Mapping[str, Any]] = ()
    record: RegistryRecord | None = None


def prepared_record(record: RegistryRecord) -> Prepared:
    """Return a record as an entry that is to be appended."""
    return Prepared({"kind": "label", "record": record.as_json()}, index.keys_of(record.fingerprint), record)


def head_of(connection: sa.Connection) -> Head:
    """Return the end of the chain."""
    row = connection.execute(sa.select(head.c.sequence, head.c.hash, head.c.recorded_at)).one()
    return Head(int(row.sequence), row.hash, row.recorded_at)


def append(connection: sa.Connection, new: Sequence[Prepared]) -> list[StoredRecord]:
    """Append entries, and return those that are records; the caller's transaction excludes other writers."""
    end = head_of(connection)
    rows = list(_chained(end, new))
    connection.execute(sa.insert(entries), rows)
    keys = [{**key, "sequence": row["sequence"]} for row, item in zip(rows, new, strict=True) for key in item.keys]
    index.add_keys(connection, keys)
    last = {name: rows[-1][name] for name in ("sequence", "hash", "recorded_at")}
    index.seal(connection, end.sequence, last["sequence"])
    connection.execute(sa.update(head).values(last))
    return [
        StoredRecord(sequence=row["sequence"], recorded_at=row["recorded_at"], hash=row["hash"], record=item.record)
        for row, item in zip(rows, new, strict=True)
        if item.record is not None
    ]


def _chained(end: Head, new: Sequence[Prepared]) -> Iterator[dict[str, Any]]:
    """Yield the rows of new entries. Time never runs back: what a clock said that was set back stands beside."""
    clock = now_text()
    recorded_at = max(clock, end.recorded_at)
    previous = end.hash
    for sequence, item in enumerate(new, end.sequence + 1):
        entry = {
            "format": FORMAT,
            "sequence": sequence,
            "previous": previous,
            "recorded_at": recorded_at,
            "clock": None if clock == recorded_at else clock,
            **item.body,
        }
        content = canonical(entry)
        previous = entry_hash(content)
        yield {"sequence": sequence, **columns_of(entry), "content": content, "hash": previous}

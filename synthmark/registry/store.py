"""The registry: adding records to the chain, finding them, checking, exporting and pruning."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import sqlalchemy as sa

from synthmark.errors import InputError, RegistryError
from synthmark.payload import format_content_id
from synthmark.registry import index
from synthmark.registry.appending import Prepared, append, head_of, prepared_record
from synthmark.registry.chain import Anchor, Checker, Row, Verification, entry_hash, parsed_entry
from synthmark.registry.database import Database
from synthmark.registry.fingerprint import Comparison, Fingerprint, compare, searched_keys
from synthmark.registry.record import RegistryRecord, StoredRecord, now_text
from synthmark.registry.retention import LEAST_MONTHS, pruning_cutoff
from synthmark.registry.schema import VERSION, columns_of, entries, migrate, stored_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["Match", "Registry", "compare_record", "open_registry"]

_CHUNK: Final = 2000  # rows read at a time
_CANDIDATES: Final = 64  # records whose whole fingerprints are compared


@dataclass(frozen=True, slots=True)
class Match:
    """A record, and how its fingerprint compares with that of a file."""

    record: StoredRecord
    comparison: Comparison


def compare_record(record: RegistryRecord, dense: Fingerprint, *, whole: bool = False) -> Comparison:
    """Compare the fingerprint of a record with that of a file, as `compare`; undecided where the record has none."""
    try:
        return compare(Fingerprint.parse(record.fingerprint or ""), dense, whole=whole)
    except InputError:
        return Comparison("undecided", None)


def open_registry(location: str | Path, *, create: bool = True) -> Registry:
    """Open a registry, and bring its tables to the current version.

    Parameters
    ----------
    location
        Path of an SQLite file, on a local disk, or URL: postgresql://user@host/name.
    create
        Whether to make one where there is none.

    Raises
    ------
    ConfigError
        When the location is no path and no URL that is supported.
    RegistryError
        When there is none, or the database cannot be used.
    DependencyError
        When the driver is missing.
    """
    database = Database(location, create=create)
    try:
        _prepare(database, create=create)
    except BaseException:
        database.close()
        raise
    return Registry(database)


def _prepare(database: Database, *, create: bool) -> None:
    """Make the tables, or bring them to the current version."""
    with database.reading() as connection:
        version = stored_version(connection)
    if version == 0 and not create:
        raise RegistryError(f"There is no registry at {database}; `synthmark init` makes one.")
    if version != VERSION:
        with database.writing() as connection:
            migrate(connection)


class Registry:
    """A registry. Threads may share it; it may be used after a fork, and sent to a spawned process.

    `open_registry` makes one. As a context manager it is closed at the end.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; using the registry again opens new ones."""
        self._database.close()

    def add(self, record: RegistryRecord) -> StoredRecord:
        """Append one record; when this returns, the record outlives the end of this process.

        Raises
        ------
        RegistryError
            When the database cannot be used; nothing was appended then.
        """
        return self.add_many([record])[0]

    def add_many(self, records: Sequence[RegistryRecord]) -> list[StoredRecord]:
        """Append records one after the other, all or none of them.

        Raises
        ------
        RegistryError
            As for `add`.
        """
        if not records:
            return []
        prepared = [prepared_record(record) for record in records]
        with self._database.writing() as connection:
            return append(connection, prepared)

    def add_once(self, record: RegistryRecord) -> StoredRecord:
        """Append a record, unless there is one of this content id and copy, and return what is there.

        Raises
        ------
        RegistryError
            As for `add`.
        """
        prepared = prepared_record(record)
        same = (entries.c.content_id == record.content_id) & (entries.c.sha256_after == record.sha256_after)
        with self._database.writing() as connection:
            found = connection.execute(sa.select(entries).where(same).order_by(entries.c.sequence).limit(1)).first()
            return append(connection, [prepared])[0] if found is None else _stored(found)

    def find_content_id(self, content_id: int) -> list[StoredRecord]:
        """Return the records of a content id, the oldest first."""
        return self._found(entries.c.content_id == format_content_id(content_id))

    def find_produce_id(self, produce_id: str) -> list[StoredRecord]:
        """Return the records of a content number of metadata labels, the oldest first."""
        return self._found(entries.c.produce_id == produce_id)

    def find_sha256(self, digest: str) -> list[StoredRecord]:
        """Return the records of exactly this file, before or after labelling, the oldest first."""
        return self._found(sa.or_(entries.c.sha256_after == digest, entries.c.sha256_before == digest))

    def find_fingerprint(self, dense: Fingerprint, count: int = 10) -> list[Match]:
        """Return the records whose content a file shows or plays, the most similar first.

        Parameters
        ----------
        dense
            Of the file, as `fingerprint_file` takes it with ``dense=True``.
        count
            How many at most.
        """
        wanted = searched_keys(dense)
        with self._database.reading() as connection:
            places = index.nearest(connection, dense.media, wanted, _CANDIDATES)
            query = sa.select(entries).where(entries.c.sequence.in_(places))
            records = [_stored(row) for row in connection.execute(query)]
        matches = [Match(record, compare_record(record.record, dense, whole=True)) for record in records]
        agreeing = [match for match in matches if match.comparison.agreement == "agrees"]
        return sorted(agreeing, key=lambda match: -(match.comparison.similarity or 0))[:count]

    def latest(self, count: int) -> list[StoredRecord]:
        """Return the last records, the newest first."""
        query = sa.select(entries).where(entries.c.kind == "label").order_by(entries.c.sequence.desc()).limit(count)
        with self._database.reading() as connection:
            return [_stored(row) for row in connection.execute(query)]

    def count(self) -> int:
        """Return how many records there are."""
        query = sa.select(sa.func.count()).select_from(entries).where(entries.c.kind == "label")
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def head(self) -> Anchor:
        """Return the end of the chain; kept elsewhere, it shows later whether the chain up to here was changed."""
        with self._database.reading() as connection:
            end = head_of(connection)
        return Anchor(end.sequence, end.hash)

    def verify(self, anchors: Iterable[Anchor] = ()) -> Verification:
        """Check every entry: nothing altered, removed, reordered or inserted.

        Parameters
        ----------
        anchors
            What `head` gave at earlier times.
        """
        with self._database.reading() as connection:
            return _verified(connection, anchors)

    def rows(self) -> Iterator[Row]:
        """Yield all entries in their order, as they are at the first one."""
        with self._database.reading() as connection:
            yield from _rows(connection)

    def prune(self, before: dt.datetime, *, months: int = LEAST_MONTHS, operator: str | None = None) -> int:
        """Drop the records from before a moment, leave a note in the chain, and return how many entries went.

        Parameters
        ----------
        before
            With its time zone.
        months
            How long records stay, 6 or more.
        operator
            Who asks, for the note.

        Raises
        ------
        InputError
            When records would go that are younger.
        """
        if before.tzinfo is None:
            raise InputError("The moment has no time zone; pass one, such as datetime.UTC.")
        cutoff = now_text(pruning_cutoff(before, dt.datetime.now(dt.UTC), months))
        with self._database.writing() as connection:
            if not _verified(connection).intact:
                raise RegistryError(
                    "The registry is not as it was written; pruning would hide that. See `synthmark registry verify`."
                )
            return _prune(connection, cutoff, operator)

    def _found(self, condition: sa.ColumnElement[bool]) -> list[StoredRecord]:
        query = sa.select(entries).where(condition).order_by(entries.c.sequence)
        with self._database.reading() as connection:
            return [_stored(row) for row in connection.execute(query)]


def _verified(connection: sa.Connection, anchors: Iterable[Anchor] = ()) -> Verification:
    checker = Checker(columns_of, anchors)
    for row in _rows(connection):
        checker.add(row)
    return checker.finish(head_of(connection))


def _rows(connection: sa.Connection) -> Iterator[Row]:
    """Yield all rows by their places, a few thousand in memory at a time."""
    last = -1
    while True:
        query = sa.select(entries).where(entries.c.sequence > last).order_by(entries.c.sequence).limit(_CHUNK)
        found = connection.execute(query).mappings().all()
        for row in found:
            columns = {name: value for name, value in row.items() if name not in {"sequence", "content", "hash"}}
            yield Row(row["sequence"], row["content"], row["hash"], columns)
        if len(found) < _CHUNK:
            return
        last = found[-1]["sequence"]


def _stored(row: sa.Row[Any]) -> StoredRecord:
    """Return a row as a record; one that was altered is refused, since what it says may be false."""
    entry = parsed_entry(row.content)
    if entry_hash(row.content) != row.hash or not isinstance(entry.get("record"), dict):
        raise RegistryError(f"Entry {row.sequence} of the registry was altered; run `synthmark registry verify`.")
    record = RegistryRecord.from_json(entry["record"])
    return StoredRecord(sequence=row.sequence, recorded_at=row.recorded_at, hash=row.hash, record=record)


def _prune(connection: sa.Connection, cutoff: str, operator: str | None) -> int:
    """Drop the oldest entries up to a moment; a note says where the chain now starts."""
    old = sa.select(entries).where(entries.c.recorded_at < cutoff).order_by(entries.c.sequence.desc()).limit(1)
    last = connection.execute(old).one_or_none()
    if last is None:
        return 0
    gone = connection.execute(sa.delete(entries).where(entries.c.sequence <= last.sequence)).rowcount
    index.drop_keys(connection, last.sequence)
    note = {
        "last_sequence": last.sequence,
        "last_hash": last.hash,
        "last_recorded_at": last.recorded_at,
        "before": cutoff,
        "entries": gone,
        "operator": operator,
    }
    append(connection, [Prepared({"kind": "prune", "pruned": note})])
    return gone

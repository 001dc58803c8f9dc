"""The tables of the registry, and the steps from one version of them to the next.

The entries themselves are JSON text that no step changes, so hashes outlive every version of the tables. The steps
are functions in order, without Alembic: they run in `open_registry`, in one transaction, from a frozen bundle, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from synthmark.errors import RegistryError
from synthmark.registry.chain import GENESIS, parsed_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["VERSION", "blocks", "columns_of", "entries", "head", "keys", "migrate", "stored_version"]

_tables = sa.MetaData()

version_table = sa.Table("synthmark_schema", _tables, sa.Column("version", sa.Integer, nullable=False))

entries = sa.Table(
    "synthmark_entries",
    _tables,
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.Text, nullable=False),
    sa.Column("content_id", sa.Text, index=True),
    sa.Column("produce_id", sa.Text, index=True),
    sa.Column("sha256_before", sa.Text, index=True),
    sa.Column("sha256_after", sa.Text, index=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

head = sa.Table(
    "synthmark_head",
    _tables,
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.Text, nullable=False),
)

keys = sa.Table(
    "synthmark_keys",
    _tables,
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("media", sa.SmallInteger, nullable=False),
    sa.Column("key", sa.LargeBinary, nullable=False),
)

blocks = sa.Table(
    "synthmark_key_blocks",
    _tables,
    sa.Column("media", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("last_sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("sequences", sa.LargeBinary, nullable=False),
    sa.Column("packed_keys", sa.LargeBinary, nullable=False),
)

_RECORD_COLUMNS = ("content_id", "produce_id", "sha256_before", "sha256_after")


def columns_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns by which an entry is found."""
    record = entry.get("record")
    record = record if isinstance(record, dict) else {}
    found = {name: record.get(name) for name in _RECORD_COLUMNS}
    return {"kind": entry.get("kind"), "recorded_at": entry.get("recorded_at"), **found}


def _create(connection: sa.Connection) -> None:
    """Version 1: the chain and its end."""
    for table in (version_table, entries, head):
        table.create(connection)
    connection.execute(sa.insert(version_table).values(version=1))
    connection.execute(sa.insert(head).values(sequence=0, hash=GENESIS, recorded_at=""))


def _add_keys(connection: sa.Connection) -> None:
    """Version 2: records are found by their fingerprints, too."""
    from synthmark.registry import index  # noqa: PLC0415 - it uses the tables of this module

    keys.create(connection)
    blocks.create(connection)
    last = 0
    ordered = sa.select(entries.c.sequence, entries.c.content).order_by(entries.c.sequence).limit(index.SEALED)
    while found := connection.execute(ordered.where(entries.c.sequence > last)).all():
        for row in found:
            record = parsed_entry(row.content).get("record") or {}
            rows = [{**key, "sequence": row.sequence} for key in index.keys_of(record.get("fingerprint"))]
            index.add_keys(connection, rows)
        index.seal(connection, last, found[-1].sequence)
        last = found[-1].sequence


_STEPS: tuple[Callable[[sa.Connection], None], ...] = (_create, _add_keys)

VERSION: Final = len(_STEPS)
"""Of the tables that this program reads and writes."""


def stored_version(connection: sa.Connection) -> int:
    """Return the version of the tables; 0 where there are none."""
    if not sa.inspect(connection).has_table(version_table.name):
        return 0
    return int(connection.execute(sa.select(version_table.c.version)).scalar_one())


def migrate(connection: sa.Connection) -> None:
    """Bring the tables to the current version; call it in a transaction that no other writer shares.

    Raises
    ------
    RegistryError
        When the tables come from a later version of the program.
    """
    version = stored_version(connection)
    if version > VERSION:
        raise RegistryError(
            f"The registry has tables of version {version}; this program knows {VERSION}: update synthmark."
        )
    for step in _STEPS[version:]:
        step(connection)
    connection.execute(sa.update(version_table).values(version=VERSION))

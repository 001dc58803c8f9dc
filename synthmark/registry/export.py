"""The registry as a file that other programs read: JSON Lines with the whole chain, or CSV with the records."""

from __future__ import annotations

import csv
import dataclasses
from typing import TYPE_CHECKING, Any, Final

from synthmark.errors import InputError
from synthmark.registry.chain import parsed_entry
from synthmark.registry.record import RegistryRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TextIO

    from synthmark.registry.chain import Row

__all__ = ["FORMATS", "write_csv", "write_json_lines", "writer_for"]

_COLUMNS: Final = ("sequence", "recorded_at", "hash", *(field.name for field in dataclasses.fields(RegistryRecord)))
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_json_lines(rows: Iterable[Row], file: TextIO) -> int:
    """Write one line per entry, ``{"entry":...,"hash":...}``, and return how many.

    The bytes of ``entry`` are those that were hashed, so that everyone can check the chain with SHA-256 alone.
    """
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last number is the result
        file.write(f'{{"entry":{row.content},"hash":"{row.hash}"}}\n')
    return count


def write_csv(rows: Iterable[Row], file: TextIO) -> int:
    """Write one line per record with a heading, and return how many records.

    A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV Injection).
    """
    table = csv.writer(file, lineterminator="\r\n")  # RFC 4180
    table.writerow(_COLUMNS)
    count = 0
    for row in rows:
        record = parsed_entry(row.content).get("record")
        if isinstance(record, dict):
            known = {**record, "sequence": row.sequence, "hash": row.hash, "recorded_at": row.columns["recorded_at"]}
            table.writerow(_cell(known.get(name)) for name in _COLUMNS)
            count += 1
    return count


def _cell(value: Any) -> object:  # noqa: ANN401 - whatever JSON has
    """Return a value as CSV holds it: lists with spaces between, no formulas."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return "" if value is None else value


FORMATS: Final[dict[str, Callable[[Iterable[Row], TextIO], int]]] = {"jsonl": write_json_lines, "csv": write_csv}


def writer_for(name: str) -> Callable[[Iterable[Row], TextIO], int]:
    """Return the function that writes a format.

    Raises
    ------
    InputError
        When there is no such format.
    """
    if name not in FORMATS:
        raise InputError(f"The format is {name!r}; one of {', '.join(FORMATS)} is needed.")
    return FORMATS[name]

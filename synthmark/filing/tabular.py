"""Making a table of the documents from rows, and the words of a language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthmark.filing.document import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthmark.filing.fields import Wording

__all__ = ["Rows", "table", "table_words"]

Rows = list[tuple[str, ...]]


def table(
    wording: Wording, name: str, rows: Sequence[tuple[str, ...]], widths: Sequence[float], **values: object
) -> Table:
    """Return a table with caption and heads of the words; one without rows says so."""
    content = table_words(wording, name)
    heads = tuple(content["heads"])
    none = (str(wording.content["none"]), *("-" for _ in heads[1:]))
    return Table(content["caption"].format(**values), heads, tuple(rows) or (none,), tuple(widths))


def table_words(wording: Wording, name: str) -> Any:  # noqa: ANN401 - a table of words
    """Return the words that belong to a table."""
    return wording.content["tables"][name]

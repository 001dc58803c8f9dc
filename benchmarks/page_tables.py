"""What the parts of `docs/benchmarks.md` are made with: the list of parts, tables, numbers and verdicts.

A part takes the folder of results and returns Markdown. What has not been measured says so.
"""

from __future__ import annotations

import functools
import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["NOTHING", "PARTS", "Record", "judged_table", "met", "part", "power", "share", "table"]

Record = dict[str, Any]
NOTHING = "Not measured yet."
PARTS: dict[str, Callable[[Path], str]] = {}


def part(*files: str) -> Callable[[Callable[..., str]], Callable[..., str]]:
    """Register a part that is made of these results; it is called with their contents."""

    def register(function: Callable[..., str]) -> Callable[..., str]:
        @functools.wraps(function)
        def made(results: Path) -> str:
            paths = [results / f"{name}.json" for name in files]
            if not all(path.is_file() for path in paths):
                return NOTHING
            return function(*(json.loads(path.read_text(encoding="utf-8")) for path in paths))

        PARTS[function.__name__.replace("_", " ")] = made
        return function

    return register


def table(head: list[str], rows: Iterable[list[object]]) -> str:
    """Return a table whose first column is text and whose others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *([str(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def met(entry: Record) -> str:
    return "met" if entry["met"] else "**missed**"


def share(read: int, tried: int) -> str:
    """Return a percentage, rounded down, with the numbers that it comes from."""
    return f"{100 * read // tried} % ({read} of {tried})"


def power(value: float) -> str:
    """Return a small probability, rounded up to one digit."""
    exponent = math.floor(math.log10(value))
    digit = math.ceil(value / 10**exponent - 1e-9)
    return f"{digit}e{exponent}" if digit < 10 else f"1e{exponent + 1}"


def judged_table(entries: dict[str, Record], unit: str) -> str:
    """Return a table of values beside what is asked for at least or at most."""
    rows: list[list[object]] = []
    for name, entry in entries.items():
        bound = next(key for key in ("at least", "at most") if key in entry)
        rounded = math.floor if bound == "at least" else math.ceil
        rows.append([name, f"{rounded(entry['value'] * 100) / 100:.2f}", f"{bound} {entry[bound]:g}", met(entry)])
    return table(["operation", unit, "asked for", ""], rows)

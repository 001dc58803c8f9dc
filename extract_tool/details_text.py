"""The details of a report on a console: 80 columns, plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extract_tool.details import Section, sections
from synthmark.text_layout import padded, printable, text_width, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["details_text"]

_WIDTH, _INDENT, _NAME = 80, 2, 30


def details_text(report: Mapping[str, Any], language: str) -> str:
    """Return the sections of a report, each after an empty line.

    Parameters
    ----------
    report
        The object of one file, as `--json` prints it.
    language
        `en` or `zh`.
    """
    return "".join(f"\n\n{chr(10).join(_lines(section))}" for section in sections(report, language))


def _lines(section: Section) -> Iterator[str]:
    yield printable(section.heading)
    for row in section.rows:
        yield from _row(printable(row.name), printable(row.value))
    if section.meaning:
        yield from (" " * _INDENT + line for line in wrapped(printable(section.meaning), _WIDTH - _INDENT))


def _row(name: str, value: str) -> Iterator[str]:
    """Yield a row: name and value side by side where the name is short, else below one another."""
    if text_width(name) < _NAME:
        margin = " " * _INDENT + padded(name, _NAME)
    else:
        yield from (" " * _INDENT + line for line in wrapped(name, _WIDTH - _INDENT))
        margin = " " * (_INDENT + _NAME)
    for line in wrapped(value, _WIDTH - _INDENT - _NAME):
        yield (margin + line).rstrip()
        margin = " " * (_INDENT + _NAME)

"""Documents from their templates: a small part of Markdown, with fields in double braces.

A template knows headings (#, ##, ###), paragraphs, lists (- and 1.), tables, fields within a text (``{{producer}}``),
and lines that stand for a table, figure, code or list of the facts (``{{table fields}}``, ``{{figure labelling}}``).
What stands between the lines ``{{only visible image}}`` and ``{{end}}`` counts when both conditions hold. A field
that is unknown is an error; a field that is blank becomes the marked blank.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from synthmark.filing.document import Bullet, Document, Heading, Paragraph, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from synthmark.filing.document import Block

__all__ = ["STEMS", "Filling", "document_from", "template", "words"]

STEMS = ("1-labelling", "2-extraction", "3-records", "4-texts-and-checklist")
_FIELD = re.compile(r"\{\{([a-z_0-9]+)\}\}")
_INSERT = re.compile(r"\{\{(?:table|figure|code|list) [a-z_0-9]+\}\}")
_PASSAGE = re.compile(r"(?ms)^\{\{only ([a-z_ ]+)\}\}\n(.*?)^\{\{end\}\}\n")
_HEADING = re.compile(r"(#{1,3}) (.+)")
_ITEM = re.compile(r"(-|\d+\.) (.+)")


def template(name: str) -> str:
    """Return the text of a template, such as ``1-labelling.zh.md``."""
    return resources.files("synthmark.filing").joinpath("templates", name).read_text(encoding="utf-8")


def words(name: str, language: str) -> dict[str, Any]:
    """Return the words of tables, diagrams or the checklist in one language."""
    return tomllib.loads(template(f"{name}.{language}.toml"))


@dataclass(frozen=True, slots=True)
class Filling:
    """What goes into a template.

    Attributes
    ----------
    fields
        The text for every field; blanks are marked already.
    inserts
        What gives the blocks for a line such as ``{{table fields}}``: kind and name to blocks.
    conditions
        The names that hold.
    """

    fields: Mapping[str, str]
    inserts: Callable[[str, str], Sequence[Block]]
    conditions: frozenset[str]


def document_from(
    stem: str, language: str, filling: Filling, contents: str, cover: tuple[tuple[str, str], ...]
) -> Document:
    """Return a document from its template.

    Parameters
    ----------
    stem
        One of `STEMS`.
    language
        "zh" or "en".
    filling
        What goes into it.
    contents
        The heading of the table of contents.
    cover
        What stands below the title.

    Raises
    ------
    KeyError
        When the template names a field or an insert that is unknown.
    """
    blocks = tuple(_blocks(_kept(template(f"{stem}.{language}.md"), filling.conditions), filling))
    title = blocks[0]
    assert isinstance(title, Heading), "a template starts with its title"
    date = filling.fields["date"]
    return Document(
        stem=stem, language=language, title=title.text, date=date, blocks=blocks[1:], contents=contents, cover=cover
    )


def _kept(text: str, conditions: frozenset[str]) -> str:
    """Return a template with those passages alone whose conditions hold."""
    return _PASSAGE.sub(lambda match: match[2] if set(match[1].split()) <= conditions else "", text)


def _blocks(text: str, filling: Filling) -> Iterator[Block]:
    """Yield the blocks of a template: parts between empty lines."""
    for piece in re.split(r"\n\s*\n", text):
        if piece.strip():
            yield from _of_piece(piece.strip("\n"), filling)


def _of_piece(piece: str, filling: Filling) -> Iterator[Block]:
    lines, fields = piece.split("\n"), filling.fields
    if _INSERT.fullmatch(piece.strip()):
        kind, name = piece.strip()[2:-2].split()
        yield from filling.inserts(kind, name)
    elif heading := _HEADING.fullmatch(piece):
        yield Heading(len(heading[1]), _filled(heading[2], fields))
    elif _ITEM.fullmatch(lines[0]):
        yield from (Bullet(marker, _filled(text, fields)) for marker, text in _items(lines))
    elif lines[0].startswith("|"):
        rows = [_cells(_filled(line, fields)) for line in lines]
        yield Table("", rows[0], tuple(rows[2:]))
    else:
        yield Paragraph(_filled(_joined(lines), fields))


def _items(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield marker and text of the items of a list; a line without marker goes on with the item before."""
    marker, gathered = "", [""]
    for line in lines:
        item = _ITEM.fullmatch(line)
        if item and marker:
            yield marker, _joined(gathered)
        if item:
            marker, gathered = item[1], [item[2]]
        else:
            gathered.append(line.strip())
    yield marker, _joined(gathered)


def _joined(lines: Sequence[str]) -> str:
    """Join lines with spaces between words, and without between Chinese characters."""
    joined = lines[0].strip()
    for line in lines[1:]:
        between = "" if ord(joined[-1:] or " ") > 0x2E80 or ord(line.strip()[:1] or " ") > 0x2E80 else " "
        joined += between + line.strip()
    return joined


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip().strip("|").split("|"))


def _filled(text: str, fields: Mapping[str, str]) -> str:
    return _FIELD.sub(lambda match: fields[match[1]], text)

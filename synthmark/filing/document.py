"""A document as its writers see it: headings, paragraphs, lists, code, tables and figures, in their order."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    from synthmark.filing.drawing import Drawing

__all__ = ["Block", "Bullet", "Code", "Document", "Figure", "Heading", "Paragraph", "Run", "Table", "runs_of"]

_RUNS = re.compile(r"`([^`\n]+)`|(【待填[^】]*】|\[TO BE COMPLETED[^\]]*\])")


_WARNINGS = ("未满足", "not met")  # as the whole of a text: the result of a point


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a text: "plain", "code" (between backticks), or "blank" (a marked blank, a point not met)."""

    text: str
    kind: str = "plain"


def runs_of(text: str) -> list[Run]:
    """Return the pieces of a text in their order."""
    if text in _WARNINGS:
        return [Run(text, "blank")]
    runs, end = [], 0
    for match in _RUNS.finditer(text):
        runs.append(Run(text[end : match.start()]))
        runs.append(Run(match[1], "code") if match[1] else Run(match[2], "blank"))
        end = match.end()
    return [run for run in (*runs, Run(text[end:])) if run.text]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the title of the document, 2 a chapter, 3 a section."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullet:
    """An item of a list, with its marker: a dot, or a number with a stop."""

    marker: str
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Text that keeps its lines: commands, JSON."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts.

    Attributes
    ----------
    caption
        What it shows, and where the figures come from.
    heads
        One for each column.
    rows
        Each as long as the heads.
    widths
        Shares of the columns, in any unit; empty to fit the texts.
    headed
        Whether the heads are heads, or a first row like the others.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...] = ()
    headed: bool = True

    @property
    def shares(self) -> tuple[float, ...]:
        """The shares of the columns: as given, else after the longest text of each."""
        longest = [max(len(row[n]) for row in (self.heads, *self.rows)) for n in range(len(self.heads))]
        return self.widths or tuple(math.sqrt(max(length, 4)) for length in longest)


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing, or a picture file of the pack.

    Attributes
    ----------
    caption
        What it shows.
    drawing
        A diagram; None when it is a picture.
    name
        Of the diagram, for its file.
    picture
        Path within the pack, with forward slashes; None when it is a diagram.
    file
        Where the picture lies while the pack is made.
    share
        Of the width of the text that the figure may take.
    """

    caption: str
    drawing: Drawing | None = None
    name: str = ""
    picture: str | None = None
    file: Path | None = None
    share: float = 1.0


Block: TypeAlias = Heading | Paragraph | Bullet | Code | Table | Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document.

    Attributes
    ----------
    stem
        Of its template, without language and extension.
    language
        "zh" or "en".
    title
        Its first heading.
    date
        Such as 2026-01-31.
    blocks
        What follows the title.
    contents
        The heading of the table of contents.
    cover
        Names and values that stand below the title.
    """

    stem: str
    language: str
    title: str
    date: str
    blocks: tuple[Block, ...]
    contents: str
    cover: tuple[tuple[str, str], ...] = ()

    @property
    def file_name(self) -> str:
        """Name of its files without extension: a Chinese document is named by its title."""
        return f"{self.stem.partition('-')[0]}-{self.title}" if self.language == "zh" else self.stem

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts, in their order."""
        found = [self.title, *(text for pair in self.cover for text in pair)]
        for block in self.blocks:
            match block:
                case Table():
                    found += [block.caption, *block.heads, *(cell for row in block.rows for cell in row)]
                case Figure():
                    found.append(block.caption)
                case _:
                    found.append(block.text)
        return tuple(found)

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The headings below the title, for the table of contents."""
        return tuple(block for block in self.blocks if isinstance(block, Heading))

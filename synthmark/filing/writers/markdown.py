"""A document as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.filing.document import Bullet, Code, Figure, Heading, Paragraph, Table

if TYPE_CHECKING:
    from synthmark.filing.document import Block, Document

__all__ = ["as_markdown"]


def as_markdown(document: Document) -> str:
    """Return a document as Markdown; diagrams are files below ``figures``."""
    cover = "\n".join(f"- {name}: {value}" for name, value in document.cover)
    parts = [f"# {document.title}", *([cover] if cover else [])]
    before: Block | None = None
    for block in document.blocks:
        text = _block(block, document.language)
        if isinstance(block, Bullet) and isinstance(before, Bullet):
            parts[-1] += f"\n{text}"
        else:
            parts.append(text)
        before = block
    return "\n\n".join(parts) + "\n"


def _block(block: Block, language: str) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {block.text}"
        case Paragraph():
            return block.text
        case Bullet():
            return f"{block.marker} {block.text}"
        case Code():
            return f"```\n{block.text}\n```"
        case Table():
            return _table(block)
        case Figure():
            return f"![{block.caption}]({block.picture or f'figures/{block.name}.{language}.svg'})"


def _table(table: Table) -> str:
    lines = [table.heads, tuple("---" for _ in table.heads), *table.rows]
    text = "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)
    return f"{table.caption}\n\n{text}" if table.caption else text


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")

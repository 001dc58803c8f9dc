"""A document as PDF on A4: table of contents, page numbers, embedded font, selectable text."""

from __future__ import annotations

import functools
import io
import itertools
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from synthmark.errors import DependencyError
from synthmark.filing.document import Bullet, Code, Figure, Heading, Paragraph, Table, runs_of
from synthmark.filing.drawing import as_flowable
from synthmark.filing.writers.font import FONT, MONO, font_bytes
from synthmark.filing.writers.lines import broken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synthmark.filing.document import Block, Document

__all__ = ["as_pdf", "unshown"]

_MISSING = "\u25a1"  # a square, for characters that the font does not have
_MILLIMETRE = 72 / 25.4
_WIDTH = 170 * _MILLIMETRE
_HIGHEST = 90 * _MILLIMETRE
_PADDING = 4.0
_ROOM = 110.0  # points that a table finds at least below its caption, else it begins on the next page
_SIZES = {1: 20.0, 2: 14.0, 3: 11.5}
_LINE, _HEAD, _CODE, _TITLE = "#999999", "#eef1f4", "#f6f6f6", "#1f3a5f"
_OWN_FONT = ("FONTNAME", (0, 0), (-1, -1), "filing")  # else tables name Helvetica, which is not embedded
_COLOURS = {"code": "#1f4e79", "blank": "#c00000"}


def as_pdf(document: Document) -> bytes:
    """Return a document as PDF; the same document gives the same bytes.

    Raises
    ------
    DependencyError
        When the library reportlab is missing.
    """
    platypus = _platypus()
    buffer = io.BytesIO()
    template = _template(platypus, buffer, document)
    contents = _contents()
    story = [_paragraph(document.title, 20, before=30, after=16, colour=_TITLE)]
    story += [_cover(document), _paragraph(document.contents, 14, before=14, after=6)]
    story += [contents, platypus.PageBreak()]
    story += _flowing(document.blocks)
    template.multiBuild(story)
    return buffer.getvalue()


def unshown(document: Document) -> set[str]:
    """Return the characters of a document that the font lacks: a PDF shows squares in their places."""
    return {letter for text in document.texts for letter in text if ord(letter) not in known()} - {"\n"}


def _platypus() -> Any:  # noqa: ANN401 - the module itself, which has no annotations
    try:
        from reportlab import platypus  # noqa: PLC0415 - heavy
        from reportlab.platypus import tableofcontents  # noqa: F401, PLC0415 - an attribute of it afterwards
    except ImportError as error:
        raise DependencyError("PDF documents need reportlab: pip install reportlab") from error
    return platypus


def _template(platypus: Any, buffer: io.BytesIO, document: Document) -> Any:  # noqa: ANN401 - reportlab has no types
    """Return the pages: margins, footer, and headings that report themselves to the table of contents."""
    margin = 20 * _MILLIMETRE

    class Pages(platypus.BaseDocTemplate):  # type: ignore[misc] # reportlab has no types
        def afterFlowable(self, flowable: Any) -> None:  # noqa: ANN401, N802 - reportlab calls it so
            entry = getattr(flowable, "contents_entry", None)
            if entry is not None:
                level, text, key = entry
                self.canv.bookmarkPage(key)
                self.canv.addOutlineEntry(text, key, level - 2)
                self.notify("TOCEntry", (level - 2, escape(text), self.page, key))

    known()
    pages = Pages(
        buffer,
        pagesize=(210 * _MILLIMETRE, 297 * _MILLIMETRE),
        title=document.title,
        author="synthmark",
        invariant=1,
        initialFontName="filing",  # else every page names Helvetica, which is not embedded
    )
    frame = platypus.Frame(margin, margin, _WIDTH, 257 * _MILLIMETRE, 0, 0, 0, 0)
    pages.addPageTemplates([platypus.PageTemplate(frames=[frame], onPage=functools.partial(_footer, document))])
    return pages


def _cover(document: Document) -> Any:  # noqa: ANN401 - a flowable
    """Return what stands below the title, as a table."""
    widths = [_WIDTH * 0.28, _WIDTH * 0.72]
    rows = [[_cell(text, width) for text, width in zip(row, widths, strict=True)] for row in document.cover]
    return _platypus().Table(rows or [["", ""]], widths, style=_grid(heads=0), spaceAfter=10)


def _footer(document: Document, canvas: Any, pages: Any) -> None:  # noqa: ANN401 - reportlab has no types
    canvas.saveState()
    canvas.setFont("filing", 8)
    canvas.drawString(20 * _MILLIMETRE, 11 * _MILLIMETRE, document.title)
    canvas.drawRightString(190 * _MILLIMETRE, 11 * _MILLIMETRE, str(pages.page))
    canvas.restoreState()


def _contents() -> Any:  # noqa: ANN401 - a flowable
    contents = _platypus().tableofcontents.TableOfContents()
    contents.levelStyles = [_style(10 - level, left=14 * level) for level in (0, 1)]
    contents.dotsMinLevel = 0
    contents.tableStyle = _platypus().TableStyle([*contents.tableStyle.getCommands(), _OWN_FONT])
    return contents


@functools.cache
def known() -> frozenset[int]:
    """Register the fonts and return the characters that the first one has."""
    _registered("filing-mono", MONO)
    return frozenset(_registered("filing", FONT).face.charToGlyph)


def _registered(name: str, file: str) -> Any:  # noqa: ANN401 - reportlab has no types
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415 - heavy
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415 - as above

    font = TTFont(name, io.BytesIO(font_bytes(file)))
    # reportlab takes fonts of one face name for the same font, also another part of Noto Sans in this process.
    font.face.name += f"-{name}".encode()
    pdfmetrics.registerFont(font)
    return font


def _shown(text: str) -> str:
    have = known()
    return "".join(letter if ord(letter) in have else _MISSING for letter in text)


def _style(size: float, *, left: float = 0, **options: Any) -> Any:  # noqa: ANN401 - reportlab has no types
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415 - heavy

    known()
    return ParagraphStyle(
        f"{size}", fontName="filing", fontSize=size, leading=1.5 * size, leftIndent=left, splitLongWords=0, **options
    )


def _paragraph(  # noqa: PLR0913 - options by keyword
    text: str,
    size: float = 10,
    *,
    width: float = _WIDTH,
    before: float = 0,
    after: float = 5,
    left: float = 0,
    colour: str = "#000000",
    bullet: str | None = None,
    **options: Any,  # noqa: ANN401 - of reportlab
) -> Any:  # noqa: ANN401 - a flowable
    from reportlab.lib.colors import HexColor  # noqa: PLC0415 - heavy
    from reportlab.platypus import Paragraph as Flowable  # noqa: PLC0415 - as above

    style = _style(
        size,
        left=left,
        spaceBefore=before,
        spaceAfter=after,
        textColor=HexColor(colour),
        bulletFontName="filing",
        bulletFontSize=size,
        **options,
    )
    lines = [line for part in text.split("\n") for line in _lines(part, size, width - left)]
    return Flowable("<br/>".join(lines), style, bulletText=bullet)


def _lines(text: str, size: float, width: float) -> list[str]:
    """Return the lines of a text for reportlab, with code and marked blanks in their colours."""
    runs = [(_shown(run.text), run.kind) for run in runs_of(text)]
    plain = "".join(part for part, _ in runs)
    kinds = [kind for part, kind in runs for _ in part]
    found = []
    for start, end in broken(plain, width - 0.01, lambda letter: _width(letter) * size):
        pieces = itertools.groupby(
            zip(plain[start:end].rstrip(" "), kinds[start:end], strict=False), lambda pair: pair[1]
        )
        found.append("".join(_coloured("".join(letter for letter, _ in group), kind) for kind, group in pieces))
    return found


def _coloured(text: str, kind: str) -> str:
    """Return a piece of text for reportlab; its spaces break no line, since the lines are broken already."""
    shown = escape(text).replace(" ", "\u00a0")
    return f'<font color="{_COLOURS[kind]}">{shown}</font>' if kind in _COLOURS else shown


@functools.cache
def _width(letter: str) -> float:
    """Return the width of a character at size 1."""
    from reportlab.pdfbase.pdfmetrics import stringWidth  # noqa: PLC0415 - heavy

    known()
    return float(stringWidth(letter, "filing", 1))


def _flowing(blocks: Sequence[Block]) -> list[Any]:
    """Return the flowables of all blocks; a figure stays with its caption, and with a heading before it."""
    story: list[Any] = []
    for number, block in enumerate(blocks):
        made = list(_flowables(block, number))
        if isinstance(block, Figure):
            headed = number > 0 and isinstance(blocks[number - 1], Heading)
            made = [_platypus().KeepTogether([*([story.pop()] if headed else []), *made])]
        story += made
    return story


def _flowables(block: Block, number: int) -> Iterator[Any]:
    match block:
        case Heading():
            yield _heading(block, number)
        case Paragraph():
            yield _paragraph(block.text)
        case Bullet():
            yield _paragraph(block.text, after=3, left=20, bullet="•" if block.marker == "-" else block.marker)
        case Code():
            yield _code(block.text)
        case Table():
            yield from _table(block)
        case Figure():
            yield from _figure(block)


def _heading(block: Heading, number: int) -> Any:  # noqa: ANN401 - a flowable
    size = _SIZES[block.level]
    heading = _paragraph(block.text, size, before=size, after=6, colour=_TITLE, keepWithNext=1)
    heading.contents_entry = (block.level, block.text, f"heading-{number}")
    return heading


def _code(text: str) -> Any:  # noqa: ANN401 - a flowable
    """Return text on a grid: Latin letters are half as wide as Chinese ones."""
    from reportlab.lib.colors import HexColor  # noqa: PLC0415 - heavy
    from reportlab.platypus import Paragraph as Flowable  # noqa: PLC0415 - as above

    size, left = 8.0, 6.0
    lines = []
    for line in text.split("\n"):
        shown = _shown(line)
        places = broken(shown, _WIDTH - 2 * left - 0.01, lambda letter: size * (0.5 if letter.isascii() else 1))
        lines += [_on_grid(shown[start:end]) for start, end in places]
    style = _style(
        size, left=left, spaceBefore=9, spaceAfter=14, backColor=HexColor(_CODE), borderPadding=(4, 0, 5, 0)
    )
    return Flowable("<br/>".join(lines), style)


def _on_grid(text: str) -> str:
    pieces = itertools.groupby(text, str.isascii)
    parts = (("".join(letters), ascii_) for ascii_, letters in pieces)
    return "".join(
        f'<font name="filing-mono">{escape(part).replace(" ", "&nbsp;")}</font>' if ascii_ else escape(part)
        for part, ascii_ in parts
    )


def _table(table: Table) -> Iterator[Any]:
    """Yield caption and table; long tables go on over pages with their heads."""
    if table.caption:
        yield _platypus().CondPageBreak(_ROOM)
        yield _paragraph(table.caption, 9, before=6, after=3)
    shares = table.shares
    widths = [_WIDTH * share / sum(shares) for share in shares]
    heads = int(table.headed)
    rows = [
        [_cell(cell, width) for cell, width in zip(row, widths, strict=True)] for row in (table.heads, *table.rows)
    ]
    yield _platypus().Table(rows, widths, repeatRows=heads, style=_grid(heads), spaceAfter=10, splitInRow=1)


def _cell(text: str, width: float) -> Any:  # noqa: ANN401 - a flowable
    return _paragraph(text, 8.5, width=width - 2 * _PADDING, after=0)


def _grid(heads: int = 1) -> list[tuple[Any, ...]]:
    from reportlab.lib.colors import HexColor  # noqa: PLC0415 - heavy

    return [
        _OWN_FONT,
        ("GRID", (0, 0), (-1, -1), 0.5, HexColor(_LINE)),
        ("BACKGROUND", (0, 0), (-1, 0) if heads else (0, -1), HexColor(_HEAD)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), _PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]


def _figure(figure: Figure) -> Iterator[Any]:
    """Yield a figure and its caption."""
    platypus = _platypus()
    if figure.drawing is not None:
        shown = as_flowable(figure.drawing, _WIDTH, "filing")
    else:
        shown = platypus.Image(str(figure.file))
        tall = shown.imageHeight > shown.imageWidth
        shown._restrictSize(figure.share * _WIDTH, _HIGHEST * (2.3 if tall else 1))  # noqa: SLF001 - there is no public way
    shown.hAlign = "CENTER"
    yield shown
    yield _paragraph(figure.caption, 9, before=4, after=12, alignment=1)

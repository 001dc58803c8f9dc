"""A document as DOCX, for those who edit it further."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING, Any

from synthmark.errors import DependencyError
from synthmark.filing.document import Bullet, Code, Figure, Heading, Paragraph, Table, runs_of
from synthmark.filing.drawing import as_png
from synthmark.filing.writers.font import font_bytes

if TYPE_CHECKING:
    from synthmark.filing.document import Block, Document

__all__ = ["as_docx"]

_WIDTH = 16.0  # centimetres of text across
_HIGHEST = 9.0
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # of every file in the archive, so that equal documents give equal bytes


def as_docx(document: Document) -> bytes:
    """Return a document as DOCX; the same document gives the same bytes.

    Raises
    ------
    DependencyError
        When the library python-docx is missing.
    """
    made = _empty(document)
    made.add_heading(document.title, 0)
    if document.cover:
        _add_table(made, Table("", *_cover(document), (1.2, 3.0), headed=False))
    made.add_paragraph(document.contents).runs[0].bold = True
    _add_contents(made, document)
    made.add_page_break()
    for block in document.blocks:
        _add(made, block)
    buffer = io.BytesIO()
    made.save(buffer)
    return _settled(buffer.getvalue())


def _cover(document: Document) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return first and further rows of the table below the title."""
    return document.cover[0], document.cover[1:]


def _empty(document: Document) -> Any:  # noqa: ANN401 - a document of python-docx
    """Return a document on A4 with fonts, properties and page numbers."""
    try:
        import docx  # noqa: PLC0415 - heavy
    except ImportError as error:
        raise DependencyError("DOCX documents need python-docx: pip install synthmark[filing]") from error
    from docx.shared import Cm  # noqa: PLC0415 - as above

    made = docx.Document()
    section = made.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin = section.bottom_margin = Cm(2.2)
    moment = dt.datetime.fromisoformat(document.date)
    properties = made.core_properties
    properties.title, properties.author, properties.comments = document.title, "synthmark", ""
    properties.created = properties.modified = moment
    _set_fonts(made)
    footer = section.footer.paragraphs[0]
    footer.add_run(f"{document.title}    ")
    _field(footer, "PAGE", "1")
    footer.add_run(" / ")
    _field(footer, "NUMPAGES", "1")
    footer.alignment = 1
    _update_fields(made)
    return made


def _update_fields(made: Any) -> None:  # noqa: ANN401 - see _empty
    """Let the word processor compute the table of contents when it opens the file; it alone knows the pages."""
    from docx.oxml import OxmlElement  # noqa: PLC0415 - heavy
    from docx.oxml.ns import qn  # noqa: PLC0415 - as above

    update = OxmlElement("w:updateFields")
    update.set(qn("w:val"), "true")
    made.settings.element.append(update)


def _set_fonts(made: Any) -> None:  # noqa: ANN401 - see _empty
    from docx.oxml.ns import qn  # noqa: PLC0415 - heavy
    from docx.shared import Pt, RGBColor  # noqa: PLC0415 - as above

    for name, size in (("Normal", 10), ("Title", 20), ("Heading 1", 15), ("Heading 2", 12)):
        style = made.styles[name]
        style.font.size, style.font.name = Pt(size), "Arial"
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), "SimSun" if name == "Normal" else "SimHei")


def _field(paragraph: Any, instruction: str, shown: str) -> None:  # noqa: ANN401 - see _empty
    """Add a field that the word processor computes, with what is shown until then."""
    _mark(paragraph, "begin", instruction)
    paragraph.add_run(shown)
    _mark(paragraph, "end")


def _mark(paragraph: Any, kind: str, instruction: str = "") -> None:  # noqa: ANN401 - see _empty
    from docx.oxml import OxmlElement  # noqa: PLC0415 - heavy
    from docx.oxml.ns import qn  # noqa: PLC0415 - as above

    for step in (kind, "separate") if instruction else (kind,):
        run = paragraph.add_run()
        if step == "separate":
            text = OxmlElement("w:instrText")
            text.set(qn("xml:space"), "preserve")
            text.text = instruction
            run._r.append(text)  # noqa: SLF001 - there is no public way
            run = paragraph.add_run()
        mark = OxmlElement("w:fldChar")
        mark.set(qn("w:fldCharType"), step)
        run._r.append(mark)  # noqa: SLF001 - as above


def _add_contents(made: Any, document: Document) -> None:  # noqa: ANN401 - see _empty
    """Add the table of contents: a field with its headings, which gets page numbers when it is updated."""
    paragraph = made.add_paragraph()
    _mark(paragraph, "begin", 'TOC \\o "1-2" \\h \\z \\u')
    for number, heading in enumerate(document.headings):
        paragraph = made.add_paragraph() if number else paragraph
        paragraph.add_run("    " * (heading.level - 2) + heading.text)
        paragraph.paragraph_format.space_after = 0
    _mark(paragraph, "end")


def _add(made: Any, block: Block) -> None:  # noqa: ANN401 - see _empty
    match block:
        case Heading():
            made.add_heading(block.text, block.level - 1)
        case Paragraph():
            _fill(made.add_paragraph(), block.text)
        case Bullet():
            _add_bullet(made, block)
        case Code():
            _add_code(made, block.text)
        case Table():
            _add_table(made, block)
        case Figure():
            _add_figure(made, block)


def _fill(paragraph: Any, text: str, size: float | None = None, *, bold: bool = False) -> None:  # noqa: ANN401
    """Add a text to a paragraph: code in its own font, marked blanks highlighted."""
    from docx.shared import Pt  # noqa: PLC0415 - heavy

    for piece in runs_of(text):
        run = paragraph.add_run(piece.text)
        run.bold = bold or None
        if size is not None:
            run.font.size = Pt(size)
        if piece.kind == "code":
            run.font.name = "Consolas"
        elif piece.kind == "blank":
            run.font.highlight_color = 7  # yellow


def _add_bullet(made: Any, block: Bullet) -> None:  # noqa: ANN401 - see _empty
    """Add an item of a list; numbers are text, so that they stay as they are."""
    from docx.shared import Cm  # noqa: PLC0415 - heavy

    paragraph = made.add_paragraph(style="List Bullet" if block.marker == "-" else None)
    _fill(paragraph, block.text if block.marker == "-" else f"{block.marker} {block.text}")
    if block.marker != "-":
        paragraph.paragraph_format.left_indent, paragraph.paragraph_format.first_line_indent = Cm(0.7), Cm(-0.7)
    paragraph.paragraph_format.space_after = 0


def _add_code(made: Any, text: str) -> None:  # noqa: ANN401 - see _empty
    from docx.shared import Pt  # noqa: PLC0415 - heavy

    paragraph = made.add_paragraph()
    run = paragraph.add_run(text)
    run.font.name, run.font.size = "Consolas", Pt(8)
    _shade(paragraph._p.get_or_add_pPr(), "F3F3F3")  # noqa: SLF001 - there is no public way


def _shade(properties: Any, colour: str) -> None:  # noqa: ANN401 - see _empty
    """Set the colour behind a paragraph or a cell."""
    from docx.oxml import OxmlElement  # noqa: PLC0415 - heavy
    from docx.oxml.ns import qn  # noqa: PLC0415 - as above

    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shade.set(qn(f"w:{name}"), value)
    properties.append(shade)


def _add_table(made: Any, table: Table) -> None:  # noqa: ANN401 - see _empty
    from docx.shared import Cm, Pt  # noqa: PLC0415 - heavy

    if table.caption:
        caption = made.add_paragraph()
        _fill(caption, table.caption, 9)
        caption.paragraph_format.keep_with_next = True
    shares = table.shares
    grid = made.add_table(rows=0, cols=len(table.heads), style="Table Grid")
    grid.autofit = False
    for column, share in zip(grid.columns, shares, strict=True):
        column.width = Cm(_WIDTH * share / sum(shares))
    for number, row in enumerate((table.heads, *table.rows)):
        added = grid.add_row()
        _mark_row(added, "w:cantSplit")
        for cell, text, share in zip(added.cells, row, shares, strict=True):
            cell.width = Cm(_WIDTH * share / sum(shares))
            _fill(cell.paragraphs[0], text, 8.5, bold=number == 0 and table.headed)
            cell.paragraphs[0].paragraph_format.space_before = cell.paragraphs[0].paragraph_format.space_after = Pt(2)
            if number == 0 and table.headed:
                _shade(cell._tc.get_or_add_tcPr(), "EEF1F4")  # noqa: SLF001 - there is no public way
    if table.headed:
        _mark_row(grid.rows[0], "w:tblHeader")
    made.add_paragraph()


def _mark_row(row: Any, name: str) -> None:  # noqa: ANN401 - see _empty
    """Set a property of a row: that it stays on one page, or stands on every page as head of a long table."""
    from docx.oxml import OxmlElement  # noqa: PLC0415 - heavy
    from docx.oxml.ns import qn  # noqa: PLC0415 - as above

    mark = OxmlElement(name)
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)  # noqa: SLF001 - there is no public way


def _add_figure(made: Any, figure: Figure) -> None:  # noqa: ANN401 - see _empty
    from docx.shared import Cm  # noqa: PLC0415 - heavy
    from PIL import Image  # noqa: PLC0415 - as above

    if figure.drawing is not None:
        data = as_png(figure.drawing, font_bytes())
    else:
        assert figure.file is not None
        data = figure.file.read_bytes()
    with Image.open(io.BytesIO(data)) as image:
        highest = _HIGHEST * (2.2 if image.height > 0.9 * image.width else 1.4)
        width = min(figure.share * _WIDTH, highest * image.width / image.height)
    made.add_picture(io.BytesIO(data), Cm(width))
    made.paragraphs[-1].alignment = 1
    made.paragraphs[-1].paragraph_format.keep_with_next = True
    made.add_paragraph(figure.caption).alignment = 1


def _settled(data: bytes) -> bytes:
    """Return the archive with one fixed time for all its files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, _FIRST_DAY), source.read(name), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()

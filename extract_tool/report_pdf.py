"""A report as a PDF on A4, with the same content as the HTML file; text can be selected, Chinese included."""

from __future__ import annotations

import base64
import functools
import io
from importlib import resources
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from extract_tool.details import sections
from extract_tool.facts import captions, error_sentences, fact_lines, timeline
from synthmark.catalogue import message
from synthmark.errors import DependencyError
from synthmark.report_text import layer_rows, limit_sentence, result_sentences
from synthmark.text_layout import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from extract_tool.details import Section

__all__ = ["report_pdf"]

_FONT = "NotoSansCJKsc-Regular-report"
_MISSING = "\u25a1"  # a square, for characters that the font does not have
_WIDTH = 180.0  # millimetres between the margins of A4
_FRAME_PADDING = 6  # points that reportlab leaves inside the margins
_LONGEST_NAME = 50  # characters of the name of the file at the foot of a page
_PRESENT, _ABSENT, _LINE, _HEAD = "#0072b2", "#f0d9c8", "#bbbbbb", "#f0f0f0"
_VERDICTS = {"labelled": "#0072b2", "conflict": "#d55e00"}


def report_pdf(report: Mapping[str, Any], pictures: Mapping[str, str], languages: Sequence[str]) -> bytes:
    """Return a report as PDF.

    Parameters
    ----------
    report
        The object of one file, as `--json` prints it.
    pictures
        Evidence pictures, as `extract_tool.evidence` gives them.
    languages
        `en`, `zh` or both, in the order in which they are shown.

    Raises
    ------
    DependencyError
        When the library reportlab is missing.
    """
    platypus = _platypus()
    buffer = io.BytesIO()
    margin = 15 * _millimetre() - _FRAME_PADDING
    document = platypus.SimpleDocTemplate(
        buffer,
        pagesize=(210 * _millimetre(), 297 * _millimetre()),
        leftMargin=margin,
        rightMargin=margin,
        topMargin=margin,
        bottomMargin=margin,
        title=_shown(message("page.report", languages[0], name=report["file"]["name"])),
        author="synthmark-extract",
        invariant=1,  # the same report gives the same bytes
    )
    story = []
    for number, language in enumerate(languages):
        story += [platypus.PageBreak()] if number else []
        story += _story(report, pictures, language)
    foot = _foot(report)
    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return buffer.getvalue()


def _foot(report: Mapping[str, Any]) -> Callable[[Any, Any], None]:
    """Return what writes at the foot of each page which file it is about, and which page it is."""
    name, digest = str(report["file"]["name"]), str(report["file"]["sha256"] or "-")
    said = _shown(f"{name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + '...'}   SHA-256 {digest}")

    def draw(canvas: Any, document: Any) -> None:  # noqa: ANN401 - objects of reportlab, which has no annotations
        canvas.saveState()
        canvas.setFont("report", 7)
        canvas.drawString(15 * _millimetre(), 8 * _millimetre(), said)
        canvas.drawRightString(195 * _millimetre(), 8 * _millimetre(), str(document.page))
        canvas.restoreState()

    return draw


def _platypus() -> Any:  # noqa: ANN401 - the module itself, which has no annotations
    try:
        from reportlab import platypus
    except ImportError as error:
        raise DependencyError("PDF reports need reportlab: pip install reportlab") from error
    return platypus


def _millimetre() -> float:
    return 72 / 25.4


@functools.cache
def _known() -> frozenset[int]:
    """Register the font and return the characters it has."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    file = resources.files("extract_tool").joinpath("fonts", f"{_FONT}.ttf")
    font = TTFont("report", io.BytesIO(file.read_bytes()))
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)


def _shown(text: object) -> str:
    """Return text in which what the font lacks is a square, and nothing is a control character."""
    known = _known()
    return "".join(character if ord(character) in known else _MISSING for character in printable(str(text)))


def _paragraph(text: object, size: float, language: str, *, space: float = 2, before: float = 0) -> Any:  # noqa: ANN401
    """Return a paragraph; Chinese is broken between any two characters, other text between words where it can be."""
    from reportlab.lib.styles import ParagraphStyle

    style = ParagraphStyle(
        f"{size}",
        fontName="report",
        fontSize=size,
        leading=1.45 * size,
        spaceAfter=space,
        spaceBefore=before,
        wordWrap="CJK" if language == "zh" else None,
    )
    return _platypus().Paragraph(escape(_shown(text)), style)


def _story(report: Mapping[str, Any], pictures: Mapping[str, str], language: str) -> Iterator[Any]:
    yield _paragraph(message("page.report", language, name=report["file"]["name"]), 15, language, space=6)
    yield _verdict(report, language)
    yield _layers(report, language)
    yield from _evidence(report, pictures, language)
    for section in sections(report, language):
        yield from _section(section, language)
    yield _platypus().HRFlowable(
        width="100%", thickness=0.5, color=_coloured([(_LINE,)])[0][0], spaceBefore=8, spaceAfter=4
    )
    for line in fact_lines(report, language):
        yield _paragraph(line, 8, language, space=1)


def _section(section: Section, language: str) -> Iterator[Any]:
    heading = _paragraph(section.heading, 11.5, language, space=3, before=6)
    heading.keepWithNext = 1
    yield heading
    if section.rows:
        yield _table([[row.name, row.value] for row in section.rows], (72, 108), language)
    if section.meaning:
        yield _paragraph(section.meaning, 9, language)


def _verdict(report: Mapping[str, Any], language: str) -> Any:  # noqa: ANN401 - a flowable
    said = [*result_sentences(report, language), *error_sentences(report, language), limit_sentence(report, language)]
    cell = [_paragraph(sentence, 11 if number == 0 else 9, language) for number, sentence in enumerate(said)]
    colour = _VERDICTS.get(report["verdict"], "#767676")
    style = [("BOX", (0, 0), (-1, -1), 0.7, "#767676"), ("LINEBEFORE", (0, 0), (0, -1), 5, colour)]
    return _platypus().Table([[cell]], (_WIDTH * _millimetre(),), style=_coloured(style), spaceAfter=8)


def _layers(report: Mapping[str, Any], language: str) -> Any:  # noqa: ANN401 - a flowable
    heads = [message(f"heading.{name}", language) for name in ("layers", "outcome", "integrity", "claims")]
    rows = [[row.name, row.outcome, row.integrity, "\n".join(row.sentences)] for row in layer_rows(report, language)]
    return _table([heads, *rows], (45, 24, 16, 95), language, heads=1)


def _table(rows: Sequence[Sequence[str]], widths: Sequence[float], language: str, heads: int = 0) -> Any:  # noqa: ANN401
    """Return a table of texts; a text may have lines."""
    cells = [[[_paragraph(line, 9, language, space=0) for line in text.split("\n")] for text in row] for row in rows]
    style = [("GRID", (0, 0), (-1, -1), 0.5, _LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    style += [("BACKGROUND", (0, 0), (-1, heads - 1), _HEAD)] if heads else []
    sizes = [width * _millimetre() for width in widths]
    return _platypus().Table(cells, sizes, style=_coloured(style), repeatRows=heads, spaceAfter=6)


def _coloured(style: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    from reportlab.lib.colors import HexColor

    def value(item: object) -> object:
        return HexColor(item) if isinstance(item, str) and item.startswith("#") else item

    return [tuple(value(item) for item in command) for command in style]


def _evidence(report: Mapping[str, Any], pictures: Mapping[str, str], language: str) -> Iterator[Any]:
    drawn = [*_figures(pictures, language), *_timeline(report, pictures, language)]
    if drawn:
        yield _paragraph(message("page.evidence", language), 11.5, language, space=3, before=6)
        yield from drawn


def _figures(pictures: Mapping[str, str], language: str) -> Iterator[Any]:
    """Yield the pictures side by side, each with what it shows."""
    shown = [(pictures[name], caption) for name, caption in captions(pictures, language) if name in pictures]
    cells = [
        [_figure(data), _platypus().Spacer(1, 3), _paragraph(" ".join(caption), 8, language)]
        for data, caption in shown
    ]
    if cells:
        plain = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]
        widths = [_WIDTH / 2 * _millimetre()] * len(cells)
        yield _platypus().Table([cells], widths, style=plain, hAlign="LEFT", spaceAfter=6)


def _figure(data: str) -> Any:  # noqa: ANN401 - a flowable
    image = _platypus().Image(io.BytesIO(base64.b64decode(data)))
    image._restrictSize((_WIDTH / 2 - 4) * _millimetre(), 90 * _millimetre())  # noqa: SLF001 - no public way
    image.hAlign = "LEFT"
    return image


def _timeline(report: Mapping[str, Any], pictures: Mapping[str, str], language: str) -> Iterator[Any]:
    """Draw where in time the watermark is."""
    from reportlab.graphics.shapes import Drawing, Rect
    from reportlab.lib.colors import HexColor

    spans, length = timeline(report, pictures)
    if not spans:
        return
    width, height = _WIDTH * _millimetre(), 8 * _millimetre()
    drawing = Drawing(width, height)
    drawing.add(Rect(0, 0, width, height, fillColor=HexColor(_ABSENT), strokeColor=None))
    for start, end in spans:
        left, long = width * start / length, width * (end - start) / length
        drawing.add(Rect(left, 0, long, height, fillColor=HexColor(_PRESENT), strokeColor=None))
    yield drawing
    yield _platypus().Spacer(1, 3)
    yield _paragraph(message("map.timeline", language, start="0.0", end=f"{length:.1f}"), 8, language, space=6)

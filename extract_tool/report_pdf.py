"""A report as a PDF on A4, with the same content as the HTML file; text can be selected, Chinese included."""

from __future__ import annotations

import base64
import functools
import io
from importlib import resources
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from extract_tool.details import sections
from extract_tool.facts import error_sentences, fact_lines, map_caption, timeline
from synthmark.catalogue import message
from synthmark.errors import DependencyError
from synthmark.report_text import layer_rows, limit_sentence, result_sentences
from synthmark.text_layout import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["report_pdf"]

_FONT = "NotoSansCJKsc-Regular-report"
_MISSING = "\u25a1"  # a square, for characters that the font does not have
_WIDTH = 180.0  # millimetres between the margins of A4
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
    margin = 15 * _millimetre()
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
    document.build(story)
    return buffer.getvalue()


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


def _paragraph(text: object, size: float = 9, *, space: float = 2) -> Any:  # noqa: ANN401 - a flowable
    from reportlab.lib.styles import ParagraphStyle

    style = ParagraphStyle(
        f"{size}", fontName="report", fontSize=size, leading=1.45 * size, spaceAfter=space, wordWrap="CJK"
    )
    return _platypus().Paragraph(escape(_shown(text)), style)


def _story(report: Mapping[str, Any], pictures: Mapping[str, str], language: str) -> Iterator[Any]:
    yield _paragraph(message("page.report", language, name=report["file"]["name"]), 15, space=6)
    yield _verdict(report, language)
    yield _layers(report, language)
    yield from _evidence(report, pictures, language)
    for section in sections(report, language):
        yield _paragraph(section.heading, 11.5, space=3)
        if section.rows:
            yield _table([[row.name, row.value] for row in section.rows], (72, 108))
        if section.meaning:
            yield _paragraph(section.meaning)
    for line in fact_lines(report, language):
        yield _paragraph(line, 8, space=1)


def _verdict(report: Mapping[str, Any], language: str) -> Any:  # noqa: ANN401 - a flowable
    said = [*result_sentences(report, language), *error_sentences(report, language), limit_sentence(report, language)]
    cell = [_paragraph(sentence, 11 if number == 0 else 9) for number, sentence in enumerate(said)]
    colour = _VERDICTS.get(report["verdict"], "#767676")
    style = [("BOX", (0, 0), (-1, -1), 0.7, "#767676"), ("LINEBEFORE", (0, 0), (0, -1), 5, colour)]
    return _platypus().Table([[cell]], (_WIDTH * _millimetre(),), style=_coloured(style), spaceAfter=8)


def _layers(report: Mapping[str, Any], language: str) -> Any:  # noqa: ANN401 - a flowable
    heads = [message(f"heading.{name}", language) for name in ("layers", "outcome", "integrity", "claims")]
    rows = [[row.name, row.outcome, row.integrity, "\n".join(row.sentences)] for row in layer_rows(report, language)]
    return _table([heads, *rows], (45, 22, 16, 97), heads=1)


def _table(rows: Sequence[Sequence[str]], widths: Sequence[float], heads: int = 0) -> Any:  # noqa: ANN401
    """Return a table of texts; a text may have lines."""
    cells = [[[_paragraph(line, space=0) for line in text.split("\n")] for text in row] for row in rows]
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
        yield _paragraph(message("page.evidence", language), 11.5, space=3)
        yield from drawn


def _figures(pictures: Mapping[str, str], language: str) -> Iterator[Any]:
    captions = {"picture": [message("map.picture", language)], "map": map_caption(pictures, language)}
    for name, caption in captions.items():
        if name in pictures:
            image = _platypus().Image(io.BytesIO(base64.b64decode(pictures[name])))
            image._restrictSize(_WIDTH * _millimetre(), 85 * _millimetre())  # noqa: SLF001 - there is no public way
            image.hAlign = "LEFT"
            yield _platypus().KeepTogether([image, _paragraph(" ".join(caption), 8, space=6)])


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
    yield _paragraph(message("map.timeline", language, start="0.0", end=f"{length:.1f}"), 8, space=6)

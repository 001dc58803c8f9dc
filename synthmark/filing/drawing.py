"""Diagrams of boxes and arrows on a grid, drawn from data: as SVG, for PDF, and as PNG for DOCX."""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Box", "Drawing", "as_flowable", "as_png", "as_svg", "drawing_from"]

WIDTH, HEIGHT = 150.0, 38.0  # of a box, in points
GAP_ACROSS, GAP_DOWN, MARGIN = 28.0, 20.0, 8.0
TEXT, LEADING, ARROW = 9.5, 13.0, 5.0
FILLS = {"step": "#ffffff", "data": "#e8f1f8", "key": "#fdf0dc", "mark": "#e6f4ea", "person": "#f0f0f0"}
_INK = "#222222"


@dataclass(frozen=True, slots=True)
class Box:
    """A box with its lines of text; left and top in points from the upper left corner."""

    left: float
    top: float
    lines: tuple[str, ...]
    fill: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes, and arrows as lists of points, in points from the upper left corner."""

    title: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[tuple[tuple[float, float], ...], ...]


def drawing_from(content: Mapping[str, Any]) -> Drawing:
    """Return a drawing from its description.

    Parameters
    ----------
    content
        ``title``; ``boxes``: a table of name to ``[column, row, kind, line, ...]``; ``arrows``: pairs of names.
    """
    places = {name: (int(box[0]), int(box[1])) for name, box in content["boxes"].items()}
    columns = 1 + max(column for column, _ in places.values())
    rows = 1 + max(row for _, row in places.values())
    boxes = tuple(Box(*_corner(box[0], box[1]), tuple(box[3:]), FILLS[box[2]]) for box in content["boxes"].values())
    arrows = tuple(_route(places[start], places[end]) for start, end in content["arrows"])
    width = columns * (WIDTH + GAP_ACROSS) - GAP_ACROSS + 2 * MARGIN
    height = rows * (HEIGHT + GAP_DOWN) - GAP_DOWN + 2 * MARGIN
    return Drawing(content["title"], width, height, boxes, arrows)


def _corner(column: int, row: int) -> tuple[float, float]:
    return MARGIN + column * (WIDTH + GAP_ACROSS), MARGIN + row * (HEIGHT + GAP_DOWN)


def _route(start: tuple[int, int], end: tuple[int, int]) -> tuple[tuple[float, float], ...]:
    """Return the way of an arrow: straight across in one row, else down, across between the rows, and down."""
    (left, top), (to_left, to_top) = _corner(*start), _corner(*end)
    if start[1] == end[1]:
        forth = end[0] > start[0]
        height = top + HEIGHT / 2
        return (left + (WIDTH if forth else 0), height), (to_left + (0 if forth else WIDTH), height)
    down = end[1] > start[1]
    begin = left + WIDTH / 2, top + (HEIGHT if down else 0)
    finish = to_left + WIDTH / 2, to_top + (0 if down else HEIGHT)
    if start[0] == end[0]:
        return begin, finish
    level = finish[1] + (-GAP_DOWN if down else GAP_DOWN) / 2
    return begin, (begin[0], level), (finish[0], level), finish


def _head(before: tuple[float, float], tip: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """Return the triangle at the end of an arrow, which comes from above, below, left or right."""
    across = (tip[0] > before[0]) - (tip[0] < before[0])
    down = (tip[1] > before[1]) - (tip[1] < before[1])
    back = tip[0] - across * ARROW, tip[1] - down * ARROW
    side = down * ARROW / 2, across * ARROW / 2
    return tip, (back[0] + side[0], back[1] + side[1]), (back[0] - side[0], back[1] - side[1])


def _text_places(box: Box) -> list[tuple[float, float, str]]:
    """Return middle, base line and text of each line of a box."""
    first = box.top + HEIGHT / 2 - LEADING * (len(box.lines) - 1) / 2 + 0.36 * TEXT
    return [(box.left + WIDTH / 2, first + LEADING * number, line) for number, line in enumerate(box.lines)]


def as_svg(drawing: Drawing) -> str:
    """Return a drawing as SVG whose text stays text."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawing.width:g} {drawing.height:g}" '
        f'width="{drawing.width:g}pt" height="{drawing.height:g}pt" font-size="{TEXT:g}" text-anchor="middle" '
        "font-family=\"'Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif\">"
    )
    parts = [head, f"<title>{escape(drawing.title)}</title>", '<rect width="100%" height="100%" fill="#ffffff"/>']
    for arrow in drawing.arrows:
        parts.append(f'<polyline points="{_points(arrow)}" fill="none" stroke="{_INK}"/>')
        parts.append(f'<polygon points="{_points(_head(*arrow[-2:]))}" fill="{_INK}"/>')
    for box in drawing.boxes:
        parts.append(
            f'<rect x="{box.left:g}" y="{box.top:g}" width="{WIDTH:g}" height="{HEIGHT:g}" rx="4" '
            f'fill="{box.fill}" stroke="{_INK}"/>'
        )
        parts += [
            f'<text x="{x:g}" y="{y:g}" fill="{_INK}">{escape(text)}</text>' for x, y, text in _text_places(box)
        ]
    return "\n".join([*parts, "</svg>", ""])


def _points(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def as_flowable(drawing: Drawing, width: float, font: str) -> Any:  # noqa: ANN401 - reportlab has no types
    """Return a drawing for a PDF, in vectors, at most as wide as given in points."""
    from reportlab.platypus import Flowable  # noqa: PLC0415 - heavy, and needed for PDF alone

    factor = min(1.0, width / drawing.width)

    class Diagram(Flowable):  # type: ignore[misc] # reportlab has no types
        def __init__(self) -> None:
            super().__init__()
            self.width, self.height = factor * drawing.width, factor * drawing.height

        def draw(self) -> None:
            self.canv.scale(factor, factor)
            _draw(drawing, self.canv, font)

    return Diagram()


def _draw(drawing: Drawing, canvas: Any, font: str) -> None:  # noqa: ANN401 - of reportlab
    """Draw on a canvas, whose heights count from below."""
    from reportlab.lib.colors import HexColor  # noqa: PLC0415 - heavy

    high = drawing.height
    canvas.setStrokeColor(HexColor(_INK))
    for arrow in drawing.arrows:
        canvas.lines([(x, high - y, to_x, high - to_y) for (x, y), (to_x, to_y) in itertools.pairwise(arrow)])
        canvas.setFillColor(HexColor(_INK))
        head = canvas.beginPath()
        (left, top), *others = _head(*arrow[-2:])
        head.moveTo(left, high - top)
        for x, y in others:
            head.lineTo(x, high - y)
        head.close()
        canvas.drawPath(head, stroke=0, fill=1)
    for box in drawing.boxes:
        canvas.setFillColor(HexColor(box.fill))
        canvas.roundRect(box.left, high - box.top - HEIGHT, WIDTH, HEIGHT, 4, fill=1)
        canvas.setFillColor(HexColor(_INK))
        canvas.setFont(font, TEXT)
        for x, y, text in _text_places(box):
            canvas.drawCentredString(x, high - y, text)


def as_png(drawing: Drawing, font: bytes, scale: float = 3.0) -> bytes:
    """Return a drawing as PNG, for programs that show no SVG; a scale of 3 is 216 dots per inch."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - heavy

    image = Image.new("RGB", (round(drawing.width * scale), round(drawing.height * scale)), "white")
    draw = ImageDraw.Draw(image)
    face = ImageFont.truetype(io.BytesIO(font), round(TEXT * scale))
    for arrow in drawing.arrows:
        draw.line([(x * scale, y * scale) for x, y in arrow], fill=_INK, width=round(scale))
        draw.polygon([(x * scale, y * scale) for x, y in _head(*arrow[-2:])], fill=_INK)
    for box in drawing.boxes:
        sides = [box.left, box.top, box.left + WIDTH, box.top + HEIGHT]
        area = [side * scale for side in sides]
        draw.rounded_rectangle(area, 4 * scale, fill=box.fill, outline=_INK, width=round(scale))
        for x, y, text in _text_places(box):
            draw.text((x * scale, y * scale), text, fill=_INK, font=face, anchor="ms")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()

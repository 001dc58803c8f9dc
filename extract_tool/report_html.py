"""A report as one HTML file that needs nothing else: it opens offline and prints on A4."""

from __future__ import annotations

from html import escape
from importlib import resources
from typing import TYPE_CHECKING, Any

from extract_tool.details import sections
from extract_tool.facts import captions, error_sentences, fact_lines, timeline
from synthmark.catalogue import message
from synthmark.report_text import layer_rows, limit_sentence, result_sentences
from synthmark.text_layout import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extract_tool.details import Section

__all__ = ["report_html"]

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_TAGS = {"en": "en", "zh": "zh-Hans"}


def report_html(report: Mapping[str, Any], pictures: Mapping[str, str], languages: Sequence[str]) -> str:
    """Return a report as an HTML document; everything that comes from the file is escaped.

    Parameters
    ----------
    report
        The object of one file, as `--json` prints it.
    pictures
        Evidence pictures, as `extract_tool.evidence` gives them.
    languages
        `en`, `zh` or both, in the order in which they are shown.
    """
    title = message("page.report", languages[0], name=report["file"]["name"])
    style = resources.files("extract_tool").joinpath("pages", "report.css").read_text(encoding="utf-8")
    parts = [part for language in languages for part in _document(report, pictures, language)]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{_TAGS[languages[0]]}">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<title>{_text(title)}</title>",
            f"<style>\n{style}</style></head>",
            "<body>",
            *parts,
            "</body></html>\n",
        ]
    )


def _text(text: object) -> str:
    """Return text for HTML in which nothing acts on the page."""
    return escape(printable(str(text)))


def _document(report: Mapping[str, Any], pictures: Mapping[str, str], language: str) -> Iterator[str]:
    yield f'<main lang="{_TAGS[language]}">'
    yield f"<h1>{_text(message('page.report', language, name=report['file']['name']))}</h1>"
    yield from _verdict(report, language)
    yield from _layers(report, language)
    yield from _evidence(report, pictures, language)
    for section in sections(report, language):
        yield from _section(section)
    yield from _facts(report, language)
    yield "</main>"


def _verdict(report: Mapping[str, Any], language: str) -> Iterator[str]:
    said = [*result_sentences(report, language), *error_sentences(report, language), limit_sentence(report, language)]
    first, *rest = said
    yield f'<div class="verdict {_text(report["verdict"])}"><p><strong>{_text(first)}</strong></p>'
    yield from (f"<p>{_text(sentence)}</p>" for sentence in rest)
    yield "</div>"


def _layers(report: Mapping[str, Any], language: str) -> Iterator[str]:
    heads = [message(f"heading.{name}", language) for name in ("layers", "outcome", "integrity", "claims")]
    yield f"<table><thead><tr>{''.join(f'<th scope=col>{_text(head)}</th>' for head in heads)}</tr></thead><tbody>"
    for row in layer_rows(report, language):
        said = "<br>".join(_text(sentence) for sentence in row.sentences)
        yield (
            f'<tr><th scope="row">{_text(row.name)}</th><td>{_text(row.outcome)}</td>'
            f"<td>{_text(row.integrity)}</td><td>{said}</td></tr>"
        )
    yield "</tbody></table>"


def _evidence(report: Mapping[str, Any], pictures: Mapping[str, str], language: str) -> Iterator[str]:
    drawn = [*_figures(pictures, language), *_timeline(report, pictures, language)]
    if drawn:
        yield f"<h2>{_text(message('page.evidence', language))}</h2>"
        yield from drawn


def _figures(pictures: Mapping[str, str], language: str) -> Iterator[str]:
    shown = [(pictures[name], caption) for name, caption in captions(pictures, language) if name in pictures]
    if shown:
        yield '<div class="figures">'
    for data, caption in shown:
        said, source = _text(" ".join(caption)), f"data:image/jpeg;base64,{_text(data)}"
        yield f'<figure><img src="{source}" alt="{_text(caption[0])}"><figcaption>{said}</figcaption></figure>'
    if shown:
        yield "</div>"


def _timeline(report: Mapping[str, Any], pictures: Mapping[str, str], language: str) -> Iterator[str]:
    """Draw where in time the watermark is."""
    spans, length = timeline(report, pictures)
    if not spans:
        return
    said = _text(message("map.timeline", language, start="0.0", end=f"{length:.1f}"))
    bars = "".join(_bar(1000 * start / length, 1000 * (end - start) / length) for start, end in spans)
    yield (
        f'<figure><svg viewBox="0 0 1000 40" preserveAspectRatio="none" role="img" aria-label="{said}">'
        f'<rect class="absent" width="1000" height="40"/>{bars}</svg><figcaption>{said}</figcaption></figure>'
    )


def _bar(left: float, width: float) -> str:
    return f'<rect class="present" x="{left:.1f}" width="{width:.1f}" height="40"/>'


def _section(section: Section) -> Iterator[str]:
    yield f"<section><h2>{_text(section.heading)}</h2>"
    if section.rows:
        yield "<table class='details'><tbody>"
        for row in section.rows:
            yield f'<tr><th scope="row">{_text(row.name)}</th><td>{_text(row.value)}</td></tr>'
        yield "</tbody></table>"
    if section.meaning:
        yield f"<p>{_text(section.meaning)}</p>"
    yield "</section>"


def _facts(report: Mapping[str, Any], language: str) -> Iterator[str]:
    yield "<footer>" + "".join(f"<p>{_text(line)}</p>" for line in fact_lines(report, language)) + "</footer>"

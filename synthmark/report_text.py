"""A report as people read it: 80 columns, plain text, made from the object that `--json` prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthmark.catalogue import message
from synthmark.keys import key_id
from synthmark.report import Message
from synthmark.text_layout import padded, printable, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synthmark.report import LabelRecord

__all__ = ["LayerRow", "headed", "layer_rows", "limit_sentence", "note_lines", "report_text", "result_sentences"]

_WIDTH = 80
_MARGIN = 9  # before the sentences
_NAME, _FOUND, _INTACT = 28, 12, 7  # columns of the table; what a layer says has the rest
_STATEMENTS = {"1": "belongs", "2": "possible", "3": "suspected"}  # GB 45438-2025 Annex E c)


def report_text(report: Mapping[str, Any], language: str) -> str:
    """Return a report in one language.

    Parameters
    ----------
    report
        The object of one file, as `--json` prints it.
    language
        `en` or `zh`.
    """
    report = _shown(report)
    lines = [
        *headed("result", result_sentences(report, language), language),
        "",
        *_table(report, language),
        "",
        *headed("limits", [limit_sentence(report, language)], language),
        *headed("file", [_file(report["file"], language)], language),
        *headed("digest", [report["file"]["sha256"]], language),
        *headed("checked", [_checked(report, language)], language),
        *headed("keys", [", ".join(report["tool"]["key_ids"])], language),
    ]
    return "\n".join(line.rstrip() for line in lines)


def _shown(value: Any) -> Any:  # noqa: ANN401 - whatever JSON has
    """Return the report with nothing in its texts, which come from the file, that could act on a terminal."""
    if isinstance(value, dict):
        return {name: _shown(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return printable(value) if isinstance(value, str) else value


def headed(heading: str, sentences: list[str], language: str) -> Iterator[str]:
    """Yield sentences behind a heading, each on lines of its own."""
    margin = padded(message(f"heading.{heading}", language), _MARGIN)
    for sentence in sentences:
        for line in wrapped(sentence, _WIDTH - _MARGIN):
            yield margin + line
            margin = " " * _MARGIN


def limit_sentence(report: Mapping[str, Any], language: str) -> str:
    """Return what a label does not say."""
    return message(f"limit.truth.{_media(report)}", language)


def result_sentences(report: Mapping[str, Any], language: str) -> list[str]:
    """Return the verdict, who labelled the file, and what a missing label does not mean."""
    said = [message(_verdict(report), language)]
    if report["verdict"] == "labelled":
        said += _statement(report, language)
    elif report["verdict"] == "not_labelled":
        said.append(message(f"limit.not_detected.{_media(report)}", language))
    return said


def _statement(report: Mapping[str, Any], language: str) -> list[str]:
    """Return who or what says that AI made the content: of what was found, that which says most."""
    claims = _layer(report, "metadata")["claims"]
    if claims.get("label") in _STATEMENTS:
        code = f"statement.{_STATEMENTS[claims['label']]}.{_media(report)}"
        return [message(code, language, producer=claims.get("producer", ""))]
    if _layer(report, "watermark")["outcome"] == "detected":
        return [message(f"statement.marked.{_media(report)}", language)]
    found = {layer["layer"]: layer["claims"] for layer in report["layers"] if layer["outcome"] == "detected"}
    needed = {"credential": "signer", "foreign": "system", "visible": "text"}
    for name, claim in needed.items():
        if found.get(name, {}).get(claim):
            return [message(f"statement_of.{name}", language, **found[name])]
    return [message("statement_of.audible", language)] if "visible" in found else []


def _verdict(report: Mapping[str, Any]) -> str:
    """Return the code of the verdict; that a label is intact needs a layer that can tell."""
    intact = any(layer["integrity"] == "intact" for layer in report["layers"])
    alone = report["verdict"] == "labelled" and not intact
    return "verdict.labelled_alone" if alone else f"verdict.{report['verdict']}"


def _layer(report: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next(layer for layer in report["layers"] if layer["layer"] == name)


def _media(report: Mapping[str, Any]) -> str:
    """Return which sentences fit: those for an image, a recording, a video or any file."""
    media = str(report["file"]["media_type"] or "").partition("/")[0]
    return media if media in {"image", "audio", "video"} else "file"


@dataclass(frozen=True, slots=True)
class LayerRow:
    """What is told of one layer: its name, whether it was found, whether it is intact, and what it says."""

    name: str
    outcome: str
    integrity: str
    sentences: tuple[str, ...]


def layer_rows(report: Mapping[str, Any], language: str) -> Iterator[LayerRow]:
    """Yield what is told of each layer, in words."""
    for layer in report["layers"]:
        outcome, integrity = message(f"outcome.{layer['outcome']}", language), _integrity(layer, language)
        sentences = (*_claims(report, layer, language), *_messages(layer, language))
        yield LayerRow(_layer_name(report, layer, language), outcome, integrity, sentences)


def _table(report: Mapping[str, Any], language: str) -> Iterator[str]:
    yield _row(*(message(f"heading.{key}", language) for key in ("layers", "outcome", "integrity", "claims")))
    for number, row in enumerate(layer_rows(report, language), 1):
        name, outcome, integrity = f"{number:2} {row.name}", row.outcome, row.integrity
        lines = [line for said in row.sentences for line in wrapped(said, _WIDTH - _NAME - _FOUND - _INTACT)]
        for line in lines or [""]:
            yield _row(name, outcome, integrity, line)
            name = outcome = integrity = ""


def _layer_name(report: Mapping[str, Any], layer: Mapping[str, Any], language: str) -> str:
    """Return the name of a layer; what is visible in a picture is audible in sound."""
    audible = layer["layer"] == "visible" and _media(report) == "audio"
    return message("layer.audible" if audible else f"layer.{layer['layer']}", language)


def _row(name: str, outcome: str, integrity: str, said: str) -> str:
    return padded(name, _NAME) + padded(outcome, _FOUND) + padded(integrity, _INTACT) + said


def _integrity(layer: Mapping[str, Any], language: str) -> str:
    """Return whether a layer is intact; nothing for a layer that is not there."""
    if layer["outcome"] in {"not_detected", "not_checked"}:
        return ""
    return message(f"integrity.{layer['integrity']}", language)


def _claims(report: Mapping[str, Any], layer: Mapping[str, Any], language: str) -> Iterator[str]:
    claims = layer["claims"]
    if "label" in claims:
        code = f"claim.label.{_STATEMENTS.get(claims['label'], 'unknown')}"
        yield message(code, language, value=claims["label"])
    for name in _named(claims):
        yield message(f"claim.{name}", language, value=claims[name])
    if claims.get("content_id"):
        yield message(_id_code(report, layer), language, value=_grouped(claims["content_id"]))
    if "key_id" in claims:
        code = "claim.default_key" if claims["key_id"] == key_id(None) else "claim.key_id"
        yield message(code, language, value=claims["key_id"], format=claims["format"])


def _named(claims: Mapping[str, Any]) -> Iterator[str]:
    """Yield the claims worth a line: no number that repeats the id, no propagator that is the producer."""
    shown = {"producer": True, "produce_id": "content_id" not in claims}
    spread = claims.get("propagator") != claims.get("producer")
    shown |= {"propagator": spread, "propagate_id": spread, "system": True}
    return (name for name, wanted in shown.items() if wanted and claims.get(name))


def _id_code(report: Mapping[str, Any], layer: Mapping[str, Any]) -> str:
    """Return how to say an id: that it agrees with the metadata label is the strongest evidence there is."""
    agreeing = report["agreement"].get("content_id", ())
    same = layer["layer"] != "metadata" and {"metadata", layer["layer"]} <= set(agreeing)
    return "claim.same_content_id" if same else "claim.content_id"


def _grouped(content_id: str) -> str:
    """Return an id in groups of four digits, which people can compare."""
    return "-".join(content_id[place : place + 4] for place in range(0, len(content_id), 4))


def _messages(layer: Mapping[str, Any], language: str) -> Iterator[str]:
    if layer["trust"] != "unsigned":
        yield message(f"trust.{layer['trust']}", language)
    for item in layer["messages"]:
        yield message(item["code"], language, **item["params"])


def _file(file: Mapping[str, Any], language: str) -> str:
    return message("file.size", language, size=f"{file['size']:,}", media_type=file["media_type"])


def _checked(report: Mapping[str, Any], language: str) -> str:
    tool = report["tool"]
    time = str(report["checked_at"]).replace("T", " ").replace("Z", " UTC")
    taken = [message("file.seconds", language, seconds=report["seconds"])] if "seconds" in report else []
    return "   ".join([time, f"{tool['name']} {tool['version']}", message("file.offline", language), *taken])


def note_lines(record: LabelRecord) -> list[str]:
    """Return what a user should know of a file that was written: what changed besides the marks, and conflicts."""
    notes = list(record.messages)
    if record.report.verdict == "conflict":
        said = (note for layer in record.report.layers for note in layer.messages)
        notes += [Message("verdict.conflict"), *(note for note in said if note.code.startswith("conflict."))]
    return [f"{record.source}: {message(note.code, 'en', **note.params)}" for note in notes]

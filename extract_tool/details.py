"""The details of a report in words: sections of rows, the same on the console, on a page and in a PDF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthmark.catalogue import message, sentences
from synthmark.keys import key_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Row", "Section", "agreement_code", "sections"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a section: what is told, and what was found."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, its rows, and a sentence that says what they mean, or nothing."""

    heading: str
    rows: tuple[Row, ...]
    meaning: str = ""


def sections(report: Mapping[str, Any], language: str) -> tuple[Section, ...]:
    """Return the details of a report in one language.

    Parameters
    ----------
    report
        The object of one file, as `--json` prints it.
    language
        `en` or `zh`.
    """
    layers = {layer["layer"]: layer for layer in report["layers"]}
    found = [
        *_labels(layers["metadata"], language),
        *_iptc(layers["metadata"], language),
        *_watermark(layers["watermark"], language),
        *_foreign(layers.get("foreign"), language),
        *_traces(layers["metadata"], language),
        *_credential(layers["credential"], language),
        *_registry(layers.get("registry"), language),
        Section(message("section.agreement", language), (), message(agreement_code(report), language)),
    ]
    return tuple(found)


def agreement_code(report: Mapping[str, Any]) -> str:
    """Return the code of the sentence on whether the layers agree."""
    if report["verdict"] == "conflict":
        return "agreement.contradictory"
    if report["agreement"].get("content_id"):
        return "agreement.same"
    detected = [layer for layer in report["layers"] if layer["outcome"] == "detected"]
    detected = detected if report["verdict"] == "labelled" else []
    return f"agreement.{('nothing', 'single', 'several')[min(len(detected), 2)]}"


def _labels(layer: Mapping[str, Any], language: str) -> Iterator[Section]:
    for label in layer["evidence"].get("labels", []):
        place = label["place"]
        if not label["fields"]:
            unreadable = message("label_field.unreadable", language)
            yield Section(message("section.label", language, place=place), (), unreadable)
            continue
        rows = [
            Row(message(f"label_field.{name}", language), _value(label, name, language)) for name in label["fields"]
        ]
        yield Section(message("section.label", language, place=place), tuple(rows))
        points = [
            Row(message(f"point.{item['point']}", language), _met(item, language)) for item in label["conformity"]
        ]
        yield Section(message("section.conformity", language, place=place), tuple(points))


def _value(label: Mapping[str, Any], name: str, language: str) -> str:
    """Return a value of a label in words."""
    value = label["fields"][name]
    if not value:
        return message("label_field.empty", language)
    if name == "Label":
        return message(f"value.label_{value}", language) if value in {"1", "2", "3"} else value
    provider = label["providers"].get(name)
    return value if provider is None else _provider(value, provider, language)


def _provider(value: str, provider: Mapping[str, str], language: str) -> str:
    if provider["kind"] != "code":
        return message(f"value.{provider['kind']}", language, value=value)
    service = message(f"service.{provider['service_type']}", language)
    bound = provider["subject_type"] + provider["binding"] == "11"
    return message(
        "value.code" if bound else "value.subject",
        language,
        value=value,
        service=service,
        subject=provider["subject"],
        extension=provider["extension"],
    )


def _met(item: Mapping[str, Any], language: str) -> str:
    if item["met"]:
        return message("point.met", language)
    return message("point.unmet", language, findings=", ".join(item["findings"]))


def _iptc(layer: Mapping[str, Any], language: str) -> Iterator[Section]:
    """Return what the IPTC properties say, where there are any."""
    claims = layer["claims"]
    names = {"digital_source_type": "source_type", "system": "system", "system_version": "system_version"}
    rows = [
        Row(message(f"iptc.{name}", language), _claim(claim, claims[claim], language))
        for claim, name in names.items()
        if claims.get(claim)
    ]
    if rows:
        yield Section(message("iptc.heading", language), tuple(rows))


def _claim(claim: str, value: str, language: str) -> str:
    """Return a claim in words, where it is a name from a list."""
    if claim == "digital_source_type":
        return _in_words("source_type", value.rsplit("/", 1)[-1], language)
    if claim == "actions":
        return ", ".join(_action(name, language) for name in value.split(", "))
    return value


def _action(name: str, language: str) -> str:
    """Return an action of a credential in words: one of C2PA, such as c2pa.edited, or one of a program's own."""
    return _in_words("action", name.split(".")[1] if name.startswith("c2pa.") else name, language)


def _in_words(family: str, name: str, language: str) -> str:
    code = f"{family}.{name}"
    return message(code if code in sentences(language) else f"{family}.other", language, name=name)


def _watermark(layer: Mapping[str, Any], language: str) -> Iterator[Section]:
    if layer["outcome"] != "detected":
        return
    yield Section(message("section.watermark", language), tuple(_mark_rows(layer, language)))


def _mark_rows(layer: Mapping[str, Any], language: str) -> Iterator[Row]:
    claims, evidence = layer["claims"], layer["evidence"]
    yield Row(message("watermark.id", language), claims["content_id"])
    yield Row(message("watermark.key", language), _key(claims, language))
    if evidence.get("false_alarm_probability") is not None:
        said = message("watermark.chance_of", language, chance=f"{evidence['false_alarm_probability']:.1e}")
        yield Row(message("watermark.chance", language), said)
    if "scale" in evidence and "angle" in evidence:
        code = "geometry.found_flipped" if evidence.get("flipped") else "geometry.found"
        said = message(code, language, scale=evidence["scale"], angle=evidence["angle"])
        yield Row(message("geometry.name", language), said)
    if evidence.get("speed") is not None:
        said = message("watermark.speed_of", language, speed=evidence["speed"], tempo=evidence.get("tempo", 1.0))
        yield Row(message("watermark.speed", language), said)
    yield from _carriers(evidence, language)
    if evidence.get("spans"):
        yield Row(message("watermark.spans", language), _spans(evidence["spans"], language))
    for mark in evidence.get("marks", [])[:32]:
        if mark["content_id"] != claims["content_id"]:
            spans = _spans(mark["spans"], language)
            said = message("watermark.another_in", language, content_id=mark["content_id"], spans=spans)
            yield Row(message("watermark.another", language), said)


def _carriers(evidence: Mapping[str, Any], language: str) -> Iterator[Row]:
    """Yield whether pictures, sound, or both of a video carry the mark."""
    carriers = [name for name in ("in_pictures", "in_sound") if evidence.get(name)]
    if carriers:
        code = "in_both" if len(carriers) == 2 else carriers[0]
        yield Row(message("watermark.carriers", language), message(f"watermark.{code}", language))


def _spans(spans: Sequence[Sequence[float]], language: str) -> str:
    said = [message("watermark.span", language, start=f"{a:.1f}", end=f"{b:.1f}") for a, b in spans[:32]]
    return ", ".join(said)


def _key(claims: Mapping[str, Any], language: str) -> str:
    named = claims["key_id"]
    if claims.get("key_name"):
        return _named_key(claims, language)
    code = "watermark.key_published" if named == key_id(None) else "watermark.key_unnamed"
    return message(code, language, key_id=named)


def _named_key(claims: Mapping[str, Any], language: str) -> str:
    """Name a key of the key ring; a key file of hex digits alone tells no provider."""
    names = {"name": claims["key_name"], "key_id": claims["key_id"]}
    provider = claims.get("key_provider")
    if provider:
        return message("watermark.key_named", language, provider=provider, **names)
    return message("watermark.key_of_ring", language, **names)


def _foreign(layer: Mapping[str, Any] | None, language: str) -> Iterator[Section]:
    if layer is None:
        return
    if layer["outcome"] != "detected":
        yield Section(message("section.foreign", language), (), message("foreign.none", language))
        return
    chance = f"{layer['evidence']['false_alarm_probability']:.1e}"
    row = Row(message("watermark.chance", language), message("watermark.chance_of", language, chance=chance))
    said = [message(item["code"], language, **item["params"]) for item in layer["messages"]]
    yield Section(message("section.foreign", language), (row,), " ".join(said))


def _traces(layer: Mapping[str, Any], language: str) -> Iterator[Section]:
    traces = layer["evidence"].get("traces", [])
    rows = [
        Row(message(f"trace.{trace['kind']}", language, place=trace["place"]), trace.get("text", ""))
        for trace in traces[:16]
    ]
    if rows:
        yield Section(message("section.traces", language), tuple(rows), message("trace.meaning", language))


def _credential(layer: Mapping[str, Any], language: str) -> Iterator[Section]:
    names = ("signer", "signed_at", "title", "claim_generator", "actions", "digital_source_type")
    claims = layer["claims"]
    rows = [
        Row(message(f"credential.{name}", language), _claim(name, claims[name], language))
        for name in names
        if claims.get(name)
    ]
    if rows:
        said = [message(item["code"], language, **item["params"]) for item in layer["messages"]]
        yield Section(message("section.credential", language), tuple(rows), " ".join(said))


def _registry(layer: Mapping[str, Any] | None, language: str) -> Iterator[Section]:
    if layer is not None:
        said = [message(item["code"], language, **item["params"]) for item in layer["messages"]]
        names = {"content_id": "content_id", "producer": "producer", "labelled_at": "time"}
        rows = [
            Row(message(f"records.field.{name}", language), str(layer["claims"][claim]))
            for claim, name in names.items()
            if layer["claims"].get(claim)
        ]
        yield Section(message("section.registry", language), tuple(rows), " ".join(said))

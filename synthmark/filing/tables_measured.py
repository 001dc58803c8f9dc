"""The tables of what was measured: in this run, and before by the benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.filing.results import LIMITS
from synthmark.filing.tabular import table, table_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synthmark.filing.document import Table
    from synthmark.filing.facts import Facts, Mark, Sample
    from synthmark.filing.fields import Wording

__all__ = ["MEASURED"]


def _origins(facts: Facts, wording: Wording) -> Table:
    origins = [facts.results.origin(name) for name in facts.results.contents]
    rows = [(origin.file.rsplit("/", 1)[1], origin.date, origin.version, origin.command) for origin in origins]
    return table(wording, "origins", sorted(rows), (4, 2, 1.6, 7))


def _layers(facts: Facts, wording: Wording) -> Table:
    rows = []
    for name, (law, carrier) in table_words(wording, "layers")["rows"].items():
        on = wording.say("layer_on" if getattr(facts.config, name) else "layer_off")
        read = [sample for sample in facts.labelled if _is_there(sample, name)]
        rows.append((wording.word("layers", name), law, carrier, on, f"{len(read)} / {len(facts.labelled)}"))
    return table(wording, "layers", rows, (2.2, 4.6, 3.6, 1.4, 1.2))


def _is_there(sample: Sample, layer: str) -> bool:
    """Return whether a layer was read from the labelled file; the visible one by its own measurement, too."""
    detected = sample.mark is not None and sample.mark.outcomes.get(layer) == "detected"
    return detected or (layer == "visible" and sample.visible is not None and sample.visible.text is not None)


def _verdict(sample: Sample, wording: Wording) -> str:
    conforms = sample.visible is not None and sample.visible.conforms
    return wording.word("statuses", "met" if conforms else "not_met")


def _visible_image(facts: Facts, wording: Wording) -> Table:
    rows = []
    for sample in facts.of("image"):
        shown = sample.visible
        if shown is not None:
            height = shown.height if shown.height is not None else shown.drawn
            cells = (_text(shown.text), wording.word("anchors", shown.anchor), f"{shown.side} px", f"{height:g} px")
            rows.append(
                (_name(sample), *cells, _share(shown.share), _ratio(shown.contrast), _verdict(sample, wording))
            )
    return table(wording, "visible_image", rows, (3, 2, 1.5, 1.5, 1.3, 1.4, 1.6, 1.3))


def _visible_video(facts: Facts, wording: Wording) -> Table:
    rows = []
    for sample in facts.of("video"):
        shown = sample.visible
        if shown is not None:
            height = shown.height if shown.height is not None else shown.drawn
            sides = f"{height:g} / {shown.side} px"
            cells = (_text(shown.text), wording.word("anchors", shown.anchor), sides, _share(shown.share))
            rows.append(
                (
                    _name(sample),
                    *cells,
                    _ratio(shown.contrast),
                    _span(shown.start, shown.end),
                    _verdict(sample, wording),
                )
            )
    return table(wording, "visible_video", rows, (3, 2, 1.5, 2, 1.4, 1.6, 2.2, 1.3))


def _visible_audio(facts: Facts, wording: Wording) -> Table:
    rows = []
    for sample in facts.of("audio"):
        shown = sample.visible
        if shown is not None:
            form = "-" if shown.text is None else wording.word("audible", shown.text)
            cells = (form, wording.word("anchors", shown.anchor), _span(shown.start, shown.end))
            rows.append((_name(sample), *cells, _verdict(sample, wording)))
    return table(wording, "visible_audio", rows, (3, 3, 2.4, 2.2, 1.4))


def _name(sample: Sample) -> str:
    return sample.labelled.rsplit("/", 1)[-1]


def _text(text: str | None) -> str:
    return "-" if text is None else text


def _share(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"


def _ratio(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.1f} : 1"


def _span(start: float | None, end: float | None) -> str:
    return "-" if start is None or end is None else f"{start:.2f} - {end:.2f} s"


def _fields(facts: Facts, wording: Wording) -> Table:
    import json  # noqa: PLC0415 - needed here alone

    shown = next((sample for sample in facts.labelled if sample.label_text), None)
    values = json.loads(shown.label_text) if shown is not None else {}
    values = values.get("AIGC", values)
    empty = str(wording.content["empty"])
    rows = [
        (name, called, clause, str(values.get(name, "-")) or empty, note)
        for name, (called, clause, note) in table_words(wording, "fields")["rows"].items()
    ]
    return table(wording, "fields", rows, (3, 2.6, 1.3, 4, 3.4))


def _producer(facts: Facts, wording: Wording) -> Table:
    from synthmark.metadata.producer import parse_producer_code  # noqa: PLC0415 - `synthmark --help` stays light

    named, producer = table_words(wording, "producer"), facts.config.producer
    try:
        code = parse_producer_code(producer)
    except ValueError:
        return table(wording, "producer", [("-", named["name"], producer)], (1.4, 5, 4))
    parts = [
        ("1-2", "format", producer[:2]),
        ("3", "subject_type", code.subject_type),
        ("4", "binding", code.binding),
    ]
    parts += [("5-22", "subject", code.subject), ("23", "service_type", code.service_type)]
    parts += [("24-27", "extension", code.extension)]
    return table(wording, "producer", [(place, named[name], value) for place, name, value in parts], (1.4, 5, 4))


def _metadata(facts: Facts, wording: Wording) -> Table:
    none = str(wording.content["none"])
    rows = [
        (
            _name(sample),
            sample.media_type,
            wording.joined(list(sample.places)) or none,
            sample.produce_id or none,
            (sample.iptc.get("DigitalSourceType") or none).rsplit("/", 1)[-1],
        )
        for sample in facts.labelled
    ]
    return table(wording, "metadata", rows, (2.6, 1.8, 2.4, 4, 3.4))


def _robustness(medium: str) -> Callable[[Facts, Wording], Table]:
    def made(facts: Facts, wording: Wording) -> Table:
        name = f"robustness_{medium}"
        content, said = facts.results.contents.get(name), table_words(wording, "robustness")
        called = wording.word("modalities", medium)
        if content is None:
            missing = (wording.say("no_result", name=f"{name}.json"), "-", "-", "-", "-")
            values = {"file": "-", "date": "-", "version": "-", "wrong": "-"}
            return table(wording, "robustness", [missing], (6, 1.2, 1.2, 1.2, 1.4), modality=called, **values)
        key = "row_zh" if wording.language == "zh" else "row"
        rows = [
            (
                row[key],
                f"{row['found']} %",
                f"{row['asked']:g} %",
                str(row["tried"]),
                said["met" if row["met"] else "missed"],
            )
            for row in content["rows"]
        ]
        origin = facts.results.origin(name)
        values = {"file": origin.file, "date": origin.date, "version": origin.version, "wrong": content["wrong_ids"]}
        return table(wording, "robustness", rows, (6, 1.2, 1.2, 1.2, 1.4), modality=called, **values)

    return made


def _attacks(facts: Facts, wording: Wording) -> Table:
    rows = [_mark_row(mark, wording) for sample in facts.samples for mark in sample.marks]
    return table(wording, "attacks", rows, (3.3, 3.1, 3.1, 1.1, 1.4, 1.3, 1.8))


def _mark_row(mark: Mark, wording: Wording) -> tuple[str, ...]:
    chance = mark.false_alarm_probability
    return (
        mark.path.removeprefix("samples/"),
        wording.word("attacks", mark.attack or "none"),
        mark.content_id or "-",
        str(wording.content["yes" if mark.exact else "no"]),
        "-" if chance is None else f"{chance:.1e}",
        wording.word("outcomes", mark.outcomes.get("metadata", "not_checked")),
        mark.error or wording.word("verdicts", mark.verdict),
    )


def _limits(facts: Facts, wording: Wording) -> Table:
    key = "attack_zh" if wording.language == "zh" else "attack"
    rows = [
        (wording.word("modalities", medium), row[key], f"{row['read']} / {row['tried']}", _source(facts, name))
        for medium, name in LIMITS.items()
        if medium in facts.modalities
        for row in facts.results.get(name, "limits") or ()
    ]
    return table(wording, "limits", rows, (1.2, 5, 1.6, 4.4))


def _false_alarms(facts: Facts, wording: Wording) -> Table:
    rows = list(_false_alarm_rows(facts, wording))
    return table(wording, "false_alarms", rows, (3, 1.6, 1.2, 2.6, 4.4))


def _false_alarm_rows(facts: Facts, wording: Wording) -> Iterator[tuple[str, ...]]:
    said, results = table_words(wording, "false_alarms"), facts.results
    searches = results.get("false_alarms_image", "searches")
    for name, search in (searches or {}).items():
        source = _source(facts, "false_alarms_image")
        yield said[f"image_{name}"], str(search["trials"]), str(search["reported"]), f"{search['bound']:.1e}", source
    sound = results.contents.get("false_alarms_audio")
    if sound is not None:
        source = _source(facts, "false_alarms_audio")
        yield said["audio"], str(sound["trials"]), str(sound["accepted"]), said["bound_by_call"], source
    video = results.contents.get("false_alarms_video")
    if video is not None:
        bound, source = f"{video['derived_bound_per_file']:.1e}", _source(facts, "false_alarms_video")
        yield said["video"], str(video["trials"]), str(video["found"]), bound, source
    for medium, found in {"image_full": searches, "audio": sound, "video": video}.items():
        if found is None:
            yield said[medium], "-", "-", said["missing"], "-"


def _source(facts: Facts, name: str) -> str:
    origin = facts.results.origin(name)
    return f"{origin.file.rsplit('/', 1)[1]}, {origin.date}, {origin.version}"


MEASURED: dict[str, Callable[[Facts, Wording], Table]] = {
    "attacks": _attacks,
    "false_alarms": _false_alarms,
    "fields": _fields,
    "layers": _layers,
    "limits": _limits,
    "metadata": _metadata,
    "origins": _origins,
    "producer": _producer,
    "robustness_audio": _robustness("audio"),
    "robustness_image": _robustness("image"),
    "robustness_video": _robustness("video"),
    "visible_audio": _visible_audio,
    "visible_image": _visible_image,
    "visible_video": _visible_video,
}
"""What was measured, in this run or before, by name."""

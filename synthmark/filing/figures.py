"""The figures and the code of the documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from synthmark.filing.document import Bullet, Code, Figure
from synthmark.filing.drawing import drawing_from
from synthmark.filing.tables import TABLES, points
from synthmark.filing.templates import words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from synthmark.filing.document import Block
    from synthmark.filing.facts import Facts
    from synthmark.filing.fields import Wording

__all__ = ["DIAGRAMS", "MOST_PICTURES", "inserts", "open_points"]

DIAGRAMS = ("labelling", "extraction", "architecture", "keys", "lookup")
MOST_PICTURES = 4
"""Pictures of labels of one medium; the tables have all samples."""
_SHARES = {"page": 0.62, "report": 0.9}


def inserts(facts: Facts, wording: Wording, kind: str, name: str) -> Sequence[Block]:
    """Return the blocks for a line such as ``{{table fields}}`` of a template.

    Raises
    ------
    KeyError
        When the name is unknown.
    """
    if kind == "table":
        return (TABLES[name](facts, wording),)
    if kind == "list":
        return [Bullet("-", text) for text in open_points(facts, wording)]
    if kind == "code":
        return (Code(_CODE[name](facts)),)
    if name in DIAGRAMS:
        drawing = drawing_from(words("diagrams", wording.language)[name])
        return (Figure(drawing.title, drawing=drawing, name=name),)
    if name.startswith("visible_"):
        return _visible(facts, wording, name.partition("_")[2])
    return _screen(facts, wording, name)


def _visible(facts: Facts, wording: Wording, medium: str) -> Sequence[Figure]:
    note = "sound_note" if medium == "audio" else "label_note"
    found = []
    for sample in facts.of(medium)[:MOST_PICTURES]:
        file = facts.pictures.get(sample.name)
        if file is not None:
            said = wording.say(note, modality=wording.word("modalities", medium), file=sample.labelled)
            found.append(_picture(said, file))
    return found


def _screen(facts: Facts, wording: Wording, name: str) -> Sequence[Figure]:
    """Return a picture of the tool at work; nothing when there is none."""
    screens = facts.screens
    if screens is None:
        return ()
    page = () if screens.page is None else (screens.page,)
    files = {"console": (screens.picture,), "page": page, "report": screens.report}[name]
    said = wording.say(f"{name}_note", file=screens.example.path, browser=screens.browser)
    count = len(files)
    return [
        _picture(said if count == 1 else f"{said} ({number} / {count})", file, _SHARES.get(name, 1.0))
        for number, file in enumerate(files, 1)
    ]


def _picture(caption: str, file: Path, share: float = 1.0) -> Figure:
    return Figure(caption, picture=f"figures/{file.name}", file=file, share=share)


def open_points(facts: Facts, wording: Wording) -> list[str]:
    """Return what is blank, not met or not measured, a sentence for each."""
    said: Any = wording.content["open"]
    found = [said["blank"].format(name=wording.content["fields"][name], field=name) for name in facts.company.missing]
    found += [
        said["not_met"].format(law=point.law, clause=point.clause, point=point.point, proof=point.proof)
        for point in points(facts, wording)
        if point.status == "not_met"
    ]
    found += [] if facts.tool.name else [said["tool"]]
    found += [] if facts.config.key_file is not None else [said["key"]]
    found += [
        said["sample"].format(name=sample.original, error=sample.error) for sample in facts.samples if sample.error
    ]
    unread = [mark for mark in facts.attacked if not mark.exact]
    found += [said["unread"].format(file=mark.path, attack=wording.word("attacks", mark.attack)) for mark in unread]
    found += [said["missing"].format(name=f"{name}.json") for name in facts.results.missing]
    return found or [said["nothing"]]


def _dump(facts: Facts) -> str:
    shown = next((sample.label_text for sample in facts.labelled if sample.label_text), "-")
    return shown.replace('","', '",\n "')


def _example_command(facts: Facts) -> str:
    if facts.screens is None:
        return "-"
    return f"synthmark-extract {facts.screens.example.path}"


def _example_json(facts: Facts) -> str:
    """Return the layer of the watermark as the tool printed it."""
    if facts.screens is None:
        return "-"
    report = facts.screens.example.report
    layer = next(layer for layer in report["layers"] if layer["layer"] == "watermark")
    head = {name: report[name] for name in ("schema", "verdict", "exit_code", "file")}
    return json.dumps({**head, "layers": [layer]}, ensure_ascii=False, indent=1)


def _lookup(facts: Facts) -> str:
    if facts.records is None:
        return "-"
    return f"synthmark registry find {facts.records.number}\nsynthmark registry find {facts.records.read_from or '-'}"


_CODE: dict[str, Callable[[Facts], str]] = {
    "commands": lambda facts: facts.tool.commands,
    "dump": _dump,
    "example_command": _example_command,
    "example_json": _example_json,
    "lookup": _lookup,
    "refusal": lambda facts: facts.trials.without_reason or "-",
    "second": lambda facts: facts.trials.second_label or "-",
    "verify": lambda _: "sh verify.sh\nverify.bat",
}

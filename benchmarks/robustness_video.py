"""Measures which marks in video survive which attacks.

    python benchmarks/robustness_video.py --clips FOLDER --work FOLDER --jobs 2 --out robustness_video.json

From every clip of at least 5 s windows of 5 to 6 s are cut without loss, up to four from one clip. For each seed a
window gets a content id of its own, and is marked with it once, at the default strength, in its own codec (H.264, but
for whole clips of another one) at CRF 18, `veryfast`. Every attack is made on the marked file; sound is left out. The
extraction is told nothing. A window counts when the exact 64 bits come back; of two joined clips both ids have to,
each over its own half, borders within half a second. An id that was never embedded is a wrong one. Every window is
read once without a mark as well. A window in which no mark finds room (`CapacityError`) is listed as refused and not
counted.

Outcomes are kept below the work folder, so that a run that was stopped goes on where it was; they are thrown away
when the code of the watermark or of the attacks has changed (`--keep` keeps them nevertheless).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
import zlib
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import environment

environment.use_one_thread()

import typer  # noqa: E402 - after the thread limits
from attacks_video import ATTACKS, Attack, attack_named, joined  # noqa: E402
from kept_outcomes import file_name, prepared, written  # noqa: E402
from media_video import ffmpeg_version, shape_of  # noqa: E402
from methods_video import Reading, method_named  # noqa: E402
from windows_video import Window, content_id_for, cut_window, partner_of, windows_of  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable

UNMARKED = "unmarked"
BORDER = 0.5  # seconds by which the spans of joined clips may miss
Outcome = dict[str, Any]


# --- one window -------------------------------------------------------------------------------------------


def marked_file(work: Path, method: str, window: Window, seed: int) -> Path:
    """Return the marked file of a window, made unless it is there."""
    folder = work / file_name(method) / "marked"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{file_name(window.name)}_{seed}.mp4"
    if not target.is_file():
        cut, part = (target.with_name(f"{kind}_{os.getpid()}_{target.name}") for kind in ("cut", "part"))
        try:
            cut_window(window, cut)
            facts = method_named(method).embed(cut, part, content_id_for(window, seed))
            written(target.with_suffix(".json"), facts)
            part.replace(target)
        finally:
            cut.unlink(missing_ok=True)
            part.unlink(missing_ok=True)
    return target


def facts_of(work: Path, method: str, window: Window, seed: int) -> Outcome | None:
    """Return what was recorded when a window was marked; None when that failed."""
    path = work / file_name(method) / "marked" / f"{file_name(window.name)}_{seed}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def read(attack: Attack, method: str, path: Path) -> Reading:
    if attack.reading == "picture":
        return read_picture(method, path)
    return method_named(method).extract(path, everything=attack.reading == "join")


def read_picture(method: str, path: Path) -> Reading:
    """Read a single frame with the extraction of pictures."""
    import methods_image
    import numpy as np
    from PIL import Image

    base = "synthmark" if method.startswith("synthmark") else method
    return Reading(methods_image.method_named(base).extract(np.asarray(Image.open(path).convert("RGB"))))


def judged(reading: Reading, wanted: list[tuple[int, float, float]]) -> str:
    """Say how a reading went: the only id, or each of several ids with its span, from and to in seconds."""
    ids = {content_id for content_id, _ in reading.marks} | ({reading.content_id} - {None})
    expected = [content_id for content_id, _, _ in wanted]
    if ids - set(expected):
        return "wrong"
    if len(wanted) == 1:
        return "read" if reading.content_id == expected[0] else "nothing"
    if ids != set(expected):
        return "one id" if ids else "nothing"
    spans = {content_id: (spans[0][0], spans[-1][1]) for content_id, spans in reading.marks}
    near = (abs(spans[i][0] - start) <= BORDER and abs(spans[i][1] - end) <= BORDER for i, start, end in wanted)
    return "read" if all(near) else "spans"


def attacked(work: Path, method: str, window: Window, partner: Window, name: str, seed: int) -> Outcome:
    """Attack one window and read it; the file is deleted, the outcome kept."""
    if name == UNMARKED:
        return unmarked(work, method, window)
    attack = attack_named(name)
    source = marked_file(work, method, window, seed)
    target = source.with_name(f"{file_name(window.name + name)}_{os.getpid()}{attack.suffix}")
    start, wanted = time.perf_counter(), [(content_id_for(window, seed), 0.0, 0.0)]
    try:
        if attack.reading == "join":
            joint = joined(source, marked_file(work, method, partner, seed), target)
            end = shape_of(target).seconds
            wanted = [(wanted[0][0], 0.0, joint), (content_id_for(partner, seed), joint, end)]
        else:
            attack.run(source, target, seed_of(window, seed))
        made = time.perf_counter()
        reading = read(attack, method, target)
    finally:
        target.unlink(missing_ok=True)
    outcome = {"outcome": judged(reading, wanted), "attack_seconds": round(made - start, 2)}
    if attack.reading == "join":
        outcome |= {"joint": joint, "end": end}
    return outcome | read_as(reading, made)


def seed_of(window: Window, seed: int) -> int:
    """Return a seed for the chance of an attack on one window."""
    return zlib.crc32(f"{seed} {window.name}".encode())


def unmarked(work: Path, method: str, window: Window) -> Outcome:
    target = work / f"{file_name(window.name)}_{os.getpid()}.mp4"
    try:
        cut_window(window, target)
        made = time.perf_counter()
        reading = method_named(method).extract(target)
    finally:
        target.unlink(missing_ok=True)
    outcome = "nothing" if reading.content_id is None else "wrong"
    return {"outcome": outcome, "attack_seconds": 0.0} | read_as(reading, made)


def read_as(reading: Reading, since: float) -> Outcome:
    marks = [(f"{content_id:016x}", spans) for content_id, spans in reading.marks]
    return {
        "extract_seconds": round(time.perf_counter() - since, 2),
        "false_alarm_probability": reading.false_alarm_probability,
        "marks": marks,
    }


def settled(work: Path, method: str, window: Window, partner: Window, name: str, seed: int) -> Outcome:
    """Return an outcome, kept or new; a crash is an outcome that is shown but not kept."""
    kept = work / file_name(method) / f"{file_name(window.name)}__{file_name(name)}_{seed}.json"
    if kept.is_file():
        return dict(json.loads(kept.read_text(encoding="utf-8")))
    try:
        outcome = attacked(work, method, window, partner, name, seed)
    except Exception as error:  # noqa: BLE001 - a crash is a result that has to be seen, not the end
        return {"outcome": f"error: {type(error).__name__}: {error}"}
    kept.parent.mkdir(parents=True, exist_ok=True)
    written(kept, outcome)
    return outcome


# --- all windows ------------------------------------------------------------------------------------------


def chosen(rows: str) -> list[str]:
    """Return the attacks whose name holds one of the parts."""
    if rows == "all":
        return [UNMARKED, *(attack.name for attack in ATTACKS)]
    parts = rows.split(",")
    names = [name for name in (UNMARKED, *(a.name for a in ATTACKS)) if any(part in name for part in parts)]
    if not names:
        known = ", ".join(attack.name for attack in ATTACKS)
        raise typer.BadParameter(f"no attack has {rows!r} in its name; known: {known}")
    return names


def applies(name: str, window: Window, windows: list[Window]) -> bool:
    if name == UNMARKED:
        return True
    attack = attack_named(name)
    return attack.applies(window.shape) and (attack.reading != "join" or len(windows) > 1)


def label(window: Window, seed: int) -> str:
    """Return what a window with the content id of a seed is called."""
    return window.name if seed == 1 else f"{window.name}, id {seed}"


def marked(
    pool: ProcessPoolExecutor, work: Path, method: str, windows: list[Window], seeds: list[int]
) -> tuple[list[Window], dict[str, str]]:
    """Mark all windows with all ids; return those that are marked, and why the others were refused."""
    from synthmark import CapacityError

    large_first = sorted(windows, key=lambda window: -window.pixels)
    each = [(window, seed) for window in large_first for seed in seeds]
    waiting = {(window, seed): pool.submit(marked_file, work, method, window, seed) for window, seed in each}
    refused = {}
    for (window, _), future in waiting.items():
        try:
            future.result()
            print(f"{window.name}: marked", file=sys.stderr, flush=True)
        except CapacityError as error:
            refused[window.name] = str(error)
            print(f"{window.name}: refused: {error}", file=sys.stderr, flush=True)
        except Exception as error:  # noqa: BLE001 - every row of this window will show it and count it
            print(f"{window.name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    return [window for window in windows if window.name not in refused], refused


def measured(
    pool: ProcessPoolExecutor, work: Path, method: str, windows: list[Window], names: list[str], seeds: list[int]
) -> dict[tuple[str, str], Outcome]:
    """Make every attack on every marked window, the largest first; say how far it has come on stderr."""
    large_first = sorted(windows, key=lambda window: -window.pixels)
    waiting = {}
    for window, seed in ((window, seed) for window in large_first for seed in seeds):
        partner = partner_of(window, windows)
        for name in names:
            if applies(name, window, windows) and (name != UNMARKED or seed == seeds[0]):
                future = pool.submit(settled, work, method, window, partner, name, seed)
                waiting[future] = (name, label(window, seed))
    outcomes = {}
    for done, future in enumerate(as_completed(waiting), 1):
        outcomes[waiting[future]] = outcome = future.result()
        name, window = waiting[future]
        print(f"{done}/{len(waiting)} {window}, {name}: {outcome['outcome']}", file=sys.stderr, flush=True)
    return outcomes


def row(name: str, outcomes: dict[tuple[str, str], Outcome]) -> dict[str, Any]:
    """Return what one attack came to."""
    attack = attack_named(name)
    each = {window: outcome for (other, window), outcome in sorted(outcomes.items()) if other == name}
    achieved = 100 * sum(o["outcome"] == "read" for o in each.values()) / len(each) if each else None
    return {
        "row": attack.row,
        "required": attack.asked,
        "achieved": achieved,
        "met": None if achieved is None else achieved >= attack.asked,
        "tried": len(each),
        "failures": {window: o["outcome"] for window, o in each.items() if o["outcome"] != "read"},
        "attack_seconds": total(each.values(), "attack_seconds"),
        "extract_seconds": total(each.values(), "extract_seconds"),
    }


def total(outcomes: Iterable[Outcome], key: str) -> float:
    return round(sum(float(outcome.get(key, 0.0)) for outcome in outcomes), 1)


def summary(
    outcomes: dict[tuple[str, str], Outcome], windows: list[Window], names: list[str], ids: int
) -> dict[str, Any]:
    """Return the rows, the outcomes and what went wrong; each window was marked with a number of ids."""
    flat = [outcome["outcome"] for (name, _), outcome in outcomes.items() if name != UNMARKED]
    unmarked = [outcome["outcome"] for (name, _), outcome in outcomes.items() if name == UNMARKED]
    return {
        "wrong_ids": flat.count("wrong"),
        "errors": sum(outcome.startswith("error") for outcome in flat + unmarked),
        "unmarked_windows": len(unmarked),
        "ids_in_unmarked_windows": unmarked.count("wrong"),
        "windows": [window.name for window in windows],
        "ids_of_each": ids,
        "attacks": {name: row(name, outcomes) for name in names if name != UNMARKED},
        "outcomes": {f"{window}: {name}": outcome for (name, window), outcome in sorted(outcomes.items())},
    }


def markdown(methods: dict[str, dict[str, Any]]) -> str:
    """Return the table of achieved (required) percentages, one line per attack."""
    lines = ["", "| attack | asked | " + " | ".join(methods) + " |", "|---|---|" + "---|" * len(methods)]
    for name, entry in next(iter(methods.values()))["attacks"].items():
        cells = (cell(result["attacks"][name]) for result in methods.values())
        lines.append(f"| {name} | {entry['required']:g} % | {' | '.join(cells)} |")
    for method, result in methods.items():
        counts = ("wrong_ids", "ids_in_unmarked_windows", "errors")
        lines.append(f"{method}: " + ", ".join(f"{key} {result[key]}" for key in counts))
    return "\n".join(lines)


def cell(entry: dict[str, Any]) -> str:
    if entry["achieved"] is None:
        return "-"
    return f"{entry['achieved']:.0f} % of {entry['tried']}{'' if entry['met'] else ' MISSED'}"


def main(
    clips: Annotated[list[Path], typer.Option(help="Folder of clips; may be repeated.")],
    work: Annotated[Path, typer.Option(help="Folder for marked files and finished outcomes.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("robustness_video.json"),
    methods: Annotated[str, typer.Option(help="Methods, separated by commas.")] = "synthmark",
    rows: Annotated[str, typer.Option(help="Parts of names of attacks, separated by commas; all.")] = "all",
    only: Annotated[str, typer.Option(help="Parts of the names of the clips to take, separated by commas.")] = "",
    windows: Annotated[int, typer.Option(help="Windows from one clip at most.")] = 4,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 1,
    seeds: Annotated[str, typer.Option(help="Seeds of the content ids and the attacks, separated by commas.")] = "1",
    keep: Annotated[bool, typer.Option(help="Keep outcomes of changed code.")] = False,
) -> None:
    names, cut, start = chosen(rows), windows_of(clips, windows, only), time.perf_counter()
    drawn = [int(seed) for seed in seeds.split(",")]
    prepared(work, keep=keep)
    results = {}
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        for method in methods.split(","):
            usable, refused = marked(pool, work, method, cut, drawn)
            outcomes = measured(pool, work, method, usable, names, drawn)
            facts = {label(each, seed): facts_of(work, method, each, seed) for each in usable for seed in drawn}
            results[method] = {"refused": refused, "marking": facts} | summary(outcomes, usable, names, len(drawn))
    made = {"seeds": drawn, "ffmpeg": ffmpeg_version(), "minutes": round((time.perf_counter() - start) / 60, 1)}
    record = {**environment.described(), **made, "methods": results}
    out.write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
    print(markdown(results))


if __name__ == "__main__":
    typer.run(main)

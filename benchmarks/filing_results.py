"""Puts what the filing documents quote of the results into the package: `synthmark/filing/measured.json`.

    python benchmarks/filing_results.py            # write it
    python benchmarks/filing_results.py --check    # fail when the package holds other figures

`benchmarks/results` is no part of the wheel, and most of it is not quoted. Of each result are kept: date, version and
command; for robustness the rows of the requirements, of which the worst attack counts; and a few single figures.
Percentages are rounded down. A result that is missing is left out, and the documents say so.
"""

from __future__ import annotations

import json
import math
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from readme_table import WORDS, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["ROOT", "TARGET", "as_text", "summary"]

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
TARGET = ROOT / "synthmark" / "filing" / "measured.json"
LIMITS = Path(__file__).with_name("filing_limits_zh.toml")
OWN = "synthmark"
Content = dict[str, Any]


def summary(folder: Path = RESULTS) -> Content:
    """Return what is quoted, by the name of the result file; the same for the same results."""
    words = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    found = {}
    for name, quoted in QUOTED.items():
        file = folder / f"{name}.json"
        if file.is_file():
            content = json.loads(file.read_text(encoding="utf-8"))
            found[name] = origin(content) | quoted(content)
            for row in found[name].get("rows", ()):
                row["row_zh"] = said(row["row"], words)
    return found


def origin(content: Content) -> Content:
    """Return date, version of synthmark and command of a result."""
    made = content.get("environment", content)
    version = made.get("versions", {}).get("synthmark") or "?"
    return {"date": str(made["date"])[:10], "version": version, "command": made["command"]}


def own(content: Content) -> Content:
    methods: Content = content["methods"]
    return methods[next(name for name in methods if name.startswith(OWN))]


def worst_rows(cases: Iterable[tuple[str, float | None, float | None, int]]) -> list[Content]:
    """Return one row for all attacks of a name: lowest recovery, and the number tried with it."""
    rows: dict[str, Content] = {}
    for name, asked, achieved, tried in cases:
        if achieved is None or asked is None:
            continue
        found, met = math.floor(achieved + 1e-9), achieved >= asked
        row = {"row": name, "asked": asked, "found": found, "tried": tried, "met": met}
        if name not in rows or row["found"] < rows[name]["found"]:
            rows[name] = row
    return list(rows.values())


def picture_rows(content: Content) -> Content:
    method = own(content)
    attacks = method["attacks"].values()
    figures = ("psnr_mean", "psnr_worst", "ssim_mean", "ssim_worst", "wrong_ids")
    return {
        "rows": worst_rows((a["row"], a["required"], a["achieved"], a["pictures"]) for a in attacks),
        "pictures": len(method["pictures"]),
        **{name: method[name] for name in figures},
    }


def sound_rows(content: Content) -> Content:
    method = own(content)
    cases = ((name, attack["whole"]) for name, attack in method["attacks"].items() if attack["whole"])
    return {
        "rows": worst_rows((name, case["required"], case["achieved"], case["tried"]) for name, case in cases),
        "clips": len(method["clips"]),
        **{name: method[name] for name in ("pesq_mean", "pesq_worst", "music_nmr_mean", "wrong_ids")},
    }


def video_rows(content: Content) -> Content:
    method = own(content)
    attacks = method["attacks"].values()
    rows = worst_rows((a["row"], a["required"], a["achieved"], a["tried"]) for a in attacks)
    return {"rows": rows, "clips": len(method["windows"]), "wrong_ids": method["wrong_ids"]}


def video_quality(content: Content) -> Content:
    return {"summary": content["summary"], "clips": len(content["clips"])}


def picture_false_alarms(content: Content) -> Content:
    searches = {}
    for name in ("fast", "full"):
        search = content[name]
        bound = search["decodings"]["false_alarm_bound_per_call"]
        searches[name] = {"trials": search["trials"], "reported": search["acceptances"], "bound": bound}
        searches[name]["command"] = search.get("command", content["command"])
    return {"searches": searches}


def sound_false_alarms(content: Content) -> Content:
    return {name: content[name] for name in ("trials", "with_full_search", "accepted")}


def video_false_alarms(content: Content) -> Content:
    names = ("clips", "trials", "found", "derived_bound_per_file", "met")
    return {name: content["summary"][name] for name in names}


def visible_labels(content: Content) -> Content:
    changes = {
        name: {key: change[key] for key in ("labels", "recognised", "largest_ink_error_pixels")}
        for name, change in content["by_change"].items()
    }
    without = content["without_label"].values()
    looks, false = sum(kind["looked_at"] for kind in without), sum(len(kind["false_finds"]) for kind in without)
    return {"changes": changes, "looks_without_label": looks, "false_finds": false}


def picture_limits(content: Content) -> Content:
    sides = {
        side: {"refused": len(found["refused"]), "read": found["read untouched"], "pictures": found["pictures"]}
        for side, found in content["small"].items()
    }
    hardest = content["hardest_row"]
    failures = len(hardest["failures"])
    return {
        "small": sides,
        "hardest": {"attack": hardest["attack"], "trials": hardest["trials"], "failures": failures},
    }


def limits_beyond(content: Content) -> Content:
    words = tomllib.loads(LIMITS.read_text(encoding="utf-8"))
    rows = [
        {"attack": name, "attack_zh": words.get(name, name), **{key: row[key] for key in ("tried", "read", "wrong")}}
        for name, row in content["rows"].items()
    ]
    return {"limits": rows}


def fingerprints(content: Content) -> Content:
    kinds = {}
    for name, kind in content["results"].items():
        kinds[name] = {"files": kind["files"], "other_content": kind["other content"]}
    return {"kinds": kinds}


QUOTED: dict[str, Callable[[Content], Content]] = {
    "robustness_image": picture_rows,
    "false_alarms_image": picture_false_alarms,
    "limits_image": picture_limits,
    "visible_label": visible_labels,
    "robustness_audio": sound_rows,
    "false_alarms_audio": sound_false_alarms,
    "robustness_video": video_rows,
    "quality_video": video_quality,
    "false_alarms_video": video_false_alarms,
    "fingerprints": fingerprints,
    "limits_beyond_image": limits_beyond,
    "limits_beyond_audio": limits_beyond,
    "limits_beyond_video": limits_beyond,
}


def as_text(content: Content) -> str:
    """Return the text of the file."""
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"


def main(check: Annotated[bool, typer.Option(help="Only compare.")] = False) -> None:
    """Write the figures, or compare them."""
    text = as_text(summary())
    if check:
        if not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != text:
            sys.exit(f"{TARGET.name} holds other figures; run: python benchmarks/filing_results.py")
        return
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)

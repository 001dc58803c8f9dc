"""The table of measured robustness of sound, from the result of `robustness_audio.py`; `readme_table.py` writes it.

Attacks of which the same is asked share a line, and the worst of them counts. Percentages are rounded down.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["read_method", "table"]

OWN = "synthmark"
LENGTHS = {"whole": "whole clip", "five": "5 s of it", "three": "3 s of it"}
QUALITY = {  # what is asked for, and which way a value is rounded: to its disadvantage
    "**PESQ-WB** of speech, mean / worst": ({"pesq_mean": 4.3, "pesq_worst": 4.0}, math.floor),
    "**noise-to-mask ratio** of music in dB, mean": ({"music_nmr_mean": -6.0}, math.ceil),
}
Method = dict[str, Any]


def read_method(file: Path) -> Method:
    """Return what was measured of our own method."""
    method: Method = json.loads(file.read_text(encoding="utf-8"))["methods"][OWN]
    return method


def table(method: Method) -> str:
    """Return the table in Markdown."""
    tried = {length: max((case[length] or {"tried": 0})["tried"] for case in attacks(method)) for length in LENGTHS}
    lines = [
        [
            "attack, of which extraction is told nothing",
            "asked for",
            *(f"{LENGTHS[n]} ({tried[n]})" for n in LENGTHS),
        ],
        ["---", *["---:"] * (len(LENGTHS) + 1)],
        *(line(method, names) for names in rows(method).values()),
        *(quality(method, title, asked, rounded) for title, (asked, rounded) in QUALITY.items()),
        ["wrong ids read, all attacks", "0", str(method["wrong_ids"]), "", ""],
    ]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def attacks(method: Method) -> list[dict[str, Any]]:
    """Return what was measured, attack by attack."""
    return list(method["attacks"].values())


def rows(method: Method) -> dict[tuple[float | None, ...], list[str]]:
    """Return the names of the attacks by what is asked of the three lengths."""
    found: dict[tuple[float | None, ...], list[str]] = {}
    for name, case in method["attacks"].items():
        asked = tuple(case[length]["required"] if case[length] else None for length in LENGTHS)
        found.setdefault(asked, []).append(name)
    return found


def line(method: Method, names: list[str]) -> list[str]:
    """Return the line of attacks of which the same is asked."""
    asked = [method["attacks"][names[0]][length] for length in LENGTHS]
    share = " / ".join(f"{case['required']:g}" for case in asked if case) + " %"
    return [", ".join(names), share, *(cell(method, names, length) for length in LENGTHS)]


def cell(method: Method, names: list[str], length: str) -> str:
    """Return the lowest percentage of some attacks; what was asked for and not reached says so."""
    cases = [method["attacks"][name][length] for name in names]
    if None in cases:
        return "-"
    worst = min(case["achieved"] for case in cases)
    missed = worst < cases[0]["required"]
    return f"{math.floor(worst + 1e-9)} %" + (" (missed)" if missed else "")


def quality(method: Method, title: str, asked: dict[str, float], rounded: Callable[[float], int]) -> list[str]:
    """Return the line of a measure of quality."""
    slack = 1e-9 if rounded is math.floor else -1e-9  # 4.1 * 100 is 409.99...
    values = {key: rounded(method[key] * 100 + slack) / 100 for key in asked}
    missed = any((values[key] - asked[key]) * (1 if rounded is math.floor else -1) < 0 for key in asked)
    text = " / ".join(f"{value:.2f}" for value in values.values()) + (" (missed)" if missed else "")
    return [title, " / ".join(f"{value:g}" for value in asked.values()), text, "", ""]

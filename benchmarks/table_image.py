"""The table of measured robustness of pictures, from the results of `robustness_image.py`, for `readme_table.py`.

Each line is a row of the requirements; where a row covers several attacks, the worst of them counts. Percentages
are rounded down.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["OWN", "read_methods", "table"]

OWN = "synthmark"
CONTROLS = ("least-significant-bit",)  # not a watermark that anyone uses: it checks the benchmark

Methods = dict[str, dict[str, Any]]


def read_methods(files: list[Path]) -> Methods:
    """Return the methods of all files, our own first; of a method that is in several files, the first counts."""
    methods: Methods = {}
    for file in files:
        for name, entry in json.loads(file.read_text(encoding="utf-8"))["methods"].items():
            if name not in CONTROLS and "@" not in name:
                methods.setdefault(name, entry)
    return dict(sorted(methods.items(), key=lambda item: item[0] != OWN))


def rows(methods: Methods) -> dict[str, float]:
    """Return the rows with what they ask for, in the order in which the attacks were measured."""
    own = methods.get(OWN, next(iter(methods.values())))
    return {attack["row"]: attack["required"] for attack in own["attacks"].values() if attack["required"]}


def worst(entry: dict[str, Any], row: str) -> float | None:
    """Return the lowest recovery in percent among the attacks of a row; None when none was measured."""
    measured = [attack["achieved"] for attack in entry["attacks"].values() if attack["row"] == row]
    return min((value for value in measured if value is not None), default=None)


def cell(entry: dict[str, Any], row: str, required: float | None) -> str:
    """Return a percentage, rounded down; what was asked for and not reached says so."""
    value = worst(entry, row)
    if value is None:
        return "-"
    missed = required is not None and value < required
    return f"{math.floor(value + 1e-9)} %" + (" (missed)" if missed else "")


def table(methods: Methods) -> str:
    """Return the table in Markdown."""
    titles = [f"{name} ({len(entry['pictures'])} pictures)" for name, entry in methods.items()]
    entries = list(methods.values())
    lines = [
        ["attack, of which extraction is told nothing", "asked for", *titles],
        ["---", *["---:"] * (len(titles) + 1)],
    ]
    lines += [
        [
            row,
            f"{required:g} %",
            *(cell(entry, row, required if entry is methods.get(OWN) else None) for entry in entries),
        ]
        for row, required in rows(methods).items()
    ]
    lines.append(["**PSNR in dB**, mean / worst", "45 / 42", *(_pair(entry, "psnr", 1) for entry in entries)])
    lines.append(["**SSIM** of luma, mean / worst", "0.992 / -", *(_pair(entry, "ssim", 4) for entry in entries)])
    lines.append(["wrong ids read, all attacks", "0", *(str(entry["wrong_ids"]) for entry in entries)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _pair(entry: dict[str, Any], measure: str, digits: int) -> str:
    scale = 10**digits
    return " / ".join(
        f"{math.floor(entry[f'{measure}_{kind}'] * scale) / scale:.{digits}f}" for kind in ("mean", "worst")
    )

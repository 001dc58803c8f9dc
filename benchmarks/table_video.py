"""Prints the table of measured robustness of video, from the results of `robustness_video.py`.

    python benchmarks/table_video.py benchmarks/results/robustness_video.json benchmarks/results/peers_video.json \\
        --quality benchmarks/results/quality_video.json

Each line is a row of the requirements; where a row covers several attacks, the worst of them counts. Percentages are
rounded down, losses up.
"""

from __future__ import annotations

import json
import math
from pathlib import Path  # noqa: TC003 - typer looks at it at run time
from typing import Annotated, Any

import typer

__all__ = ["pieces_of", "read_methods", "table"]

OWN = "synthmark"
CONTROLS = ("bar-code",)  # it checks the benchmark
Methods = dict[str, dict[str, Any]]

MEASURES = {
    "psnr": ("**PSNR of luma in dB**, mean / worst clip", 1, math.floor),
    "psnr_worst_second": ("PSNR of luma in dB, worst second, mean / worst clip", 1, math.floor),
    "vmaf_loss": ("**VMAF loss**, mean / worst clip", 2, math.ceil),
    "growth_percent": ("**file growth** at x264 CRF 23 in %, mean / worst clip", 1, math.ceil),
}


def read_methods(files: list[Path]) -> Methods:
    """Return the methods of all files, our own first; of a method that is in several files, the first counts."""
    methods: Methods = {}
    for file in files:
        for name, entry in json.loads(file.read_text(encoding="utf-8"))["methods"].items():
            if name not in CONTROLS and "@" not in name:
                methods.setdefault(name, entry)
    return dict(sorted(methods.items(), key=lambda item: not item[0].startswith(OWN)))


def worst(entry: dict[str, Any], row: str) -> float | None:
    """Return the lowest recovery in percent among the attacks of a row; None when none was measured."""
    measured = [attack["achieved"] for attack in entry["attacks"].values() if attack["row"] == row]
    return min((value for value in measured if value is not None), default=None)


def cell(entry: dict[str, Any], row: str, required: float | None) -> str:
    """Return a percentage, rounded down; what was asked for and not reached, or holds of few pieces, says so."""
    value = worst(entry, row)
    if value is None:
        return "-"
    missed = required is not None and value < required
    tried = [attack.get("tried", 0) for attack in entry["attacks"].values() if attack["row"] == row]
    pieces = min(tried) // entry.get("ids_of_each", 1)
    few = f" ({pieces} pieces)" if 0 < pieces < len(entry["windows"]) else ""
    return f"{math.floor(value + 1e-9)} %" + few.replace("(1 pieces", "(1 piece") + (" (missed)" if missed else "")


def pieces_of(entry: dict[str, Any]) -> str:
    """Return how many pieces of clips were marked, and with how many ids each if there were several."""
    ids = entry.get("ids_of_each", 1)
    return f"{len(entry['windows'])} pieces" + (f" x {ids} ids" if ids > 1 else "")


def table(methods: Methods, quality: dict[str, Any] | None = None) -> str:
    """Return the table in Markdown."""
    own = next(iter(methods.values()))
    asked = {attack["row"]: attack["required"] for attack in own["attacks"].values()}
    titles = [f"{name} ({pieces_of(entry)})" for name, entry in methods.items()]
    lines = [
        ["attack, of which extraction is told nothing", "asked for", *titles],
        ["---", *["---:"] * (len(titles) + 1)],
        *(
            [row, f"{share:g} %", *(cell(e, row, share if e is own else None) for e in methods.values())]
            for row, share in asked.items()
        ),
        ["wrong ids read, all attacks", "0", *(str(entry["wrong_ids"]) for entry in methods.values())],
    ]
    lines += quality_lines(quality, len(methods)) if quality else []
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def quality_lines(quality: dict[str, Any], methods: int) -> list[list[str]]:
    """Return a line for each measure that was taken, for our own column."""
    lines = []
    for key, (title, digits, rounded) in MEASURES.items():
        if key in quality["summary"]:
            entry, scale = quality["summary"][key], 10**digits
            mean, worst_clip = (rounded(entry[kind] * scale) / scale for kind in ("mean", "worst"))
            missed = "" if entry["met"] else " (missed)"
            text = f"{mean:.{digits}f} / {worst_clip:.{digits}f}{missed}"
            lines.append([title, f"{entry['asked']:g}", text, *["-"] * (methods - 1)])
    return lines


def main(
    results: Annotated[list[Path], typer.Argument(help="Results of robustness_video.py, ours first.")],
    quality: Annotated[Path | None, typer.Option(help="Result of quality_video.py.")] = None,
) -> None:
    measured = json.loads(quality.read_text(encoding="utf-8")) if quality else None
    print(table(read_methods(results), measured))


if __name__ == "__main__":
    typer.run(main)

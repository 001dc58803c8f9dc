"""Writes the table of measured robustness into the READMEs, from the results of `robustness_image.py`.

    python benchmarks/readme_table.py
    python benchmarks/readme_table.py benchmarks/results/robustness_image.json benchmarks/results/peers_image.json

Each line is a row of the requirements; where a row covers several attacks, the worst of them counts. Percentages
are rounded down. `--check` writes nothing and fails when a README holds another table.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
USUAL = (RESULTS / "robustness_image.json", RESULTS / "peers_image.json")
READMES = (ROOT / "README.md", ROOT / "README.zh.md")
BEGIN, END = "<!-- robustness table: begin -->", "<!-- robustness table: end -->"
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


def with_table(text: str, content: str) -> str:
    """Return a text with what stands between the two markers replaced."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"The markers {BEGIN} and {END} are missing.")
    return f"{before}{BEGIN}\n\n{content}\n\n{END}{after}"


def main(
    results: Annotated[list[Path] | None, typer.Argument(help="Results of robustness_image.py, ours first.")] = None,
    check: Annotated[bool, typer.Option(help="Only compare.")] = False,
) -> None:
    """Put the table into the READMEs."""
    content = table(read_methods(results or [file for file in USUAL if file.is_file()]))
    for readme in READMES:
        old = readme.read_text(encoding="utf-8")
        new = with_table(old, content)
        if check and new != old:
            sys.exit(f"{readme.name} holds another table; run: python benchmarks/readme_table.py")
        readme.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)

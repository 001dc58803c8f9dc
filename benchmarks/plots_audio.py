"""Draws what came back after each attack on sound, beside what was asked for.

python benchmarks/plots_audio.py benchmarks/results/robustness_audio.json --to docs/robustness_audio.png
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import matplotlib as mpl
import typer

mpl.use("Agg")

from matplotlib import pyplot as plt

# Okabe and Ito's colours, told apart by people with any colour vision.
LENGTHS = {
    "whole": ("whole clips", "#0072B2", "o"),
    "five": ("5 s", "#D55E00", "s"),
    "three": ("3 s", "#009E73", "^"),
}


def main(
    result: Annotated[Path, typer.Argument(help="JSON file of robustness_audio.py.")],
    to: Annotated[Path, typer.Option(help="Picture to write.")] = Path("robustness_audio.png"),
    method: Annotated[str, typer.Option(help="Method to draw.")] = "synthmark",
) -> None:
    attacks = json.loads(result.read_text(encoding="utf-8"))["methods"][method]["attacks"]
    figure, axes = plt.subplots(figsize=(7, 0.24 * len(attacks) + 1.2), layout="constrained")
    for shift, (key, (name, colour, marker)) in enumerate(LENGTHS.items()):
        rows = [(i, entry[key]) for i, entry in enumerate(attacks.values()) if entry[key]]
        height = [i + 0.22 * (shift - 1) for i, _ in rows]
        axes.plot([e["achieved"] for _, e in rows], height, marker, color=colour, label=name, markersize=4)
        axes.plot([e["required"] for _, e in rows], height, "|", color=colour, markersize=7)
    axes.set_yticks(range(len(attacks)), list(attacks))
    axes.set_xlabel("exact 64 bits back, per cent of clips or pieces (bars: asked for)")
    axes.set_xlim(50, 101.5)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="lower left", fontsize=8)
    figure.savefig(to, dpi=120)


if __name__ == "__main__":
    typer.run(main)

"""Draws what came back after each attack on video beside what was asked for, and the quality in every second.

    python benchmarks/plots_video.py benchmarks/results/robustness_video.json benchmarks/results/peers_video.json \\
        --quality benchmarks/results/quality_video.json --to docs
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import matplotlib as mpl
import typer
from table_video import pieces_of, read_methods

mpl.use("Agg")

from matplotlib import pyplot as plt

# Okabe and Ito's colours, told apart by people with any colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "os^Dv*P"


def robustness_plot(methods: dict[str, dict[str, Any]], path: Path) -> None:
    """Draw one line per attack: a point per method, a bar for what is asked for."""
    attacks = next(iter(methods.values()))["attacks"]
    figure, axes = plt.subplots(figsize=(7, 0.24 * len(attacks) + 1.4), layout="constrained")
    for place, (name, entry) in reversed(list(enumerate(methods.items()))):
        measured = [(i, entry["attacks"].get(attack)) for i, attack in enumerate(attacks)]
        points = [(each["achieved"], i) for i, each in measured if each and each["achieved"] is not None]
        label = f"{name} ({pieces_of(entry)})"
        axes.plot(*zip(*points, strict=True), MARKERS[place % 7], color=COLOURS[place % 7], label=label, markersize=5)
    axes.plot([e["required"] for e in attacks.values()], range(len(attacks)), "|", color="black", label="asked for")
    axes.set_yticks(range(len(attacks)), list(attacks))
    axes.set(xlabel="exact 64 bits back, per cent of pieces of 5 to 6 s", xlim=(-2, 102))
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8)
    figure.savefig(path, dpi=120)


def quality_plot(record: dict[str, Any], path: Path) -> None:
    """Draw the PSNR of luma in every second of every clip, the clips with the worst second first."""
    clips = [clip for clip in record["clips"] if clip.get("psnr") is not None]
    clips.sort(key=lambda clip: clip["psnr_worst_second"])
    figure, axes = plt.subplots(figsize=(7, 0.3 * len(clips) + 1.4), layout="constrained")
    for i, clip in enumerate(clips):
        seconds = [value for value in clip["psnr_seconds"] if value is not None]
        axes.plot(seconds, [i] * len(seconds), ".", color="#56B4E9", label="each second" if i == 0 else None)
        axes.plot([clip["psnr"]], [i], "o", color="#0072B2", label="whole clip" if i == 0 else None)
    for limit, style, text in ((46, "-", "asked of every clip"), (44, "--", "asked of every second")):
        axes.axvline(limit, color="#D55E00", linestyle=style, linewidth=1, label=text)
    axes.set_yticks(range(len(clips)), [Path(clip["clip"]).stem[:24] for clip in clips])
    axes.set_xlabel("PSNR of luma in dB")
    axes.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=4, fontsize=8)
    figure.savefig(path, dpi=120)


def main(
    results: Annotated[list[Path], typer.Argument(help="Results of robustness_video.py, ours first.")],
    quality: Annotated[Path | None, typer.Option(help="Result of quality_video.py.")] = None,
    to: Annotated[Path, typer.Option(help="Folder of the PNG files.")] = Path("docs"),
) -> None:
    robustness_plot(read_methods(results), to / "robustness_video.png")
    if quality:
        quality_plot(json.loads(quality.read_text(encoding="utf-8")), to / "quality_video.png")


if __name__ == "__main__":
    typer.run(main)

"""Draws recovery against strength of attack, and quality against recovery.

    python benchmarks/plots_image.py results/robustness_image.json results/peers_image.json --to docs

Methods of all given files are drawn together. ``name@factor`` entries are points of the same method at other
strengths; they make the lines of the second plot.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import matplotlib as mpl
import typer

mpl.use("Agg")

from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Methods = dict[str, dict[str, Any]]

# Okabe and Ito's colours, told apart by people with any colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
MARKERS = "os^Dv*Px"


def style(names: list[str]) -> dict[str, dict[str, Any]]:
    """Return colour and marker for each method's base name; the same base always looks the same in a plot."""
    bases = dict.fromkeys(name.partition("@")[0] for name in names)
    return {base: {"color": COLOURS[i % 8], "marker": MARKERS[i % 8]} for i, base in enumerate(bases)}


def merged(files: list[Path]) -> tuple[Methods, dict[str, dict[str, float]]]:
    """Return the methods and the sweeps of all files; attacks of one method are put together."""
    methods: Methods = {}
    sweeps: dict[str, dict[str, float]] = {}
    for file in files:
        record = json.loads(file.read_text(encoding="utf-8"))
        sweeps.update(record["sweeps"])
        for name, entry in record["methods"].items():
            known = methods.get(name, {"attacks": {}})
            # Quality comes from the first file that has the method, which is the one with the whole table.
            methods[name] = {**entry, **known, "attacks": {**entry["attacks"], **known["attacks"]}}
    return methods, sweeps


def line(entry: dict[str, Any], steps: dict[str, float]) -> list[tuple[float, float]]:
    """Return (strength, recovery) of one method in one sweep, in order of strength."""
    attacks = entry["attacks"]
    points = [(steps[name], attacks[name]["achieved"]) for name in steps if name in attacks]
    return sorted((strength, achieved) for strength, achieved in points if achieved is not None)


def draw_sweep(axes: Axes, title: str, steps: dict[str, float], methods: Methods) -> None:
    looks = style(list(methods))
    for name, entry in methods.items():
        points = line(entry, steps)
        if points and "@" not in name:
            axes.plot(*zip(*points, strict=True), label=name, **looks[name], markersize=4)
    if title in {"scale", "JPEG quality", "area kept in %"}:
        axes.invert_xaxis()  # harder attacks stand on the right everywhere
    if title in {"scale", "rotation in degrees"}:
        axes.set_xscale("log")
        axes.set_xticks(list(steps.values()), [f"{step:g}" for step in steps.values()], fontsize=8)
        axes.minorticks_off()
    axes.set(xlabel=title, ylim=(-4, 104))
    axes.grid(visible=True, alpha=0.3)


def strengths_plot(methods: Methods, sweeps: dict[str, dict[str, float]], path: Path) -> None:
    """Draw one small plot for each sweep that was measured."""
    shown = {t: s for t, s in sweeps.items() if any(line(entry, s) for entry in methods.values())}
    if not shown:
        return
    rows = math.ceil(len(shown) / 4)
    figure, grid = plt.subplots(
        rows, 4, figsize=(14, 3.2 * rows + 0.5), sharey=True, squeeze=False, layout="constrained"
    )
    for axes, (title, steps) in zip(grid.flat, shown.items(), strict=False):
        draw_sweep(axes, title, steps, methods)
    for axes in grid.flat[len(shown) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("exact ids read, % of pictures")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    figure.savefig(path, dpi=110)


def quality_plot(methods: Methods, sweeps: dict[str, dict[str, float]], path: Path) -> None:
    """Draw the mean recovery, over the table's attacks that all methods went through, against PSNR."""
    in_sweeps = {name for steps in sweeps.values() for name in steps}
    sets = [set(entry["attacks"]) - in_sweeps for entry in methods.values()]
    common = sorted(set.intersection(*[attacks for attacks in sets if attacks]))
    looks = style(list(methods))
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for base, look in looks.items():
        points = [
            (entry["psnr_mean"], recovery(entry, common))
            for name, entry in methods.items()
            if name.partition("@")[0] == base and entry["psnr_mean"] and set(common) <= set(entry["attacks"])
        ]
        if points:
            axes.plot(*zip(*sorted(points), strict=True), label=base, **look)
    axes.set(
        xlabel="quality: mean PSNR over RGB in dB",
        ylabel="exact ids read, mean over attacks, %",
        title=f"{len(common)} attacks",
        ylim=(-4, 104),
    )
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=130)


def recovery(entry: dict[str, Any], names: list[str]) -> float:
    values: list[float | None] = [entry["attacks"][name]["achieved"] for name in names]
    known = [value for value in values if value is not None]
    return sum(known) / max(1, len(known))


def main(
    files: Annotated[list[Path], typer.Argument(help="Results of robustness_image.py.")],
    to: Annotated[Path, typer.Option(help="Folder of the PNG files.")] = Path("docs"),
) -> None:
    methods, sweeps = merged(files)
    strengths_plot(methods, sweeps, to / "robustness_image.png")
    quality_plot(methods, sweeps, to / "quality_image.png")


if __name__ == "__main__":
    typer.run(main)

"""Looks for marks where there are none: many keys on unmarked pictures.

    python benchmarks/false_alarms_image.py --images FOLDER --fast 100000 --full 3000

Each trial takes another key and a random piece of an unmarked picture, real or drawn (patterns, noise,
emptiness). The number of acceptances must be zero. The tail of the pilot score, the largest over all that a
trial looked at, is fitted, so that the distance to the acceptance threshold can be judged.
"""

from __future__ import annotations

import functools
import hashlib
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import environment

environment.use_one_thread()

import numpy as np  # noqa: E402 - after the thread limits
import typer  # noqa: E402
from pictures_image import Pixels, awkward_pictures, opened, pictures_below  # noqa: E402
from tail_fit import fitted_tail  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK = 50


@dataclass(frozen=True, slots=True)
class Trials:
    """The pilot scores and numbers of decodings of some trials, and what was accepted by mistake."""

    scores: list[float]
    decodings: list[int]
    accepted: list[dict[str, Any]]


@functools.cache
def sources(folders: tuple[Path, ...]) -> dict[str, Pixels]:
    """Return all unmarked pictures by name, read once per process."""
    return {path.name: opened(path) for path in pictures_below(folders)} | awkward_pictures()


def piece(picture: Pixels, side: int, rng: np.random.Generator) -> Pixels:
    """Return a square piece at a random place, mirrored or not; smaller pictures are taken whole."""
    top, left = (int(rng.integers(0, max(1, length - side + 1))) for length in picture.shape[:2])
    cut = picture[top : top + side, left : left + side]
    return np.ascontiguousarray(cut[:, ::-1] if rng.random() < 0.5 else cut)


def tried(folders: tuple[Path, ...], search: str, first: int, count: int, side: int) -> Trials:
    """Make trials first .. first + count - 1; trial n always has the same key and the same piece."""
    from synthmark import image

    pictures, result = list(sources(folders).items()), Trials([], [], [])
    for number in range(first, first + count):
        name, picture = pictures[number % len(pictures)]
        key = hashlib.sha256(f"false alarm trial {search} {number}".encode()).digest()
        found = image.extract(piece(picture, side, np.random.default_rng(number)), key, search=search)
        result.scores.append(float(found.pilot_score))
        result.decodings.append(found.decodings)
        if found.found:
            result.accepted.append({"trial": number, "picture": name, "content_id": found.content_id})
    return result


def all_trials(folders: tuple[Path, ...], search: str, count: int, side: int, jobs: int) -> Trials:
    """Make all trials of one search in several processes."""
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        futures = [
            pool.submit(tried, folders, search, first, min(CHUNK, count - first), side)
            for first in range(0, count, CHUNK)
        ]
        parts = [future.result() for future in futures]
    return Trials(
        [score for part in parts for score in part.scores],
        [number for part in parts for number in part.decodings],
        [mistake for part in parts for mistake in part.accepted],
    )


def reported(trials: Trials) -> dict[str, Any]:
    from synthmark.image.readout import decoding_false_alarm

    scores = np.array(trials.scores)
    return {
        "trials": len(scores),
        "acceptances": len(trials.accepted),
        "accepted": trials.accepted,
        "decodings": {
            "mean": float(np.mean(trials.decodings)),
            "largest": max(trials.decodings),
            "false_alarm_bound_per_call": float(np.mean(trials.decodings)) * decoding_false_alarm(),
        },
        "pilot_score": {"mean": float(scores.mean()), "largest": float(scores.max())},
        "tail": fitted_tail(scores),
    }


def plotted(scores: dict[str, NDArray[np.float64]], results: dict[str, Any], path: Path) -> None:
    """Draw the share of trials above each pilot score, and the fitted tails."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for colour, (search, values) in zip(("#0072B2", "#D55E00"), scores.items(), strict=False):
        share = 1 - np.arange(len(values)) / len(values)
        axes.semilogy(np.sort(values), share, color=colour, label=f"{search} search, {len(values)} trials")
        tail = results[search]["tail"]
        if tail:
            line = np.linspace(tail["from"], tail["score_at_1e-9"], 100)
            exponential = tail["share"] * np.exp(-(line - tail["from"]) / tail["scale"])
            axes.semilogy(line, exponential, "--", color=colour, label=f"{search} search, exponential tail")
    axes.set(xlabel="pilot score of unmarked pictures", ylabel="share of trials above", ylim=(1e-9, 1.5))
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=130)


def main(
    images: Annotated[list[Path], typer.Option(help="Folder of unmarked pictures; may be repeated.")],
    fast: Annotated[int, typer.Option(help="Trials of the fast path.")] = 1000,
    full: Annotated[int, typer.Option(help="Trials of the full search.")] = 50,
    side: Annotated[int, typer.Option(help="Side of the pieces in pixels.")] = 512,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 1,
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("false_alarms_image.json"),
    plot: Annotated[Path | None, typer.Option(help="PNG file to write.")] = None,
) -> None:
    folders, counts = tuple(images), {"fast": fast, "full": full}
    trials = {s: all_trials(folders, s, count, side, jobs) for s, count in counts.items() if count}
    results = {search: reported(part) for search, part in trials.items()}
    record = {**environment.described(), "side": side, **results}
    out.write_text(json.dumps(record, indent=1), encoding="utf-8")
    print(json.dumps(results, indent=1))
    if plot:
        plotted({search: np.array(part.scores) for search, part in trials.items()}, results, plot)


if __name__ == "__main__":
    typer.run(main)

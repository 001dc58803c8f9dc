"""Time of labelling a folder, as a ratio to decoding and encoding it with Pillow; and what a second process brings.

Both are run in turn, several times, in as many processes, over the same photographs, cut to one megapixel
and saved as PNG. The start of the processes counts for both. Beside the time on the clock stands the processor time
of all processes, which tells the same of work when the machine has other things to do. Linux and macOS.

    python benchmarks/batch.py --images PICTURES --out benchmarks/results/batch.json
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from environment import described, use_one_thread

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIG = 'producer = "Example-Studio"\nregistry = "registry.sqlite"\n'  # as `synthmark init` writes it
REQUIRED = {"label_to_pillow": 1.35, "two_processes_to_one": 1.8}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, help="folder of photographs; without it those of scikit-image")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2, help="of the comparison with Pillow")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    use_one_thread()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_pictures(folder / "in", options)
        (folder / "synthmark.toml").write_text(CONFIG, encoding="utf-8")
        label(folder, 1, "warm", ["--include", "0000[01].png"])  # compiles the kernels, if they are not yet
        load = os.getloadavg()[0]
        rounds = [measured(folder, options.jobs) for _ in range(options.rounds)]
        sizes = {
            name: sum(file.stat().st_size for file in (folder / name).glob("*.png")) for name in ("in", "copied")
        }
        sizes["labelled"] = sum(file.stat().st_size for file in (folder / "labelled").glob("*.png"))
    result = summary(rounds, options) | {"bytes": sizes, "load_at_begin_and_end": [load, os.getloadavg()[0]]}
    options.out.write_text(json.dumps({"environment": described(), **result}, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def make_pictures(folder: Path, options: argparse.Namespace) -> None:
    """Cut photographs into pictures of one megapixel, each another part."""
    import numpy as np
    import skimage.data
    from PIL import Image, ImageOps

    folder.mkdir()
    if options.images:
        files = sorted(file for file in options.images.rglob("*") if file.suffix.lower() in {".png", ".jpg", ".jpeg"})
        photographs = [ImageOps.exif_transpose(Image.open(file)).convert("RGB") for file in files[: options.count]]
    else:
        names = ("astronaut", "coffee", "chelsea", "rocket")
        photographs = [Image.fromarray(getattr(skimage.data, name)()) for name in names]
    chance = np.random.default_rng(1)
    for number in range(options.count):
        photograph = photographs[number % len(photographs)]
        side = min(photograph.size)
        part = max(64, int(side * chance.uniform(0.7, 1.0)))
        left, top = (int(chance.integers(0, length - part + 1)) for length in photograph.size)
        picture = photograph.crop((left, top, left + part, top + part)).resize((1000, 1000), Image.Resampling.LANCZOS)
        picture.save(folder / f"{number:05}.png")


def measured(folder: Path, jobs: int) -> dict[str, tuple[float, float]]:
    """Return the seconds of one round, on the clock and of the processors; what is compared stands side by side."""
    return {
        "pillow": timed(lambda: copy(folder, jobs)),
        "label": timed(lambda: label(folder, jobs, "labelled")),
        "label_one": timed(lambda: label(folder, 1, "labelled_one")),
        "label_two": timed(lambda: label(folder, 2, "labelled_two")),
        "pillow_one": timed(lambda: copy(folder, 1)),
        "pillow_two": timed(lambda: copy(folder, 2)),
    }


def timed(work: Callable[[], object]) -> tuple[float, float]:
    began, used = time.perf_counter(), processor_seconds()
    work()
    return time.perf_counter() - began, processor_seconds() - used


def processor_seconds() -> float:
    """Return what all processes have used that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def label(folder: Path, jobs: int, output: str, more: list[str] | None = None) -> None:
    shutil.rmtree(folder / output, ignore_errors=True)
    command = [sys.executable, "-m", "synthmark", "label", "in", "-o", output, "--jobs", str(jobs), *(more or [])]
    subprocess.run(command, cwd=folder, env=os.environ, check=True, stdout=subprocess.DEVNULL)


def copy(folder: Path, jobs: int) -> None:
    """Decode and encode all pictures with Pillow and nothing else."""
    shutil.rmtree(folder / "copied", ignore_errors=True)
    (folder / "copied").mkdir()
    files = sorted((folder / "in").glob("*.png"))
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        list(pool.imap_unordered(decode_and_encode, [(file, folder / "copied" / file.name) for file in files]))
        pool.close()
        pool.join()


def decode_and_encode(names: tuple[Path, Path]) -> None:
    from PIL import Image

    with Image.open(names[0]) as picture:
        picture.load()
        picture.save(names[1])


def summary(rounds: list[dict[str, tuple[float, float]]], options: argparse.Namespace) -> dict[str, object]:
    """Return medians and the ratios of each round, which is fairer on a busy machine than a ratio of medians."""
    clock = {
        "label_to_pillow": [one["label"][0] / one["pillow"][0] for one in rounds],
        "two_processes_to_one": [one["label_one"][0] / one["label_two"][0] for one in rounds],
        "two_processes_to_one_of_pillow_alone": [one["pillow_one"][0] / one["pillow_two"][0] for one in rounds],
    }
    processor = {
        "label_to_pillow": [one["label"][1] / one["pillow"][1] for one in rounds],
        "two_processes_to_one_if_undisturbed": [2 * one["label_one"][1] / one["label_two"][1] for one in rounds],
    }
    places = {"seconds": 0, "processor_seconds": 1}
    medians = {name: float(statistics.median(values)) for name, values in clock.items()}
    return {
        "pictures": options.count,
        "jobs": options.jobs,
        **{
            title: {name: round(statistics.median(one[name][place] for one in rounds), 2) for name in rounds[0]}
            for title, place in places.items()
        },
        "ratios": described_ratios(clock),
        "processor_ratios": described_ratios(processor),
        "required": REQUIRED,
        "met": {
            "label_to_pillow": medians["label_to_pillow"] <= REQUIRED["label_to_pillow"],
            "two_processes_to_one": medians["two_processes_to_one"] >= REQUIRED["two_processes_to_one"],
        },
    }


def described_ratios(ratios: dict[str, list[float]]) -> dict[str, dict[str, object]]:
    return {
        name: {"median": round(statistics.median(values), 3), "all": [round(value, 3) for value in values]}
        for name, values in ratios.items()
    }


if __name__ == "__main__":
    main()

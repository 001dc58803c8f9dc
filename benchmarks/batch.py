"""Time of labelling a folder, as a ratio to decoding and encoding it with Pillow; and what a second process brings.

Both are run in turn, several times, in as many processes, over the same photographs, cut to one megapixel
and saved as PNG. The start of the processes counts for both.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from environment import described, use_one_thread

CONFIG = 'producer = "Example-Studio"\n'


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
        label(folder, 1, "warm", ["--include", "00000.png"])  # compiles the kernels, if they are not yet
        rounds = [measured(folder, options.jobs) for _ in range(options.rounds)]
        sizes = {
            name: sum(file.stat().st_size for file in (folder / name).glob("*.png")) for name in ("in", "copied")
        }
        sizes["labelled"] = sum(file.stat().st_size for file in (folder / "labelled").glob("*.png"))
    result = summary(rounds, options) | {"bytes": sizes}
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


def measured(folder: Path, jobs: int) -> dict[str, float]:
    """Return the seconds of one round."""
    return {
        "pillow": copy(folder, jobs),
        "label": label(folder, jobs, "labelled"),
        "label_one": label(folder, 1, "labelled_one"),
        "label_two": label(folder, 2, "labelled_two"),
        "pillow_one": copy(folder, 1),
        "pillow_two": copy(folder, 2),
    }


def label(folder: Path, jobs: int, output: str, more: list[str] | None = None) -> float:
    shutil.rmtree(folder / output, ignore_errors=True)
    command = [sys.executable, "-m", "synthmark", "label", "in", "-o", output, "--jobs", str(jobs), *(more or [])]
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=os.environ, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def copy(folder: Path, jobs: int) -> float:
    """Decode and encode all pictures with Pillow and nothing else."""
    shutil.rmtree(folder / "copied", ignore_errors=True)
    (folder / "copied").mkdir()
    began = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        files = sorted((folder / "in").glob("*.png"))
        list(pool.imap_unordered(decode_and_encode, [(file, folder / "copied" / file.name) for file in files]))
    return time.perf_counter() - began


def decode_and_encode(names: tuple[Path, Path]) -> None:
    from PIL import Image

    with Image.open(names[0]) as picture:
        picture.load()
        picture.save(names[1])


def summary(rounds: list[dict[str, float]], options: argparse.Namespace) -> dict[str, object]:
    """Return medians and the ratios of each round, which is fairer on a busy machine than a ratio of medians."""
    ratios = {
        "label_to_pillow": [one["label"] / one["pillow"] for one in rounds],
        "two_processes_to_one": [one["label_one"] / one["label_two"] for one in rounds],
        "two_processes_to_one_of_pillow_alone": [one["pillow_one"] / one["pillow_two"] for one in rounds],
    }
    return {
        "pictures": options.count,
        "jobs": options.jobs,
        "seconds": {name: round(statistics.median(one[name] for one in rounds), 2) for name in rounds[0]},
        "ratios": {
            name: {"median": round(statistics.median(values), 3), "all": [round(value, 3) for value in values]}
            for name, values in ratios.items()
        },
        "load_at_end": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


if __name__ == "__main__":
    main()

"""Measures where marks reach their limits: flat and small pictures, more draws of the hardest row, a first start.

    python benchmarks/limits_image.py --images FOLDER --out limits_image.json

Each picture is marked, then read untouched and after JPEG 75; a refusal (`CapacityError`) is counted as such.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import environment

environment.use_one_thread()

import numpy as np  # noqa: E402 - after the thread limits
import typer  # noqa: E402
from attacks_image import attack_named, attacked  # noqa: E402
from measures_image import rgb_psnr  # noqa: E402
from pictures_image import Pixels, opened, pictures_below  # noqa: E402
from PIL import Image, ImageDraw, ImageFont  # noqa: E402

CONTENT_ID = 0x0123456789ABCDEF
SHORT_SIDES = (128, 192, 224, 256, 320, 400)
HARDEST = "crop 50 % + resize 0.7 + JPEG 60"
FIRST_PICTURE = (
    "import numpy as np; from synthmark import image; "
    "noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8); "
    "image.embed(np.kron(noise, np.ones((16, 16, 1), np.uint8)), 1)"
)


def flat_pictures() -> dict[str, Pixels]:
    height, width = 768, 1024
    colours = {"white": 255, "grey": 220, "black": 0, "red": (220, 30, 40)}
    flat = {name: np.full((height, width, 3), value, np.uint8) for name, value in colours.items()}
    ramp = np.rint(np.linspace(20, 235, width)).astype(np.uint8)
    flat["gradient"] = np.broadcast_to(ramp[None, :, None], (height, width, 3)).copy()
    page, poster = Image.new("RGB", (width, height), "white"), Image.new("RGB", (width, height), (250, 200, 40))
    for line in range(40):
        text = f"The quick brown fox jumps over the lazy dog {line} " * 3
        ImageDraw.Draw(page).text((40, 20 + 18 * line), text, "black", ImageFont.load_default(16))
    draw = ImageDraw.Draw(poster)
    draw.rectangle((100, 100, 500, 600), (30, 60, 160))
    draw.ellipse((550, 200, 950, 600), (220, 40, 60))
    draw.text((120, 300), "POSTER", "white", ImageFont.load_default(90))
    return flat | {"text page": np.asarray(page), "poster": np.asarray(poster)}


def outcome(picture: Pixels) -> dict[str, Any]:
    """Mark a picture and say whether it reads untouched and after JPEG 75, and its PSNR."""
    from synthmark import CapacityError, image

    try:
        marked = np.asarray(image.embed(picture, CONTENT_ID))
    except CapacityError:
        return {"refused": True}
    saved = attacked(marked, attack_named("JPEG 75"))
    return {
        "psnr": round(rgb_psnr(picture, marked), 2),
        "largest_change": int(np.abs(marked.astype(int) - picture).max()),
        "untouched": image.extract(marked).content_id == CONTENT_ID,
        "JPEG 75": image.extract(saved).content_id == CONTENT_ID,
    }


def shrunk(picture: Pixels, short_side: int) -> Pixels:
    scale = short_side / min(picture.shape[:2])
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def small_pictures(paths: list[Path]) -> dict[str, Any]:
    result = {}
    for side in SHORT_SIDES:
        found = {path.name: outcome(shrunk(opened(path), side)) for path in paths}
        result[str(side)] = {
            "pictures": len(found),
            "refused": [name for name, one in found.items() if one.get("refused")],
            "read untouched": sum(one.get("untouched", False) for one in found.values()),
            "read after JPEG 75": sum(one.get("JPEG 75", False) for one in found.values()),
        }
    return result


def hardest_row(paths: list[Path], draws: int) -> dict[str, Any]:
    from synthmark import image

    failures, attack = [], attack_named(HARDEST)
    for path in paths:
        marked = np.asarray(image.embed(opened(path), CONTENT_ID))
        failures += [
            f"{path.name}, draw {seed}"
            for seed in range(2, 2 + draws)
            if image.extract(attacked(marked, attack, seed, path.name)).content_id != CONTENT_ID
        ]
    return {"attack": HARDEST, "trials": draws * len(paths), "failures": failures}


def first_start() -> dict[str, float]:
    """Time one marking in a new process with an empty kernel cache, and the next one with the cache filled."""
    with tempfile.TemporaryDirectory() as cache:
        environ, seconds = os.environ | {"NUMBA_CACHE_DIR": cache}, []
        for _ in range(2):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", FIRST_PICTURE], check=True, env=environ)
            seconds.append(time.perf_counter() - start)
    return {"first_seconds": seconds[0], "next_seconds": seconds[1]}


def main(
    images: Annotated[list[Path], typer.Option(help="Folder of pictures; may be repeated.")],
    draws: Annotated[int, typer.Option(help="Further draws of the hardest row.")] = 6,
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("limits_image.json"),
) -> None:
    paths = pictures_below(images)
    record = {
        **environment.described(),
        "first_start": first_start(),
        "flat": {name: outcome(picture) for name, picture in flat_pictures().items()},
        "small": small_pictures(paths),
        "hardest_row": hardest_row(paths, draws),
    }
    out.write_text(json.dumps(record, indent=1), encoding="utf-8")
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    typer.run(main)

"""Measures whether our own visible label is recognised, and that nothing else is taken for one.

    python benchmarks/visible_label.py --images FOLDER --out visible_label.json

Every picture is labelled with the usual text and with others in turn, then saved as JPEG 70, made half as large,
and both. The same is done to the pictures without a label, to drawn patterns, and to pictures with a plate of
ours that says something else or is written in another font.
"""

from __future__ import annotations

import io
import json
import time
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import environment

environment.use_one_thread()

import numpy as np  # noqa: E402 - after the thread limits
import typer  # noqa: E402
from pictures_image import Pixels, awkward_pictures, opened, pictures_below  # noqa: E402
from PIL import Image, ImageDraw, ImageFont  # noqa: E402

from synthmark.errors import CapacityError  # noqa: E402
from synthmark.image.visible import draw_label, place_label  # noqa: E402
from synthmark.image.visible.detection import find_label  # noqa: E402
from synthmark.image.visible.templates import TEXTS  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthmark.visible.boxes import Box

OTHER_TEXTS = 4
FOREIGN = ("AI generated", "Made with AI", "AIGC", "2026-11-22")


def jpeg(picture: Pixels) -> Pixels:
    memory = io.BytesIO()
    Image.fromarray(picture).save(memory, "JPEG", quality=70)
    return np.asarray(Image.open(memory))


def half(picture: Pixels) -> Pixels:
    size = (picture.shape[1] // 2, picture.shape[0] // 2)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


CHANGES: dict[str, Callable[[Pixels], Pixels]] = {
    "none": lambda picture: picture,
    "JPEG 70": jpeg,
    "half size": half,
    "half size + JPEG 70": lambda picture: jpeg(half(picture)),
}


def texts_for(number: int) -> list[str]:
    """Return the usual text and a few others, different ones for each picture."""
    others = TEXTS[1:]
    return [TEXTS[0], *(others[(number * OTHER_TEXTS + step) % len(others)] for step in range(OTHER_TEXTS))]


def shared(first: Box, second: Box) -> float:
    """Return how much two boxes share, of all that they cover together."""
    common = first.shared_area(second)
    return common / (first.area + second.area - common)


def measured(picture: Pixels, text: str, name: str) -> list[dict[str, Any]]:
    """Label one picture and look for the label after every change."""
    placement = place_label(picture, text, force=True)
    if len(placement.lines) > 1:
        return []
    shown = draw_label(picture, placement)
    rows = []
    for change, apply in CHANGES.items():
        changed = apply(shown)
        begun = time.process_time()
        found = find_label(changed)
        row = {"picture": name, "text": text, "change": change, "seconds": time.process_time() - begun}
        row["found"] = found is not None and found.text == text
        if found is not None:
            scale = changed.shape[1] / picture.shape[1]
            row["overlap"] = shared(found.box, placement.box.scaled(scale, scale))
            row["ink_error"] = found.ink_height - placement.ink_height * scale
            row["correlation"], row["said"] = found.correlation, found.text
            row["violations"] = list(found.violations)
        rows.append(row)
    return rows


def foreign(picture: Pixels, text: str) -> Pixels:
    """Return a picture with another label: a black plate in the corner with words in Pillow's own font."""
    image = Image.fromarray(picture)
    size = 0.07 * min(image.size)
    font = ImageFont.load_default(size)
    width = font.getlength(text)
    right, bottom = image.width - 0.3 * size, image.height - 0.3 * size
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((right - width - size, bottom - 1.6 * size, right, bottom), 0.4 * size, (20, 20, 20))
    draw.text((right - width - size / 2, bottom - 1.4 * size), text, "white", font)
    return np.asarray(image)


def false_finds(pictures: dict[str, Pixels]) -> dict[str, Any]:
    """Look for labels where none of ours is."""
    plates = {
        f"{name}: {FOREIGN[number % len(FOREIGN)]}": foreign(picture, FOREIGN[number % len(FOREIGN)])
        for number, (name, picture) in enumerate(pictures.items())
    }
    result = {}
    for kind, tried in {"pictures": pictures, "patterns": awkward_pictures(), "foreign plates": plates}.items():
        looked = [
            (name, change, find_label(apply(picture)))
            for name, picture in tried.items()
            for change, apply in CHANGES.items()
        ]
        hits = [[name, change, found.text] for name, change, found in looked if found is not None]
        result[kind] = {"looked_at": len(looked), "false_finds": hits}
    return result


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what was recognised, how exactly and how fast."""
    found = [row for row in rows if row["found"]]
    return {
        "labels": len(rows),
        "recognised": len(found),
        "share": round(len(found) / len(rows), 4),
        "least_correlation": round(min(row["correlation"] for row in found), 3),
        "least_overlap": round(min(row["overlap"] for row in found), 3),
        "largest_ink_error_pixels": round(max(abs(row["ink_error"]) for row in found), 2),
        "said_to_be_too_low": sum("height" in row["violations"] for row in found),
        "median_cpu_seconds": round(float(np.median([row["seconds"] for row in rows])), 3),
    }


def main(images: Annotated[Path, typer.Option()], out: Annotated[Path, typer.Option()]) -> None:
    """Measure and write the results."""
    pictures = {path.name: opened(path) for path in pictures_below([images])}
    rows: list[dict[str, Any]] = []
    refused = []
    for number, (name, picture) in enumerate(pictures.items()):
        for text in texts_for(number):
            try:
                rows += measured(picture, text, name)
            except CapacityError:
                refused.append([name, text])
    result = {
        "environment": environment.described(),
        "pictures": len(pictures),
        "refused": refused,
        "by_change": {change: summary([row for row in rows if row["change"] == change]) for change in CHANGES},
        "missed": [row for row in rows if not row["found"]],
        "without_label": false_finds(pictures),
    }
    out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)

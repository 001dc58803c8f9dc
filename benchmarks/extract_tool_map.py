"""Measures the map of where a mark is present on spliced pictures: one part marked, the other of another picture.

    python benchmarks/extract_tool_map.py FOLDER [FOLDER ...] [-o results/extract_tool_map.json]

For every picture of the folders (jpg, png, webp; at most --count), the splice is cut along a line or a
rectangle, and some splices are saved as JPEG, resized, or turned. The result is the share of the area on which map
and truth agree.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path

import cv2
import numpy as np
from environment import described
from PIL import Image

from synthmark import image
from synthmark.image.presence import presence_map

CONTENT_ID = 0x5A23456789ABCDEF
SHAPES = ("left", "top", "diagonal", "rectangle")
CHANGES = ("none", "jpeg 75", "half size", "turned 7 degrees")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent / "results/extract_tool_map.json")
    options = parser.parse_args(arguments)
    files = pictures(options.folders)[: options.count]
    rows = [measured(number, files) for number in range(len(files))]
    options.output.write_text(json.dumps(summary(rows), indent=1) + "\n", encoding="utf-8")
    print(f"mean agreement {summary(rows)['mean_agreement']:.3f}, wrote {options.output}", file=sys.stderr)
    return 0


def pictures(folders: list[Path]) -> list[Path]:
    found = [file for folder in folders for file in sorted(folder.rglob("*"))]
    return [file for file in found if file.suffix.lower() in {".jpg", ".png", ".webp"}]


def measured(number: int, files: list[Path]) -> dict[str, object]:
    """Splice one picture with the next but two, and compare its map with the truth."""
    shape = SHAPES[number % len(SHAPES)]
    change = CHANGES[number // len(SHAPES) % len(CHANGES)]
    host = opened(files[number])
    other = cv2.resize(opened(files[(number + 3) % len(files)]), host.shape[1::-1], interpolation=cv2.INTER_AREA)
    truth = marked_part(shape, *host.shape[:2])
    marked = image.embed(host, CONTENT_ID)
    whole = presence_map(marked, image.extract(marked)).share
    spliced = np.where(truth[..., None], marked, other)
    spliced, truth = changed(change, spliced, truth)
    detection = image.extract(spliced)
    row = {"picture": files[number].name, "shape": shape, "change": change, "whole": round(whole, 4)}
    row["found"] = detection.found
    if not detection:
        return row | {"agreement": None}
    found = presence_map(spliced, detection).present
    real = cv2.resize(truth.astype(np.uint8), found.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    return row | {"agreement": round(float(np.mean(found == real)), 4)}


def opened(file: Path) -> np.ndarray:
    with Image.open(file) as picture:
        return np.asarray(picture.convert("RGB"))


def marked_part(shape: str, height: int, width: int) -> np.ndarray:
    """Return where the splice shows the marked picture: half of the area."""
    down, across = np.mgrid[:height, :width]
    down, across = (down + 0.5) / height, (across + 0.5) / width
    if shape == "rectangle":  # the other picture is pasted into the middle
        return (np.abs(down - 0.5) > 0.3536) | (np.abs(across - 0.5) > 0.3536)
    return {"left": across < 0.5, "top": down < 0.5, "diagonal": across + down < 1}[shape]


def changed(change: str, spliced: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the splice and its truth after what happens to pictures."""
    if change == "jpeg 75":
        buffer = io.BytesIO()
        Image.fromarray(spliced).save(buffer, "JPEG", quality=75)
        return np.asarray(Image.open(buffer)), truth
    if change == "half size":
        size = (spliced.shape[1] // 2, spliced.shape[0] // 2)
        return cv2.resize(spliced, size, interpolation=cv2.INTER_AREA), truth
    if change == "turned 7 degrees":
        return turned(spliced, cv2.INTER_CUBIC), turned(truth.astype(np.uint8), cv2.INTER_NEAREST) > 0
    return spliced, truth


def turned(picture: np.ndarray, interpolation: int) -> np.ndarray:
    """Turn a picture about its middle and keep the part that has no empty corners."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 7, 1.0)
    whole = cv2.warpAffine(picture, matrix, (width, height), flags=interpolation)
    return np.ascontiguousarray(whole[height // 8 : -height // 8, width // 8 : -width // 8])


def summary(rows: list[dict[str, object]]) -> dict[str, object]:
    known = [row["agreement"] for row in rows if row["agreement"] is not None]
    return {
        "environment": described(),
        "pictures": len(rows),
        "found": len(known),
        "mean_agreement": round(float(np.mean(known)), 4),
        "worst_agreement": min(known),
        "mean_share_of_whole_pictures": round(float(np.mean([row["whole"] for row in rows])), 4),
        "least_share_of_whole_pictures": min(row["whole"] for row in rows),
        "at_least_85_percent": sum(value >= 0.85 for value in known),
        "rows": rows,
    }


if __name__ == "__main__":
    sys.exit(main())

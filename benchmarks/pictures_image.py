"""The pictures that the benchmarks work on: folders of real ones, enlarged ones, and awkward drawn ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["awkward_pictures", "enlarged", "opened", "pictures_below"]

Pixels = NDArray[np.uint8]
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp"}


def pictures_below(folders: Sequence[Path], limit: int = 0) -> list[Path]:
    """Return the pictures, at most limit of them and then evenly spread over the list (0: all)."""
    found = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise FileNotFoundError(f"no pictures ({', '.join(sorted(SUFFIXES))}) below {folders}")
    return found if not 0 < limit < len(found) else [found[i * len(found) // limit] for i in range(limit)]


def opened(path: Path) -> Pixels:
    """Return the picture as RGB; transparency is dropped."""
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


def enlarged(picture: Pixels, megapixels: float, seed: int = 1) -> Pixels:
    """Resize to so many megapixels and add a camera's noise (sigma 2), which enlarging alone lacks."""
    height, width = picture.shape[:2]
    scale = math.sqrt(megapixels * 1e6 / (width * height))
    size = (round(width * scale), round(height * scale))
    large = Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)
    rng, result = np.random.default_rng(seed), np.array(large)
    for row in range(0, result.shape[0], 256):  # in strips: a whole large picture takes gigabytes
        strip = result[row : row + 256]
        noise = rng.standard_normal(strip.shape, np.float32)
        result[row : row + 256] = np.clip(np.rint(strip + 2 * noise), 0, 255)
    return result


def awkward_pictures(side: int = 512) -> dict[str, Pixels]:
    """Return drawn pictures whose regularity or emptiness could be taken for a mark."""
    rng, ramp = np.random.default_rng(7), np.arange(side)
    tile = rng.integers(0, 256, (64, 64, 3))
    circle = Image.new("RGB", (side, side), "white")
    for radius in range(4, side, 8):
        box = (side - radius, side - radius, side + radius, side + radius)
        ImageDraw.Draw(circle).ellipse(box, outline="black")
    chequers = np.repeat(((ramp[:, None] // 8 + ramp // 8) % 2 * 255)[..., None], 3, axis=2)
    stripes = np.repeat(np.broadcast_to(127 + 120 * np.sin(ramp / 3), (side, side))[..., None], 3, axis=2)
    pictures = {
        "black": np.zeros((side, side, 3)),
        "gradient": np.repeat(np.broadcast_to(ramp * 255 / side, (side, side))[..., None], 3, axis=2),
        "noise": rng.integers(0, 256, (side, side, 3)),
        "noise tiled every 64 px": np.tile(tile, (side // 64, side // 64, 1)),
        "chequers": chequers,
        "stripes": stripes,
        "circles": np.array(circle),
    }
    return {name: np.ascontiguousarray(values.astype(np.uint8)) for name, values in pictures.items()}

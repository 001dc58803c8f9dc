"""Reducing a picture to a palette of at most 256 colours, transparency included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from synthmark.image.pictures import Array

__all__ = ["as_palette"]

ENTRIES = 256


def as_palette(colour: Array, alpha: Array | None = None) -> Image.Image:
    """Return a PIL image of mode P for a picture, exact when it has at most 256 colours.

    More colours than that are reduced by median cut and error diffusion, which keeps local means and with
    them a mark of low frequency. Alpha is kept exactly: its levels share the entries of the palette.

    Parameters
    ----------
    colour
        uint8 array (H, W, 3).
    alpha
        uint8 array (H, W), or None for an opaque picture.
    """
    if alpha is None or bool((alpha == 255).all()):
        return _opaque(Image.fromarray(np.ascontiguousarray(colour)), ENTRIES)
    levels = np.unique(alpha)
    if levels.size <= 2 and set(levels.tolist()) <= {0, 255}:
        return _cut_out(colour, alpha)
    return _graded(colour, alpha)


def _opaque(image: Image.Image, entries: int) -> Image.Image:
    """Reduce an RGB image, with error diffusion only where colours have to be given up."""
    if image.getcolors(entries) is not None:
        return _exact(image)
    palette = image.quantize(entries, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    return image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)


def _exact(image: Image.Image) -> Image.Image:
    """Index an RGB image of at most 256 colours without loss."""
    pixels = np.asarray(image).astype(np.uint32)
    packed = pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2]
    colours, index = np.unique(packed, return_inverse=True)
    table = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8)
    return _indexed(index.reshape(packed.shape).astype(np.uint8), table, None)


def _cut_out(colour: Array, alpha: Array) -> Image.Image:
    """Reduce a picture that is opaque or fully transparent: 255 colours and one transparent entry."""
    clear = alpha == 0
    table = _table(colour[~clear], ENTRIES - 1)
    pattern = _indexed(np.zeros((1, 1), np.uint8), table, None)
    image = Image.fromarray(np.ascontiguousarray(colour))
    exact = len(table) < ENTRIES - 1
    dither = Image.Dither.NONE if exact else Image.Dither.FLOYDSTEINBERG
    index = np.array(image.quantize(palette=pattern, dither=dither))
    index[clear] = len(table)
    hidden = colour[clear][:1]
    reduced = _indexed(index, np.concatenate([table, hidden]), None)
    reduced.info["transparency"] = len(table)
    return reduced


def _graded(colour: Array, alpha: Array) -> Image.Image:
    """Reduce a picture with half-transparent pixels: every level of alpha gets its share of the entries."""
    levels, counts = np.unique(alpha, return_counts=True)
    shares = _shares(levels, counts)
    index = np.zeros(alpha.shape, np.uint8)
    tables: list[Array] = []
    opacity: list[int] = []
    for level, share in zip(levels.tolist(), shares, strict=True):
        chosen = alpha == level
        reduced = _opaque_line(colour[chosen], share)
        table = _used(reduced)
        index[chosen] = np.asarray(reduced)[0] + len(opacity)
        tables.append(table)
        opacity.extend([level] * len(table))
    return _indexed(index, np.concatenate(tables), np.array(opacity))


def _shares(levels: Array, counts: Array) -> list[int]:
    """Divide the palette among levels of alpha by their pixels: one entry at least."""
    weights = np.where(levels == 0, 0, counts).astype(float)
    free = ENTRIES - len(levels)
    extra = np.floor(free * weights / max(weights.sum(), 1.0)).astype(int)
    return [int(1 + more) for more in extra]


def _opaque_line(colours: Array, entries: int) -> Image.Image:
    """Reduce a list of colours (n, 3) without error diffusion, as they are no neighbours."""
    line = Image.fromarray(np.ascontiguousarray(colours[None]))
    if line.getcolors(entries) is not None:
        return _exact(line)
    return line.quantize(entries, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def _table(colours: Array, entries: int) -> Array:
    """Return at most `entries` colours (n, 3) that stand for a list of colours."""
    return _used(_opaque_line(colours, entries)) if len(colours) else np.zeros((1, 3), np.uint8)


def _used(image: Image.Image) -> Array:
    """Return the entries (n, 3) of a palette up to the last one in use."""
    palette = np.array(image.getpalette("RGB") or [0, 0, 0], np.uint8).reshape(-1, 3)
    return palette[: int(np.asarray(image).max()) + 1]


def _indexed(index: Array, table: Array, opacity: Array | None) -> Image.Image:
    """Build an image of mode P from indices, colours (n, 3) and, where given, the alpha of every entry."""
    height, width = index.shape
    image = Image.frombytes("P", (width, height), np.ascontiguousarray(index, np.uint8).tobytes())
    image.putpalette(np.ascontiguousarray(table, np.uint8).tobytes(), "RGB")
    if opacity is not None:
        image.info["transparency"] = opacity.astype(np.uint8).tobytes()
    return image

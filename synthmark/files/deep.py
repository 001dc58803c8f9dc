"""Colour of more than 8 bits per sample, which Pillow would reduce: decoded with OpenCV."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark._opencv import opencv
from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.files import avif, png
from synthmark.files.kinds import AVIF, PNG, TIFF, Kind
from synthmark.files.limits import MAX_FRAMES, MAX_PIXELS
from synthmark.image.pictures import PEAKS
from synthmark.metadata.ifd import read_directory, read_layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthmark.image.pictures import Array
    from synthmark.metadata.ifd import Directory, Layout

__all__ = ["decode", "failures", "is_deep", "is_reduced", "tiff_directories", "tiff_orientations"]

_WIDTH, _HEIGHT, _BITS, _ORIENTATION, _SAMPLES = 256, 257, 258, 274, 277
_GREY = 0


def is_deep(data: bytes, kind: Kind) -> bool:
    """Return whether a file holds colour with more than 8 bits per sample that can be kept."""
    if kind is PNG:
        return png.bit_depth(data) == 16 and data[25] != _GREY and not png.is_animated(data)
    if kind is TIFF:
        return any(_is_deep_page(data, layout, page) for layout, page in tiff_directories(data))
    return False


def is_reduced(data: bytes, kind: Kind) -> bool:
    """Return whether a file holds more than 8 bits per sample that cannot be kept."""
    if kind is PNG:
        return png.bit_depth(data) == 16 and png.is_animated(data)
    return kind is AVIF and avif.is_deep(data)


def decode(data: bytes, kind: Kind) -> list[Array]:
    """Decode the picture or the pages as arrays, RGB or RGBA order, uint8, uint16, float32 or float64.

    Raises
    ------
    DamagedMediaError
        When OpenCV cannot decode the file, or it is larger than the limits.
    UnsupportedMediaError
        When the samples are of another type.
    """
    if kind is TIFF:
        _require_tiff_size(data)
    cv2 = opencv()
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        done, pages = cv2.imdecodemulti(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    finally:
        cv2.utils.logging.setLogLevel(level)
    if not done or len(pages) == 0:
        raise DamagedMediaError(f"The {kind.name} file cannot be decoded: its pixels are damaged.")
    return [_in_order(page) for page in pages]


def failures() -> tuple[type[Exception], ...]:
    """Return what OpenCV raises, when it has been imported."""
    module: Any = sys.modules.get("cv2")
    return (module.error,) if module is not None else ()


def tiff_orientations(data: bytes) -> Iterator[int]:
    """Yield the orientation, 1 to 8, of every page of a TIFF file."""
    for layout, page in tiff_directories(data):
        value = _number(data, layout, page, _ORIENTATION) or 1
        yield value if 1 <= value <= 8 else 1


def tiff_directories(data: bytes) -> Iterator[tuple[Layout, Directory]]:
    """Yield the directories of all pages of a TIFF file, each once."""
    layout, offset = read_layout(data)
    seen: set[int] = set()
    while offset and offset not in seen and len(seen) < MAX_FRAMES:
        seen.add(offset)
        directory = read_directory(data, layout, offset)
        yield layout, directory
        offset = directory.next


def _is_deep_page(data: bytes, layout: Layout, page: Directory) -> bool:
    bits = _number(data, layout, page, _BITS) or 1
    return bits > 8 and (_number(data, layout, page, _SAMPLES) or 1) > 1


def _number(data: bytes, layout: Layout, page: Directory, tag: int) -> int | None:
    """Return the first value of a tag of type SHORT or LONG."""
    entry = page.first(tag)
    if entry is None:
        return None
    width = {3: 2, 4: 4}.get(entry.type)
    value = entry.value(data)
    if width is None or len(value) < width:
        raise DamagedMediaError(f"The TIFF tag {tag} has type {entry.type} and {len(value)} bytes.")
    return int.from_bytes(value[:width], "little" if layout.order == "<" else "big")


def _require_tiff_size(data: bytes) -> None:
    """Refuse pages that would take too much memory; what the tags say is what OpenCV will reserve."""
    total = 0
    for layout, page in tiff_directories(data):
        sides = [_number(data, layout, page, tag) or 0 for tag in (_WIDTH, _HEIGHT)]
        total += sides[0] * sides[1]
        if not 0 < total <= MAX_PIXELS:
            raise DamagedMediaError(f"The TIFF file has {total} pixels or more; 1 to {MAX_PIXELS} are supported.")


def _in_order(page: Array) -> Array:
    """Turn OpenCV's order of channels into RGB or RGBA."""
    if page.dtype.name not in PEAKS:
        raise UnsupportedMediaError(f"Samples of type {page.dtype} are not supported: convert the picture first.")
    if page.dtype.kind == "f" and not (page.min() >= 0 and page.max() <= 1):
        raise UnsupportedMediaError("Samples outside 0..1 (high dynamic range) are not supported: tone-map first.")
    if page.ndim == 2:
        return page
    return np.ascontiguousarray(page[..., [2, 1, 0, 3][: page.shape[2]]])

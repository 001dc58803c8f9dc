"""TIFF: encoding pages with the compression and the tags of the file they came from."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark._opencv import opencv
from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.files.deep import tiff_directories
from synthmark.metadata.ifd import read_directory, read_layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from synthmark.image.pictures import Array
    from synthmark.metadata.ifd import Directory, Entry, Layout

__all__ = ["encode", "has_palette"]

_COMPRESSION, _COLOUR_MAP = 259, 320
_STRIP_OFFSETS, _STRIP_COUNTS = 273, 279
_EXIF, _GPS, _INTEROPERABILITY = 34665, 34853, 40965
_DIRECTORIES = (_EXIF, _GPS, _INTEROPERABILITY)
# Tags that describe how the pixels are coded: the encoder writes its own. All others are copied.
_CODING = frozenset((
    254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281, 284, 288, 289,
    290, 291, 292, 293, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, 326, 327, 328, 330, 332, 333,
    334, 336, 338, 339, 340, 341, 342, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531,
    532, 559,
))  # fmt: skip
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SWAPPED = {3: 2, 4: 4, 5: 4, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, 13: 4}
_LONG = 4
_MAX_NESTED = 512
# What cv2 calls the compressions of TIFF that it writes; anything else becomes deflate.
_DEEP_COMPRESSIONS = {"raw": 1, "tiff_lzw": 5}
_DEFLATE = 32946
# By the value of the tag; what is not here (fax coding, old JPEG) becomes deflate.
_COMPRESSIONS = {
    1: "raw",
    5: "tiff_lzw",
    7: "jpeg",
    32773: "packbits",
    34925: "lzma",
    50000: "zstd",
    50001: "webp",
}


@dataclass(frozen=True, slots=True)
class _Tag:
    """One entry in little-endian form; a list as value is a directory of its own."""

    tag: int
    type: int
    count: int
    value: bytes | list[_Tag]


def encode(source: bytes, pages: Sequence[Image.Image | Array]) -> bytes:
    """Encode pages as one TIFF file with the compressions and the descriptive tags of another.

    Resolution, orientation, ICC profile, XMP, IPTC, EXIF with GPS, and all tags that do not describe the
    coding of the pixels are copied. Written little-endian, in strips.

    Parameters
    ----------
    source
        The TIFF file.
    pages
        An image of a mode that TIFF has, or array (H, W), (H, W, 3) or (H, W, 4) of uint16, float32 or
        float64, for each page.
    """
    originals = list(tiff_directories(source))
    body = bytearray(b"II*\0\0\0\0\0")
    link = 4
    for page, (layout, original) in zip(pages, originals, strict=True):
        tags = _coded(body, _one_page(page, _compression(source, layout, original)))
        tags += _described(source, layout, original)
        place = _append_directory(body, sorted(tags, key=lambda tag: tag.tag))
        struct.pack_into("<I", body, link, place)
        link = len(body) - 4
    return bytes(body)


def has_palette(source: bytes) -> bool:
    """Return whether the first page has a colour map."""
    _, directory = next(tiff_directories(source))
    return directory.first(_COLOUR_MAP) is not None


def _compression(source: bytes, layout: Layout, directory: Directory) -> str:
    """Return Pillow's name of the compression of a page."""
    entry = directory.first(_COMPRESSION)
    value = _numbers(directory, source, layout, _COMPRESSION)[0] if entry is not None else 1
    return _COMPRESSIONS.get(value, "tiff_adobe_deflate")


def _one_page(page: Image.Image | Array, compression: str) -> bytes:
    """Encode one page as a TIFF file of its own."""
    if isinstance(page, np.ndarray):
        return _deep_page(page, compression)
    options: dict[str, Any] = {"quality": 95} if compression == "jpeg" else {}
    buffer = io.BytesIO()
    page.save(buffer, "TIFF", compression=compression, **options)
    return buffer.getvalue()


def _deep_page(page: Array, compression: str) -> bytes:
    """Encode samples of more than 8 bits in colour, which Pillow does not write."""
    cv2 = opencv()
    swapped = page if page.ndim == 2 else page[..., [2, 1, 0, 3][: page.shape[2]]]
    chosen = _DEEP_COMPRESSIONS.get(compression, _DEFLATE)
    done, encoded = cv2.imencode(".tiff", swapped, [cv2.IMWRITE_TIFF_COMPRESSION, chosen])
    if not done:
        raise UnsupportedMediaError(f"A TIFF page of {page.dtype} {page.shape} cannot be encoded.")
    return bytes(encoded)


def _described(source: bytes, layout: Layout, directory: Directory) -> list[_Tag]:
    """Return the tags of a page that do not describe the coding of its pixels."""
    return [
        tag
        for entry in directory.entries
        if entry.tag not in _CODING and (tag := _copied(source, layout, entry)) is not None
    ]


def _copied(source: bytes, layout: Layout, entry: Entry, depth: int = 0) -> _Tag | None:
    """Turn an entry of the source into a tag, nested directories included; None for what cannot be read."""
    if entry.type not in _SIZES:
        return None
    value = entry.value(source)
    if entry.tag in _DIRECTORIES:
        return _nested(source, layout, entry, value, depth)
    return _Tag(entry.tag, entry.type, entry.count, _little(value, entry.type, layout))


def _nested(source: bytes, layout: Layout, entry: Entry, value: bytes, depth: int) -> _Tag | None:
    """Copy the directory that an entry points to."""
    if depth > 1 or not value:
        return None
    offset = int.from_bytes(value, "little" if layout.order == "<" else "big")
    directory = read_directory(source, layout, offset)
    if len(directory.entries) > _MAX_NESTED:
        raise DamagedMediaError(f"The TIFF tag {entry.tag} names {len(directory.entries)} nested tags.")
    inner = [_copied(source, layout, nested, depth + 1) for nested in directory.entries]
    return _Tag(entry.tag, _LONG, 1, [tag for tag in inner if tag is not None])


def _little(value: bytes, kind: int, layout: Layout) -> bytes:
    """Return a value in little-endian byte order."""
    width = _SWAPPED.get(kind, 1)
    if layout.order == "<" or width == 1:
        return value
    return np.frombuffer(value, f">u{width}").astype(f"<u{width}").tobytes()


def _coded(body: bytearray, encoded: bytes) -> list[_Tag]:
    """Append the strips of a one-page file and return the tags that describe them."""
    layout, offset = read_layout(encoded)
    directory = read_directory(encoded, layout, offset)
    kept = [entry for entry in directory.entries if entry.tag in _CODING]
    tags = [tag for entry in kept if (tag := _copied(encoded, layout, entry)) is not None]
    offsets, counts = (_numbers(directory, encoded, layout, tag) for tag in (_STRIP_OFFSETS, _STRIP_COUNTS))
    placed = []
    for start, count in zip(offsets, counts, strict=True):
        _align(body)
        placed.append(len(body))
        body += encoded[start : start + count]
    value = struct.pack(f"<{len(placed)}I", *placed)
    return [tag for tag in tags if tag.tag != _STRIP_OFFSETS] + [_Tag(_STRIP_OFFSETS, _LONG, len(placed), value)]


def _numbers(directory: Directory, data: bytes, layout: Layout, tag: int) -> list[int]:
    """Read the whole numbers of a tag of type SHORT or LONG."""
    entry = directory.first(tag)
    if entry is None:
        raise DamagedMediaError(f"The TIFF page has no tag {tag}.")
    letter = "H" if entry.type == 3 else "I"
    return list(struct.unpack(f"{layout.order}{entry.count}{letter}", entry.value(data)))


def _append_directory(body: bytearray, tags: Sequence[_Tag]) -> int:
    """Append a directory, its last four bytes free for the place of the next one; return its place."""
    values = [_placed(body, tag) for tag in tags]
    _align(body)
    place = len(body)
    body += struct.pack("<H", len(tags))
    for tag, value in zip(tags, values, strict=True):
        body += struct.pack("<HHI", tag.tag, tag.type, tag.count) + value
    body += bytes(4)
    return place


def _placed(body: bytearray, tag: _Tag) -> bytes:
    """Return the four bytes of a value field, appending what does not fit into them."""
    if isinstance(tag.value, list):
        return struct.pack("<I", _append_directory(body, tag.value))
    if len(tag.value) <= 4:
        return tag.value.ljust(4, b"\0")
    _align(body)
    place = len(body)
    body += tag.value
    return struct.pack("<I", place)


def _align(body: bytearray) -> None:
    """Start at an even place, as TIFF 6.0 asks for."""
    if len(body) % 2:
        body += b"\0"

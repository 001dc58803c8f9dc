"""PNG and APNG: encoding with the ancillary chunks of the file it came from."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark.metadata.png_chunks import SIGNATURE, Chunk, chunks, packed
from synthmark.metadata.thumbnail import without_thumbnail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from synthmark.image.pictures import Array

__all__ = ["bit_depth", "encode", "encode_animation", "has_palette", "has_still_before", "is_animated"]

# Of zlib, 0 to 9: photographs become 3 % larger than at the usual 6, in half the time.
_LEVEL = 4
# Chunks that describe the coding of the pixels: the encoder writes its own, or they would no longer hold.
_CODING = frozenset(
    (
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"bKGD",
        b"hIST",
        b"sBIT",
        b"sPLT",
        b"acTL",
        b"fcTL",
        b"fdAT",
    )
)


def encode(source: bytes, picture: Image.Image | Array) -> bytes:
    """Encode a picture as PNG with the metadata chunks of another PNG file.

    Text, EXIF, XMP, ICC profile, sRGB, gamma, chromaticity and resolution chunks are copied byte by byte, and
    so are private chunks; a thumbnail in EXIF is left out. Interlacing is not kept: the pixels are the same
    without it.

    Parameters
    ----------
    source
        The PNG file.
    picture
        Image of any mode that PNG has, or uint16 array (H, W), (H, W, 2), (H, W, 3) or (H, W, 4).
    """
    if isinstance(picture, np.ndarray):
        return _with_metadata(_deep(picture), source)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=_LEVEL)
    return _with_metadata(buffer.getvalue(), source)


def encode_animation(
    source: bytes, frames: Sequence[Image.Image], durations: Sequence[float], loop: int | None
) -> bytes:
    """Encode frames as APNG with the metadata chunks of another one.

    Parameters
    ----------
    source
        The APNG file; when its still picture is no frame, the first of ``frames`` is that picture.
    frames
        Images of one size, all RGB or all RGBA.
    durations
        Milliseconds each frame shows; the still picture before the animation counts as one.
    loop
        How often to play; 0 or None for ever.
    """
    still = has_still_before(source)
    options: dict[str, Any] = {
        "save_all": True,
        "append_images": list(frames[1:]),
        "duration": list(durations[1:] if still else durations),
        "loop": loop or 0,
        "default_image": still,
        "disposal": 0,
        "blend": 0,
    }
    buffer = io.BytesIO()
    frames[0].save(buffer, "PNG", **options)
    return _with_metadata(buffer.getvalue(), source)


def bit_depth(source: bytes) -> int:
    """Return the bits per sample that the header names."""
    return source[24] if len(source) > 24 else 0


def has_palette(source: bytes) -> bool:
    """Return whether the header names indexed colour."""
    return source[25:26] == b"\x03"


def is_animated(source: bytes) -> bool:
    """Return whether the file is an APNG."""
    return any(chunk.type == b"acTL" for chunk in chunks(source))


def has_still_before(source: bytes) -> bool:
    """Return whether an APNG shows a still picture that is no frame of the animation."""
    for chunk in chunks(source):
        if chunk.type in (b"fcTL", b"IDAT"):
            return chunk.type == b"IDAT"
    return False


def _with_metadata(encoded: bytes, source: bytes) -> bytes:
    """Put the metadata chunks of the source around the pixels that the encoder wrote."""
    before, after = _metadata(source)
    header, *pixels, end = [chunk.raw for chunk in chunks(encoded) if chunk.type in _CODING]
    return b"".join([SIGNATURE, header, *before, *pixels, *after, end])


def _metadata(source: bytes) -> tuple[list[bytes], list[bytes]]:
    """Return the metadata chunks before and after the pixels."""
    before: list[bytes] = []
    after: list[bytes] = []
    place = before
    for chunk in chunks(source):
        if chunk.type == b"IDAT":
            place = after
        if chunk.type not in _CODING:
            place.append(_current(chunk))
    return before, after


def _current(source: Chunk) -> bytes:
    """Return a chunk of the source without the thumbnail of the source."""
    return packed(source.type, without_thumbnail(source.payload)) if source.type == b"eXIf" else source.raw


def _deep(pixels: Array) -> bytes:
    """Encode 16 bits per sample, which Pillow writes for grey alone (PNG specification, clauses 7 to 11)."""
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    coded = packed(b"IHDR", header), packed(b"IDAT", _compressed(pixels)), packed(b"IEND", b"")
    return b"".join([SIGNATURE, *coded])


def _compressed(pixels: Array) -> bytes:
    """Filter every row by the difference to the row above (type 2) and compress a band of rows at a time."""
    packer = zlib.compressobj(6)
    parts: list[bytes] = []
    above = np.zeros((1, pixels[0].size * 2), np.uint8)
    for start in range(0, len(pixels), 64):
        rows = pixels[start : start + 64].astype(">u2").reshape(-1, pixels[0].size).view(np.uint8)
        difference = rows - np.concatenate([above, rows[:-1]])
        filtered = np.concatenate([np.full((len(rows), 1), 2, np.uint8), difference], axis=1)
        parts.append(packer.compress(filtered.tobytes()))
        above = rows[-1:]
    return b"".join([*parts, packer.flush()])

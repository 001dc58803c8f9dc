"""Putting marked pictures back into the container they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from synthmark.errors import InputError
from synthmark.files import avif, gif, jpeg, png, tiff, webp
from synthmark.files.kinds import AVIF, GIF, JPEG, PNG, TIFF, WEBP, Kind
from synthmark.files.orientation import as_stored
from synthmark.files.picture_file import PictureFile, coding_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from synthmark.image.pictures import Array

__all__ = ["FINE_QUALITY", "encode_pictures", "has_palette", "is_lossy"]

FINE_QUALITY = 90
"""JPEG or WebP quality that erases no mark which `synthmark.image.embed` has let pass."""

_ENCODERS: dict[Kind, Callable[[bytes, Sequence[Image.Image], Sequence[float], int | None], bytes]] = {
    PNG: png.encode_animation,
    GIF: gif.encode,
    AVIF: avif.encode,
}


def encode_pictures(
    file: PictureFile,
    pictures: Sequence[Image.Image | Array],
    *,
    quality: int | None = None,
    palette: bool = True,
) -> bytes:
    """Encode pictures in the container, the manner and with the metadata of the file they came from.

    Parameters
    ----------
    file
        The file whose frames the pictures replace.
    pictures
        Upright, one for each of ``file.frames``, of the same kind and size.
    quality
        1 to 100 in place of the quality of a JPEG or lossy WebP file; None keeps that of the file.
    palette
        Whether a PNG or TIFF file with a palette keeps one; without, it becomes true colour.

    Raises
    ------
    InputError
        When the number of pictures differs.
    MediaError
        When they cannot be encoded.
    """
    if len(pictures) != len(file.frames):
        raise InputError(f"The file has {len(file.frames)} frames; {len(pictures)} pictures were given.")
    stored = [as_stored(picture, turn) for picture, turn in zip(pictures, file.orientations, strict=True)]
    with coding_errors(f"The {file.kind.name} file cannot be encoded"):
        return _encoded(file, stored, quality, palette=palette and has_palette(file))


def has_palette(file: PictureFile) -> bool:
    """Return whether the file stores indices into a palette of its own choice (GIF has no other way)."""
    if file.kind is PNG:
        return png.has_palette(file.data) and not file.animated
    return file.kind is TIFF and tiff.has_palette(file.data)


def is_lossy(file: PictureFile) -> bool:
    """Return whether a file is coded with losses that a stated quality changes."""
    return file.kind is JPEG or (file.kind is WEBP and webp.quality_of(file.data) is not None)


def _encoded(
    file: PictureFile, stored: Sequence[Image.Image | Array], quality: int | None, *, palette: bool
) -> bytes:
    """Call the encoder of the container."""
    if file.kind is TIFF:
        return tiff.encode(file.data, [_indexed(page) if palette else page for page in stored])
    if file.kind is PNG and not file.animated:
        return png.encode(file.data, _indexed(stored[0]) if palette else stored[0])
    frames = _images(stored)
    if file.kind is JPEG:
        return jpeg.encode(file.data, frames[0], quality)
    if file.kind is WEBP:
        return webp.encode(file.data, frames, file.durations, file.loop, quality)
    return _ENCODERS[file.kind](file.data, frames, file.durations, file.loop)


def _images(stored: Sequence[Image.Image | Array]) -> list[Image.Image]:
    """Return the pictures as images; opaque animations lose the alpha channel they were decoded with."""
    images = [Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture for picture in stored]
    if len(images) > 1 and all(image.mode == "RGBA" and _opaque(image) for image in images):
        return [image.convert("RGB") for image in images]
    return images


def _opaque(image: Image.Image) -> bool:
    return image.getchannel("A").getextrema()[0] == 255


def _indexed(picture: Image.Image | Array) -> Image.Image | Array:
    """Reduce an 8-bit colour picture to a palette."""
    from synthmark.image.palettes import as_palette  # noqa: PLC0415 - few files have one

    if not isinstance(picture, Image.Image) or picture.mode not in ("RGB", "RGBA"):
        return picture
    pixels = np.asarray(picture)
    return as_palette(pixels[..., :3], pixels[..., 3] if picture.mode == "RGBA" else None)

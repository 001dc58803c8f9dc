"""AVIF: encoding with a quality near that of the file it came from."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from PIL import Image

from synthmark.metadata.thumbnail import without_thumbnail

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["encode", "is_deep"]

# AVIF files do not name their quality: the coarsest of these that makes no smaller file is taken.
_QUALITIES = (60, 75, 85, 95)
_SPEED = 7


def encode(
    source: bytes,
    frames: Sequence[Image.Image],
    durations: Sequence[float],
    _loop: int | None = None,
) -> bytes:
    """Encode one picture or an animation as AVIF in the manner of another AVIF file.

    Chroma subsampling, ICC profile, EXIF without its thumbnail, and XMP are kept. The quality is the lowest of
    60, 75, 85 and 95 that gives no smaller file than the source.

    Parameters
    ----------
    source
        The AVIF file.
    frames
        Images of one size, L, RGB or RGBA.
    durations
        Milliseconds each frame shows; ignored for one frame.
    """
    with Image.open(io.BytesIO(source), formats=("AVIF",)) as original:
        original.load()
        info = original.info
    options: dict[str, Any] = {key: info[key] for key in ("icc_profile", "exif", "xmp") if key in info}
    options["exif"] = without_thumbnail(options.get("exif", b""))
    options |= {"subsampling": _subsampling(source), "speed": _SPEED}
    if len(frames) > 1:
        times = [round(duration) for duration in durations]
        options |= {"save_all": True, "append_images": list(frames[1:]), "duration": times}
    encoded = b""
    for quality in _QUALITIES:
        encoded = _encoded(frames[0], quality, options)
        if len(encoded) >= len(source):
            break
    return encoded


def is_deep(source: bytes) -> bool:
    """Return whether the pixels have 10 or 12 bits per sample."""
    configuration = _configuration(source)
    return configuration is not None and bool(configuration[2] & 0x40)


def _encoded(picture: Image.Image, quality: int, options: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "AVIF", quality=quality, **options)
    return buffer.getvalue()


def _subsampling(source: bytes) -> str:
    """Read the chroma subsampling from the codec configuration (AV1-ISOBMFF, section 2.3.3)."""
    configuration = _configuration(source)
    if configuration is None:
        return "4:2:0"
    monochrome, horizontal, vertical = (bool(configuration[2] & bit) for bit in (0x10, 0x08, 0x04))
    if monochrome:
        return "4:0:0"
    return {(True, True): "4:2:0", (True, False): "4:2:2"}.get((horizontal, vertical), "4:4:4")


def _configuration(source: bytes) -> bytes | None:
    """Return the four fixed bytes of the first `av1C` box."""
    position = source.find(b"av1C")
    found = source[position + 4 : position + 8]
    return found if position >= 0 and len(found) == 4 else None

"""WebP: encoding as lossy or lossless as the file it came from, stills and animations."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from PIL import Image

from synthmark.files.bits import BoolReader
from synthmark.metadata.thumbnail import without_thumbnail
from synthmark.metadata.webp_chunks import HEADER, Chunk, chunks, form_end

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["encode", "quality_of"]

# Where a quantiser cannot be read; libwebp's own default is 75.
_USUAL_QUALITY = 80
_PICTURES = (b"VP8 ", b"VP8L")
_FRAME_HEADER = 16  # bytes of an animation frame before its chunks: place, size, duration, flags


def encode(
    source: bytes,
    frames: Sequence[Image.Image],
    durations: Sequence[float],
    loop: int | None,
    quality: int | None = None,
) -> bytes:
    """Encode one picture or an animation as WebP in the manner of another WebP file.

    Lossless stays lossless, with the colour under transparent pixels kept. For lossy files the quality comes
    from the quantiser of their first frame. ICC profile, EXIF without its thumbnail, and XMP are copied.

    Parameters
    ----------
    source
        The WebP file.
    frames
        Images of one size, RGB or RGBA.
    durations
        Milliseconds each frame shows; ignored for one frame.
    loop
        How often to play; 0 or None for ever.
    quality
        0 to 100 in place of the quality of a lossy file; None keeps it.
    """
    with Image.open(io.BytesIO(source), formats=("WEBP",)) as original:
        info = original.info
    found = quality_of(source)
    options: dict[str, Any] = {key: info.get(key, b"") for key in ("icc_profile", "exif", "xmp")}
    options["exif"] = without_thumbnail(options["exif"])
    options |= {"lossless": True, "exact": True} if found is None else {"quality": quality or found, "method": 4}
    if len(frames) > 1:
        options |= {"save_all": True, "append_images": list(frames[1:]), "duration": _rounded(durations)}
        options |= {"loop": loop or 0, "background": info.get("background", (0, 0, 0, 0))}
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", **options)
    return buffer.getvalue()


def quality_of(source: bytes) -> int | None:
    """Estimate the quality, 0 to 100, that a lossy WebP file was encoded with; None for a lossless one.

    libwebp (``VP8SetSegmentParams``) maps quality to a quantiser index by ``index = 127 (1 - c ** e)``, with
    ``c`` the cube root of a piecewise linear function of the quality. With its usual setting ``e`` is 1.446
    for the segment of least detail, which has the highest index, and 1 without segments.
    """
    picture = next(_picture_chunks(source), None)
    if picture is not None and picture.type == b"VP8L":
        return None
    indices = _quantisers(picture.payload) if picture else []
    if not indices:
        return _USUAL_QUALITY
    exponent = 1.446 if len(set(indices)) > 1 else 1.0
    linear = float((1 - max(indices) / 127) ** (3 / exponent))
    quality = 150 * linear if linear < 0.5 else 50 * (1 + linear)
    return min(100, max(1, round(quality)))


def _rounded(durations: Sequence[float]) -> list[int]:
    return [round(duration) for duration in durations]


def _quantisers(frame: bytes) -> list[int]:
    """Read the quantiser indices, 0 (finest) to 127, of a VP8 key frame (RFC 6386, section 9)."""
    if len(frame) < 16 or frame[0] & 1 or frame[3:6] != b"\x9d\x01\x2a":
        return []
    bits = BoolReader(frame[10:])
    bits.take(2)  # colour space, clamping
    segments = _segment_quantisers(bits) if bits.take(1) else None
    bits.take(1 + 6 + 3)  # filter type, level, sharpness
    if bits.take(1) and bits.take(1):  # filter deltas by reference and by mode
        for _ in range(8):
            _signed(bits, 6)
    bits.take(2)  # number of partitions
    base = bits.take(7)
    if segments is None:
        return [base]
    absolute, values = segments
    return [min(127, max(0, value if absolute else base + value)) for value in values]


def _segment_quantisers(bits: BoolReader) -> tuple[bool, list[int]] | None:
    """Read the header of segments: whether quantisers are absolute, and one for each of four segments."""
    update_map, update_data = bits.take(1), bits.take(1)
    found = None
    if update_data:
        absolute = bool(bits.take(1))
        found = absolute, [_signed(bits, 7) for _ in range(4)]
        for _ in range(4):
            _signed(bits, 6)  # filter levels
    if update_map:
        for _ in range(3):
            if bits.take(1):
                bits.take(8)
    return found


def _signed(bits: BoolReader, width: int) -> int:
    """Read an optional value with its sign behind it."""
    if not bits.take(1):
        return 0
    value = bits.take(width)
    return -value if bits.take(1) else value


def _picture_chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks that hold coded pixels, also those inside animation frames."""
    for chunk in chunks(data, HEADER, form_end(data)):
        if chunk.type == b"ANMF":
            inside = chunks(chunk.payload, _FRAME_HEADER, len(chunk.payload))
            yield from (inner for inner in inside if inner.type in _PICTURES)
        elif chunk.type in _PICTURES:
            yield chunk

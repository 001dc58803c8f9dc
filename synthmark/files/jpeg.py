"""JPEG: encoding with the tables, the subsampling and the metadata segments of the file it came from."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image, JpegImagePlugin

from synthmark.errors import DamagedMediaError
from synthmark.metadata.thumbnail import without_photoshop_thumbnail, without_thumbnail

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["encode", "has_more_pictures"]

_START_OF_SCAN, _END = 0xDA, 0xD9
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_APP0, _APP1, _APP2, _APP13, _APP14, _APP15, _COMMENT = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xEF, 0xFE
# 4:4:4 for the rare layouts that Pillow cannot write: it loses nothing.
_FULL_COLOUR = 0


@dataclass(frozen=True, slots=True)
class _Segment:
    """One marker segment: its marker, all its bytes, and its payload."""

    marker: int
    raw: bytes
    payload: bytes


def encode(source: bytes, picture: Image.Image, quality: int | None = None) -> bytes:
    """Encode a picture as JPEG in the manner of another JPEG file.

    Quantisation tables, chroma subsampling, the progressive flag and every metadata segment (JFIF with
    resolution, EXIF, XMP, ICC profile, IPTC, comments) come from the source. CMYK stays CMYK, inverted with
    an Adobe marker as all writers do. Further pictures of a multi-picture file and the thumbnails in JFIF,
    EXIF and Photoshop data are left out: they show the source.

    Parameters
    ----------
    source
        The JPEG file.
    picture
        Image of mode L, RGB or CMYK.
    quality
        1 to 100 in place of the source's tables, or None to keep them.
    """
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(source), formats=("JPEG",)) as original:
        assert isinstance(original, JpegImagePlugin.JpegImageFile)
        options = _options(original) | (_tables(original) if quality is None else {"quality": quality})
    picture.save(buffer, "JPEG", **options)
    return _with_metadata(buffer.getvalue(), source)


def has_more_pictures(source: bytes) -> bool:
    """Return whether the file is a multi-picture one (gain map, depth map, preview, second eye)."""
    return any(_is_picture_index(segment) for segment in _segments(source))


def _options(original: JpegImagePlugin.JpegImageFile) -> dict[str, Any]:
    """Read the settings that are no tables."""
    sampling = JpegImagePlugin.get_sampling(original)
    options: dict[str, Any] = {"subsampling": sampling if sampling >= 0 else _FULL_COLOUR}
    if original.info.get("progressive"):
        options["progressive"] = True
    if original.mode == "RGB" and original.info.get("adobe_transform") == 0:
        options["keep_rgb"] = True
    return options


def _tables(original: JpegImagePlugin.JpegImageFile) -> dict[str, Any]:
    """Read the quantisation table of every component, shared ones once."""
    tables = [original.quantization[layer[3]] for layer in original.layer]
    while len(tables) > 1 and tables[-1] == tables[-2]:
        tables.pop()
    return {"qtables": tables}


def _with_metadata(encoded: bytes, source: bytes) -> bytes:
    """Put the metadata segments of the source in place of those that the encoder wrote."""
    old = [_current(segment) for segment in _segments(source) if _is_kept(segment)]
    new = list(_segments(encoded))
    body = encoded[2 + sum(len(segment.raw) for segment in new) :]
    tables = [segment.raw for segment in new if segment.marker == _APP14 or not _is_metadata(segment)]
    return b"".join([b"\xff\xd8", *old, *tables, body])


def _current(segment: _Segment) -> bytes:
    """Return a segment of the source without the thumbnail of the source."""
    if segment.marker == _APP1 and segment.payload.startswith(b"Exif\0"):
        return segment.raw.removesuffix(segment.payload) + without_thumbnail(segment.payload)
    payload = without_photoshop_thumbnail(segment.payload) if segment.marker == _APP13 else segment.payload
    if payload == segment.payload:
        return segment.raw
    return bytes((0xFF, segment.marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def _is_metadata(segment: _Segment) -> bool:
    return _APP0 <= segment.marker <= _APP15 or segment.marker == _COMMENT


def _is_kept(segment: _Segment) -> bool:
    """Return whether a segment of the source still holds when the pixels change."""
    thumbnail = segment.marker == _APP0 and segment.payload.startswith(b"JFXX")
    coding = segment.marker == _APP14 and segment.payload.startswith(b"Adobe")
    return _is_metadata(segment) and not (thumbnail or coding or _is_picture_index(segment))


def _is_picture_index(segment: _Segment) -> bool:
    return segment.marker == _APP2 and segment.payload.startswith(b"MPF\0")


def _segments(data: bytes) -> Iterator[_Segment]:
    """Yield the segments between the start of the image and its first scan."""
    position = 2
    while True:
        start = position
        while data[position : position + 1] == b"\xff":
            position += 1
        if position == start or position >= len(data):
            raise DamagedMediaError(f"The JPEG file has no marker at byte {start}: it is truncated or damaged.")
        marker = data[position]
        position += 1
        if marker in (_START_OF_SCAN, _END):
            return
        payload = position + 2
        if marker not in _STANDALONE:
            length = int.from_bytes(data[position : position + 2], "big")
            if length < 2 or position + length > len(data):
                raise DamagedMediaError(f"The JPEG segment at byte {start} reaches beyond the end of the file.")
            position += length
        yield _Segment(marker, data[start:position], data[payload:position])

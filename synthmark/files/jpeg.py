"""JPEG: encoding with the tables, the subsampling and the metadata segments of the file it came from."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, JpegImagePlugin

from synthmark.metadata.jpeg_segments import APP0, APP1, APP2, APP15, COMMENT, Segment, packed, segments
from synthmark.metadata.thumbnail import without_photoshop_thumbnail, without_thumbnail

__all__ = ["encode", "has_more_pictures"]

_APP13, _APP14 = 0xED, 0xEE
# 4:4:4 for the rare layouts that Pillow cannot write: it loses nothing.
_FULL_COLOUR = 0


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
    return any(_is_picture_index(segment) for segment in segments(source))


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
    old = [_current(segment) for segment in segments(source) if _is_kept(segment)]
    new = list(segments(encoded))
    body = encoded[2 + sum(len(segment.raw) for segment in new) :]
    tables = [segment.raw for segment in new if segment.marker == _APP14 or not _is_metadata(segment)]
    return b"".join([b"\xff\xd8", *old, *tables, body])


def _current(segment: Segment) -> bytes:
    """Return a segment of the source without the thumbnail of the source."""
    if segment.marker == APP1 and segment.payload.startswith(b"Exif\0"):
        return segment.raw.removesuffix(segment.payload) + without_thumbnail(segment.payload)
    payload = without_photoshop_thumbnail(segment.payload) if segment.marker == _APP13 else segment.payload
    if payload == segment.payload:
        return segment.raw
    return packed(segment.marker, payload)


def _is_metadata(segment: Segment) -> bool:
    return APP0 <= segment.marker <= APP15 or segment.marker == COMMENT


def _is_kept(segment: Segment) -> bool:
    """Return whether a segment of the source still holds when the pixels change."""
    thumbnail = segment.marker == APP0 and segment.payload.startswith(b"JFXX")
    coding = segment.marker == _APP14 and segment.payload.startswith(b"Adobe")
    return _is_metadata(segment) and not (thumbnail or coding or _is_picture_index(segment))


def _is_picture_index(segment: Segment) -> bool:
    return segment.marker == APP2 and segment.payload.startswith(b"MPF\0")

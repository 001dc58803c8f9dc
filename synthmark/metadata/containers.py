"""Which container a file is, and the modules that read and write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from synthmark.errors import UnsupportedMediaError
from synthmark.metadata import flac, gif, isobmff, isobmff_write, jpeg, png, tiff, wav, webp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from synthmark.metadata.fields import Field

__all__ = ["Container", "container_of", "sniff"]


class Container(NamedTuple):
    """The reader and the writer of one container: of XMP packets, or of the label's text alone."""

    fields: Callable[[bytes], Iterator[Field]]
    rewrite: Callable[[bytes, Sequence[bytes]], bytes] | None = None
    rewrite_text: Callable[[bytes, str], bytes] | None = None


_ISOBMFF = Container(isobmff.fields, isobmff_write.rewrite)
_CONTAINERS = {
    "image/jpeg": Container(jpeg.fields, jpeg.rewrite),
    "image/png": Container(png.fields, png.rewrite),
    "image/webp": Container(webp.fields, webp.rewrite),
    "image/gif": Container(gif.fields, gif.rewrite),
    "image/tiff": Container(tiff.fields, tiff.rewrite),
    "image/avif": _ISOBMFF,
    "image/heic": _ISOBMFF,
    "image/heif": _ISOBMFF,
    "audio/wav": Container(wav.fields, rewrite_text=wav.rewrite),
    "audio/flac": Container(flac.fields, rewrite_text=flac.rewrite),
}
_MAGIC = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"II\x2a\0": "image/tiff",
    b"MM\0\x2a": "image/tiff",
    b"II\x2b\0": "image/tiff",
    b"MM\0\x2b": "image/tiff",
}
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"hevx": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"mif2": "image/heif",
}


def sniff(data: bytes) -> str | None:
    """Tell the media type from the first bytes, or give None for a file without a reader here."""
    for magic, media_type in _MAGIC.items():
        if data.startswith(magic):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[:4] in (b"RIFF", *wav.LONG_FORMS) and data[8:12] == b"WAVE":
        return "audio/wav"
    if flac.is_flac(data):
        return "audio/flac"
    return _sniff_isobmff(data) if data[4:8] == b"ftyp" else None


def container_of(data: bytes) -> tuple[str, Container]:
    """Give media type and container.

    Raises
    ------
    UnsupportedMediaError
        The first bytes are of no container that can be read here.
    """
    media_type = sniff(data)
    if media_type is None:
        raise UnsupportedMediaError(
            f"no reader for a file that starts with {data[:12].hex(' ') or 'nothing (it is empty)'}; "
            "metadata labels are read in JPEG, PNG, WebP, GIF, TIFF, AVIF, HEIF, WAV and FLAC"
        )
    return media_type, _CONTAINERS[media_type]


def _sniff_isobmff(data: bytes) -> str | None:
    """Go by the major brand, then by the compatible ones: pictures often come as mif1."""
    end = min(int.from_bytes(data[:4], "big"), 1024)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]
    known = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    specific = [media_type for media_type in known if media_type != "image/heif"]
    if brands[0] not in _BRANDS:
        return None
    return (specific or known)[0]

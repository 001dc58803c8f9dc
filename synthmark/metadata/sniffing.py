"""Tells the media type of a file by its content."""

from __future__ import annotations

import io

from synthmark.metadata import aiff, flac, matroska, mp3, mp4, ogg, wav
from synthmark.metadata.source import Source

__all__ = ["sniff", "sniff_source"]

_MAGIC = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"II\x2a\0": "image/tiff",
    b"MM\0\x2a": "image/tiff",
    b"II\x2b\0": "image/tiff",
    b"MM\0\x2b": "image/tiff",
    b"FLV\x01": "video/x-flv",
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
_HEAD = 1024


def sniff(data: bytes) -> str | None:
    """Tell the media type from the first bytes, or give None for a file without a reader here.

    An MP4 file without pictures is told from video where its tables lie within these bytes; MP3 and FLAC
    behind a tag need all of the tag.
    """
    return sniff_source(Source(io.BytesIO(data)))


def sniff_source(source: Source) -> str | None:
    """Do the work of `sniff` on an open file."""
    head = source.peek(0, _HEAD)
    for magic, media_type in _MAGIC.items():
        if head.startswith(magic):
            return media_type
    return _sniff_chunks(head) or _sniff_picture(head) or _sniff_stream(source)


def _sniff_chunks(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:4] in (b"RIFF", *wav.LONG_FORMS) and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "video/x-msvideo"
    if aiff.is_aiff(head):
        return "audio/aiff"
    return None


def _sniff_picture(head: bytes) -> str | None:
    """Go by the major brand, then by the compatible ones: pictures often come as mif1."""
    if head[4:8] != b"ftyp" or head[8:12] not in _BRANDS:
        return None
    end = min(int.from_bytes(head[:4], "big"), _HEAD)
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, end, 4))]
    known = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    specific = [media_type for media_type in known if media_type != "image/heif"]
    return (specific or known)[0]


def _sniff_stream(source: Source) -> str | None:
    if ogg.is_ogg(source):
        return "audio/ogg"
    if flac.is_flac_source(source):
        return "audio/flac"
    return mp4.sniff(source) or matroska.sniff(source) or ("audio/mpeg" if mp3.is_mp3(source) else None)

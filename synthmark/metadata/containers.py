"""The modules that read and write the metadata of each kind of file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from synthmark.errors import UnsupportedMediaError
from synthmark.metadata import (
    aiff,
    avi,
    flac,
    flv,
    gif,
    isobmff,
    isobmff_write,
    jpeg,
    matroska,
    matroska_write,
    mp3,
    mp4,
    mp4_write,
    ogg,
    png,
    tiff,
    wav,
    webp,
)
from synthmark.metadata.sniffing import sniff_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from synthmark.metadata.fields import Field
    from synthmark.metadata.source import Piece, Source

__all__ = ["Change", "Container", "container_of"]


@dataclass(frozen=True, slots=True)
class Change:
    """What a writer puts into a file.

    Attributes
    ----------
    text
        The label, for the place of its own that sound and video have for it.
    packets
        The XMP packets of the file as they shall be, in the order in which they are read; one more where
        the file has none yet.
    """

    text: str
    packets: Sequence[bytes]


class Container(NamedTuple):
    """The reader and the writer of one container.

    Attributes
    ----------
    keeps_xmp
        Whether it has a usual place for XMP packets.
    label_apart
        Whether the label stands in a place of its own, and not in the XMP packet.
    """

    fields: Callable[[Source], Iterator[Field]]
    rewrite: Callable[[Source, Change], Iterable[Piece]]
    keeps_xmp: bool = True
    label_apart: bool = True


class _Writer(Protocol):
    def __call__(self, data: bytes, packets: Sequence[bytes], /) -> bytes: ...


def _picture(fields: Callable[[bytes], Iterator[Field]], rewrite: _Writer) -> Container:
    """Make the container of a kind of picture, whose modules take the bytes of the file at once."""

    def read(source: Source) -> Iterator[Field]:
        return fields(source.whole())

    def write(source: Source, change: Change) -> Iterable[Piece]:
        return (rewrite(source.whole(), change.packets),)

    return Container(read, write, label_apart=False)


_HEIF = _picture(isobmff.fields, isobmff_write.rewrite)
_MP4 = Container(mp4.fields, mp4_write.rewrite)
_MATROSKA = Container(matroska.fields, matroska_write.rewrite, keeps_xmp=False)
_CONTAINERS = {
    "image/jpeg": _picture(jpeg.fields, jpeg.rewrite),
    "image/png": _picture(png.fields, png.rewrite),
    "image/webp": _picture(webp.fields, webp.rewrite),
    "image/gif": _picture(gif.fields, gif.rewrite),
    "image/tiff": _picture(tiff.fields, tiff.rewrite),
    "image/avif": _HEIF,
    "image/heic": _HEIF,
    "image/heif": _HEIF,
    "audio/wav": Container(wav.fields, wav.rewrite),
    "audio/flac": Container(flac.fields, flac.rewrite, keeps_xmp=False),
    "audio/mpeg": Container(mp3.fields, mp3.rewrite),
    "audio/ogg": Container(ogg.fields, ogg.rewrite, keeps_xmp=False),
    "audio/aiff": Container(aiff.fields, aiff.rewrite),
    "audio/mp4": _MP4,
    "video/mp4": _MP4,
    "video/quicktime": _MP4,
    "video/x-matroska": _MATROSKA,
    "video/webm": _MATROSKA,
    "video/x-msvideo": Container(avi.fields, avi.rewrite),
    "video/x-flv": Container(flv.fields, flv.rewrite, keeps_xmp=False),
}


def container_of(source: Source) -> tuple[str, Container]:
    """Give media type and container.

    Raises
    ------
    UnsupportedMediaError
        The first bytes are of no container that can be read here.
    """
    media_type = sniff_source(source)
    if media_type is None:
        raise UnsupportedMediaError(
            f"no reader for a file that starts with {source.peek(0, 12).hex(' ') or 'nothing (it is empty)'}; "
            "metadata labels are read in JPEG, PNG, WebP, GIF, TIFF, AVIF, HEIF, WAV, FLAC, MP3, M4A, "
            "Ogg, AIFF, MP4, MOV, Matroska, WebM, AVI and FLV"
        )
    return media_type, _CONTAINERS[media_type]

"""MP4, M4A and QuickTime: which of them a file is, and what its metadata says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.fields import Field, Kind
from synthmark.metadata.mp4_boxes import boxes_of, walk
from synthmark.metadata.mp4_items import movie_fields
from synthmark.metadata.xmp_scan import MAX_PACKET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthmark.metadata.isobmff_items import Box
    from synthmark.metadata.source import Source

__all__ = ["XMP_UUID", "fields", "is_packet", "read_movie", "sniff"]

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_MAX_MOVIE = 64 << 20  # bytes of a movie box; the tables of a long film have a tenth of it
_SOUND_BRANDS = {b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "}
_BRANDS = {
    *(b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41", b"mp42", b"mp71"),
    *(b"avc1", b"hvc1", b"av01", b"M4V ", b"M4VH", b"M4VP", b"F4V ", b"f4v ", b"MSNV", b"dash", b"msdh", b"cmfc"),
    *(b"3gp4", b"3gp5", b"3gp6", b"3gp7", b"3gp8", b"3gp9", b"3g2a", b"3g2b", b"3g2c", b"XAVC", b"mmp4", b"NDSC"),
}
# What a QuickTime file without the box ftyp may begin with.
_FIRST = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}


def sniff(source: Source) -> str | None:
    """Tell the media type of a file of this family by its brands and its tracks, or give None."""
    head = source.peek(0, 1024)
    if head[4:8] != b"ftyp":
        return "video/quicktime" if head[4:8] in _FIRST and _handlers(source) else None
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, end, 4))]
    if brands[0] == b"qt  ":
        return "video/quicktime"
    if brands[0] in _SOUND_BRANDS:
        return "audio/mp4"
    if not _BRANDS.intersection(brands):
        return None
    handlers = _handlers(source)
    return "audio/mp4" if b"soun" in handlers and b"vide" not in handlers else "video/mp4"


def fields(source: Source) -> Iterator[Field]:
    """Yield the metadata of a file."""
    for box in boxes_of(source):
        if box.type == b"moov":
            yield from movie_fields(read_movie(source, box))
        elif box.type == b"jumb" or (box.type == b"uuid" and source.peek(box.body, 16) == _C2PA_UUID):
            yield Field(Kind.CREDENTIAL, f"MP4 {box.type.decode()} C2PA")
        elif is_packet(source, box):
            yield Field(Kind.XMP, "MP4 uuid XMP", source.read(box.body + 16, box.end - box.body - 16))
        elif box.type == b"meta":
            yield from movie_fields(b"".join(source.blocks(box.start, _bounded(box).end)))


def read_movie(source: Source, box: Box) -> bytes:
    """Return the content of the movie box.

    Raises
    ------
    DamagedMediaError
        It has more than 64 MiB.
    """
    return source.read(box.body, _bounded(box).end - box.body)


def is_packet(source: Source, box: Box) -> bool:
    """Tell whether a box holds an XMP packet of a size that is read (XMP specification, part 3)."""
    if box.type != b"uuid" or source.peek(box.body, 16) != XMP_UUID:
        return False
    if box.end - box.body > MAX_PACKET:
        raise DamagedMediaError(f"the XMP packet has more than {MAX_PACKET} bytes")
    return True


def _bounded(box: Box) -> Box:
    if box.end - box.start > _MAX_MOVIE:
        raise DamagedMediaError(
            f"the box {box.type!r} has {box.end - box.start} bytes; at most {_MAX_MOVIE} are read"
        )
    return box


def _handlers(source: Source) -> set[bytes]:
    """Return what the tracks of the file hold: vide, soun, text, ..."""
    found = set()
    try:
        for movie in _inside(boxes_of(source), b"moov"):
            for track in _inside(walk(source, movie.body, movie.end, nested=True), b"trak"):
                for media in _inside(walk(source, track.body, track.end, nested=True), b"mdia"):
                    boxes = _inside(walk(source, media.body, media.end, nested=True), b"hdlr")
                    found |= {source.peek(box.body + 8, 4) for box in boxes}
            break
    except DamagedMediaError:
        pass
    return found


def _inside(boxes: Iterator[Box], kind: bytes) -> Iterator[Box]:
    return (box for box in boxes if box.type == kind)

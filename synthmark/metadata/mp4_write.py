"""Writes the label into MP4, M4A and QuickTime files; the coded sound and pictures only move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.errors import UnsupportedMediaError
from synthmark.metadata.mp4 import XMP_UUID, is_packet, read_movie, sniff
from synthmark.metadata.mp4_boxes import boxes_of, make_box, rebuilt, split_boxes
from synthmark.metadata.mp4_items import has_comment, with_values
from synthmark.metadata.mp4_offsets import move_outside, moved_movie, widened_movie
from synthmark.metadata.source import Edits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthmark.metadata.containers import Change
    from synthmark.metadata.isobmff_items import Box
    from synthmark.metadata.source import Piece, Source

__all__ = ["rewrite"]

_FREE = {b"free", b"skip"}
_ROOM = 1 << 24  # more than labels, packets and tables can add


def rewrite(source: Source, change: Change) -> Iterator[Piece]:
    """Put the label into the user data of the movie, as its only label.

    Free space behind the movie box takes in what it grows by; where there is not enough, what follows moves,
    and all tables of offsets with it.

    Raises
    ------
    DamagedMediaError, UnsupportedMediaError
        The file is truncated; it has no movie box, or is built in a way that cannot be moved safely.
    """
    top = list(boxes_of(source))
    movies = [box for box in top if box.type == b"moov"]
    if len(movies) != 1:
        raise UnsupportedMediaError(f"the file has {len(movies)} movie boxes; one is needed")
    media_type = sniff(source) or ""
    edits, packets, movie = Edits(), list(change.packets), b""
    for box in top:
        if box.type == b"moov":
            movie = _labelled(read_movie(source, box), change.text, packets, media_type, source.size)
        elif is_packet(source, box) and packets:
            edits.replace(box.start, box.end, make_box(b"uuid", XMP_UUID, packets.pop(0)))
    added = b""
    if packets and media_type == "video/quicktime":
        movie = rebuilt(movie, (b"udta",), lambda raw: make_box(b"udta", make_box(b"XMP_", packets[0]), raw[8:]))
    elif packets:
        added = make_box(b"uuid", XMP_UUID, packets[0])
    _replace_movie(edits, top, movies[0], movie, added)
    move_outside(source, top, edits)
    return edits.pieces(source.size)


def _replace_movie(edits: Edits, top: list[Box], old: Box, movie: bytes, added: bytes) -> None:
    """Put a movie box in the place of the old one, with another box behind it, and move its offsets."""
    growth = 8 + len(movie) + len(added) - (old.end - old.start)
    after = top[top.index(old) + 1 :][:1]
    room = after[0].end - after[0].start - growth if after and after[0].type in _FREE else -1
    fits = growth and (room == 0 or room >= 8)
    end = after[0].end if fits else old.end
    filling = make_box(b"free", bytes(room - 8)) if fits and room else b""
    trial = edits.copy()
    trial.replace(old.start, end, bytes(8 + len(movie) + len(added) + len(filling)))
    edits.replace(old.start, end, make_box(b"moov", moved_movie(movie, trial.shifts())) + added + filling)


def _labelled(movie: bytes, text: str, packets: list[bytes], media_type: str, size: int) -> bytes:
    """Return the content of the movie box with the label, its offsets as they were."""
    kinds = {box.type for box in split_boxes(movie)[0]}
    if b"cmov" in kinds:
        raise UnsupportedMediaError("the movie box of the file is compressed; write the file anew first")
    values = {"AIGC": text}
    if media_type.startswith("video/") and not has_comment(movie):
        values["comment"] = text
    return widened_movie(with_values(movie, values, packets), size + _ROOM)

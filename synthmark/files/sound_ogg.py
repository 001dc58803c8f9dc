"""Ogg Vorbis and Opus: newly coded sound with the comments of the source, its cover among them, as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.containers.ogg_pages import header_packets, write_with_headers
from synthmark.errors import DamagedMediaError
from synthmark.files.comment_times import moved_comments
from synthmark.files.sound_copy import copying, seconds_of

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from synthmark.files.sound_copy import SoundCopy

__all__ = ["write_ogg"]

# What the comment packet begins with, by the codec, and how many header packets there are.
_CODECS = {b"\x01vorbis": (b"\x03vorbis", 3), b"OpusHead": (b"OpusTags", 2)}


def write_ogg(copy: SoundCopy, coded: Path) -> tuple[str, ...]:
    """Put the comments of the source into a newly coded file; return the codes of notes.

    Parameters
    ----------
    coded
        A file of the same codec, and of one stream.

    Raises
    ------
    MediaError
        When the source is damaged, or the copy cannot be written.
    """
    notes: list[str] = []
    with copying(copy.source, copy.target) as (file, out), coded.open("rb") as sound:
        new, _ = _headers(sound)
        comments, start = _headers(file)
        if copy.added:
            size = len(start)
            comments[1] = start + moved_comments(comments[1][size:], seconds_of(copy), notes)
        write_with_headers(sound, out, [new[0], comments[1], *new[2:]])
    return tuple(notes)


def _headers(file: BinaryIO) -> tuple[list[bytes], bytes]:
    """Return the header packets, and what the one with the comments begins with."""
    first = header_packets(file, 1)[0]
    start, count = next((facts for codec, facts in _CODECS.items() if first.startswith(codec)), (b"", 0))
    packets = header_packets(file, count) if count else []
    if not packets or not packets[1].startswith(start):
        raise DamagedMediaError("The Ogg stream does not begin with the headers of Vorbis or Opus.")
    return packets, start

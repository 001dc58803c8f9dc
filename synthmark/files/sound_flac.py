"""FLAC: newly coded sound behind the metadata blocks of the source (RFC 9639, section 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.containers.sound_soundfile import write_with_libsndfile
from synthmark.errors import DamagedMediaError
from synthmark.files.atomic import draft_beside
from synthmark.files.comment_times import moved_comments
from synthmark.files.sound_copy import copy_bytes, copying, seconds_of
from synthmark.metadata import flac

if TYPE_CHECKING:
    from typing import BinaryIO

    from synthmark.files.sound_copy import SoundCopy

__all__ = ["moved_cue_sheet", "read_flac_blocks", "require_whole_flac", "write_flac"]

_FIRST_BYTES = 1 << 22
_MOST_BYTES = 1 << 26
_TRACK, _INDEX = 36, 12
_LEAD_OUT, _LEAD_OUT_OTHER = 170, 255
_CD_FLAG = 136  # the byte behind catalogue number (128 bytes) and lead-in (8)


def require_whole_flac(file: BinaryIO) -> None:
    """Refuse a file whose metadata blocks reach beyond its end.

    Raises
    ------
    DamagedMediaError
        See above.
    """
    read_flac_blocks(file)


def read_flac_blocks(file: BinaryIO) -> tuple[bytes, list[flac.Block], int]:
    """Return what stands before the stream, its metadata blocks, and where the coded sound begins.

    Raises
    ------
    DamagedMediaError
        When the file ends within its metadata.
    """
    size, wanted = file.seek(0, 2), _FIRST_BYTES
    while True:
        file.seek(0)
        data = file.read(wanted)
        try:
            head, blocks, sound = flac.split(data)
        except DamagedMediaError:
            if wanted >= min(size, _MOST_BYTES):
                raise
            wanted *= 4
            continue
        return head, blocks, len(data) - len(sound)


def write_flac(copy: SoundCopy) -> tuple[str, ...]:
    """Write a FLAC file; return the codes of notes.

    Raises
    ------
    MediaError
        When the source is damaged, or the copy cannot be written.
    """
    notes: list[str] = []
    with draft_beside(copy.target) as coded:
        write_with_libsndfile(coded, "FLAC", copy.form, copy.blocks())
        with copying(copy.source, copy.target) as (file, out), coded.open("rb") as sound:
            head, blocks, _ = read_flac_blocks(file)
            _, new, start = read_flac_blocks(sound)
            own = [block for block in new if block.type in {flac.STREAM_INFO, flac.SEEK_TABLE}]
            kept = [block for block in blocks if block.type not in {flac.STREAM_INFO, flac.SEEK_TABLE}]
            moved = [_moved(block, copy, notes) for block in kept]
            out.write(flac.joined(head, [*own, *moved], b""))
            copy_bytes(sound, out, start, sound.seek(0, 2))
    return tuple(notes)


def _moved(block: flac.Block, copy: SoundCopy, notes: list[str]) -> flac.Block:
    """Return a block whose places and times have moved along with the content."""
    if block.type == flac.CUE_SHEET and copy.added:
        return flac.Block(block.type, moved_cue_sheet(block.payload, copy.added))
    if block.type == flac.COMMENTS and copy.added:
        return flac.Block(block.type, moved_comments(block.payload, seconds_of(copy), notes))
    return block


def moved_cue_sheet(payload: bytes, added: int) -> bytes:
    """Move the tracks of a cue sheet, which no longer is that of a disc: its tracks begin at any sample.

    A track has its offset (8 bytes), number, code (12), flags (14) and points, and the number of its points.
    """
    head = bytearray(payload)
    count, place = payload[395] if len(payload) > 395 else 0, 396
    if count:
        head[_CD_FLAG] &= 0x7F
    for _ in range(count):
        if place + _TRACK > len(head):
            return payload
        offset = int.from_bytes(head[place : place + 8], "big")
        head[place : place + 8] = (offset + added).to_bytes(8, "big")
        if head[place + 8] == _LEAD_OUT:
            head[place + 8] = _LEAD_OUT_OTHER
        place += _TRACK + _INDEX * head[place + 35]
    return bytes(head)

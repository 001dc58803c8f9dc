"""AIFF and AIFF-C: new samples in the place of the old ones; markers move along.

Apple Computer, "Audio Interchange File Format: AIFF", version 1.3, 1989, and "AIFF-C", 1991.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from synthmark.containers.sound_soundfile import RawCoder
from synthmark.errors import DamagedMediaError
from synthmark.files.sound_chunks import chunk_spans, require_short_form, write_chunks
from synthmark.files.sound_copy import copying

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from synthmark.files.sound_copy import SoundCopy

__all__ = ["moved_markers", "require_whole_aiff", "write_aiff"]

_LITTLE_ENDIAN = b"sowt"
_COMPRESSION = slice(18, 22)  # in the chunk COMM of AIFF-C


def require_whole_aiff(file: BinaryIO) -> None:
    """Refuse a file whose chunks reach beyond its end, or that has no sound.

    Raises
    ------
    DamagedMediaError
        See above.
    """
    if not {b"COMM", b"SSND"} <= {span.type for span in chunk_spans(file, ">")}:
        raise DamagedMediaError("The AIFF file has no sound: its chunk COMM or SSND is missing.")


def write_aiff(copy: SoundCopy) -> tuple[str, ...]:
    """Write an AIFF file; return the codes of notes: none.

    Raises
    ------
    MediaError
        When the source is damaged, or the copy cannot be written.
    """
    frames = 0

    def coded(big_endian: bool) -> Iterator[bytes]:
        nonlocal frames
        yield bytes(8)  # offset and block size of aligned samples: none
        coder = RawCoder(copy.form, big_endian=big_endian)
        for block in copy.blocks():
            frames += len(block)
            yield coder.coded(block)

    with copying(copy.source, copy.target) as (file, out):
        common = next(span for span in chunk_spans(file, ">") if span.type == b"COMM")
        file.seek(common.start)
        big_endian = file.read(22)[_COMPRESSION] != _LITTLE_ENDIAN
        changes = {b"MARK": lambda data: moved_markers(data, copy.added)}
        write_chunks(file, out, ">", changes, (b"SSND", coded(big_endian)))
        require_short_form(out.tell())
        place = next(span.start for span in chunk_spans(out, ">") if span.type == b"COMM")
        out.seek(place + 2)
        out.write(struct.pack(">I", frames))
    return ()


def moved_markers(payload: bytes, added: int) -> bytes:
    """Move the markers of a chunk MARK (number, place, name with its length before it, at even places)."""
    moved, place = bytearray(payload), 2
    for _ in range(int.from_bytes(payload[:2], "big")):
        if place + 7 > len(payload):
            break
        position = int.from_bytes(payload[place + 2 : place + 6], "big")
        moved[place + 2 : place + 6] = min(position + added, 0xFFFFFFFF).to_bytes(4, "big")
        place += 6 + (payload[place + 6] + 2) // 2 * 2
    return bytes(moved)

"""WAV: new samples in the place of the old ones; what other chunks say about places and times moves along.

RIFF, RF64 and BW64 (EBU Tech 3306); broadcast extension (EBU Tech 3285), sampler and cue chunks.
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

__all__ = ["require_whole_wav", "write_wav"]

_CUE_POINT = struct.Struct("<II4sIII")
_LONG_FORMS = (b"RF64", b"BW64")
_TIME_REFERENCE = 338  # in the chunk bext: samples since midnight, 64 bits
_SAMPLER_HEADER, _LOOP = 36, struct.Struct("<6I")
_ALL = 0xFFFFFFFF


def require_whole_wav(file: BinaryIO) -> None:
    """Refuse a file whose chunks reach beyond its end, or that has no sound.

    Raises
    ------
    DamagedMediaError
        See above.
    """
    if not {b"fmt ", b"data"} <= {span.type for span in chunk_spans(file, "<")}:
        raise DamagedMediaError("The WAV file has no sound: its chunk fmt or data is missing.")


def write_wav(copy: SoundCopy) -> tuple[str, ...]:
    """Write a WAV file; return the codes of notes.

    Raises
    ------
    MediaError
        When the source is damaged, or the copy cannot be written.
    """
    notes: list[str] = []
    counted = _Counted(copy)
    changes = {
        b"cue ": lambda data: moved_cue_points(data, copy.added),
        b"smpl": lambda data: _moved_loops(data, copy.added),
        b"bext": lambda data: _moved_time(data, copy.added, notes),
        b"PEAK": lambda _: b"",  # the loudest samples: optional, and no longer true
        b"levl": lambda _: b"",
    }
    with copying(copy.source, copy.target) as (file, out):
        length = write_chunks(file, out, "<", changes, (b"data", counted.coded()))
        _set_sizes(out, length, counted.frames)
    return tuple(notes)


class _Counted:
    """Codes the samples of a copy and counts them."""

    def __init__(self, copy: SoundCopy) -> None:
        self.frames = 0
        self._copy = copy

    def coded(self) -> Iterator[bytes]:
        coder = RawCoder(self._copy.form, big_endian=False)
        for block in self._copy.blocks():
            self.frames += len(block)
            yield coder.coded(block)


def _set_sizes(out: BinaryIO, length: int, frames: int) -> None:
    """State the number of samples, and the sizes of a long file."""
    size = out.tell()
    out.seek(0)
    form = out.read(4)
    spans = {span.type: span.start for span in chunk_spans(out, "<")}
    if b"fact" in spans:
        _patch(out, spans[b"fact"], "<I", min(frames, _ALL))
    if form in _LONG_FORMS and b"ds64" in spans:
        _patch(out, spans[b"ds64"], "<QQQ", size - 8, length, frames)
        _patch(out, 4, "<I", _ALL)
        _patch(out, spans[b"data"] - 4, "<I", _ALL)
    else:
        require_short_form(size)


def _patch(file: BinaryIO, place: int, layout: str, *numbers: int) -> None:
    file.seek(place)
    file.write(struct.pack(layout, *numbers))


def moved_cue_points(payload: bytes, added: int) -> bytes:
    """Move the points of a cue chunk (number, place, chunk, its start, its block, offset of a sample)."""
    size = _CUE_POINT.size
    whole = 4 + (len(payload) - 4) // size * size
    points = b""
    for number, place, kind, start, block, offset in _CUE_POINT.iter_unpack(payload[4:whole]):
        points += _CUE_POINT.pack(number, (place + added) & _ALL, kind, start, block, (offset + added) & _ALL)
    return payload[:4] + points + payload[max(whole, 4) :]


def _moved_loops(payload: bytes, added: int) -> bytes:
    """Move the loops of a sampler chunk (number, kind, start, end, fraction, times)."""
    count = int.from_bytes(payload[28:32], "little")
    end = _SAMPLER_HEADER + count * _LOOP.size
    if not added or end > len(payload):
        return payload
    loops = b"".join(
        _LOOP.pack(number, kind, (start + added) & _ALL, (last + added) & _ALL, fraction, times)
        for number, kind, start, last, fraction, times in _LOOP.iter_unpack(payload[_SAMPLER_HEADER:end])
    )
    return payload[:_SAMPLER_HEADER] + loops + payload[end:]


def _moved_time(payload: bytes, added: int, notes: list[str]) -> bytes:
    """Set the time of day at which the file begins earlier, so that the content keeps its own."""
    field = slice(_TIME_REFERENCE, _TIME_REFERENCE + 8)
    reference = int.from_bytes(payload[field], "little")
    if not added or len(payload) < field.stop:
        return payload
    if reference < added:
        notes.append("note.times_unmoved")
        return payload
    return payload[: field.start] + (reference - added).to_bytes(8, "little") + payload[field.stop :]

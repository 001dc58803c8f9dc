"""MP3: the label in the ID3v2 tag before the sound (TC260-PG-202510A); ID3v1 and APE tags behind it stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.metadata import id3
from synthmark.metadata.id3_labels import damaged_fields, rewritten
from synthmark.metadata.id3_upgrade import upgraded
from synthmark.metadata.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthmark.metadata.containers import Change
    from synthmark.metadata.fields import Field
    from synthmark.metadata.source import Piece, Source

__all__ = ["fields", "is_mp3", "rewrite"]

_SCANNED = 1 << 16  # bytes behind a tag in which the first frame of sound must begin
_RATES = (44100, 48000, 32000)
# Kilobits a second by (MPEG-1, layer), ISO/IEC 11172-3, 2.4.2.3, and 13818-3 for the lower rates.
_BITRATES = {
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def is_mp3(source: Source) -> bool:
    """Tell whether a file is MPEG sound of layer 1 to 3, with or without tags before it."""
    if source.peek(0, 3) != b"ID3":
        return _frame_at(source.peek(0, 1 << 13), 0)
    spans = id3.tag_spans(source)
    sound = source.peek(spans[-1].end, _SCANNED) if spans else b""
    start = sound.find(b"\xff")
    while start >= 0:
        if _frame_at(sound, start):
            return True
        start = sound.find(b"\xff", start + 1)
    return False


def fields(source: Source) -> Iterator[Field]:
    """Yield the metadata of an MP3 file."""
    for span in id3.tag_spans(source):
        yield from damaged_fields(source.read(span.start, span.end - span.start), "MP3")


def rewrite(source: Source, change: Change) -> Iterator[Piece]:
    """Write the label into the first tag, or a new one, and take labels out of the others.

    Raises
    ------
    DamagedMediaError, UnsupportedMediaError
        A tag cannot be read in full.
    """
    spans = id3.tag_spans(source)
    tags = [upgraded(id3.parsed(source.read(span.start, span.end - span.start))) for span in spans]
    packets = list(change.packets)
    added = len(packets) - sum(tag.packets for tag in tags)
    if not tags:
        yield rewritten(None, change.text, packets)
    for number, tag in enumerate(tags):
        count = tag.packets + (0 if number else added)
        yield rewritten(tag, None if number else change.text, packets[:count])
        packets = packets[count:]
    yield Span(spans[-1].end if spans else 0, source.size)


def _frame_at(data: bytes, position: int) -> bool:
    """Tell whether a frame begins at a position, and the next one, if that is in sight, behind it."""
    length = _frame_length(data[position : position + 4])
    following = data[position + length : position + length + 4]
    return bool(length) and (len(following) < 4 or bool(_frame_length(following)))


def _frame_length(head: bytes) -> int:
    """Return the bytes of the frame that a header begins, or 0 where it is none or does not say."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer, rate = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3), head[2] >> 2 & 3
    if version == 1 or layer == 4 or rate == 3 or head[2] >> 4 in {0, 15}:
        return 0
    first = version == 3
    bits = 1000 * _BITRATES[first, layer][head[2] >> 4]
    samples_a_second = _RATES[rate] // (1 if first else 2 if version == 2 else 4)
    padding = head[2] >> 1 & 1
    if layer == 1:
        return (12 * bits // samples_a_second + padding) * 4
    return (144 if first or layer == 2 else 72) * bits // samples_a_second + padding

"""ID3v2 tags (id3.org: versions 2.2, 2.3.0 and 2.4.0), taken apart into frames and written again."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata.aigc_reader import MAX_TEXT
from synthmark.metadata.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synthmark.metadata.source import Source

__all__ = ["UNSYNCHRONISED", "XMP_OWNER", "Frame", "Tag", "is_packet", "packed", "parsed", "tag_spans"]

_MAX_TAGS = 16
_MAX_TAG = 64 << 20  # bytes; covers of a few MB are usual
_MAX_FRAMES = 10_000
_MAX_SIZE = (1 << 28) - 1
_PADDING = 1024  # bytes put behind frames that have outgrown their tag
UNSYNCHRONISED, _EXTENDED, _FOOTER = 0x80, 0x40, 0x10  # flags of a tag
_IDENTIFIER = re.compile(rb"[A-Z][A-Z0-9 \0]{2,3}")
XMP_OWNER = b"XMP\0"


class _Form(NamedTuple):
    """How the frames of a version are laid out: sizes in bytes, and bits of the number of the size."""

    identifier: int
    header: int
    size_bytes: int
    size_bits: int


_FORMS = {2: _Form(3, 6, 3, 8), 3: _Form(4, 10, 4, 8), 4: _Form(4, 10, 4, 7)}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: identifier, flags, and data as they stand in the (synchronised) tag; and its content."""

    id: bytes
    flags: bytes
    data: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag: version 2 to 4, flags, room for frames and padding, and the frames.

    `size_bits` is 8 in tags of version 4 by programs that write sizes as version 3 does.
    """

    version: int
    flags: int
    room: int
    frames: tuple[Frame, ...]
    size_bits: int

    @property
    def packets(self) -> int:
        """How many XMP packets it holds."""
        return sum(is_packet(frame) for frame in self.frames)


def tag_spans(source: Source, start: int = 0) -> list[Span]:
    """Find the tags that follow each other from a position on; what claims more than 64 MiB counts as none."""
    spans: list[Span] = []
    while len(spans) < _MAX_TAGS:
        head = source.peek(start, 10)
        if len(head) < 10 or head[:3] != b"ID3" or max(head[6:10]) > 0x7F or head[3] == 0xFF:
            break
        size = _number(head[6:10], 7)
        if size > _MAX_TAG:
            break
        end = start + 10 + size + (10 if head[3] == 4 and head[5] & _FOOTER else 0)
        spans.append(Span(start, end))
        start = end
    return spans


def parsed(data: bytes) -> Tag:
    """Take a tag apart.

    Raises
    ------
    UnsupportedMediaError
        Its version is none of 2.2, 2.3 and 2.4, or it is compressed as a whole.
    DamagedMediaError
        A frame reaches beyond the end of the tag.
    """
    version, flags = data[3], data[5]
    room = _number(data[6:10], 7)
    body = data[10 : 10 + room]
    if version not in _FORMS or (version == 2 and flags & _EXTENDED):
        raise UnsupportedMediaError(f"an ID3 tag of version 2.{version} with flags {flags:#04x} cannot be read")
    if version < 4 and flags & UNSYNCHRONISED:
        body = _synchronised(body)
    start = _extended_end(version, flags, body)
    frames, size_bits = _frames_of(body[start:], version, unsynchronised=bool(flags & UNSYNCHRONISED))
    return Tag(version, flags, room, tuple(frames), size_bits)


def is_packet(frame: Frame) -> bool:
    """Tell whether a frame holds an XMP packet (XMP specification, part 3)."""
    return frame.id == b"PRIV" and frame.content.startswith(XMP_OWNER)


def packed(tag: Tag, frames: Iterable[Frame]) -> bytes:
    """Write a tag with other frames: as long as before where they fit in.

    The extended header goes away: it holds the checksum and the length of what has changed.
    """
    form = _FORMS[tag.version]._replace(size_bits=tag.size_bits)
    body = b"".join(_packed_frame(form, frame) for frame in frames)
    if tag.version < 4 and tag.flags & UNSYNCHRONISED:
        body = _unsynchronised(body)
    footer = tag.version == 4 and bool(tag.flags & _FOOTER)
    if not footer:  # with a footer no padding is allowed
        body = body.ljust(tag.room if len(body) <= tag.room else len(body) + _PADDING, b"\0")
    if len(body) > _MAX_SIZE:
        raise UnsupportedMediaError(f"the ID3 tag would have {len(body)} bytes; {_MAX_SIZE} are allowed")
    rest = bytes([tag.version, 0, tag.flags & ~_EXTENDED]) + _digits(len(body), 4, 7)
    return b"ID3" + rest + body + (b"3DI" + rest if footer else b"")


def _packed_frame(form: _Form, frame: Frame) -> bytes:
    return frame.id + _digits(len(frame.data), form.size_bytes, form.size_bits) + frame.flags + frame.data


def _number(digits: bytes, bits: int) -> int:
    """Read a number of which each byte holds some bits."""
    value = 0
    for digit in digits:
        value = value << bits | digit
    return value


def _digits(value: int, count: int, bits: int) -> bytes:
    if value >> (count * bits):
        raise UnsupportedMediaError(f"an ID3 frame would have {value} bytes, more than the format allows")
    return bytes(value >> (bits * place) & ((1 << bits) - 1) for place in reversed(range(count)))


def _synchronised(data: bytes) -> bytes:
    return data.replace(b"\xff\0", b"\xff")


def _unsynchronised(data: bytes) -> bytes:
    """Break up what looks like the start of a sound frame (ID3v2.3, section 5)."""
    changed = re.sub(rb"\xff(?=[\xe0-\xff\0])", b"\xff\0", data)
    return changed + b"\0" if changed.endswith(b"\xff") else changed


def _extended_end(version: int, flags: int, body: bytes) -> int:
    if version == 2 or not flags & _EXTENDED:
        return 0
    size = _number(body[:4], 7 if version == 4 else 8)
    end = size if version == 4 else size + 4
    if end > len(body):
        raise DamagedMediaError(f"the extended header of the ID3 tag claims {size} bytes; there are {len(body)}")
    return end


def _frames_of(body: bytes, version: int, *, unsynchronised: bool) -> tuple[list[Frame], int]:
    """Read the frames; some programs write the sizes of version 4 as in version 3."""
    form = _FORMS[version]
    try:
        frames, clean = _read_frames(body, version, form, unsynchronised=unsynchronised)
    except DamagedMediaError:
        if version != 4:
            raise
        frames, clean = [], False
    if clean or version != 4:
        return frames, form.size_bits
    try:
        others, clean = _read_frames(body, version, form._replace(size_bits=8), unsynchronised=unsynchronised)
    except DamagedMediaError:
        if not frames:
            raise
        return frames, 7
    return (others, 8) if clean or not frames else (frames, 7)


def _read_frames(body: bytes, version: int, form: _Form, *, unsynchronised: bool) -> tuple[list[Frame], bool]:
    """Read frames until the padding, and tell whether that is zeros alone, as it must be."""
    position, frames = 0, list[Frame]()
    while position + form.header <= len(body) and body[position]:
        head = body[position : position + form.header]
        identifier, after = head[: form.identifier], form.identifier + form.size_bytes
        start = position + form.header
        position = start + _number(head[form.identifier : after], form.size_bits)
        if not _IDENTIFIER.fullmatch(identifier) or position > len(body) or len(frames) >= _MAX_FRAMES:
            raise DamagedMediaError(f"the frames of the ID3 tag are damaged at {identifier!r}")
        data, flags = body[start:position], head[after:]
        content = _content(version, flags, data, unsynchronised=unsynchronised)
        frames.append(Frame(identifier, flags, data, content))
    return frames, not body[position:].strip(b"\0")


def _content(version: int, flags: bytes, data: bytes, *, unsynchronised: bool) -> bytes:
    """Undo what the flags of a frame say was done to it; encrypted ones have no content to read."""
    if version == 2 or (not flags[1] and not (version == 4 and unsynchronised)):
        return data
    bits = flags[1]
    if version == 3:
        grouped, compressed, encrypted, undone, length = bits & 0x20, bits & 0x80, bits & 0x40, 0, bits & 0x80
    else:
        grouped, compressed, encrypted, undone, length = (
            bits & 0x40,
            bits & 0x08,
            bits & 0x04,
            bits & 0x02 or unsynchronised,
            bits & 0x01,
        )
    if encrypted:
        return b""
    if undone:
        data = _synchronised(data)
    data = data[(1 if grouped else 0) + (4 if length else 0) :]
    return _inflated(data) if compressed else data


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, 4 * MAX_TEXT)
    except zlib.error:
        return b""

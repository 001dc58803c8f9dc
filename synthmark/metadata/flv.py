"""FLV: the label as property `AIGC` of the script data `onMetaData` (TC260-PG-20257A).

Layout as in Adobe's Flash Video File Format Specification 10.1, annex E. Places of key frames, which some programs
list in the same data, move along.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata import amf
from synthmark.metadata.fields import COMMENT, Field, Kind, label_in, unpacked
from synthmark.metadata.source import Edits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthmark.metadata.containers import Change
    from synthmark.metadata.source import Piece, Source

__all__ = ["fields", "rewrite"]

_SCRIPT = 18
_MAX_TAGS = 100  # within which script data is looked for
_MAX_SCRIPT = 4 << 20  # bytes; a list of key frames has 18 for each
_MAX_LENGTH = (1 << 24) - 1
_METADATA = b"\2\0\x0aonMetaData"
_XMP = b"\2\0\x09onXMPData"
_PLACES = {"lastkeyframelocation", "filesize", "datasize"}
_SOFTWARE = {"encoder", "metadatacreator", "creator"}


@dataclass(frozen=True, slots=True)
class _Tag:
    """Where the data of a tag lies; its head stands in the 11 bytes before, its size in the 4 behind."""

    type: int
    start: int
    end: int


def fields(source: Source) -> Iterator[Field]:
    """Yield the metadata of an FLV file."""
    for tag in _script_tags(source):
        data = source.read(tag.start, tag.end - tag.start)
        if data.startswith(_METADATA):
            for item in _properties(data):
                field = _field(data, item)
                if field is not None:
                    yield field
        elif data.startswith(_XMP):
            packets = (amf.text_of(data, item) for item in _properties(data) if item.name == "liveXML")
            yield from (Field(Kind.FIXED_XMP, "FLV onXMPData", packet.encode()) for packet in packets if packet)


def rewrite(source: Source, change: Change) -> Iterator[Piece]:
    """Write the label into the first metadata, or new ones, and take labels out of the others.

    Raises
    ------
    DamagedMediaError
        The file is truncated, or its script data is damaged.
    """
    edits, text = Edits(), change.text
    found = [(tag, source.read(tag.start, tag.end - tag.start)) for tag in _script_tags(source)]
    metadata = [(tag, data) for tag, data in found if data.startswith(_METADATA)]
    fields_ = [field for _, data in metadata for item in _properties(data) if (field := _field(data, item))]
    comment = not any(field.name == COMMENT and label_in(field) is None for field in fields_)
    values = {"AIGC": text, "comment": text} if comment else {"AIGC": text}
    for number, (tag, data) in enumerate(metadata):
        written = _labelled(data, {} if number else values)
        edits.replace(tag.start - 11, tag.end + 4, _packed(source.read(tag.start - 11, 11), written))
    if not metadata:
        start = _first_tag(source)
        new = _METADATA + struct.pack(">BI", amf.ARRAY, 0) + b"\0\0\x09"
        edits.replace(start, start, _packed(bytes([_SCRIPT]) + bytes(10), _labelled(new, values)))
    return _moved(source, edits, metadata).pieces(source.size)


def _moved(source: Source, edits: Edits, metadata: list[tuple[_Tag, bytes]]) -> Edits:
    """Write the metadata once more, with the places in it where they come to lie; its length is the same."""
    moved = Edits()
    for start, end, data in edits.changes():
        body = data[11:-4]
        moved.replace(
            start, end, data[:11] + _with_places(body, edits, source.size) + data[-4:] if metadata else data
        )
    return moved


def _first_tag(source: Source) -> int:
    return int.from_bytes(source.read(5, 4), "big") + 4


def _script_tags(source: Source) -> Iterator[_Tag]:
    """Find the script data among the first tags."""
    position = _first_tag(source)
    for _ in range(_MAX_TAGS):
        if position + 11 > source.size:
            return
        head = source.read(position, 4)
        start = position + 11
        end = start + int.from_bytes(head[1:], "big")
        if end > source.size:
            raise DamagedMediaError(f"an FLV tag at byte {position} reaches beyond the end of the file")
        if head[0] & 0x1F == _SCRIPT:
            if end - start > _MAX_SCRIPT:
                raise DamagedMediaError(f"script data of {end - start} bytes; at most {_MAX_SCRIPT} are read")
            yield _Tag(_SCRIPT, start, end)
        position = end + 4


def _object(data: bytes) -> int:
    """Return where the properties of script data begin, behind its name, mark and count."""
    (length,) = unpacked(">H", data, 1)
    (kind,) = unpacked(">B", data, 3 + length)
    if kind not in {amf.OBJECT, amf.ARRAY}:
        raise DamagedMediaError(f"the metadata of the FLV file is a value of type {kind}, no object")
    return 4 + length + (4 if kind == amf.ARRAY else 0)


def _properties(data: bytes) -> list[amf.Property]:
    return amf.properties(data, _object(data))[0]


def _field(data: bytes, item: amf.Property) -> Field | None:
    text = amf.text_of(data, item)
    if text is None:
        return None
    lower = item.name.lower()
    if lower in _SOFTWARE:
        return Field(Kind.SOFTWARE, f"FLV {item.name[:80]}", text=text, name=item.name)
    name = "AIGC" if lower == "aigc" else COMMENT if lower == "comment" else item.name
    return Field(Kind.TEXT, f"FLV {name[:80]}", text=text, name=name)


def _labelled(data: bytes, values: dict[str, str]) -> bytes:
    """Return script data without the labels in it, and with new properties at its end."""
    start = _object(data)
    found, end = amf.properties(data, start)
    kept = [item for item in found if not _is_label(data, item)]
    body = b"".join(data[item.start : item.end] for item in kept)
    added = b"".join(amf.packed_text(name, text) for name, text in values.items())
    head = data[:start]
    if head[-5] == amf.ARRAY and start > 5:
        head = head[:-4] + struct.pack(">I", len(kept) + len(values))
    return head + body + added + data[end:]


def _is_label(data: bytes, item: amf.Property) -> bool:
    field = _field(data, item)
    return field is not None and (field.name == "AIGC" or label_in(field) is not None)


def _with_places(data: bytes, edits: Edits, size: int) -> bytes:
    """Move the places in the file that script data states."""
    edited = bytearray(data)
    for item in _properties(data):
        if item.name in _PLACES and data[item.value] == amf.NUMBER:
            _move(edited, item.value + 1, edits, total=size if item.name != "lastkeyframelocation" else None)
        elif item.name == "keyframes" and data[item.value] == amf.OBJECT:
            for inner in amf.properties(data, item.value + 1)[0]:
                for place in amf.numbers(data, inner.value) if inner.name == "filepositions" else ():
                    _move(edited, place, edits)
    return bytes(edited)


def _move(edited: bytearray, place: int, edits: Edits, total: int | None = None) -> None:
    """Move one number: a place, or a length, which grows as the whole file does."""
    (value,) = struct.unpack_from(">d", edited, place)
    if 0 < value < 1 << 53:
        moved = edits.moved(int(value)) if total is None else int(value) + edits.moved(total) - total
        struct.pack_into(">d", edited, place, moved)


def _packed(head: bytes, data: bytes) -> bytes:
    if len(data) > _MAX_LENGTH:
        raise DamagedMediaError(
            f"the metadata of the FLV file would have {len(data)} bytes; {_MAX_LENGTH} are allowed"
        )
    return head[:1] + len(data).to_bytes(3, "big") + head[4:11] + data + struct.pack(">I", len(data) + 11)

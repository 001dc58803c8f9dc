"""Reads texts in an EXIF blob (EXIF 2.32, laid out as TIFF) and takes old AIGC labels out of it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata.fields import Field, Kind, decoded_text, label_in, unpacked
from synthmark.metadata.ifd import Directory, Entry, Layout, read_directory, read_layout

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["exif_fields", "without_exif_labels"]

_PREFIX = b"Exif\0\0"
_MAX_LABELS = 16  # more in one blob means directories that lie on top of each other
_EXIF_POINTER = 0x8769
_SOFTWARE = 0x0131
_TEXT_TAGS = {0x010E: "ImageDescription", 0x013C: "HostComputer", 0x9286: "UserComment", 0x9C9C: "XPComment"}
_CODES = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp", bytes(8): "ascii"}


def exif_fields(blob: bytes, place: str) -> Iterator[Field]:
    """Yield the texts of an EXIF blob that may hold a label or name a generator.

    Damage ends the reading with a field that says so, since the rest of the file may still be read.
    """
    try:
        yield from _fields(blob.removeprefix(_PREFIX), place)
    except DamagedMediaError as error:
        yield Field(Kind.DAMAGED, place, text=str(error))


def without_exif_labels(blob: bytes) -> bytes:
    """Take every tag that holds an AIGC label out of the blob, which keeps its length.

    Entries behind a removed one move up and the value is overwritten with zeros, so that no offset of
    any other tag changes.

    Raises
    ------
    UnsupportedMediaError
        A label stands in a tag that occurs more than once.
    DamagedMediaError
        The directories of the blob overlap.
    """
    head = len(blob) - len(blob.removeprefix(_PREFIX))
    body = bytearray(blob[head:])
    for _ in range(_MAX_LABELS):
        found = _first_label(bytes(body))
        if found is None:
            return blob[:head] + bytes(body)
        _remove(body, *found)
    raise DamagedMediaError("the EXIF directories overlap, so that no label can be taken out of them")


def _fields(blob: bytes, place: str) -> Iterator[Field]:
    layout, directories = _directories(blob)
    for directory in directories:
        for entry in _once_each(directory):
            if entry.tag in _TEXT_TAGS:
                yield _text_field(blob, layout, entry, place)
            elif entry.tag == _SOFTWARE:
                yield Field(Kind.SOFTWARE, f"{place} Software", text=decoded_text(entry.value(blob)))


def _directories(blob: bytes) -> tuple[Layout, list[Directory]]:
    """Read the first directory and the EXIF directory that it points to."""
    layout, offset = read_layout(blob)
    first = read_directory(blob, layout, offset)
    pointer = first.first(_EXIF_POINTER)
    if pointer is None or pointer.size > layout.offset_size:
        return layout, [first]
    wide = pointer.size == 8
    (offset,) = unpacked(layout.order + ("Q" if wide else "I"), blob, pointer.start)
    return layout, [first, read_directory(blob, layout, offset)]


def _once_each(directory: Directory) -> Iterator[Entry]:
    # A hostile directory can name the same large value thousands of times.
    seen: set[int] = set()
    for entry in directory.entries:
        if entry.tag not in seen:
            seen.add(entry.tag)
            yield entry


def _text_field(blob: bytes, layout: Layout, entry: Entry, place: str) -> Field:
    name = _TEXT_TAGS[entry.tag]
    value = entry.value(blob)
    if name == "XPComment":
        text = value.decode("utf-16-le", "replace").rstrip("\0")
    elif name == "UserComment":
        text = _user_comment(value, layout)
    else:
        text = decoded_text(value)
    return Field(Kind.TEXT, f"{place} {name}", text=text, name=name)


def _user_comment(value: bytes, layout: Layout) -> str:
    """Decode by the 8-byte character code; without one the whole value is taken as text."""
    code = _CODES.get(value[:8].upper())
    if code is None:
        return decoded_text(value)
    if code != "utf-16":
        return decoded_text(value[8:])
    body = value[8:]
    if body[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return body.decode("utf-16", "replace").rstrip("\0")
    # Writers disagree on the byte order: JSON and prompts start with an ASCII character, which tells.
    little = body[1:2] == b"\0" if b"\0" in body[:2] else layout.order == "<"
    return body.decode("utf-16-le" if little else "utf-16-be", "replace").rstrip("\0")


def _first_label(body: bytes) -> tuple[Layout, Directory, Entry] | None:
    try:
        layout, directories = _directories(body)
        for directory in directories:
            for entry in _once_each(directory):
                if entry.tag in _TEXT_TAGS and label_in(_text_field(body, layout, entry, "")):
                    return layout, directory, entry
    except DamagedMediaError:
        # A blob that cannot be read shows no label to remove, and stays as it is.
        return None
    return None


def _remove(body: bytearray, layout: Layout, directory: Directory, entry: Entry) -> None:
    if sum(other.tag == entry.tag for other in directory.entries) > 1:
        raise UnsupportedMediaError(
            f"the EXIF tag {_TEXT_TAGS[entry.tag]} with the old label occurs more than once; remove it first"
        )
    if entry.size > layout.offset_size:
        body[entry.start : entry.start + entry.size] = bytes(entry.size)
    kept = [other.raw for other in directory.entries if other is not entry]
    start = directory.offset + struct.calcsize(layout.count_format)
    end = start + len(directory.entries) * layout.entry_size + layout.offset_size
    table = b"".join(kept) + struct.pack(layout.offset_format, directory.next)
    body[directory.offset : start] = struct.pack(layout.count_format, len(kept))
    body[start:end] = table.ljust(end - start, b"\0")[: max(0, len(body) - start)]

"""The user data of a movie box: metadata items with keys (`mdta`), those of iTunes, and single texts.

The label is the item with the key `AIGC` in `moov.udta.meta` with the handler `mdta` (TC260-PG-20257A), laid out
as in the QuickTime File Format Specification, "Metadata": `keys` names the items, `ilst` holds their values.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.aigc_reader import MAX_TEXT
from synthmark.metadata.fields import COMMENT, DESCRIPTION, Field, Kind, decoded_text, label_in
from synthmark.metadata.mp4_boxes import make_box, split_boxes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["has_comment", "movie_fields", "with_values"]

_COMMENTS = {"comment", "\xa9cmt", "com.apple.quicktime.comment"}
_DESCRIPTIONS = {"description", "desc", "\xa9des"}
_SOFTWARE = {"\xa9too", "\xa9swr", "com.apple.quicktime.software", "encoder"}
_MAX_KEYS = 10_000
_UTF8, _UTF16 = 1, 2  # well-known types of values
_Key = tuple[bytes, str]  # namespace and name
_HANDLER = make_box(b"hdlr", bytes(8), b"mdta", bytes(12), b"\0")


@dataclass(slots=True)
class _Item:
    """One item of a metadata box: its namespace and name, and the boxes that hold its value."""

    space: bytes
    name: str
    content: bytes


@dataclass(slots=True)
class _Meta:
    """A metadata box taken apart: bytes before its boxes, handler, items, all other boxes, and its keys."""

    head: bytes
    handler: bytes
    items: list[_Item]
    others: list[bytes] = field(default_factory=list)
    keys: list[_Key] = field(default_factory=list)

    @property
    def keyed(self) -> bool:
        """Whether the items have names in a box `keys`."""
        return self.handler == b"mdta"


def movie_fields(movie: bytes) -> Iterator[Field]:
    """Yield the metadata in the content of a movie box.

    Raises
    ------
    DamagedMediaError
        A box reaches beyond the one that holds it.
    """
    for box in split_boxes(movie)[0]:
        content = movie[box.body : box.end]
        if box.type == b"meta":
            yield from _meta_fields(content, "MP4 moov meta")
        elif box.type == b"udta":
            yield from _user_fields(content)


def has_comment(movie: bytes) -> bool:
    """Tell whether a movie has a comment that is no label."""
    return any(item.name == COMMENT and label_in(item) is None for item in movie_fields(movie))


def with_values(movie: bytes, values: Mapping[str, str], packets: list[bytes]) -> bytes:
    """Return the content of a movie box without the labels in it, and with items under some keys.

    Parameters
    ----------
    packets
        What is taken from its front replaces XMP packets in the user data; the one that is left over at the
        end of a movie in QuickTime form is for the caller to place.
    """
    found, rest = split_boxes(movie)
    raw = {box: movie[box.start : box.end] for box in found}
    for box in found:
        if box.type == b"meta":
            raw[box] = _changed_meta(raw[box], movie[box.body : box.end], {}, [])
    leading = next((keys for box in found if box.type == b"meta" and (keys := _key_entries(raw[box]))), [])
    pending = dict(values)
    for box in found:
        if box.type == b"udta":
            content = _changed_user_data(movie[box.body : box.end], pending, packets, leading)
            raw[box], pending = make_box(b"udta", content), {}
    # FFmpeg knows one table of keys alone, the first in the file: that of the user data begins with the keys of the
    # other box, and stands before it.
    late = [box for box in found if leading and box.type == b"meta"]
    pieces = [raw[box] for box in found if box not in late]
    if pending:
        pieces.append(make_box(b"udta", _new_meta(pending, leading)))
    return b"".join((*pieces, *(raw[box] for box in late), rest))


def _user_fields(data: bytes) -> Iterator[Field]:
    for box in split_boxes(data)[0]:
        content = data[box.body : box.end]
        if box.type == b"meta":
            yield from _meta_fields(content, "MP4")
        elif box.type == b"XMP_":
            yield Field(Kind.XMP, "MP4 udta XMP_", content)
        else:
            yield from filter(None, [_single_text(box.type, content)])


def _single_text(kind: bytes, content: bytes) -> Field | None:
    """Read a box of user data that holds a text by itself."""
    name = kind.decode("latin-1")
    if kind == b"AIGC":
        # Some write the text alone, others put version or length and language before it.
        return Field(Kind.TEXT, "MP4 udta AIGC", text=decoded_text(content[max(content.find(b"{"), 0) :]), name=name)
    if not name.startswith("\xa9") or len(content) > 4 * MAX_TEXT:
        return None
    return _named_text(f"MP4 udta {name}", name, decoded_text(content[4:]))


def _named_text(place: str, name: str, text: str) -> Field:
    if name in _SOFTWARE:
        return Field(Kind.SOFTWARE, place, text=text, name=name)
    known = COMMENT if name in _COMMENTS else DESCRIPTION if name in _DESCRIPTIONS else name
    return Field(Kind.TEXT, place, text=text, name=known)


def _meta_fields(content: bytes, place: str) -> Iterator[Field]:
    meta = _parsed(content)
    for item in meta.items if meta else ():
        name = "AIGC" if item.name.lower() == "aigc" else item.name
        kind = "mdta" if meta and meta.keyed else "ilst"
        for text in _texts(item.content):
            yield _named_text(f"{place} {kind} {name[:80]}", name, text)


def _parsed(content: bytes) -> _Meta | None:
    """Take a metadata box apart, in the form of ISO or of QuickTime, or give None for another layout."""
    head = next((size for size in (4, 0) if content[size + 4 : size + 8] == b"hdlr"), None)
    if head is None:
        return None
    boxes, rest = split_boxes(content[head:])
    parts = {box.type: content[head + box.body : head + box.end] for box in reversed(boxes)}
    if b"hdlr" not in parts:
        return None
    handler = parts[b"hdlr"][8:12]
    names = _keys(parts.get(b"keys", b"")) if handler == b"mdta" else None
    items = list(_items(parts.get(b"ilst", b""), names))
    kept = [content[head + box.start : head + box.end] for box in boxes if box.type not in {b"keys", b"ilst"}]
    return _Meta(content[:head], handler, items, [*kept, rest], names or [])


def _keys(content: bytes) -> list[_Key]:
    """Read the namespaces and names of items."""
    names: list[_Key] = []
    position, count = 8, int.from_bytes(content[4:8], "big")
    while position + 8 <= len(content) and len(names) < min(count, _MAX_KEYS):
        size = int.from_bytes(content[position : position + 4], "big")
        if size < 8:
            raise DamagedMediaError("a key of the metadata box has no room for its own size")
        name = content[position + 8 : position + size].decode("utf-8", "replace")
        names.append((content[position + 4 : position + 8], name))
        position += size
    return names


def _items(content: bytes, names: list[_Key] | None) -> Iterator[_Item]:
    """Yield the items; where no keys name them, their types do, or a box `name` in them."""
    for box in split_boxes(content)[0]:
        value = content[box.body : box.end]
        if names is None:
            yield _Item(box.type, _own_name(box.type, value), value)
        else:
            place = int.from_bytes(box.type, "big") - 1
            if 0 <= place < len(names):
                yield _Item(*names[place], value)


def _own_name(kind: bytes, content: bytes) -> str:
    named = [box for box in split_boxes(content)[0] if box.type == b"name"] if kind == b"----" else []
    name = content[named[0].body + 4 : named[0].end] if named else kind
    return name.decode("utf-8" if named else "latin-1", "replace")


def _texts(content: bytes) -> Iterator[str]:
    """Yield the values of an item that are texts."""
    for box in split_boxes(content)[0]:
        if box.type != b"data" or box.end - box.body > 4 * MAX_TEXT:
            continue
        kind = int.from_bytes(content[box.body : box.body + 4], "big")
        value = content[box.body + 8 : box.end]
        if kind in {0, _UTF8}:
            yield decoded_text(value)
        elif kind == _UTF16:
            yield value.decode("utf-16-be", "replace")


def _is_label(item: _Item) -> bool:
    found = (_named_text("", item.name, text) for text in _texts(item.content))
    return item.name.lower() == "aigc" or any(label_in(field) for field in found)


def _changed_user_data(data: bytes, values: Mapping[str, str], packets: list[bytes], leading: list[_Key]) -> bytes:
    found, rest = split_boxes(data)
    pieces, pending = [], dict(values)
    for box in found:
        raw, content = data[box.start : box.end], data[box.body : box.end]
        if box.type == b"meta":
            meta = _parsed(content)
            keyed = meta is not None and meta.keyed
            raw = _changed_meta(raw, content, pending if keyed else {}, leading)
            pending = {} if keyed else pending
        elif box.type == b"XMP_" and packets:
            raw = make_box(b"XMP_", packets.pop(0))
        elif (text := _single_text(box.type, content)) and (box.type == b"AIGC" or label_in(text)):
            raw = b""
        pieces.append(raw)
    if pending:
        pieces.append(_new_meta(pending, leading))
    return b"".join((*pieces, rest))


def _changed_meta(raw: bytes, content: bytes, values: Mapping[str, str], leading: list[_Key]) -> bytes:
    """Take the labels out of a metadata box and put items into it, which must be of the keyed kind for that."""
    meta = _parsed(content)
    if meta is None or not (values or any(map(_is_label, meta.items))):
        return raw
    kept = [item for item in meta.items if not _is_label(item)]
    meta.items = [*kept, *(_Item(b"mdta", name, _value(text)) for name, text in values.items())]
    return _packed(meta, leading)


def _new_meta(values: Mapping[str, str], leading: list[_Key]) -> bytes:
    items = [_Item(b"mdta", name, _value(text)) for name, text in values.items()]
    return _packed(_Meta(bytes(4), b"mdta", items, [_HANDLER]), leading)


def _key_entries(raw: bytes) -> list[_Key]:
    """Return the keys of a metadata box that names its items by them."""
    content = raw[split_boxes(raw)[0][0].body :]
    meta = _parsed(content)
    return meta.keys if meta else []


def _value(text: str) -> bytes:
    return make_box(b"data", struct.pack(">II", _UTF8, 0), text.encode())


def _packed(meta: _Meta, leading: list[_Key]) -> bytes:
    """Write a metadata box: first its handler, then keys, with some that have no values here, and values."""
    first, *others = meta.others
    if not meta.keyed:
        values = make_box(b"ilst", *(make_box(item.space, item.content) for item in meta.items))
        return make_box(b"meta", meta.head, first, values, *others)
    names = [*leading, *((item.space, item.name) for item in meta.items)]
    keys = [struct.pack(">I4s", len(name.encode()) + 8, space) + name.encode() for space, name in names]
    numbered = [
        make_box(struct.pack(">I", number), item.content) for number, item in enumerate(meta.items, len(leading) + 1)
    ]
    table = make_box(b"keys", struct.pack(">II", 0, len(keys)), *keys)
    return make_box(b"meta", meta.head, first, table, make_box(b"ilst", *numbered), *others)

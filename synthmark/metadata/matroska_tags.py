"""The element Tags of Matroska: names and texts, nested and for targets (RFC 9559, section 5.1.8)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError
from synthmark.metadata.aigc_reader import MAX_TEXT
from synthmark.metadata.ebml import CRC, checksum, element, elements
from synthmark.metadata.fields import COMMENT, Field, Kind, decoded_text, label_in
from synthmark.metadata.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synthmark.metadata.ebml import Element

__all__ = ["has_comment", "tag_fields", "with_tags"]

_TAG, _TARGETS, _SIMPLE, _NAME, _STRING = 0x7373, 0x63C0, 0x67C8, 0x45A3, 0x4487
_MAX_DEPTH = 8
_SOFTWARE = {"ENCODER", "ENCODED_BY"}


def tag_fields(tags: bytes) -> Iterator[Field]:
    """Yield the texts in the data of an element Tags.

    Raises
    ------
    DamagedMediaError
        An element reaches beyond its parent.
    """
    for tag in _elements(tags):
        if tag.id == _TAG:
            yield from _fields(tags[tag.body : tag.end], 0)


def has_comment(tags: bytes) -> bool:
    """Tell whether there is a comment that is no label."""
    return any(field.name == COMMENT and label_in(field) is None for field in tag_fields(tags))


def with_tags(tags: bytes, values: Mapping[str, str]) -> bytes:
    """Return the data of an element Tags without the labels in it, and with texts for the whole file."""
    found = list(_elements(tags))
    pieces = []
    for item in found:
        raw = tags[item.start : item.end]
        if item.id == _TAG:
            raw = _cleaned(raw, tags[item.body : item.end], 0)
        if item.id != CRC:
            pieces.append(raw)
    if values:
        texts = (element(_SIMPLE, _text(_NAME, name), _text(_STRING, text)) for name, text in values.items())
        pieces.append(element(_TAG, element(_TARGETS), *texts))
    body = b"".join(pieces)
    return checksum(body) + body if any(item.id == CRC for item in found) else body


def _elements(data: bytes) -> Iterator[Element]:
    return elements(Source(io.BytesIO(data)), 0, len(data))


def _fields(data: bytes, depth: int) -> Iterator[Field]:
    if depth > _MAX_DEPTH:
        raise DamagedMediaError(f"the tags of the Matroska file are nested more than {_MAX_DEPTH} levels deep")
    for item in _elements(data):
        if item.id == _SIMPLE:
            content = data[item.body : item.end]
            yield _field(content)
            yield from _fields(content, depth + 1)


def _field(simple: bytes) -> Field:
    parts = {item.id: simple[item.body : item.end] for item in _elements(simple) if item.id in {_NAME, _STRING}}
    name, value = decoded_text(parts.get(_NAME, b"")[:200]), parts.get(_STRING, b"")
    text = decoded_text(value) if len(value) <= 4 * MAX_TEXT else ""
    upper = name.upper()
    if upper in _SOFTWARE:
        return Field(Kind.SOFTWARE, f"Matroska {name[:80]}", text=text, name=name)
    known = {"AIGC": "AIGC", "COMMENT": COMMENT}.get(upper, name)
    return Field(Kind.TEXT, f"Matroska {known[:80]}", text=text, name=known)


def _is_label(simple: bytes) -> bool:
    field = _field(simple)
    return field.name == "AIGC" or label_in(field) is not None


def _cleaned(raw: bytes, content: bytes, depth: int) -> bytes:
    """Return a tag without the labels in it; one that held nothing else goes away."""
    if depth > _MAX_DEPTH or not any(field.name == "AIGC" or label_in(field) for field in _fields(content, depth)):
        return raw
    pieces, simple = [], 0
    for item in _elements(content):
        part = content[item.start : item.end]
        if item.id == _SIMPLE:
            inner = content[item.body : item.end]
            part = b"" if _is_label(inner) else _cleaned(part, inner, depth + 1)
            simple += bool(part)
        if item.id != CRC:
            pieces.append(part)
    # Of a text inside a text the outer one stays, with its name and value.
    return element(_TAG if depth == 0 else _SIMPLE, *pieces) if simple or depth else b""


def _text(name: int, text: str) -> bytes:
    return element(name, text.encode())

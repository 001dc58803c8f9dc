"""Finds properties in an XMP packet together with the bytes that hold them.

The parser is expat with document types refused, so that no entity is ever expanded. It reports byte
offsets, which lets an update cut and insert text and leave every other byte of the packet as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from synthmark.errors import DamagedMediaError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_PACKET", "RDF", "Packet", "Property", "local_name", "scan_packet"]

MAX_PACKET = 16 * 1024 * 1024  # bytes
_MAX_DEPTH = 200  # elements within elements
_MAX_ELEMENTS = 300_000
_MAX_NAMESPACES = 256  # known to one element

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_START_TAG = re.compile(rb"<[^\s/>]+((?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*/?>")
_ATTRIBUTE = re.compile(rb"\s+([^\s=]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')")

Name = tuple[str, str]  # namespace URI, local name


@dataclass(slots=True)
class Property:
    """One property: its name, its text, and the bytes [start, end) to cut to take it away."""

    name: Name
    text: str
    start: int
    end: int
    top_level: bool


@dataclass(slots=True)
class Packet:
    """What a scan found: the properties, and where rdf:RDF and its empty descriptions lie."""

    properties: list[Property] = field(default_factory=list)
    rdf_prefix: str | None = None
    rdf_start_tag: tuple[int, int] = (0, 0)
    rdf_end_tag: int = 0
    about: str = ""
    empty_descriptions: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class _Open:
    """An element that has started and not yet ended."""

    name: Name
    scope: dict[str, str]
    start: int
    tag_end: int
    top_level: bool
    has_content: bool = False
    text: list[str] | None = None


def local_name(qualified: str) -> str:
    """Give the part of a name after its prefix."""
    return qualified.rpartition(":")[2]


def scan_packet(packet: bytes, wanted: Callable[[Name], bool]) -> Packet:
    """Find the wanted properties of an XMP packet in UTF-8.

    Raises
    ------
    DamagedMediaError
        The packet is too large, not well-formed, nested too deeply, or declares a document type.
    """
    if len(packet) > MAX_PACKET:
        raise DamagedMediaError(f"the XMP packet has {len(packet)} bytes; at most {MAX_PACKET} are read")
    return _Scanner(packet, wanted).scan()


class _Scanner:
    """Walks over one packet; expat calls the three handlers."""

    __slots__ = ("_count", "_data", "_open", "_packet", "_parser", "_wanted")

    def __init__(self, data: bytes, wanted: Callable[[Name], bool]) -> None:
        self._data = data
        self._wanted = wanted
        self._count = 0
        self._open: list[_Open] = []
        self._packet = Packet()
        self._parser = expat.ParserCreate("UTF-8")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def scan(self) -> Packet:
        """Parse the whole packet."""
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            raise DamagedMediaError(f"the XMP packet is not well-formed XML: {error}") from error
        finally:
            # The bound handlers and the parser refer to each other.
            self._parser.StartElementHandler = self._parser.EndElementHandler = None
            self._parser.CharacterDataHandler = None
        return self._packet

    def _start(self, qualified: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= _MAX_DEPTH or self._count > _MAX_ELEMENTS:
            raise DamagedMediaError(
                f"the XMP packet nests more than {_MAX_DEPTH} elements or has more than {_MAX_ELEMENTS}"
            )
        if self._open:
            self._open[-1].has_content = True
        element = self._opened(qualified, attributes)
        self._open.append(element)
        if element.name == (RDF, "RDF") and self._packet.rdf_prefix is None:
            self._packet.rdf_prefix = qualified.rpartition(":")[0]
            self._packet.rdf_start_tag = (element.start, element.tag_end)
        self._read_attributes(element, attributes)

    def _opened(self, qualified: str, attributes: dict[str, str]) -> _Open:
        start = self._parser.CurrentByteIndex
        tag = _START_TAG.match(self._data, start)
        if tag is None:
            raise DamagedMediaError("the XMP packet has a tag that cannot be read")
        scope = self._open[-1].scope if self._open else {}
        declared = {local_name(name): uri for name, uri in attributes.items() if name.startswith("xmlns:")}
        if "xmlns" in attributes:
            declared[""] = attributes["xmlns"]
        scope = scope | declared if declared else scope
        if len(scope) > _MAX_NAMESPACES:
            raise DamagedMediaError(f"the XMP packet declares more than {_MAX_NAMESPACES} namespaces")
        parents = [element.name for element in self._open[-2:]]
        top_level = parents == [(RDF, "RDF"), (RDF, "Description")]
        return _Open(_resolved(qualified, scope), scope, start, tag.end(), top_level)

    def _read_attributes(self, element: _Open, attributes: dict[str, str]) -> None:
        node = len(self._open) > 1 and self._open[-2].name == (RDF, "RDF")
        if node and element.name == (RDF, "Description"):
            self._packet.about = self._packet.about or attributes.get(_prefixed(element.scope, "about"), "")
        text = attributes.get(_prefixed(element.scope, "resource"))
        if self._wanted(element.name):
            element.text = [] if text is None else [text]
        tag = _START_TAG.match(self._data, element.start)
        assert tag is not None
        for match in _ATTRIBUTE.finditer(self._data, tag.start(1), tag.end(1)):
            self._read_attribute(element, match, attributes, node)

    def _read_attribute(self, element: _Open, match: re.Match[bytes], attributes: dict[str, str], node: bool) -> None:
        qualified = match[1].decode("utf-8", "replace")
        if qualified.startswith("xmlns") or ":" not in qualified:
            return
        name = _resolved(qualified, element.scope)
        if name[0] == RDF:
            return
        element.has_content = True
        text = attributes.get(qualified, "")
        if self._wanted(name):
            self._packet.properties.append(Property(name, text, match.start(), match.end(), node))

    def _characters(self, text: str) -> None:
        if not self._open:
            return
        if text.strip():
            self._open[-1].has_content = True
        # Text inside an array or alternative belongs to the property that holds it.
        for element in self._open[-4:]:
            if element.text is not None:
                element.text.append(text)

    def _end(self, _qualified: str) -> None:
        element = self._open.pop()
        position = self._parser.CurrentByteIndex
        empty_tag = self._data[element.tag_end - 2 : element.tag_end] == b"/>"
        end = element.tag_end if empty_tag else self._data.index(b">", position) + 1
        if element.start == self._packet.rdf_start_tag[0] and self._packet.rdf_prefix is not None:
            self._packet.rdf_end_tag = position
        if element.name == (RDF, "Description") and self._parent() == (RDF, "RDF") and not element.has_content:
            self._packet.empty_descriptions.append((element.start, end))
        if self._wanted(element.name):
            text = "".join(element.text or ()).strip()
            self._packet.properties.append(Property(element.name, text, element.start, end, element.top_level))

    def _parent(self) -> Name | None:
        return self._open[-1].name if self._open else None


def _refuse_doctype(*_declaration: object) -> None:
    raise DamagedMediaError("the XMP packet declares a document type; XMP has none, and it is not read")


def _resolved(qualified: str, scope: dict[str, str]) -> Name:
    prefix, _, local = qualified.rpartition(":")
    # An undeclared prefix stands for itself: such packets exist, and the label in them counts.
    return scope.get(prefix, prefix), local


def _prefixed(scope: dict[str, str], local: str) -> str:
    prefix = next((prefix for prefix, uri in scope.items() if uri == RDF and prefix), "rdf")
    return f"{prefix}:{local}"

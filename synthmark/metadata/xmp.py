"""Reads and updates XMP packets (ISO 16684-1) without losing any other property.

The AIGC label is the property ``TC260:AIGC`` (TC260 practice guide on picture files): its text is the
bare JSON object of GB 45438-2025 Annex E.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, InputError
from synthmark.metadata.xmp_scan import Name, Packet, Property, scan_packet

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AIGC",
    "AI_SYSTEM",
    "AI_SYSTEM_VERSION",
    "COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA",
    "DIGITAL_SOURCE_TYPE",
    "HAS_EXTENDED",
    "TRAINED_ALGORITHMIC_MEDIA",
    "XmpContent",
    "new_packet",
    "read_packet",
    "update_packet",
]

_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_PREFIXES = {
    "http://www.tc260.org.cn/ns/AIGC/1.0/": "TC260",
    _IPTC: "Iptc4xmpExt",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
}
AIGC: Name = ("http://www.tc260.org.cn/ns/AIGC/1.0/", "AIGC")
DIGITAL_SOURCE_TYPE: Name = (_IPTC, "DigitalSourceType")
AI_SYSTEM: Name = (_IPTC, "AISystemUsed")
AI_SYSTEM_VERSION: Name = (_IPTC, "AISystemVersionUsed")
HAS_EXTENDED: Name = ("http://ns.adobe.com/xmp/note/", "HasExtendedXMP")
_CREATOR_TOOL: Name = ("http://ns.adobe.com/xap/1.0/", "CreatorTool")
_PROVENANCE: Name = ("http://purl.org/dc/terms/", "provenance")
_SINGLE = {DIGITAL_SOURCE_TYPE, AI_SYSTEM, AI_SYSTEM_VERSION, HAS_EXTENDED, _CREATOR_TOOL, _PROVENANCE}

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED_ALGORITHMIC_MEDIA = _SOURCE_TYPES + "trainedAlgorithmicMedia"
COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA = _SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"

_EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    '</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
).encode()
_UTF16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class XmpContent:
    """What a packet says about AI generation, None or empty where it says nothing.

    Attributes
    ----------
    labels
        Text of every AIGC property, and whether its name is the one of the guide.
    digital_source_type, ai_system, ai_system_version
        IPTC properties.
    creator_tool
        ``xmp:CreatorTool``.
    provenance
        ``dcterms:provenance``: address of a C2PA manifest kept outside the file.
    extended
        ``xmpNote:HasExtendedXMP``: name of the rest of the packet (JPEG).
    """

    labels: tuple[tuple[str, bool], ...] = ()
    digital_source_type: str | None = None
    ai_system: str | None = None
    ai_system_version: str | None = None
    creator_tool: str | None = None
    provenance: str | None = None
    extended: str | None = None


def read_packet(packet: bytes) -> XmpContent:
    """Read an XMP packet in any of its encodings.

    Raises
    ------
    DamagedMediaError
        The packet is not well-formed XML, is too large, or declares a document type.
    """
    packet = _utf8(packet)
    if not packet:
        return XmpContent()
    found = scan_packet(packet, _is_wanted).properties
    values: dict[Name, str] = {}
    for item in found:
        if item.top_level and item.text:
            values.setdefault(item.name, item.text)
    return XmpContent(
        labels=tuple((item.text, item.name == AIGC) for item in found if _is_label(item.name)),
        digital_source_type=values.get(DIGITAL_SOURCE_TYPE),
        ai_system=values.get(AI_SYSTEM),
        ai_system_version=values.get(AI_SYSTEM_VERSION),
        creator_tool=values.get(_CREATOR_TOOL),
        provenance=values.get(_PROVENANCE),
        extended=values.get(HAS_EXTENDED),
    )


def new_packet(values: Mapping[Name, str | None]) -> bytes:
    """Make a packet that holds the given properties alone."""
    return update_packet(_EMPTY, values)


def update_packet(packet: bytes, values: Mapping[Name, str | None]) -> bytes:
    """Set properties of a packet, or take them away where the value is None.

    Each property exists at most once afterwards, in element form; for `AIGC` that includes every other
    spelling of it. All other properties, their order and the packet wrapper stay byte for byte.
    A blank packet is replaced by a new one.

    Raises
    ------
    DamagedMediaError
        The packet cannot be read. Writing a new one in its place would lose what it holds.
    InputError
        A value holds control characters.
    """
    packet = _utf8(packet) or _EMPTY
    _require_text(values)
    found = scan_packet(packet, _is_wanted)
    if found.rdf_prefix is None:
        raise DamagedMediaError("the XMP packet has no rdf:RDF element; repair or remove the packet first")
    packet = _cut(packet, [(item.start, item.end) for item in found.properties if _is_replaced(item, values)])
    after_cut = scan_packet(packet, _is_wanted)
    packet = _cut(packet, after_cut.empty_descriptions)
    written = {name: text for name, text in values.items() if text is not None}
    if not written:
        return packet
    return _inserted(packet, scan_packet(packet, _is_wanted), found.about, written)


def _is_label(name: Name) -> bool:
    return name[1].lower() == "aigc"


def _is_wanted(name: Name) -> bool:
    return name in _SINGLE or _is_label(name)


def _is_replaced(item: Property, values: Mapping[Name, str | None]) -> bool:
    if _is_label(item.name):
        return AIGC in values
    return item.top_level and item.name in values


def _utf8(packet: bytes) -> bytes:
    """Give the packet in UTF-8 without the zeros that some writers leave around it."""
    encoding = next((name for mark, name in _UTF16.items() if packet.startswith(mark)), None)
    if encoding:
        try:
            packet = packet.decode(encoding).encode()
        except UnicodeError as error:
            raise DamagedMediaError(f"the XMP packet is damaged UTF-16: {error}") from error
    packet = packet.strip(b"\0")
    return packet if packet.strip(b"\xef\xbb\xbf \t\r\n\0") else b""


def _require_text(values: Mapping[Name, str | None]) -> None:
    for name, text in values.items():
        if text is not None and _FORBIDDEN.search(text):
            raise InputError(f"{name[1]} holds a control character, which XMP text cannot: {text[:80]!r}")


def _cut(packet: bytes, spans: list[tuple[int, int]]) -> bytes:
    """Take away spans, together with the white space before each."""
    pieces, position = [], 0
    for start, end in sorted(spans):
        if start < position:  # inside a span that is gone already
            continue
        before = packet[position:start]
        pieces.append(before.rstrip(b" \t\r\n") if packet[start : start + 1] == b"<" else before)
        position = end
    return b"".join((*pieces, packet[position:]))


def _inserted(packet: bytes, scan: Packet, about: str, values: Mapping[Name, str]) -> bytes:
    """Put a description with the values at the end of rdf:RDF."""
    description = _description(about, values, declare_rdf=scan.rdf_prefix != "rdf")
    start, end = scan.rdf_start_tag
    if packet[end - 2 : end] == b"/>":
        name = f"{scan.rdf_prefix}:RDF" if scan.rdf_prefix else "RDF"
        opened = packet[start : end - 2] + b">" + description + f"</{name}>".encode()
        return packet[:start] + opened + packet[end:]
    # With the line break set anew, writing the same values twice gives the same bytes.
    before = packet[: scan.rdf_end_tag].rstrip(b" \t\r\n")
    return before + b"\n" + description + packet[scan.rdf_end_tag :]


def _description(about: str, values: Mapping[Name, str], *, declare_rdf: bool) -> bytes:
    spaces = dict.fromkeys(name[0] for name in values)
    declarations = "".join(f' xmlns:{_PREFIXES[uri]}="{uri}"' for uri in spaces)
    if declare_rdf:
        declarations += ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    elements = "".join(
        f"<{_PREFIXES[uri]}:{local}>{_escaped(text)}</{_PREFIXES[uri]}:{local}>"
        for (uri, local), text in values.items()
    )
    about = _escaped(about).replace("\n", "&#10;")
    return f'<rdf:Description rdf:about="{about}"{declarations}>{elements}</rdf:Description>\n'.encode()


def _escaped(text: str) -> str:
    # xml.sax.saxutils has the same, but loads urllib and the network with it.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")

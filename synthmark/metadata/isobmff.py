"""HEIF and AVIF: XMP as a MIME item of the meta box (ISO/IEC 23008-12, annex A.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata.exif import exif_fields
from synthmark.metadata.fields import Field, Kind, unpacked
from synthmark.metadata.isobmff_items import (
    IN_FILE,
    IN_IDAT,
    Box,
    Item,
    Location,
    LocationTable,
    boxes,
    read_items,
    read_locations,
)
from synthmark.metadata.xmp_scan import MAX_PACKET

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CONTENT_TYPE", "Structure", "fields", "item_spans", "read_structure", "require_small"]

CONTENT_TYPE = "application/rdf+xml"
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_MAX_METADATA_ITEMS = 16
_MAX_EXTENTS = 16  # of one metadata item


@dataclass(frozen=True, slots=True)
class Structure:
    """The boxes of a file that matter for its metadata."""

    top: tuple[Box, ...]
    meta: Box
    children: tuple[Box, ...]
    items: dict[int, Item]
    table: LocationTable
    locations: dict[int, Location]

    def child(self, kind: bytes) -> Box | None:
        """Give the first box of a type inside the meta box."""
        return next((box for box in self.children if box.type == kind), None)

    def packets(self) -> list[Item]:
        """Give the items that hold XMP, in the order of the item information box."""
        return [item for item in self.items.values() if item.content_type == CONTENT_TYPE]


def fields(data: bytes) -> Iterator[Field]:
    """Yield the metadata of a HEIF or AVIF file."""
    for box in boxes(data, 0, len(data)):
        if box.type == b"uuid" and data.startswith(_C2PA_UUID, box.body):
            yield Field(Kind.CREDENTIAL, "ISOBMFF uuid C2PA")
        elif box.type == b"uuid" and data.startswith(_XMP_UUID, box.body):
            yield Field(Kind.FIXED_XMP, "ISOBMFF uuid XMP", data[box.body + 16 : box.end])
    structure = read_structure(data)
    read = [item for item in structure.items.values() if item.type == b"Exif"] + structure.packets()
    if len(read) > _MAX_METADATA_ITEMS:
        raise DamagedMediaError(f"the file has {len(read)} metadata items; at most {_MAX_METADATA_ITEMS} are read")
    for item in read:
        yield from _item_fields(data, structure, item)


def read_structure(data: bytes) -> Structure:
    """Find the meta box and read its item tables.

    Raises
    ------
    DamagedMediaError, UnsupportedMediaError
        The file is truncated; it has no item tables or more than one meta box.
    """
    top = tuple(boxes(data, 0, len(data)))
    metas = [box for box in top if box.type == b"meta"]
    if len(metas) != 1:
        raise UnsupportedMediaError(f"the file has {len(metas)} meta boxes; pictures in HEIF and AVIF have one")
    children = tuple(boxes(data, metas[0].body + 4, metas[0].end))
    tables = {box.type: box for box in reversed(children)}
    if b"iinf" not in tables or b"iloc" not in tables:
        raise UnsupportedMediaError("the meta box has no item tables, so that no XMP item can be added")
    items, table = read_items(data, tables[b"iinf"]), read_locations(data, tables[b"iloc"])
    locations = {location.id: location for location in reversed(table.locations)}
    return Structure(top, metas[0], children, items, table, locations)


def item_spans(data: bytes, structure: Structure, item: Item) -> list[tuple[int, int]]:
    """Give the byte ranges [start, end) of the file that hold an item.

    Raises
    ------
    DamagedMediaError, UnsupportedMediaError
        A range lies outside the file; the item is kept in a form that is not read here.
    """
    location = structure.locations.get(item.id)
    idat = structure.child(b"idat")
    if location is None or item.encoding or location.reference:
        raise UnsupportedMediaError(f"item {item.id} is kept outside the file, or compressed, or nowhere")
    if location.method == IN_FILE:
        first, last = 0, len(data)
    elif location.method == IN_IDAT and idat is not None:
        first, last = idat.body, idat.end
    else:
        raise UnsupportedMediaError(f"item {item.id} is built by method {location.method}, which is not read")
    spans = []
    for extent in location.extents:
        start = first + location.base + extent.offset
        end = start + extent.length if extent.length else last
        if end > last or start > end:
            raise DamagedMediaError(f"item {item.id} reaches beyond the end of its data")
        spans.append((start, end))
    return spans


def require_small(item: Item, spans: list[tuple[int, int]]) -> None:
    """Refuse a metadata item of unreasonable size or number of extents."""
    if len(spans) > _MAX_EXTENTS or sum(end - start for start, end in spans) > MAX_PACKET:
        raise DamagedMediaError(
            f"item {item.id} has more than {MAX_PACKET} bytes or {_MAX_EXTENTS} extents; metadata has fewer"
        )


def _item_fields(data: bytes, structure: Structure, item: Item) -> Iterator[Field]:
    exif = item.type == b"Exif"
    place = "ISOBMFF Exif item" if exif else "ISOBMFF XMP item"
    try:
        spans = item_spans(data, structure, item)
        require_small(item, spans)
        payload = b"".join(data[start:end] for start, end in spans)
        if exif:
            yield from exif_fields(payload[4 + unpacked(">I", payload, 0)[0] :], place)
        else:
            yield Field(Kind.XMP, place, payload)
    except (DamagedMediaError, UnsupportedMediaError) as error:
        yield Field(Kind.DAMAGED, place, text=str(error))

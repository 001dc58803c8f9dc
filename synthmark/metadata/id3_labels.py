"""What the frames of an ID3v2 tag say, and the label among them: `TXXX` with the description `AIGC`.

All frames but labels keep their bytes. XMP stands in a frame `PRIV` (XMP specification, part 3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata.aigc_reader import MAX_TEXT
from synthmark.metadata.fields import COMMENT, Field, Kind, label_in
from synthmark.metadata.id3 import UNSYNCHRONISED, XMP_OWNER, Frame, Tag, is_packet, packed, parsed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["damaged_fields", "fields", "rewritten"]

_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_SOFTWARE = {b"TSSE", b"TENC", b"TSS", b"TEN"}
_MANIFESTS = (b"application/x-c2pa-manifest-store", b"application/c2pa")


def fields(tag: Tag, container: str) -> Iterator[Field]:
    """Yield the texts, XMP packets and C2PA manifests of a tag."""
    for frame in tag.frames:
        field = _field(frame, container)
        if field is not None:
            yield field


def damaged_fields(data: bytes, container: str) -> Iterator[Field]:
    """Yield the fields of a tag, or one that says why it cannot be read."""
    try:
        yield from fields(parsed(data), container)
    except (DamagedMediaError, UnsupportedMediaError) as error:
        if b"c2pa" in data:
            yield Field(Kind.CREDENTIAL, f"{container} ID3")
        yield Field(Kind.DAMAGED, f"{container} ID3", text=str(error))


def rewritten(tag: Tag | None, text: str | None, packets: Sequence[bytes]) -> bytes:
    """Make a tag, or a new one of version 2.4, with a label in the place of all labels in it.

    Parameters
    ----------
    text
        The label, or None for no label.
    packets
        The XMP packets of the tag as they shall be; one more than it has is added.

    Raises
    ------
    UnsupportedMediaError
        The tag would exceed the 256 MiB that the format allows.
    """
    tag = tag or Tag(4, 0, 0, (), 7)
    queue = list(packets)
    frames = []
    for frame in tag.frames:
        if is_packet(frame):
            frames.append(_private(tag, queue.pop(0)) if queue else frame)
        elif not _is_label(frame):
            frames.append(frame)
    frames += [_private(tag, packet) for packet in queue]
    if text is not None:
        frames.append(_labelling(tag, text))
    return packed(tag, frames)


def _is_label(frame: Frame) -> bool:
    field = _field(frame, "")
    return field is not None and (field.name == "AIGC" or label_in(field) is not None)


def _field(frame: Frame, container: str) -> Field | None:
    """Read what may hold a label, name a program, or hold XMP or a manifest."""
    kind, content = frame.id, frame.content
    place = f"{container} ID3 {kind.decode('latin-1').strip(' ' + chr(0))}"
    if is_packet(frame):
        return Field(Kind.XMP, place, content[len(XMP_OWNER) :])
    if kind in {b"GEOB", b"GEO"}:
        manifest = content[1:].startswith(_MANIFESTS)
        return Field(Kind.CREDENTIAL, place) if manifest else None
    return _text_field(kind, content, container, place) if len(content) <= 4 * MAX_TEXT else None


def _text_field(kind: bytes, content: bytes, container: str, place: str) -> Field | None:
    if kind in {b"TXXX", b"TXX"}:
        description, text = _texts(content, 0)
        name = "AIGC" if description.lower() == "aigc" else description[:80]
        return Field(Kind.TEXT, f"{container} ID3 TXXX {name}", text=text, name=name)
    if kind in {b"COMM", b"COM"}:
        return Field(Kind.TEXT, place, text=_texts(content, 3)[1], name=COMMENT)
    if not kind.startswith(b"T"):
        return None
    text = _decoded(content[:1], content[1:])
    return Field(Kind.SOFTWARE if kind in _SOFTWARE else Kind.TEXT, place, text=text, name=kind.decode("latin-1"))


def _texts(content: bytes, skipped: int) -> tuple[str, str]:
    """Read a description and a text behind the byte of their encoding and some others."""
    description, _, text = _decoded(content[:1], content[1 + skipped :]).partition("\0")
    return description, text.lstrip("\ufeff")


def _decoded(encoding: bytes, data: bytes) -> str:
    name = _ENCODINGS[encoding[0]] if encoding and encoding[0] < len(_ENCODINGS) else "latin-1"
    if name == "utf-16" and data[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
        name = "utf-16-le"
    return data.decode(name, "replace").rstrip("\0")


def _labelling(tag: Tag, text: str) -> Frame:
    # Versions below 4 know Latin-1 and UTF-16 alone.
    if tag.version == 4:
        data = b"\3AIGC\0" + text.encode()
    elif text.isascii():
        data = b"\0AIGC\0" + text.encode()
    else:
        data = b"\1" + "AIGC\0".encode("utf-16") + text.encode("utf-16")
    return _new_frame(tag, b"TXXX", data)


def _private(tag: Tag, packet: bytes) -> Frame:
    return _new_frame(tag, b"PRIV", XMP_OWNER + packet)


def _new_frame(tag: Tag, identifier: bytes, data: bytes) -> Frame:
    # A tag that is unsynchronised must say so of each frame; UTF-8 holds nothing that would change by it.
    unsynchronised = tag.version == 4 and tag.flags & UNSYNCHRONISED
    return Frame(identifier, b"\0\2" if unsynchronised else b"\0\0", data, data)

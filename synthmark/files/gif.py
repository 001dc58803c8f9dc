"""GIF: encoding frames with their own palettes, timing and transparency (GIF89a specification)."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from synthmark.errors import DamagedMediaError
from synthmark.image.palettes import as_palette

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synthmark.image.pictures import Array

__all__ = ["encode"]

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_COMMENT, _APPLICATION = 0xFE, 0xFF
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_KEEP, _CLEAR = 1, 2


@dataclass(frozen=True, slots=True)
class _Block:
    """One block: its kind, the label of an extension (or 0), all its bytes."""

    kind: int
    label: int
    raw: bytes


def encode(source: bytes, frames: Sequence[Image.Image], durations: Sequence[float], loop: int | None) -> bytes:
    """Encode full-canvas frames as GIF with the comments and application blocks of another GIF file.

    Every frame has its own palette of up to 256 colours. Of an opaque animation only what changed is stored,
    the rest of the frame being transparent over the one before.

    Parameters
    ----------
    source
        The GIF file.
    frames
        Images of one size, RGB or RGBA with alpha 0 or 255.
    durations
        Milliseconds each frame shows; GIF counts hundredths of a second.
    loop
        How often to play, 0 for ever, None to write no loop block (play once).
    """
    width, height = frames[0].size
    blocks = [b"GIF89a", struct.pack("<HHBBB", width, height, 0x70, 0, source[12])]
    if loop is not None:
        blocks.append(b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", min(loop, 65535)) + b"\0")
    blocks.extend(block.raw for block in _blocks(source) if _is_kept(block))
    blocks.extend(_frames(frames, durations))
    return b"".join([*blocks, bytes([_TRAILER])])


def _frames(frames: Sequence[Image.Image], durations: Sequence[float]) -> Iterator[bytes]:
    """Yield control and image blocks of all frames."""
    clear = any(_has_holes(frame) for frame in frames)
    timed = len(frames) > 1
    shown: Array | None = None
    for frame, duration in zip(frames, durations, strict=True):
        colour, alpha = _split(frame)
        if not clear and shown is not None:
            alpha = np.where((colour != shown).any(axis=2), 255, 0).astype(np.uint8)
        yield _frame(colour, alpha, duration if timed else 0, _CLEAR if clear and timed else _KEEP)
        shown = colour


def _split(frame: Image.Image) -> tuple[Array, Array | None]:
    """Return colour (H, W, 3) and alpha (H, W) of a frame, alpha as 0 or 255."""
    pixels = np.asarray(frame if frame.mode in ("RGB", "RGBA") else frame.convert("RGBA"))
    if pixels.shape[2] == 3:
        return pixels, None
    return pixels[..., :3], np.where(pixels[..., 3] < 128, 0, 255).astype(np.uint8)


def _has_holes(frame: Image.Image) -> bool:
    alpha = _split(frame)[1]
    return alpha is not None and not bool(alpha.all())


def _frame(colour: Array, alpha: Array | None, duration: float, disposal: int) -> bytes:
    """Encode one frame: graphic control extension and image."""
    left, top, right, bottom = _bounds(alpha, colour.shape)
    part = None if alpha is None else alpha[top:bottom, left:right]
    image = as_palette(colour[top:bottom, left:right], part)
    clear = image.info.get("transparency")
    flags = disposal << 2 | (clear is not None)
    delay = min(round(duration / 10), 65535)
    control = struct.pack("<BBBBHBB", _EXTENSION, 0xF9, 4, flags, delay, clear or 0, 0)
    return control + _image_block(image, left, top)


def _bounds(alpha: Array | None, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of what shows; one pixel when nothing does."""
    if alpha is None:
        return 0, 0, shape[1], shape[0]
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if not rows.size:
        return 0, 0, 1, 1
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _image_block(image: Image.Image, left: int, top: int) -> bytes:
    """Encode an image of mode P with a local palette; Pillow does the LZW coding."""
    table = bytes(image.getpalette("RGB") or [0, 0, 0])
    entries = max(2, 1 << (len(table) // 3 - 1).bit_length())
    buffer = io.BytesIO()
    plain = Image.frombytes("P", image.size, image.tobytes())
    plain.putpalette(table.ljust(entries * 3, b"\0"))
    plain.save(buffer, "GIF", interlace=0, optimize=False)
    coded = next(block.raw for block in _blocks(buffer.getvalue()) if block.kind == _IMAGE)
    size_bits = entries.bit_length() - 2
    # Pillow may write the palette globally, and of another length: it is written anew, locally.
    data = coded[10 + _table_bytes(coded[9]) :]
    place = struct.pack("<BHHHHB", _IMAGE, left, top, *image.size, 0x80 | size_bits)
    return place + table.ljust(entries * 3, b"\0") + data


def _is_kept(block: _Block) -> bool:
    """Return whether a block of the source is metadata: a comment, or an application's, but no loop count."""
    loops = block.raw[3:14] in _LOOPS
    return block.label == _COMMENT or (block.label == _APPLICATION and not loops)


def _table_bytes(flags: int) -> int:
    """Return the bytes of the colour table that a flag byte announces."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(data: bytes) -> Iterator[_Block]:
    """Yield the blocks behind header and global palette, up to the trailer."""
    position = 13 + _table_bytes(data[10]) if len(data) > 12 else len(data)
    while position < len(data) and data[position] != _TRAILER:
        start = position
        if data[start] == _IMAGE and start + 10 < len(data):
            position = _behind_parts(data, start + 11 + _table_bytes(data[start + 9]))
            yield _Block(_IMAGE, 0, data[start:position])
        elif data[start] == _EXTENSION and start + 1 < len(data):
            position = _behind_parts(data, start + 2)
            yield _Block(_EXTENSION, data[start + 1], data[start:position])
        else:
            raise DamagedMediaError(f"The GIF file has no block at byte {start}: it is truncated or damaged.")


def _behind_parts(data: bytes, position: int) -> int:
    """Return the position behind a chain of sub-blocks."""
    while position < len(data):
        length = data[position]
        position += 1 + length
        if length == 0:
            return position
    raise DamagedMediaError("The GIF file is truncated: a chain of blocks has no end.")

"""Fonts: loading, missing glyphs, the height of ink, and lines of text as masks."""

from __future__ import annotations

import functools
import io
import math
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from synthmark.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import ImageFont

    Mask = npt.NDArray[np.uint8]

__all__ = ["Typeface", "load_typeface"]

BUNDLED = "NotoSansCJKsc-Bold-label.otf"
# A row counts as ink where a pixel is covered by three quarters: a height that a stricter reader agrees with.
INKED = 192
# Lower than this part of the tallest glyph are strokes and punctuation (一, hyphen, comma), not letters.
STROKE = 0.4
REFERENCE_SIZE = 100
# A code point that no font may map: it shows the box that stands for missing glyphs.
UNMAPPED = "\U0010ffff"
LINE_PITCH = 1.24


class Typeface:
    """One font file, ready to measure and draw text at any size in pixels."""

    def __init__(self, content: bytes, name: str) -> None:
        self.name = name
        self._content = content
        self._sized = functools.lru_cache(maxsize=8)(self._load)
        self._measured = functools.lru_cache(maxsize=256)(self._ink_height)
        self._drawn = functools.lru_cache(maxsize=4)(self._mask)
        self._sized(REFERENCE_SIZE)

    def require_glyphs(self, text: str) -> None:
        """Check that the font has every character of a text.

        Raises
        ------
        InputError
            When it lacks some; the message names them.
        """
        missing = [character for character in dict.fromkeys(text) if not self._has(character)]
        if missing:
            named = ", ".join(_named(character) for character in missing)
            raise InputError(f"The font {self.name} has no glyph for {named}. Change the text or the font.")

    def ink_height(self, text: str, size: int) -> int:
        """Return the height in pixels of the smallest glyph of a text at a size of the font.

        Measured on rendered glyphs, from the first row with ink to the last. Strokes and punctuation, lower
        than 0.4 of the tallest glyph, do not count.
        """
        heights = [self._measured(character, size) for character in sorted(set(text) - set(" \u3000"))]
        tallest = max(heights, default=0)
        return min((height for height in heights if height >= STROKE * tallest), default=0)

    def size_for(self, text: str, ink: int) -> int:
        """Return the least size of the font at which the smallest glyph has a height of ink, in pixels.

        Raises
        ------
        InputError
            When the text shows no ink at all.
        """
        reference = self.ink_height(text, REFERENCE_SIZE)
        if reference == 0:
            raise InputError(f"The text {text!r} shows nothing in the font {self.name}.")
        size = max(1, math.floor(ink * REFERENCE_SIZE / reference) - 2)
        while self.ink_height(text, size) < ink:
            size += 1
        return size

    def width(self, line: str, size: int) -> float:
        """Return how far a line advances, in pixels."""
        return float(self._sized(size).getlength(line))

    def mask(self, lines: tuple[str, ...], size: int) -> Mask:
        """Draw centred lines and return their coverage (H, W), uint8, cut to the ink; read only."""
        return self._drawn(lines, size)

    def _mask(self, lines: tuple[str, ...], size: int) -> Mask:
        drawn = [self._glyph(line, size, cut=False) for line in lines]
        pitch = math.ceil(size * LINE_PITCH)
        widest = max(line.shape[1] for line in drawn)
        canvas = np.zeros((pitch * (len(lines) - 1) + drawn[0].shape[0], widest), np.uint8)
        for row, line in enumerate(drawn):
            left = (widest - line.shape[1]) // 2
            area = canvas[row * pitch : row * pitch + line.shape[0], left : left + line.shape[1]]
            np.maximum(area, line, out=area)
        return _cut_to_ink(canvas)

    def _load(self, size: int) -> ImageFont.FreeTypeFont:
        from PIL import ImageFont  # noqa: PLC0415 - Pillow is loaded when a font is

        try:
            # The basic engine is in every build of Pillow, so that a label looks the same everywhere.
            return ImageFont.truetype(io.BytesIO(self._content), size, layout_engine=ImageFont.Layout.BASIC)
        except (OSError, ValueError) as error:
            raise InputError(f"The font {self.name} cannot be used ({error}): pass a scalable font.") from error

    def _has(self, character: str) -> bool:
        """Return whether a character draws something other than the box for missing glyphs."""
        if character in " \u3000":
            return True
        shown, missing = (self._glyph(c, REFERENCE_SIZE) for c in (character, UNMAPPED))
        return bool(shown.any()) and not np.array_equal(shown, missing)

    def _ink_height(self, character: str, size: int) -> int:
        rows = np.flatnonzero((self._glyph(character, size) >= INKED).any(axis=1))
        return int(rows[-1] - rows[0] + 1) if rows.size else 0

    def _glyph(self, text: str, size: int, *, cut: bool = True) -> Mask:
        """Draw text on a mask, cut to its ink or, for lines that share a pitch, as high as any glyph."""
        from PIL import Image, ImageDraw  # noqa: PLC0415

        font = self._sized(size)
        left, top, right, bottom = (round(edge) for edge in font.getbbox(text, anchor="ls"))
        if not cut:
            top, bottom = min(top, -2 * size), max(bottom, size)
        canvas = Image.new("L", (max(right - left, 1), max(bottom - top, 1)))
        ImageDraw.Draw(canvas).text((-left, -top), text, fill=255, font=font, anchor="ls")
        return np.asarray(canvas)


def load_typeface(font: str | Path | None = None) -> Typeface:
    """Load a font file, or the bundled part of Noto Sans CJK SC.

    Parameters
    ----------
    font
        Path of a TrueType or OpenType file; of a collection the first font. None is the bundled font.

    Raises
    ------
    InputError
        When the file cannot be read or is no scalable font.
    """
    if font is None:
        return _bundled()
    if not isinstance(font, (str, Path)):
        raise InputError(f"A font is given by the path of its file; this is {type(font).__name__}.")
    try:
        path = Path(font)
        return _from_file(path, path.stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        raise InputError(f"The font {font} cannot be read: {error}.") from error


@functools.cache
def _bundled() -> Typeface:
    content = resources.files("synthmark.visible").joinpath("fonts").joinpath(BUNDLED).read_bytes()
    return Typeface(content, BUNDLED)


@functools.lru_cache(maxsize=4)
def _from_file(path: Path, _modified: int) -> Typeface:
    """Load a font once for as long as its file stays as it is."""
    return Typeface(path.read_bytes(), path.name)


def _cut_to_ink(mask: Mask) -> Mask:
    """Return the part of a mask that holds all that is drawn."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    cut = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
    cut.setflags(write=False)
    return cut


def _named(character: str) -> str:
    """Return a character with its code point, or the code point alone where it cannot be printed."""
    code = f"U+{ord(character):04X}"
    return f"{character!r} ({code})" if character.isprintable() else code

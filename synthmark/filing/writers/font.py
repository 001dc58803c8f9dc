"""The fonts of the documents: parts of Noto Sans CJK SC, and of its Latin letters of one width, both Regular."""

from __future__ import annotations

import functools
from importlib import resources

__all__ = ["FONT", "MONO", "font_bytes"]

FONT = "NotoSansCJKsc-Regular-filing"
MONO = "NotoSansMonoCJKsc-Regular-filing"
"""Printable ASCII alone, each character half as wide as a Chinese one."""


@functools.cache
def font_bytes(name: str = FONT) -> bytes:
    """Return a font file."""
    return resources.files("synthmark.filing").joinpath("fonts", f"{name}.ttf").read_bytes()

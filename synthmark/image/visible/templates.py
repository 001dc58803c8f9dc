"""Our own label as templates: the standard texts in the bundled font, drawn at the size that is looked for."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np

from synthmark._opencv import opencv
from synthmark.visible.layout import PADDING_X, PADDING_Y
from synthmark.visible.typeface import load_typeface

if TYPE_CHECKING:
    import numpy.typing as npt

    Map = npt.NDArray[np.float32]

__all__ = ["BARE_PADDING", "ELEMENTS", "PLATE_PADDING", "TEXTS", "ink_of", "template", "texts_with"]

TEXTS = (
    "AI生成",
    "AI合成",
    "AI生成合成",
    "AI生成内容",
    "AI生成图片",
    "AI生成视频",
    "AI辅助生成",
    "疑似AI生成",
    "由AI生成",
    "图片由AI生成",
    "视频由AI生成",
    "内容由AI生成",
    "本图片由AI生成",
    "本视频由AI生成",
    "本内容由AI生成",
    "人工智能生成",
    "人工智能合成",
    "人工智能生成合成",
    "人工智能生成内容",
    "由人工智能生成",
    "本图片由人工智能生成",
    "本视频由人工智能生成",
    "AI-generated",
    "AI生成 AI-generated",
)
# Every text has one of these; a picture is searched for them first.
ELEMENTS = ("生成", "合成", "generated")
# Templates are drawn large and made smaller, so that they have any size without the font's own rounding.
DRAWN_SIZE = 128


# Padding around the ink, in sizes of the font: that of the plate, or hardly any for a bare template.
PLATE_PADDING = (PADDING_X, PADDING_Y)
BARE_PADDING = (0.08, 0.08)


@functools.lru_cache(maxsize=256)
def template(text: str, size: float, *, bare: bool = False) -> Map:
    """Return a text at a size of the font, with the padding of its plate, or hardly any when bare.

    Returns
    -------
    ndarray
        float32 (H, W), 0..1, read only: how much of every pixel is text.
    """
    ink = load_typeface().mask((text,), DRAWN_SIZE)
    across, down = (math.ceil(part * DRAWN_SIZE) for part in (BARE_PADDING if bare else PLATE_PADDING))
    drawn = np.pad(ink, ((down, down), (across, across))).astype(np.float32) / np.float32(255)
    shape = (round(drawn.shape[1] * size / DRAWN_SIZE), round(drawn.shape[0] * size / DRAWN_SIZE))
    coverage = np.asarray(opencv().resize(drawn, shape, interpolation=opencv().INTER_AREA), np.float32)
    coverage.setflags(write=False)
    return coverage


@functools.cache
def ink_of(text: str) -> float:
    """Return the height of the smallest glyph of a text, as a part of the size of the font."""
    return load_typeface().ink_height(text, 4 * DRAWN_SIZE) / (4 * DRAWN_SIZE)


@functools.cache
def texts_with(element: str) -> tuple[tuple[str, float], ...]:
    """Return the texts that hold an element, with how far into the ink it begins, in sizes of the font."""
    typeface = load_typeface()
    found = []
    for text in TEXTS:
        if element in text:
            before = text[: text.index(element)]
            found.append((text, typeface.width(before, DRAWN_SIZE) / DRAWN_SIZE))
    return tuple(found)

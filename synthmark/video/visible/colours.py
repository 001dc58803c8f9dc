"""Black or white text, and its contrast on the worst of the sampled frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmark.video.visible.levels import WHITE, luminance, signal, signal_rgb
from synthmark.visible.plate import BRIGHT, OPACITY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthmark.video.visible.frame_form import FrameForm, FramePlanes
    from synthmark.visible.boxes import Box

__all__ = ["Colours", "choose_colours"]


@dataclass(frozen=True, slots=True)
class Colours:
    """How a label is coloured.

    Attributes
    ----------
    white_text
        White text on a black plate, or black text on a white one.
    opacity
        Opacity of the plate, 0..1.
    contrast
        Least contrast ratio of the text to any pixel of the plate in any sampled frame, 1..21 (WCAG 2.2).
    """

    white_text: bool
    opacity: float
    contrast: float


def choose_colours(samples: Sequence[FramePlanes], box: Box, form: FrameForm) -> Colours:
    """Choose the colours of a label for a box of the stored frame.

    Black on white is for clips that are bright there. In HDR it is always white on black: a plate of paper
    white would let too much of dark frames through to keep the contrast.
    """
    rows, columns = slice(int(box.top), int(box.bottom)), slice(int(box.left), int(box.right))
    bright = np.mean([signal(planes[0][rows, columns], form).mean() for planes in samples]) >= BRIGHT
    white_text = form.transfer != "sdr" or not bright
    ratios = [_contrast(planes, (rows, columns), form, white_text=white_text) for planes in samples]
    return Colours(white_text, OPACITY, min(ratios))


def _contrast(planes: FramePlanes, area: tuple[slice, slice], form: FrameForm, *, white_text: bool) -> float:
    """Return the contrast ratio of the text to that pixel of the plate that is most like it."""
    white = WHITE[form.transfer]
    plate = np.float32(0 if white_text else white)
    shown = signal_rgb(planes, *area, form) * np.float32(1 - OPACITY) + plate * np.float32(OPACITY)
    light = luminance(shown, form)
    worst = float(light.max() if white_text else light.min())
    text = float(luminance(np.full(3, white if white_text else 0, np.float32), form))
    return (max(text, worst) + 0.05) / (min(text, worst) + 0.05)

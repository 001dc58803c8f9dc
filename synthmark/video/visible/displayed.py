"""A frame as it is displayed, in grey: upright, in square pixels, with the white of paper as white."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthmark._opencv import opencv
from synthmark.video.visible.frame_form import require_planes
from synthmark.video.visible.levels import WHITE, signal

if TYPE_CHECKING:
    import numpy.typing as npt

    from synthmark.video.visible.frame_form import FrameForm, FramePlanes

__all__ = ["displayed_grey"]


def displayed_grey(planes: FramePlanes, form: FrameForm) -> npt.NDArray[np.float32]:
    """Return a frame as a grey picture, in which `synthmark.image.visible.find_label` finds our label.

    Returns
    -------
    ndarray
        float32 (H, W), 0..1: the luma signal; in HDR all that is brighter than paper (203 cd/m2) is 1.

    Raises
    ------
    InputError
        When the planes have another form.
    """
    require_planes(planes, form)
    luma = np.clip(signal(planes[0], form) / np.float32(WHITE[form.transfer]), 0, 1)
    if (form.width, form.height) != form.square_size:
        luma = opencv().resize(luma, form.square_size, interpolation=opencv().INTER_LINEAR)
    return np.ascontiguousarray(form.displayed(luma), np.float32)

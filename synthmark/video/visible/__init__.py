"""The visible label on video: drawn on the planes of every frame, at one place for the whole clip."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthmark.video.visible.displayed import displayed_grey
    from synthmark.video.visible.frame_form import FrameForm, FramePlanes
    from synthmark.video.visible.label import SPANS, VideoLabel, VideoLabelPlacement
    from synthmark.video.visible.preparation import prepare_label

__all__ = [
    "SPANS",
    "FrameForm",
    "FramePlanes",
    "VideoLabel",
    "VideoLabelPlacement",
    "displayed_grey",
    "prepare_label",
]

_HOMES = {
    "FrameForm": "synthmark.video.visible.frame_form",
    "FramePlanes": "synthmark.video.visible.frame_form",
    "SPANS": "synthmark.video.visible.label",
    "VideoLabel": "synthmark.video.visible.label",
    "VideoLabelPlacement": "synthmark.video.visible.label",
    "displayed_grey": "synthmark.video.visible.displayed",
    "prepare_label": "synthmark.video.visible.preparation",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)

"""Video: files in, files out; marks in pictures and sound, and the visible label."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthmark.video.detection import VideoDetection, VideoMark
    from synthmark.video.marking import embed, extract
    from synthmark.video.passes import PassResult
    from synthmark.video.progress import Progress

__all__ = ["PassResult", "Progress", "VideoDetection", "VideoMark", "embed", "extract"]

_HOMES = {
    "PassResult": "synthmark.video.passes",
    "Progress": "synthmark.video.progress",
    "VideoDetection": "synthmark.video.detection",
    "VideoMark": "synthmark.video.detection",
    "embed": "synthmark.video.marking",
    "extract": "synthmark.video.marking",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    """Load a public name on first use, so that `import synthmark.video` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)

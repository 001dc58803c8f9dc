"""Pictures: the invisible mark (`embed`, `extract`) and the visible label (`label`). Arrays in, arrays out."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthmark.image.embedding import embed
    from synthmark.image.extraction import ImageDetection, extract
    from synthmark.image.visible import label

__all__ = ["ImageDetection", "embed", "extract", "label"]

_HOMES = {
    "ImageDetection": "synthmark.image.extraction",
    "embed": "synthmark.image.embedding",
    "extract": "synthmark.image.extraction",
    "label": "synthmark.image.visible",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    """Load a public name on first use, so that `import synthmark.image` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)

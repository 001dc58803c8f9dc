"""The visible label on pictures: text on a plate, at the edge or corner where it covers least."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthmark.image.visible.detection import FoundLabel, find_label
    from synthmark.image.visible.placement import LabelPlacement, draw_label, label, place_label

__all__ = ["FoundLabel", "LabelPlacement", "draw_label", "find_label", "label", "place_label"]

_DETECTION = {"FoundLabel", "find_label"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    """Load a public name on first use: checking the words of a label needs no NumPy."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "detection" if name in _DETECTION else "placement"
    return getattr(importlib.import_module(f"synthmark.image.visible.{home}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)

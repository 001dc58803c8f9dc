"""The methods under test, behind one interface: synthmark and, as adapters, its peers.

A method is chosen by name; ``name@factor`` scales its strength, for the plot of quality against recovery.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Method", "Synthmark", "method_named"]

Pixels = NDArray[np.uint8]


class Method(Protocol):
    """Embeds a 64-bit content id into an RGB picture (uint8) and reads it back."""

    def embed(self, picture: Pixels, content_id: int) -> Pixels:
        """Return the marked picture."""

    def extract(self, picture: Pixels) -> int | None:
        """Return the content id, or None when the method says that there is none."""


class Synthmark:
    """The product itself, with its published default key."""

    def __init__(self, strength: float | None = None, search: str = "full") -> None:
        from synthmark import image

        self.image = image
        self.options = {} if strength is None else {"strength": strength}
        self.search = search

    def embed(self, picture: Pixels, content_id: int) -> Pixels:
        return np.asarray(self.image.embed(picture, content_id, **self.options))

    def extract(self, picture: Pixels) -> int | None:
        content_id = self.image.extract(picture, search=self.search).content_id
        return None if content_id is None else int(content_id)


def method_named(name: str) -> Method:
    """Return the method of that name; ``name@factor`` scales its strength."""
    import peers_image as peers

    base, _, factor = name.partition("@")
    if base == "synthmark":
        return Synthmark(float(factor) if factor else None)
    if base == "synthmark-fast":
        return Synthmark(float(factor) if factor else None, search="fast")
    scale = float(factor or 1)
    makers: dict[str, Callable[[], Method]] = {
        "invisible-watermark": lambda: peers.InvisibleWatermark("dwtDct", scale),
        "invisible-watermark-svd": lambda: peers.InvisibleWatermark("dwtDctSvd", scale),
        "blind-watermark": lambda: peers.BlindWatermark(scale),
        "least-significant-bit": peers.LeastSignificantBit,
    }
    if base not in makers:
        raise ValueError(f"unknown method {base!r}; known: synthmark, synthmark-fast, {', '.join(makers)}")
    return makers[base]()

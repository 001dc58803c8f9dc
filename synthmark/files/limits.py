"""How much a file may ask for; every reader checks these before it reserves memory."""

from __future__ import annotations

__all__ = [
    "MAX_ANIMATION_PIXELS",
    "MAX_FILE_BYTES",
    "MAX_FRAMES",
    "MAX_PIXELS",
    "MAX_SAMPLES",
]

MAX_FILE_BYTES = 1 << 30
"""Bytes of a file. A 16-bit RGBA picture of 100 megapixels takes 800 MB without compression."""

MAX_PIXELS = 178_956_970
"""Pixels of one picture: twice Pillow's warning bound, where Pillow itself refuses by default."""

MAX_FRAMES = 10_000
"""Frames of an animation or pages of a document."""

MAX_ANIMATION_PIXELS = 1 << 28
"""Pixels of all frames together: they lie in memory at once, with 4 bytes each."""

MAX_SAMPLES = 1 << 28
"""Samples of all channels of a sound file together, 46 minutes of stereo at 48 kHz: they lie in memory at once."""

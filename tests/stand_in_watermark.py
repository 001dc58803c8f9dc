"""A simple watermark with the names of `synthmark.image`, for tests of everything around the real one.

Each of 8 x 8 blocks holds a bit of the content id in the parity of its mean, counted in steps. It survives
coding and nothing else.
"""

import numpy as np

from synthmark.detection import Detection
from synthmark.errors import CapacityError
from synthmark.image.pictures import as_picture

MARKER = 0x5A  # the top byte of every content id that can be told from chance
STEP = 8.0


def _blocks(view):
    """Return the visible pixels of each block, as indices of the colour array."""
    colour = view.colour
    rows = np.array_split(np.arange(colour.shape[0]), 8)
    columns = np.array_split(np.arange(colour.shape[1]), 8)
    seen = np.ones(colour.shape[:2], bool) if view.alpha is None else view.alpha > 0
    for number in range(64):
        part = np.zeros_like(seen)
        part[np.ix_(rows[number // 8], columns[number % 8])] = True
        yield part & seen


def _shift(mean, bit):
    """Return how far a mean has to move to the nearest step with this parity, within the range."""
    targets = np.arange(0, 255 / STEP) * STEP + STEP / 2
    fitting = [target for target in targets[int(bit) :: 2] if 10 < target < 245]
    return min((target - mean for target in fitting), key=abs)


def embed(picture, content_id, key=None, *, strength=1.0):
    view = as_picture(picture)
    flat = view.colour.max() == view.colour.min()
    if min(view.width, view.height) < 64 or flat or not all(block.any() for block in _blocks(view)):
        raise CapacityError("too small or too flat for the stand-in")
    colour = view.colour.astype(float) / view.peak * 255
    for number, block in enumerate(_blocks(view)):
        for _ in range(4):  # clipping takes some of it away
            shift = _shift(colour[block].mean(), content_id >> number & 1)
            colour[block] = np.clip(colour[block] + shift, 0, 255)
    scaled = colour / 255 * view.peak
    return view.rebuilt((np.rint(scaled) if view.colour.dtype.kind != "f" else scaled).astype(view.colour.dtype))


def extract(picture, key=None, *, search="full"):
    view = as_picture(picture)
    colour = view.colour.astype(float) / view.peak * 255
    if not all(block.any() for block in _blocks(view)):
        return Detection()
    bits = [int(colour[block].mean() // STEP) & 1 for block in _blocks(view)]
    content_id = sum(bit << number for number, bit in enumerate(bits))
    if content_id >> 56 != MARKER:
        return Detection()
    return Detection(found=True, content_id=content_id, false_alarm_probability=1e-12, strength=9.0, version=1)


def install(monkeypatch):
    """Put the stand-in in the place of `synthmark.image.embed` and `extract`."""
    from synthmark import image

    monkeypatch.setattr(image, "embed", embed, raising=False)
    monkeypatch.setattr(image, "extract", extract, raising=False)

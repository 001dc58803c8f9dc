"""The evidence pictures of a report: a small copy of the picture, and the map of where the mark is present."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from extract_tool.opened import OpenedFile
    from synthmark.image.presence import PresenceMap

__all__ = ["evidence"]

_SIDE = 960  # pixels of the long side of the pictures
_QUALITY = 85
_PRESENT, _ABSENT = (0, 114, 178), (213, 94, 0)  # blue and vermilion, told apart by the colour-blind too (Okabe, Ito)
_OPACITY = 0.45


def evidence(file: OpenedFile, label: Sequence[int] | None = None) -> dict[str, str]:
    """Return what a report shows of a file: JPEG data as base64 (``picture``, ``map``), or ``seconds`` of sound.

    Parameters
    ----------
    file
        The file.
    label
        Box of its visible label in pixels: left, top, right, bottom. A frame is drawn around it.
    """
    if file.picture is None:
        return {} if file.seconds is None else {"seconds": f"{file.seconds:.3f}"}
    small = _small(file.picture)
    pictures = {"picture": _jpeg(_framed(small, file.picture, label))}
    if file.presence is not None:
        pictures |= {"map": _jpeg(_overlay(small, file.presence)), "map_share": f"{file.presence.share:.2f}"}
    return pictures


def _small(picture: Any) -> Image.Image:  # noqa: ANN401 - a PIL image, or an array of more than 8 bits
    """Return a copy for people to see, in 8-bit RGB, on white where it is transparent."""
    import numpy as np
    from PIL import Image

    from synthmark.image.pictures import as_picture

    taken = as_picture(picture)
    colour = taken.colour
    if colour.dtype != np.uint8:
        colour = np.clip(colour * (255.0 / taken.peak), 0, 255).astype(np.uint8)
    shown = Image.fromarray(colour).convert("RGB")
    shown.thumbnail((_SIDE, _SIDE))
    return shown


def _framed(small: Image.Image, whole: Any, label: Sequence[int] | None) -> Image.Image:  # noqa: ANN401 - see _small
    """Return a small copy with a frame around the label, black on white, so that it is seen on any picture."""
    from PIL import ImageDraw

    from synthmark.image.pictures import as_picture

    if label is None:
        return small
    picture, shown = as_picture(whole), small.copy()
    across, down = small.width / picture.width, small.height / picture.height
    left, top, right, bottom = label[0] * across, label[1] * down, label[2] * across, label[3] * down
    draw = ImageDraw.Draw(shown)
    for room, colour in ((4, "white"), (2, "black")):
        draw.rectangle((left - room, top - room, right + room, bottom + room), outline=colour, width=2)
    return shown


def _overlay(small: Image.Image, found: PresenceMap) -> Image.Image:
    """Colour where the mark is present and where it is not, over the picture in grey."""
    import numpy as np
    from PIL import Image

    mask = Image.fromarray(found.present.astype(np.uint8) * 255).resize(small.size, Image.Resampling.BILINEAR)
    colours = Image.composite(
        Image.new("RGB", small.size, _PRESENT), Image.new("RGB", small.size, _ABSENT), mask.convert("L")
    )
    return Image.blend(small.convert("L").convert("RGB"), colours, _OPACITY)


def _jpeg(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY)
    return base64.b64encode(buffer.getvalue()).decode("ascii")

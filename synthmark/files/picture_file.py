"""A picture file taken apart: what kind it is, and its frames, upright."""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from synthmark.errors import DamagedMediaError, MediaError, SynthmarkError, UnsupportedMediaError
from synthmark.files import deep, jpeg
from synthmark.files.kinds import AVIF, GIF, JPEG, PICTURES, PNG, TIFF, WEBP, Kind, kind_of
from synthmark.files.limits import MAX_ANIMATION_PIXELS, MAX_FRAMES, MAX_PIXELS
from synthmark.files.orientation import upright
from synthmark.image.pillow_modes import DECODER_FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthmark.image.pictures import Array

__all__ = ["PictureFile", "coding_errors", "read_picture"]

_PILLOW_NAMES = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP", GIF: "GIF", TIFF: "TIFF", AVIF: "AVIF"}
_ORIENTATION = 0x0112
_ANIMATED = (PNG, WEBP, GIF, AVIF)


@dataclass(frozen=True, slots=True, eq=False)
class PictureFile:
    """A decoded picture file.

    Attributes
    ----------
    kind
        What the content is, whatever the name says.
    data
        The file itself; encoders take settings and metadata from it.
    frames
        Upright pictures on the full canvas: one, or the frames of an animation, or the pages of a TIFF file.
        PIL images (palettes as RGB or RGBA, 1-bit as L), or arrays where the samples have more than 8 bits
        and colour.
    durations
        Milliseconds each frame shows.
    loop
        How often an animation plays, 0 for ever, None when the file does not say.
    orientations
        EXIF orientation, 1 to 8, of each frame, which the file keeps.
    notes
        Message codes of what a viewer would not expect: "note.depth_reduced", "note.depth_raised",
        "note.more_pictures".
    """

    kind: Kind
    data: bytes
    frames: tuple[Image.Image | Array, ...]
    durations: tuple[float, ...]
    loop: int | None
    orientations: tuple[int, ...]
    notes: tuple[str, ...]

    @property
    def animated(self) -> bool:
        """Whether the frames follow one another in time."""
        return len(self.frames) > 1 and self.kind is not TIFF


def read_picture(data: bytes) -> PictureFile:
    """Take a picture file apart.

    Raises
    ------
    UnsupportedMediaError
        When the content is no picture, or of a kind that cannot be read.
    DamagedMediaError
        When it is empty, truncated, inconsistent, or larger than `synthmark.files.limits` allows.
    """
    kind = kind_of(data)
    if kind not in PICTURES:
        raise UnsupportedMediaError(f"This is a {kind.name} file, not a picture.")
    with coding_errors(f"The {kind.name} file cannot be decoded"):
        if deep.is_deep(data, kind):
            return _from_deep(data, kind)
        with Image.open(io.BytesIO(data), formats=(_PILLOW_NAMES[kind],)) as image:
            return _from_pillow(data, kind, image)


@contextlib.contextmanager
def coding_errors(what: str) -> Iterator[None]:
    """Turn whatever a decoder or an encoder raises into `DamagedMediaError`, and keep its warnings quiet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except SynthmarkError:
        raise
    except MemoryError as error:
        raise MediaError(f"{what}: there is not enough memory.") from error
    except _failures() as error:
        raise DamagedMediaError(f"{what}: {error or type(error).__name__}.") from error


def _failures() -> tuple[type[Exception], ...]:
    return DECODER_FAILURES + deep.failures()


def _from_pillow(data: bytes, kind: Kind, image: Image.Image) -> PictureFile:
    """Decode all frames with Pillow."""
    count = 1 if kind is JPEG else getattr(image, "n_frames", 1)
    _require_size(image, count)
    loop = image.info.get("loop")
    frames, durations = zip(*_upright_frames(image, count), strict=True)
    orientations = _orientations(data, kind, image, count)
    return PictureFile(kind, data, frames, durations, loop, orientations, _notes(data, kind, image))


def _from_deep(data: bytes, kind: Kind) -> PictureFile:
    """Decode colour of more than 8 bits per sample with OpenCV."""
    if kind is TIFF:  # OpenCV turns TIFF pages upright by itself, and nothing else
        pages = deep.decode(data, kind)
        orientations = tuple(deep.tiff_orientations(data))[: len(pages)]
        return PictureFile(kind, data, tuple(pages), (0.0,) * len(pages), None, orientations, ())
    with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
        _require_size(image, 1)
        image.load()  # Pillow refuses damaged pixels, which OpenCV would fill in
        orientation = _orientation(image)
    picture = upright(deep.decode(data, kind)[0], orientation)
    return PictureFile(kind, data, (picture,), (0.0,), None, (orientation,), ())


def _require_size(image: Image.Image, count: int) -> None:
    """Refuse what would take too much memory, before any pixel is decoded."""
    pixels = image.width * image.height
    if not 0 < pixels <= MAX_PIXELS:
        raise DamagedMediaError(
            f"The picture is {image.width} x {image.height} pixels; 1 to {MAX_PIXELS} pixels are supported."
        )
    if count > MAX_FRAMES or (count > 1 and count * pixels > MAX_ANIMATION_PIXELS):
        raise DamagedMediaError(
            f"The file has {count} frames of {image.width} x {image.height} pixels; at most {MAX_FRAMES} "
            f"frames and {MAX_ANIMATION_PIXELS} pixels in all are supported."
        )


def _orientations(data: bytes, kind: Kind, image: Image.Image, count: int) -> tuple[int, ...]:
    """Return the orientation of every frame; only the pages of a TIFF file can differ."""
    if kind is TIFF:
        return tuple(deep.tiff_orientations(data))[:count]
    return (_orientation(image),) * count


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; damaged EXIF counts as upright."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except DECODER_FAILURES:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright_frames(image: Image.Image, count: int) -> Iterator[tuple[Image.Image | Array, float]]:
    """Yield all frames with their durations, of one mode where there are several."""
    orientation = 1 if image.format == "TIFF" else _orientation(image)  # Pillow turns TIFF pages itself
    for number in range(count):
        image.seek(number)
        _require_size(image, count)
        image.load()
        duration = float(image.info.get("duration") or 0)
        frame = _plain(image, opaque=count == 1 or image.format == "TIFF")
        yield upright(frame, orientation), duration


def _plain(image: Image.Image, *, opaque: bool) -> Image.Image:
    """Return a frame without palette, colour key or 1-bit samples; with alpha where frames could differ."""
    clear = image.has_transparency_data
    if not opaque:
        frame = image.convert("RGBA")
    elif image.mode == "1" or (image.mode == "L" and clear):
        frame = image.convert("LA" if clear else "L")
    elif image.mode in ("P", "PA") or (image.mode == "RGB" and clear):
        frame = image.convert("RGBA" if clear else "RGB")
    else:
        frame = image.copy()
    frame.info = {}
    return frame


def _notes(data: bytes, kind: Kind, image: Image.Image) -> tuple[str, ...]:
    """Tell what writing the file anew will change besides the marks."""
    found = {
        "note.depth_raised": image.mode == "1",
        "note.depth_reduced": deep.is_reduced(data, kind),
        "note.more_pictures": kind is JPEG and jpeg.has_more_pictures(data),
    }
    return tuple(code for code, present in found.items() if present)

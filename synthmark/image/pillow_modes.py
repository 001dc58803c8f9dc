"""The modes of PIL images: how each becomes colour and alpha, and how it is put together again."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from synthmark.errors import DamagedMediaError, DependencyError, InputError
from synthmark.image.palettes import as_palette
from synthmark.image.pictures import Picture, require_unit_range

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthmark.image.pictures import Array

__all__ = ["DECODER_FAILURES", "from_pillow"]

# What Pillow's decoders raise on hostile input, as seen when fuzzing them.
DECODER_FAILURES = (
    OSError, EOFError, ValueError, TypeError, SyntaxError, IndexError, KeyError, AttributeError,
    AssertionError, ArithmeticError, NotImplementedError, MemoryError, RuntimeError, struct.error,
    Image.DecompressionBombError, zlib.error,
)  # fmt: skip


def from_pillow(image: Any) -> Picture:  # noqa: ANN401 - recognised by its attributes, so that arrays need no Pillow
    """View the current frame of a PIL image as a `Picture`; see `as_picture`."""
    try:
        image.load()
    except DECODER_FAILURES as error:
        raise DamagedMediaError(f"The picture cannot be decoded: {error}.") from error
    if min(image.size) < 1:
        raise InputError(f"The picture is empty: its size is {image.size}.")
    view = _VIEWS.get(image.mode)
    if view is None:
        raise InputError(f"Pictures of mode {image.mode} are not supported. Convert first, say with .convert('RGB').")
    return view(image)


def _plain(image: Image.Image) -> Picture:
    """View L and RGB."""
    return Picture(np.asarray(image), None, 255.0, True, lambda colour, _alpha: _like(image, colour))


def _with_alpha(image: Image.Image) -> Picture:
    """View LA and RGBA."""
    pixels = np.asarray(image)
    colour = pixels[..., 0] if image.mode == "LA" else pixels[..., :3]

    def rebuild(new: Array, alpha: Array | None) -> object:
        assert alpha is not None
        return _like(image, np.dstack([new, alpha]))

    return Picture(colour, pixels[..., -1], 255.0, True, rebuild)


def _converted(mode: str) -> Callable[[Image.Image], Picture]:
    """View a mode through another one that Pillow converts to and from."""

    def view(image: Image.Image) -> Picture:
        inner = from_pillow(image.convert(mode))

        def rebuild(colour: Array, alpha: Array | None) -> object:
            new = inner.rebuilt(colour, alpha)
            assert isinstance(new, Image.Image)
            return _with_info(new.convert(image.mode), image)

        return Picture(inner.colour, inner.alpha, inner.peak, False, rebuild)

    return view


def _one_bit(image: Image.Image) -> Picture:
    """View black and white as grey; the way back is a threshold, so that nothing faint survives it."""

    def rebuild(colour: Array, _alpha: Array | None) -> object:
        return _with_info(Image.fromarray(colour).convert("1", dither=Image.Dither.NONE), image)

    return Picture(np.asarray(image.convert("L")), None, 255.0, False, rebuild)


def _palette(image: Image.Image) -> Picture:
    """View P, with alpha where the palette or the info has transparency."""
    clear = "transparency" in image.info or (image.palette is not None and image.palette.mode == "RGBA")
    pixels = np.asarray(image.convert("RGBA" if clear else "RGB"))

    def rebuild(colour: Array, alpha: Array | None) -> object:
        new = as_palette(colour, alpha)
        transparency = new.info.get("transparency")
        new.info.update(image.info)
        new.info.pop("transparency", None)
        if transparency is not None:
            new.info["transparency"] = transparency
        return new

    return Picture(pixels[..., :3], pixels[..., 3] if clear else None, 255.0, False, rebuild)


def _palette_with_alpha(image: Image.Image) -> Picture:
    """View PA."""
    pixels = np.asarray(image.convert("RGBA"))

    def rebuild(colour: Array, alpha: Array | None) -> object:
        indexed = as_palette(colour)
        assert alpha is not None
        planes = np.dstack([np.asarray(indexed), alpha])
        new = Image.frombytes("PA", image.size, planes.tobytes())
        new.putpalette(indexed.getpalette("RGB") or [], "RGB")
        return _with_info(new, image)

    return Picture(pixels[..., :3], pixels[..., 3], 255.0, False, rebuild)


def _sixteen_bit(image: Image.Image) -> Picture:
    """View I;16 of any byte order."""
    orders = {"I;16": "<u2", "I;16L": "<u2", "I;16B": ">u2", "I;16N": "=u2"}
    stored = np.dtype(orders[image.mode])
    pixels = np.frombuffer(image.tobytes(), stored).reshape(image.height, image.width)

    def rebuild(colour: Array, _alpha: Array | None) -> object:
        data = np.ascontiguousarray(colour.astype(stored)).tobytes()
        return _with_info(Image.frombytes(image.mode, image.size, data), image)

    return Picture(pixels.astype(np.uint16), None, 65535.0, True, rebuild)


def _integers(image: Image.Image) -> Picture:
    """View I, which Pillow uses for 16-bit grey."""
    pixels = np.asarray(image)
    low, high = int(pixels.min()), int(pixels.max())
    if low < 0 or high > 65535:
        raise InputError(f"A picture of mode I holds 0 to 65535; this holds {low} to {high}. Scale it first.")

    def rebuild(colour: Array, _alpha: Array | None) -> object:
        return _like(image, colour.astype(np.int32))

    return Picture(pixels.astype(np.uint16), None, 65535.0, True, rebuild)


def _floats(image: Image.Image) -> Picture:
    """View F: 0..1 as it is, more as the 0..255 or 0..65535 that Pillow's own conversions give."""
    pixels = np.asarray(image)
    high = float(pixels.max())
    white = next((limit for limit in (1.0, 255.0, 65535.0) if high <= limit * 1.01), 1.0)
    colour = pixels if white == 1.0 else pixels / np.float32(white)
    require_unit_range(colour)

    def rebuild(new: Array, _alpha: Array | None) -> object:
        return _like(image, new * np.float32(white) if white != 1.0 else new)

    return Picture(colour, None, 1.0, white == 1.0, rebuild)


def _ink(image: Image.Image) -> Picture:
    """View CMYK; the black plate stays as it is and the three inks take up the change.

    Pillow shows R = (255 - C)(255 - K) / 255, so that a change of R asks for a change of C by the factor
    255 / (255 - K). Converting back from RGB would throw the black plate away.
    """
    before = np.asarray(image.convert("RGB"))

    def rebuild(colour: Array, _alpha: Array | None) -> object:
        inks = np.array(image)
        light = 255 - inks[..., 3:].astype(np.float32)
        change = (colour.astype(np.float32) - before) * 255 / np.maximum(light, 1)
        inks[..., :3] = np.clip(np.rint(inks[..., :3] - change), 0, 255)
        return _with_info(Image.frombytes("CMYK", image.size, inks.tobytes()), image)

    return Picture(before, None, 255.0, False, rebuild)


def _by_change(to_rgb: Callable[[Image.Image], Image.Image], back: Callable[[Image.Image], Image.Image]) -> Any:  # noqa: ANN401
    """View a colour space of wider gamut; only what changed in RGB changes in it."""

    def view(image: Image.Image) -> Picture:
        shown = to_rgb(image)
        before = np.asarray(shown)

        def rebuild(colour: Array, _alpha: Array | None) -> object:
            target = np.asarray(back(Image.fromarray(np.ascontiguousarray(colour)))).astype(np.int16)
            change = target - np.asarray(back(shown))
            stored = np.clip(np.asarray(image) + change, 0, 255).astype(np.uint8)
            return _with_info(Image.frombytes(image.mode, image.size, stored.tobytes()), image)

        return Picture(before, None, 255.0, False, rebuild)

    return view


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    """Convert Lab to sRGB with LittleCMS, which Pillow's own conversion leaves out."""
    return _through_profiles(image, "LAB", "sRGB", "RGB")


def _rgb_to_lab(image: Image.Image) -> Image.Image:
    """Convert sRGB to Lab with LittleCMS."""
    return _through_profiles(image, "sRGB", "LAB", "LAB")


def _through_profiles(image: Image.Image, source: Any, target: Any, mode: str) -> Image.Image:  # noqa: ANN401
    """Convert between two built-in profiles of LittleCMS."""
    try:
        from PIL import ImageCms  # noqa: PLC0415 - builds of Pillow may lack it

        profiles = ImageCms.createProfile(source), ImageCms.createProfile(target)
        new = ImageCms.profileToProfile(image, *profiles, outputMode=mode)
    except (ImportError, ValueError, OSError) as error:
        raise DependencyError(
            f"Lab pictures need Pillow with LittleCMS ({error}): pip install --force-reinstall pillow"
        ) from error
    assert new is not None
    return new


def _like(image: Image.Image, pixels: Array) -> Image.Image:
    """Build an image of the same mode, size and info from pixels."""
    data = np.ascontiguousarray(pixels).tobytes()
    return _with_info(Image.frombytes(image.mode, image.size, data), image)


def _with_info(new: Image.Image, image: Image.Image) -> Image.Image:
    """Give a new image the info (resolution, profile, EXIF) of the one it replaces."""
    new.info = dict(image.info)
    return new


_VIEWS: dict[str, Callable[[Image.Image], Picture]] = {
    "1": _one_bit,
    "L": _plain,
    "RGB": _plain,
    "LA": _with_alpha,
    "RGBA": _with_alpha,
    "La": _converted("LA"),
    "RGBa": _converted("RGBA"),
    "RGBX": _converted("RGB"),
    "HSV": _converted("RGB"),
    "P": _palette,
    "PA": _palette_with_alpha,
    "I": _integers,
    "I;16": _sixteen_bit,
    "I;16L": _sixteen_bit,
    "I;16B": _sixteen_bit,
    "I;16N": _sixteen_bit,
    "F": _floats,
    "CMYK": _ink,
    "YCbCr": _by_change(lambda image: image.convert("RGB"), lambda image: image.convert("YCbCr")),
    "LAB": _by_change(_lab_to_rgb, _rgb_to_lab),
}

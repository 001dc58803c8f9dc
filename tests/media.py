"""Picture files made for the tests: one for every container, mode and coding that is supported."""

import functools
import io

import numpy as np
from PIL import Image, ImageChops


@functools.cache
def photograph(width: int = 240, height: int = 200) -> Image.Image:
    """Return part of a photograph that ships with scikit-image."""
    import skimage.data

    return Image.fromarray(skimage.data.astronaut()[:height, :width])


@functools.cache
def cut_out() -> Image.Image:
    """Return a photograph with a transparent disc."""
    pixels = np.asarray(photograph())
    rows, columns = np.indices(pixels.shape[:2])
    alpha = np.where((rows - 75) ** 2 + (columns - 90) ** 2 < 144, 0, 255).astype(np.uint8)
    return Image.fromarray(np.dstack([pixels, alpha]))


def saved(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _moving(image: Image.Image) -> dict:
    frames = [ImageChops.offset(image, 7 * number, 3 * number) for number in range(5)]
    return {"image": frames[0], "save_all": True, "append_images": frames[1:]}


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = "a description"
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = "2026:01:02 03:04:05"
    exif.get_ifd(0x8825)[1] = "N"
    return exif


def _deep(kind: str, array: np.ndarray) -> bytes:
    from synthmark._opencv import opencv

    done, data = opencv().imencode(kind, array)
    assert done
    return data.tobytes()


TIMES = [100, 200, 300, 50, 60]
GREY_16 = np.arange(48000, dtype=np.uint16).reshape(200, 240)


@functools.cache
def files() -> dict[str, bytes]:
    """Return files by a name whose start is the container."""
    photo, holes = photograph(), cut_out()
    moving, moving_holes = _moving(photo), _moving(holes)
    deep = np.asarray(photo).astype(np.uint16) * 257
    return {
        "jpeg": saved(photo, "JPEG", quality=83, exif=_exif(), dpi=(300, 300), comment=b"a comment"),
        "jpeg-progressive-444": saved(photo, "JPEG", quality=95, subsampling=0, progressive=True),
        "jpeg-grey": saved(photo.convert("L"), "JPEG"),
        "jpeg-cmyk": saved(photo.convert("CMYK"), "JPEG", quality=90),
        "jpeg-rgb": saved(photo, "JPEG", keep_rgb=True),
        "png": saved(photo, "PNG", dpi=(120, 120)),
        "png-alpha": saved(holes, "PNG"),
        "png-palette": saved(photo.quantize(64), "PNG"),
        "png-1-bit": saved(photo.convert("1"), "PNG"),
        "png-grey-alpha": saved(holes.convert("LA"), "PNG"),
        "png-grey-16": saved(Image.fromarray(GREY_16), "PNG"),
        "png-rgb-16": _deep(".png", deep),
        "png-rgba-16": _deep(".png", np.asarray(holes).astype(np.uint16) * 257),
        "png-animated": saved(**moving_holes, kind="PNG", duration=TIMES, loop=3),
        "png-animated-still": saved(**moving_holes, kind="PNG", duration=TIMES[1:], default_image=True),
        "webp": saved(photo, "WEBP", quality=60),
        "webp-lossless": saved(holes, "WEBP", lossless=True, exact=True),
        "webp-animated": saved(**moving_holes, kind="WEBP", duration=TIMES, loop=2),
        "gif": saved(photo, "GIF", comment=b"a comment"),
        "gif-animated": saved(**moving, kind="GIF", duration=TIMES, loop=0),
        "gif-animated-holes": saved(**moving_holes, kind="GIF", duration=TIMES, loop=2, disposal=2),
        "avif": saved(photo, "AVIF", quality=70, speed=9, exif=_exif()),
        "avif-animated": saved(**moving, kind="AVIF", duration=TIMES, speed=9),
        "tiff-lzw": saved(photo, "TIFF", compression="tiff_lzw", exif=_exif(), dpi=(200, 200)),
        "tiff-palette": saved(photo.quantize(64), "TIFF"),
        "tiff-1-bit": saved(photo.convert("1"), "TIFF", compression="group4"),
        "tiff-cmyk": saved(photo.convert("CMYK"), "TIFF"),
        "tiff-jpeg": saved(photo, "TIFF", compression="jpeg"),
        "tiff-grey-16": saved(Image.fromarray(GREY_16), "TIFF"),
        "tiff-float": saved(Image.fromarray(np.asarray(photo.convert("L")) / np.float32(255)), "TIFF"),
        "tiff-alpha-packbits": saved(holes, "TIFF", compression="packbits"),
        "tiff-pages": saved(
            photo, "TIFF", save_all=True, append_images=[photo.resize((150, 140)), photo.convert("L")]
        ),
        "tiff-rgb-16": _deep(".tiff", deep),
        "tiff-rgb-float": _deep(".tiff", np.asarray(photo).astype(np.float32) / 255),
    }


LOSSLESS = [name for name in files() if name.startswith(("png", "tiff", "webp-lossless")) and "jpeg" not in name]
SUFFIXES = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "gif": ".gif", "avif": ".avif", "tiff": ".tif"}


def suffix(name: str) -> str:
    """Return the usual extension of a file by its name here."""
    return SUFFIXES[name.partition("-")[0]]

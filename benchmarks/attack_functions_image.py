"""The functions behind the attacks on pictures: RGB picture of dtype uint8 in, the same out.

Each takes the picture and a random generator, which is the only source of chance.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

Pixels = NDArray[np.uint8]
Function = Callable[[Pixels, np.random.Generator], Pixels]


# --- saving ---------------------------------------------------------------------------------------------


def saved(kind: str, **options: Any) -> Function:  # noqa: ANN401 - Pillow's own save options
    """Save with Pillow (its default chroma subsampling, 4:2:0) and read again."""

    def attack(picture: Pixels, _rng: np.random.Generator) -> Pixels:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, kind, **options)
        return np.array(Image.open(buffer).convert("RGB"))

    return attack


def unchanged(picture: Pixels, _rng: np.random.Generator) -> Pixels:
    return picture


def chain(*functions: Function) -> Function:
    def attack(picture: Pixels, rng: np.random.Generator) -> Pixels:
        for function in functions:
            picture = function(picture, rng)
        return picture

    return attack


# --- geometry -------------------------------------------------------------------------------------------


def resized(scale_x: float, scale_y: float, resample: int = Image.Resampling.LANCZOS) -> Function:
    def attack(picture: Pixels, _rng: np.random.Generator) -> Pixels:
        height, width = picture.shape[:2]
        size = (max(1, round(width * scale_x)), max(1, round(height * scale_y)))
        return np.array(Image.fromarray(picture).resize(size, Image.Resampling(resample)))

    return attack


def resized_without_antialias(scale: float) -> Function:
    """Resize by two-tap interpolation, as browsers and OpenCV's default do."""

    def attack(picture: Pixels, _rng: np.random.Generator) -> Pixels:
        return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR).astype(np.uint8)

    return attack


def flipped_left_right(picture: Pixels, _rng: np.random.Generator) -> Pixels:
    return picture[:, ::-1]


def flipped_upside_down(picture: Pixels, _rng: np.random.Generator) -> Pixels:
    return picture[::-1]


def quarter_turned(times: int) -> Function:
    return lambda picture, _rng: np.rot90(picture, times)


def inscribed(width: int, height: int, radians: float) -> tuple[int, int]:
    """Return width and height of the largest upright rectangle inside a turned width x height picture."""
    sine, cosine = abs(math.sin(radians)), abs(math.cos(radians))
    long, short = max(width, height), min(width, height)
    if short <= 2 * sine * cosine * long or abs(sine - cosine) < 1e-9:
        half = short / 2
        inner = (half / sine, half / cosine) if width >= height else (half / cosine, half / sine)
    else:
        double = cosine * cosine - sine * sine
        inner = (width * cosine - height * sine) / double, (height * cosine - width * sine) / double
    return int(inner[0]) - 2, int(inner[1]) - 2


def rotated(degrees: float | None, canvas: str) -> Function:
    """Rotate by any angle (None: random); canvas is "filled", "expanded" (both black) or "cut"."""

    def attack(picture: Pixels, rng: np.random.Generator) -> Pixels:
        angle = float(rng.uniform(-180, 180)) if degrees is None else degrees
        turned = np.array(Image.fromarray(picture).rotate(angle, Image.Resampling.BICUBIC, expand=canvas != "filled"))
        if canvas != "cut":
            return turned
        width, height = inscribed(picture.shape[1], picture.shape[0], math.radians(angle))
        left, top = (turned.shape[1] - width) // 2, (turned.shape[0] - height) // 2
        return turned[top : top + height, left : left + width]

    return attack


def cropped(area: float, aspect_change: float) -> Function:
    """Keep a share of the area at a random place; width and height differ by up to aspect_change."""

    def attack(picture: Pixels, rng: np.random.Generator) -> Pixels:
        height, width = picture.shape[:2]
        limit = min(math.log(aspect_change), -math.log(area))
        factor = math.exp(rng.uniform(-limit, limit) / 2)
        keep_x = min(width, round(width * math.sqrt(area) * factor))
        keep_y = min(height, round(height * math.sqrt(area) / factor))
        left = int(rng.integers(0, width - keep_x + 1))
        top = int(rng.integers(0, height - keep_y + 1))
        return picture[top : top + keep_y, left : left + keep_x]

    return attack


def side_cut(pixels: int) -> Function:
    def attack(picture: Pixels, rng: np.random.Generator) -> Pixels:
        turns = int(rng.integers(4))
        return np.rot90(np.rot90(picture, turns)[pixels:], -turns)

    return attack


def perspective(share: float, *, inward: bool) -> Function:
    """Move each corner by up to a share of the sides; inward: only into the picture, nothing is filled."""

    def attack(picture: Pixels, rng: np.random.Generator) -> Pixels:
        height, width = picture.shape[:2]
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        centre = np.array([width, height], np.float32) / 2
        low = 0.0 if inward else -share
        moves = rng.uniform(low, share, (4, 2)) * np.array([width, height]) * np.sign(centre - corners)
        matrix = cv2.getPerspectiveTransform((corners + moves).astype(np.float32), corners)
        return cv2.warpPerspective(picture, matrix, (width, height), flags=cv2.INTER_CUBIC).astype(np.uint8)

    return attack


# --- colour, noise, blur --------------------------------------------------------------------------------


def rounded(values: NDArray[Any]) -> Pixels:
    clipped: NDArray[Any] = np.clip(np.rint(values), 0, 255)
    return clipped.astype(np.uint8)


def brightened(factor: float) -> Function:
    return lambda picture, _rng: rounded(picture * np.float32(factor))


def contrasted(factor: float) -> Function:
    return lambda picture, _rng: np.array(ImageEnhance.Contrast(Image.fromarray(picture)).enhance(factor))


def gamma(exponent: float) -> Function:
    table = rounded(255 * (np.arange(256) / 255) ** exponent)
    return lambda picture, _rng: table[picture]


def grey(picture: Pixels, _rng: np.random.Generator) -> Pixels:
    return np.array(Image.fromarray(picture).convert("L").convert("RGB"))


def hue_turned(degrees: float) -> Function:
    def attack(picture: Pixels, _rng: np.random.Generator) -> Pixels:
        colours = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
        colours[..., 0] = (colours[..., 0] + degrees) % 360
        return rounded(cv2.cvtColor(colours, cv2.COLOR_HSV2RGB) * 255)

    return attack


def saturated(factor: float) -> Function:
    return lambda picture, _rng: np.array(ImageEnhance.Color(Image.fromarray(picture)).enhance(factor))


def filtered(pillow_filter: Any) -> Function:  # noqa: ANN401 - any of Pillow's filters
    return lambda picture, _rng: np.array(Image.fromarray(picture).filter(pillow_filter))


def posterised(bits: int) -> Function:
    mask = np.uint8(256 - (1 << (8 - bits)))
    return lambda picture, _rng: picture & mask


def noisy(sigma: float) -> Function:
    def attack(picture: Pixels, rng: np.random.Generator) -> Pixels:
        return rounded(picture + sigma * rng.standard_normal(picture.shape, np.float32))

    return attack


def blurred(sigma: float) -> Function:
    return lambda picture, _rng: cv2.GaussianBlur(picture, (0, 0), sigma).astype(np.uint8)


def median(size: int) -> Function:
    return lambda picture, _rng: cv2.medianBlur(np.ascontiguousarray(picture), size).astype(np.uint8)


# --- covering, screens, messengers ----------------------------------------------------------------------


def colour(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    return red, green, blue


def written(image: Image.Image, box: tuple[int, int, int, int], rng: np.random.Generator, words: str) -> None:
    """Fill a box with an opaque plate and write on it."""
    draw = ImageDraw.Draw(image)
    plate = colour(rng)
    draw.rectangle(box, fill=plate)
    size = max(8, min((box[3] - box[1]) * 0.5, (box[2] - box[0]) * 1.6 / len(words)))
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    ink = (0, 0, 0) if sum(plate) > 384 else (255, 255, 255)
    draw.text(middle, words, fill=ink, font=ImageFont.load_default(size), anchor="mm")


def captioned(share: float) -> Function:
    """Write a caption on an opaque plate over the whole width, at the top or at the bottom."""

    def attack(picture: Pixels, rng: np.random.Generator) -> Pixels:
        height, width = picture.shape[:2]
        tall = round(height * share)
        top = 0 if rng.random() < 0.5 else height - tall
        image = Image.fromarray(picture)
        written(image, (0, top, width, top + tall - 1), rng, "BREAKING: pictures get captions")
        return np.array(image)

    return attack


def logo_placed(share: float) -> Function:
    """Put one logo (plate, disc, letters) with the picture's aspect at a random place."""

    def attack(picture: Pixels, rng: np.random.Generator) -> Pixels:
        height, width = picture.shape[:2]
        wide, tall = round(width * math.sqrt(share)), round(height * math.sqrt(share))
        left, top = int(rng.integers(0, width - wide + 1)), int(rng.integers(0, height - tall + 1))
        image = Image.fromarray(picture)
        written(image, (left, top, left + wide - 1, top + tall - 1), rng, "LOGO")
        ring = min(wide, tall) // 12
        ImageDraw.Draw(image).ellipse(
            (left + ring, top + ring, left + wide - ring, top + tall - ring), outline=colour(rng), width=ring
        )
        return np.array(image)

    return attack


def stickers_placed(share: float) -> Function:
    """Paint boxes of different colours at random places until the share of the area is covered."""

    def attack(picture: Pixels, rng: np.random.Generator) -> Pixels:
        height, width = picture.shape[:2]
        result, covered = picture.copy(), np.zeros((height, width), bool)
        while covered.mean() < share:
            tall, wide = (int(side * rng.uniform(0.06, 0.2)) + 1 for side in (height, width))
            top, left = int(rng.integers(0, height - tall + 1)), int(rng.integers(0, width - wide + 1))
            result[top : top + tall, left : left + wide] = colour(rng)
            covered[top : top + tall, left : left + wide] = True
        return result

    return attack


def half_painted(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Paint one half (left, right, top or bottom) in one colour."""
    turns = int(rng.integers(4))
    result = np.rot90(picture, turns).copy()
    result[: result.shape[0] // 2] = colour(rng)
    return np.rot90(result, -turns)


def screenshot(scale: float, quality: int) -> Function:
    """Shrink, paste on a desktop with title bar, side bar and task bar, save as JPEG."""

    def attack(picture: Pixels, rng: np.random.Generator) -> Pixels:
        shown = Image.fromarray(resized(scale, scale)(picture, rng))
        bar, side = 24 + int(rng.integers(24)), 40 + int(rng.integers(120))
        margin = [int(value) for value in rng.integers(16, 160, 2)]
        width, height = shown.width + side + 2 * margin[0], shown.height + 2 * bar + 2 * margin[1]
        desk = Image.new("RGB", (width, height), colour(rng))
        draw = ImageDraw.Draw(desk)
        draw.rectangle((0, 0, width, bar), fill=(236, 236, 236))
        draw.text((12, bar // 2), "picture.png - Viewer   File  Edit  View", fill=(20, 20, 20), anchor="lm")
        draw.rectangle((0, bar, side, height), fill=(250, 250, 250))
        for line in range(bar + 20, height - bar - 20, 26):
            draw.text((8, line), f"item {line}", fill=(60, 60, 60))
        draw.rectangle((0, height - bar, width, height), fill=(32, 32, 40))
        desk.paste(shown, (side + margin[0], bar + margin[1]))
        return saved("JPEG", quality=quality)(np.array(desk), rng)

    return attack


def chat(long_side: int, quality: int) -> Function:
    def attack(picture: Pixels, rng: np.random.Generator) -> Pixels:
        scale = min(1.0, long_side / max(picture.shape[:2]))
        small = resized(scale, scale)(picture, rng) if scale < 1 else picture
        return saved("JPEG", quality=quality)(small, rng)

    return attack

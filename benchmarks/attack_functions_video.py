"""The functions behind the attacks on video: each makes a muted file from a file.

Each takes the source, the target, the source's shape as it is shown and a random generator, which is the only source
of chance.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from media_video import Shape, frame_picture, luma_frames, run_ffmpeg, shape_of
from PIL import Image, ImageDraw, ImageFont

Random = np.random.Generator
Function = Callable[[Path, Path, Shape, Random], None]
Chain = str | Callable[[Shape, Random], str]

CANVAS = 1.2  # of the screen recording, in sides of the clip
# Without the first option some versions of ffmpeg repeat frames until the rate is constant.
SAVED = ("-fps_mode", "vfr", "-pix_fmt", "yuv420p")
FAST = (*SAVED, "-c:v", "libx264", "-preset", "veryfast")


# --- saving ---------------------------------------------------------------------------------------------


def copied(source: Path, target: Path, _shape: Shape, _rng: Random) -> None:
    """Put the packets into another file."""
    run_ffmpeg("-i", source, "-map", "0:v:0", "-c", "copy", target)


def recoded(encoder: str) -> Function:
    def attack(source: Path, target: Path, _shape: Shape, _rng: Random) -> None:
        options = [*SAVED, "-c:v", *encoder.split(), "-threads", "2"]
        run_ffmpeg("-i", source, "-map", "0:v:0", *options, target)

    return attack


def filtered(chain: Chain, crf: int = 26) -> Function:
    """Apply a filter chain at 8 bit (ffmpeg crops 10 bit at odd places wrongly) and save with x264."""

    def attack(source: Path, target: Path, shape: Shape, rng: Random) -> None:
        filters = chain if isinstance(chain, str) else chain(shape, rng)
        saved = [*FAST, "-crf", str(crf), "-threads", "2"]
        run_ffmpeg("-i", source, "-map", "0:v:0", "-vf", f"format=yuv420p,{filters}", *saved, target)

    return attack


def even(value: float) -> int:
    return max(2, 2 * round(value / 2))


# --- geometry -------------------------------------------------------------------------------------------


def lines(count: int) -> Chain:
    """Scale so that the short side has so many lines, larger clips down and smaller ones up."""

    def chain(shape: Shape, _rng: Random) -> str:
        scale = count / shape.short_side
        return f"scale={even(shape.width * scale)}:{even(shape.height * scale)}:flags=bicubic"

    return chain


def cropped(area: float) -> Chain:
    """Keep a part of the area at a random place, both sides shortened alike."""

    def chain(shape: Shape, rng: Random) -> str:
        width, height = (even(side * math.sqrt(area)) for side in (shape.width, shape.height))
        left, top = (int(rng.integers(0, room + 1)) for room in (shape.width - width, shape.height - height))
        return f"crop={width}:{height}:{left}:{top}:exact=1"

    return chain


def with_bars(aspect: float) -> Chain:
    """Add black bars, above and below or at the sides, until the picture has that aspect."""

    def chain(shape: Shape, _rng: Random) -> str:
        width = even(max(shape.width, shape.height * aspect))
        height = even(max(shape.height, shape.width / aspect))
        return f"pad={width}:{height}:{(width - shape.width) // 2}:{(height - shape.height) // 2}"

    return chain


def rotated(degrees: float) -> Chain:
    """Turn to a random side, bilinear, black corners, size kept."""

    def chain(shape: Shape, rng: Random) -> str:
        angle = math.radians(degrees) * (1 if rng.random() < 0.5 else -1)
        return f"rotate={angle:.6f}:ow={even(shape.width)}:oh={even(shape.height)}"

    return chain


# --- time -----------------------------------------------------------------------------------------------


def rate_of(shape: Shape, factor: float = 1.0) -> str:
    return str(Fraction(shape.frame_rate * factor).limit_denominator(1001))


def trimmed(seconds: float) -> Function:
    """Keep a random piece, cut to the frame and encoded again."""

    def attack(source: Path, target: Path, shape: Shape, rng: Random) -> None:
        start = rng.uniform(0, shape.seconds - seconds)
        cut = f"trim=start={start:.4f}:duration={seconds},setpts=PTS-STARTPTS"
        run_ffmpeg("-i", source, "-map", "0:v:0", "-vf", cut, *FAST, "-crf", "23", "-threads", "2", target)

    return attack


def frame_rate_times(factor: float) -> Chain:
    """Change the frame rate by repeating or dropping frames, the duration kept."""
    return lambda shape, _rng: f"fps={rate_of(shape, factor)}"


def speed(factor: float) -> Chain:
    """Play faster or slower at the same frame rate, by dropping or repeating frames."""
    return lambda shape, _rng: f"setpts=PTS/{factor},fps={rate_of(shape)}"


every_second_frame: Chain = "select='mod(n,2)'"


def shuffled(shape: Shape, rng: Random) -> str:
    """Shuffle the frames of every second."""
    order = rng.permutation(max(2, round(shape.frame_rate)))
    return "shuffleframes=" + " ".join(str(index) for index in order)


def joined(first: Path, second: Path, target: Path) -> float:
    """Join the first halves of two clips at the first one's size and frame rate; return the joint in seconds."""
    shape = shape_of(first)
    halves = [shape_of(path).seconds / 2 for path in (first, second)]
    width, height = even(shape.width), even(shape.height)
    fit = f"scale={width}:{height}:force_original_aspect_ratio=decrease,pad={width}:{height}:-1:-1,setsar=1"
    chains = [
        f"[{n}:v:0]trim=duration={half:.4f},setpts=PTS-STARTPTS,{fit},fps={rate_of(shape)},format=yuv420p[part{n}]"
        for n, half in enumerate(halves)
    ]
    graph = ";".join([*chains, "[part0][part1]concat=n=2:v=1[out]"])
    inputs = ["-i", str(first), "-i", str(second), "-filter_complex", graph, "-map", "[out]"]
    run_ffmpeg(*inputs, *FAST, "-crf", "23", "-threads", "2", target)
    return halves[0]


# --- the picture ----------------------------------------------------------------------------------------


def brightness(factor: float) -> Chain:
    """Multiply the luma above black, clipped at white."""
    return f"lutyuv=y='clip((val-16)*{factor}+16,16,235)'"


def noisy(sigma: float) -> Chain:
    """Add normal noise to all planes, another in every frame."""
    # The strength of the filter is the square root of 3 times sigma; it cuts every value off towards zero.
    strength = round(sigma * math.sqrt(3)) + 1
    return lambda _shape, rng: f"noise=alls={strength}:allf=t:all_seed={int(rng.integers(2**31))}"


def screen(source: Path, target: Path, shape: Shape, rng: Random) -> None:
    """Record a desktop larger than the clip, which is shown at 0.8 times its size somewhere on it, at 30 fps."""
    width, height = (even(side * CANVAS) for side in (shape.width, shape.height))
    inner = [even(side * 0.8) for side in (shape.width, shape.height)]
    bar = even(height * 0.05)
    left, top = (int(rng.integers(0, room + 1)) for room in (width - inner[0], height - bar - inner[1]))
    desktop = f"pad={width}:{height}:{left}:{top}:color=0x3a5f8a,drawbox=y=ih-{bar}:h={bar}:color=0x202020:t=fill"
    filters = f"format=yuv420p,fps=30,scale={inner[0]}:{inner[1]}:flags=bilinear,{desktop}"
    run_ffmpeg("-i", source, "-map", "0:v:0", "-vf", filters, *FAST, "-crf", "30", "-threads", "2", target)


def one_frame(source: Path, target: Path, _shape: Shape, rng: Random) -> None:
    """Save a random frame as JPEG of quality 85."""
    count = sum(1 for _ in luma_frames(source))
    Image.fromarray(frame_picture(source, int(rng.integers(count)))).save(target, "JPEG", quality=85)


def covered(source: Path, target: Path, shape: Shape, rng: Random) -> None:
    """Lay a caption, a logo and a sticker over a quarter of the picture."""
    with tempfile.TemporaryDirectory() as folder:
        layer = Path(folder) / "layer.png"
        cover(shape, rng).save(layer)
        graph = "[0:v:0][1:v:0]overlay=format=auto[out]"
        inputs = ["-i", str(source), "-i", str(layer), "-filter_complex", graph, "-map", "[out]"]
        run_ffmpeg(*inputs, *FAST, "-crf", "26", "-threads", "2", target)


def cover(shape: Shape, rng: Random) -> Image.Image:
    """Return the layer: a caption bar of 10 % of the area, a logo of 3 % in a corner, a round sticker of 12 %."""
    width, height = shape.width, shape.height
    layer = Image.new("RGBA", (width, height))
    draw = ImageDraw.Draw(layer)
    bar = round(height * 0.1)
    draw.rectangle((0, height - bar, width, height), fill=(0, 0, 0, 255))
    draw.text((width // 20, height - bar), "What a day this was!", "white", ImageFont.load_default(bar * 0.7))
    side = round(math.sqrt(0.03 * width * height))
    left = (width - side) if rng.random() < 0.5 else 0
    draw.rectangle((left, 0, left + side, side), fill=(220, 30, 60, 255))
    draw.text((left + side // 5, side // 5), "TV", "white", ImageFont.load_default(side * 0.5))
    radius = math.sqrt(0.12 * width * height / math.pi)
    x = rng.uniform(radius, max(radius, width - radius))
    y = rng.uniform(side + radius, max(side + radius, height - bar - radius))
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(250, 210, 40, 255), outline="black", width=3)
    return layer

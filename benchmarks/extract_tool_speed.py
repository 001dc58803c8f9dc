"""Measures how long synthmark-extract takes for a verdict: start included, and by a sandbox that is warm.

    python benchmarks/extract_tool_speed.py [-o results/extract_tool_speed.json]

A picture of 12 megapixels, a minute of stereo sound at 48 kHz and, with --video FILE, a video.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import skimage.data
from environment import described
from PIL import Image

from extract_tool.checking import Checker
from extract_tool.sandbox import Sandbox
from synthmark.config import Config


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path)
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(__file__).parent / "results/extract_tool_speed.json"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        files = {"picture of 12 megapixels": picture(Path(folder)), "minute of sound": sound(Path(folder))}
        files |= {"video": options.video} if options.video else {}
        rows = {name: measured(file) for name, file in files.items()}
    content = {"environment": described(), "seconds": rows}
    options.output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"{rows}, wrote {options.output}", file=sys.stderr)
    return 0


def picture(folder: Path) -> Path:
    file = folder / "picture.jpg"
    Image.fromarray(skimage.data.astronaut()).resize((4000, 3000), Image.Resampling.BICUBIC).save(file, quality=90)
    return file


def sound(folder: Path) -> Path:
    import soundfile

    file = folder / "sound.wav"
    noise = np.cumsum(np.random.default_rng(1).standard_normal((60 * 48000, 2)), axis=0)
    soundfile.write(file, 0.1 * np.sin(noise / 20), 48000)
    return file


def measured(file: Path) -> dict[str, float]:
    """Return the time for the first file of a new child process, and for the next one."""
    with Sandbox() as sandbox:
        times = [timed(file, sandbox) for _ in range(2)]
    return dict(zip(("first", "next"), times, strict=True))


def timed(file: Path, sandbox: Sandbox) -> float:
    begin = time.perf_counter()
    report = Checker(Config(), pictures=True).check(file, sandbox).report
    assert "error" not in report, report["error"]
    return round(time.perf_counter() - begin, 2)


if __name__ == "__main__":
    sys.exit(main())

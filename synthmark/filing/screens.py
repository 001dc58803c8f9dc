"""The extract tool as its users see it: the console, and in a browser its page and a report.

Pictures of the browser are taken with a Chromium of this machine. Where there is none, there are none: nothing is
drawn in their place. What the console shows is drawn from what the tool printed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from synthmark.filing.facts import Screens
from synthmark.filing.pictures import console_picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthmark.filing.extracting import ExtractTool
    from synthmark.filing.facts import Mark, Sample

__all__ = ["BROWSERS", "example_of", "screens_of"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "chrome")
_FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1.5",
)
_WIDTH, _HIGHEST = 860, 2400
_SHEET = 1.2  # height of a sheet in its width
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC(?=[^<]*<)[^<]*")


def example_of(samples: Sequence[Sample]) -> Mark | None:
    """Return what is shown: the first changed copy from which all was read, else the first labelled file."""
    attacked = [mark for sample in samples for mark in sample.attacked if mark.exact]
    labelled = [sample.mark for sample in samples if sample.mark is not None]
    return next(iter([*attacked, *labelled]), None)


def screens_of(
    tool: ExtractTool, samples: Sequence[Sample], folder: Path, words: Mapping[str, str], *, browser: bool
) -> Screens | None:
    """Take the pictures.

    Parameters
    ----------
    tool
        Runs in the pack.
    samples
        What was labelled.
    folder
        Where the pictures are written.
    words
        ``left_out``: what stands in place of the line of times.
    browser
        Whether to look for one.
    """
    example = example_of(samples)
    if example is None:
        return None
    printed = tool.console(example.path, words["left_out"])
    picture = folder / "console.png"
    command = f"synthmark-extract {example.path} --lang {tool.language}"
    console_picture(printed, command).save(picture)
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None) if browser else None
    if program is None:
        return Screens(example, printed, picture)
    page, report = _page(tool, program, folder), _report(tool, program, example, folder, words)
    if page is None or report is None:
        return Screens(example, printed, picture)
    return Screens(example, printed, picture, page, _sheets(report), Path(program).name)


def _page(tool: ExtractTool, program: str, folder: Path) -> Path | None:
    """Take a picture of the page as it opens."""
    with tool.serving() as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        target = _shot(program, address, folder / "page.png", 620)
        server.terminate()
    return target


def _report(tool: ExtractTool, program: str, example: Mark, folder: Path, words: Mapping[str, str]) -> Path | None:
    """Take a picture of a report, in which the line of times is left out."""
    with tempfile.TemporaryDirectory() as scratch:
        file = tool.report_page(example.path, Path(scratch))
        text = file.read_text(encoding="utf-8")
        file.write_text(_TIME.sub(words["left_out"], text), encoding="utf-8")
        return _shot(program, file.as_uri(), folder / "report.png", _HIGHEST)


def _shot(program: str, address: str, target: Path, height: int) -> Path | None:
    """Let the browser open an address, and cut off what is empty below; None when it fails."""
    from PIL import Image, ImageChops  # noqa: PLC0415 - heavy

    root = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()  # Chromium asks this of root
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        raw = Path(profile) / "shot.png"
        options = (f"--user-data-dir={profile}", f"--window-size={_WIDTH},{height}", f"--screenshot={raw}")
        command = [program, *_FLAGS, *root, *options, "--virtual-time-budget=4000", address]
        try:
            subprocess.run(command, capture_output=True, timeout=120, check=True)  # noqa: S603 - found on the path
            with Image.open(raw) as image:
                shown = image.convert("RGB")
        except (OSError, subprocess.SubprocessError):
            return None
    filled = ImageChops.difference(
        shown, Image.new("RGB", shown.size, shown.getpixel((0, shown.height - 1)))
    ).getbbox()
    shown.crop((0, 0, shown.width, min(shown.height, (filled[3] if filled else 0) + 24))).save(target)
    return target


def _sheets(file: Path) -> tuple[Path, ...]:
    """Cut a high picture into sheets that fit on a page, where a row is of one colour."""
    import numpy as np  # noqa: PLC0415 - heavy
    from PIL import Image  # noqa: PLC0415 - as above

    with Image.open(file) as image:
        shown = image.convert("RGB")
    rows = np.asarray(shown)
    plain = (rows == rows[:, :1]).all(axis=(1, 2))
    most, top = round(shown.width * _SHEET), 0
    sheets: list[Path] = []
    while top < shown.height:
        end = min(top + most, shown.height)
        if end < shown.height:
            free = np.flatnonzero(plain[top + most // 2 : end])
            end = top + most // 2 + int(free[-1]) if free.size else end
        sheets.append(file.with_name(f"{file.stem}-{len(sheets) + 1}.png"))
        shown.crop((0, top, shown.width, end)).save(sheets[-1])
        top = end
    file.unlink()
    return tuple(sheets)

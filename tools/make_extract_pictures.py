"""Makes the pictures of the guide to the extract tool: a report and the local page, in English and Chinese.

    python tools/make_extract_pictures.py docs

Needs Playwright and chromium. The picture that is checked is half of one that is marked, half of another.
"""  # noqa: INP001 - a script, not a package

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from synthmark import image

QUALITY = 82


def main() -> None:
    """Make all pictures in the folder that is given."""
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = spliced(Path(folder))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for language in ("en", "zh"):
            report = Path(folder) / language
            command = ["synthmark-extract", str(file), "--report", str(report), "--lang", language]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
            address = (report / f"{file.name}.html").as_uri()
            kept(shot(browser, address, 900, 1010), target / f"extract-report.{language}.jpg")
            kept(page(browser, file, language), target / f"extract-page.{language}.jpg")
        browser.close()


def spliced(folder: Path) -> Path:
    """Write a picture whose left half is marked."""
    marked = image.embed(skimage.data.astronaut(), 0x7F3A19C200000001)
    other = np.asarray(Image.fromarray(skimage.data.coffee()).resize((768, 512)))
    file = folder / "spliced.jpg"
    Image.fromarray(np.hstack([marked[:, :256], other[:, 256:512]])).save(file, quality=92)
    return file


def shot(browser: Browser, address: str, width: int, height: int) -> bytes:
    """Show a file in a window of a size."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(address)
    data = page.screenshot()
    page.close()
    return data


def page(browser: Browser, file: Path, language: str) -> bytes:
    """Show the local page after a file was checked."""
    command = ["synthmark-extract", "serve", "--lang", language]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    try:
        view = browser.new_page(viewport={"width": 900, "height": 760})
        view.goto(server.stdout.readline().strip())
        view.set_input_files("#files", file)
        view.locator("#results li").first.wait_for(timeout=300_000)
        view.frame_locator("iframe").locator("main").wait_for(timeout=60_000)
        data = view.screenshot()
        view.close()
        return data
    finally:
        server.terminate()
        server.wait()


def kept(data: bytes, target: Path) -> None:
    """Keep a screenshot as JPEG."""
    Image.open(io.BytesIO(data)).convert("RGB").save(target, quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()

"""Writes the measured parts of all documents, those of a filing included, the tables of the READMEs, and the plots.

    python benchmarks/page.py

`--check` writes nothing and fails when a page or a plot does not show the current results. A plot carries the digest
of the results that it was drawn from, and is drawn again only when they have changed (matplotlib is needed then).
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Annotated

import filing_results
import page_media  # noqa: F401 - for its parts
import page_use  # noqa: F401 - likewise
import readme_table
import typer
from page_tables import PARTS
from PIL import Image, PngImagePlugin

__all__ = ["PAGE", "PLOTS", "digest", "drawn_from", "page_text", "pages"]

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
DOCS = ROOT / "docs"
PAGE = DOCS / "benchmarks.md"
PEERS = ("peers_image", "peers_sweeps_image", "peers_weaker_image")
PLOTS = {
    "robustness_image.png": ("robustness_image", "sweeps_image", *PEERS),
    "quality_image.png": ("robustness_image", "sweeps_image", *PEERS),
    "robustness_audio.png": ("robustness_audio",),
    "robustness_video.png": ("robustness_video", "peers_video", "quality_video"),
    "quality_video.png": ("robustness_video", "peers_video", "quality_video"),
}
DIGEST = "Results"


def page_text(text: str, results: Path = RESULTS) -> str:
    """Return a page with all its measured parts as the results have them."""
    for name, made in {**PARTS, "sources": sources}.items():
        if f"<!-- part {name}: begin -->" in text:
            text = readme_table.between(text, f"part {name}", made(results))
    return text


def pages() -> list[Path]:
    """Return the documents that have measured parts."""
    return [page for page in sorted(DOCS.glob("*.md")) if "<!-- part " in page.read_text(encoding="utf-8")]


def sources(results: Path) -> str:
    """Return what made each file of results, and when."""
    lines = ["| results | date | version | command |", "| --- | --- | --- | --- |"]
    for file in sorted(results.glob("*.json")):
        record = json.loads(file.read_text(encoding="utf-8"))
        made = record.get("environment", record)
        version = made["versions"].get("synthmark") or "-"
        link = f"[{file.name}](../benchmarks/results/{file.name})"
        lines.append(f"| {link} | {made['date'][:10]} | {version} | `{made['command']}` |")
    return "\n".join(lines)


def digest(plot: str, results: Path = RESULTS) -> str | None:
    """Return the digest of the results that a plot shows; None while one of them is missing."""
    files = [results / f"{name}.json" for name in PLOTS[plot]]
    if not all(file.is_file() for file in files):
        return None
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def drawn_from(plot: Path) -> str | None:
    """Return the digest of the results that a plot was drawn from."""
    if not plot.is_file():
        return None
    with Image.open(plot) as picture:
        return picture.info.get(DIGEST)


def draw(plot: str) -> None:
    """Draw a plot, and write the digest into it."""
    files = [RESULTS / f"{name}.json" for name in PLOTS[plot]]
    if plot.endswith("_image.png"):
        import plots_image

        plots_image.main(files, DOCS)
    elif plot.endswith("_audio.png"):
        import plots_audio

        plots_audio.main(files[0], DOCS / plot)
    else:
        import plots_video

        plots_video.main(files[:-1], quality=files[-1], to=DOCS)


def sign(plot: str) -> None:
    """Write the digest of the results into a plot."""
    with Image.open(DOCS / plot) as picture:
        picture.load()
        texts = PngImagePlugin.PngInfo()
        texts.add_text(DIGEST, str(digest(plot)))
        picture.save(DOCS / plot, pnginfo=texts, optimize=True)


def stale_plots() -> list[str]:
    """Return the plots that do not show the current results."""
    return [plot for plot in PLOTS if digest(plot) not in {None, drawn_from(DOCS / plot)}]


def main(check: Annotated[bool, typer.Option(help="Only compare.")] = False) -> None:
    """Bring documents, READMEs and plots up to date."""
    readme_table.main(check)
    filing_results.main(check)
    new = {page: page_text(page.read_text(encoding="utf-8")) for page in pages()}
    stale = stale_plots()
    changed = [page.name for page, text in new.items() if text != page.read_text(encoding="utf-8")]
    if check and changed + stale:
        sys.exit(f"not up to date: {', '.join(changed + stale)}; run: python benchmarks/page.py")
    for page, text in new.items():
        page.write_text(text, encoding="utf-8")
    for plot in stale:
        draw(plot)
    for plot in stale_plots():  # drawing one may have drawn its neighbour anew
        sign(plot)


if __name__ == "__main__":
    typer.run(main)

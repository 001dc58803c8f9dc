"""Hooks of MkDocs: files outside `docs` that a page links to come along, so that the site is whole by itself."""  # noqa: INP001 - a script, no package

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
OUTSIDE = re.compile(r"\]\(\.\./([^)#\s]+)(#[^)\s]*)?\)")
COPIES = "source"
"""The folder of the site for the copies."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files outside `docs` that pages link to, under a name that browsers show as text."""
    pages = [file for file in files.documentation_pages() if file.abs_src_path]
    texts = (Path(str(page.abs_src_path)).read_text(encoding="utf-8") for page in pages)
    for target in sorted({match[1] for text in texts for match in OUTSIDE.finditer(text)}):
        if (ROOT / target).is_file():
            files.append(File.generated(config, name_of(target), content=(ROOT / target).read_bytes()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - given by name
    """Lead links to files outside `docs` to their copies; those to what is no file stay, and MkDocs warns."""
    return OUTSIDE.sub(lambda match: f"]({name_of(match[1])})" if (ROOT / match[1]).is_file() else match[0], markdown)


def name_of(target: str) -> str:
    """Return where a copy lies: a Markdown file is not to become a page."""
    name = f"{COPIES}/{target}"
    return name if Path(target).suffix in {".json", ".png", ".svg", ".html", ".txt"} else f"{name}.txt"

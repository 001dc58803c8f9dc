"""The site of the documentation builds without a warning, works offline, and knows every page and folder."""

import logging
import re
from pathlib import Path

import pytest

mkdocs_config = pytest.importorskip("mkdocs.config")
from mkdocs.commands.build import build  # noqa: E402 - after the check

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Return the folder of the site; a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    warnings = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: warnings.append(record.getMessage())
    logging.getLogger("mkdocs").addHandler(handler)
    try:
        build(mkdocs_config.load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder), strict=False))
    finally:
        logging.getLogger("mkdocs").removeHandler(handler)
    assert warnings == []
    return folder


def pages(site: Path) -> list[Path]:
    return [page for page in site.rglob("*.html") if "source" not in page.relative_to(site).parts]


def test_every_document_is_a_page(site):
    names = {page.stem for page in pages(site)}
    assert {file.stem for file in (ROOT / "docs").glob("*.md")} <= names


def test_nothing_is_fetched_from_elsewhere(site):
    fetched = re.compile(
        r'<(?:script|img|iframe|source)[^>]*\ssrc="?(?:https?:)?//[^"\s>]+|<link[^>]*\shref="?https?://'
    )
    for page in pages(site):
        found = fetched.findall(page.read_text(encoding="utf-8"))
        assert [link for link in found if "canonical" not in link] == [], page.name
    for style in site.rglob("*.css"):
        assert re.findall(r"url\(['\"]?https?:|@import", style.read_text(encoding="utf-8")) == [], style.name


def test_links_to_files_of_the_source_lead_to_copies(site):
    text = (site / "benchmarks.html").read_text(encoding="utf-8")
    assert (site / "source" / "benchmarks" / "results" / "robustness_image.json").is_file()
    assert 'href="source/benchmarks/results/robustness_image.json"' in text


def test_the_map_of_the_source_names_every_folder_and_nothing_else():
    text = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(synthmark/\w+)`", text))
    folders = {f"synthmark/{file.parent.name}" for file in (ROOT / "synthmark").glob("*/__init__.py")}
    assert named - {"synthmark/messages"} >= folders
    assert [name for name in named if not (ROOT / name).is_dir()] == []


def test_files_to_begin_with_are_there():
    text = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(synthmark/\w+|extract_tool)` \|.*?\| ([^|]*) \|$", text, re.MULTILINE)
    assert len(rows) >= 12
    told = [Path(folder) / name for folder, names in rows for name in re.findall(r"`(\w+\.\w+)`", names)]
    assert [file for file in told if not (ROOT / file).is_file()] == []

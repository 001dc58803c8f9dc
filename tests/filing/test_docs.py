"""The page on filing names what there is: every field of the company, every option, every file of the pack."""

import re
import tomllib
from pathlib import Path

import pytest

from synthmark.cli import build_parser
from synthmark.filing.company import FIELDS, company_from
from synthmark.filing.document import Document
from synthmark.filing.templates import STEMS, template

ROOT = Path(__file__).parents[2]
PAGES = ("docs/filing.md", "docs/filing.zh.md")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_the_table_of_the_page_has_every_field(name):
    block = re.search(r"^```toml\n(.*?)^```", page(name), re.DOTALL | re.MULTILINE)
    table = tomllib.loads(block[1])["filing"]
    assert set(table) == {*FIELDS, "date"}
    table.pop("date")
    assert company_from(table, name).missing == ()


@pytest.mark.parametrize("name", PAGES)
def test_the_page_names_every_option(name):
    commands = next(action for action in build_parser()._actions if hasattr(action, "choices") and action.choices)
    options = {
        option
        for action in commands.choices["filing"]._actions
        for option in action.option_strings
        if option not in ("-h", "--help", "--output")
    }
    assert [
        option for option in sorted(options) if f"{option} " not in page(name) and f"`{option}`" not in page(name)
    ] == []


@pytest.mark.parametrize("name", PAGES)
def test_the_page_names_every_document(name):
    for stem in STEMS:
        title = template(f"{stem}.zh.md").splitlines()[0].removeprefix("# ")
        made = Document(stem=stem, language="zh", title=title, date="2026-01-31", blocks=(), contents="")
        assert f"`{made.file_name}`" in page(name)

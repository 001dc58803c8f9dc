"""`synthmark filing`: what the options order, what is asked on a terminal, and what is printed."""

import json
import sys
from pathlib import Path

import pytest

from synthmark.cli import main
from synthmark.filing import pack
from synthmark.filing.company import Company
from synthmark.filing.pack import Made

TABLE = '[filing]\nname = "示例公司"\ndate = 2026-01-31\n'


@pytest.fixture
def orders(monkeypatch, tmp_path):
    """Return the orders that the command gives, none of which is carried out."""
    given = []

    def made(order, progress):
        given.append(order)
        progress("labelling 01.png")
        return Made((order.target / "1.pdf",), {"met": 3}, ("待填：产品名称",), "", "㐂")

    monkeypatch.setattr(pack, "make_pack", made)
    monkeypatch.chdir(tmp_path)
    Path("synthmark.toml").write_text(f'producer = "Example-Studio"\n{TABLE}', encoding="utf-8")
    return given


def test_options_and_table_become_an_order(orders, capsys):
    code = main(["filing", "-o", "pack", "--lang", "en", "--samples", "own", "--tool", "tool.whl", "--overwrite"])
    assert code == 0
    (order,) = orders
    assert (order.target, order.language, order.samples) == (Path("pack"), "en", Path("own"))
    assert (order.tool, order.overwrite, order.browser, order.date) == (Path("tool.whl"), True, True, "2026-01-31")
    assert order.config.producer == "Example-Studio"
    assert order.company == Company(name="示例公司")
    printed = capsys.readouterr()
    assert printed.out == f"wrote {Path('pack') / '1.pdf'}\n"
    for said in ("labelling 01.png", "- 待填：产品名称", "lacks 㐂", "install Chromium"):
        assert said in printed.err


def test_the_date_of_the_command_comes_first(orders):
    assert main(["filing", "-o", "pack", "--date", "2026-02-03", "--no-browser"]) == 0
    assert (orders[0].date, orders[0].browser) == ("2026-02-03", False)


def test_json_is_one_object(orders, capsys):
    assert main(["filing", "-o", "pack", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["schema"] == "synthmark.filing/1"
    assert (content["points"], content["open"]) == ({"met": 3}, ["待填：产品名称"])
    assert orders


def at_a_terminal(monkeypatch, answers: list[str]) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    lines = iter(answers)
    monkeypatch.setattr("builtins.input", lambda _: next(lines, ""))


def test_a_terminal_is_asked_for_what_is_missing(orders, monkeypatch, capsys):
    at_a_terminal(monkeypatch, ["91110102MACQD9K640", "示例算法"])
    assert main(["filing", "-o", "pack"]) == 0
    company = orders[0].company
    assert (company.name, company.credit_code, company.algorithm) == ("示例公司", "91110102MACQD9K640", "示例算法")
    assert company.product is None
    said = capsys.readouterr().err
    assert "统一社会信用代码" in said
    assert 'algorithm = "示例算法"' in said  # to be kept


def test_nothing_is_asked_when_it_is_not_wanted(orders, monkeypatch):
    at_a_terminal(monkeypatch, ["never"])
    assert main(["filing", "-o", "pack", "--no-input"]) == 0
    assert orders[0].company == Company(name="示例公司")


def test_a_wrong_table_is_a_wrong_use(orders, capsys):
    Path("synthmark.toml").write_text("[filing]\nnmae = 1\n", encoding="utf-8")
    assert main(["filing", "-o", "pack"]) == 2
    assert "did you mean 'name'" in capsys.readouterr().err
    assert orders == []

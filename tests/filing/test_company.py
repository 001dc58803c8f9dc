"""What the company states: read from the table, checked, asked for, and never made up."""

import dataclasses

import pytest

from synthmark.config import load_config
from synthmark.errors import ConfigError
from synthmark.filing.asking import as_toml, asked
from synthmark.filing.company import FIELDS, Company, company_from, read_table


def read(tmp_path, text: str):
    file = tmp_path / "synthmark.toml"
    file.write_text(text, encoding="utf-8")
    return read_table(file)


def test_without_a_table_everything_is_blank(tmp_path):
    assert read_table(None).company == Company()
    assert read(tmp_path, 'producer = "Example-Studio"\n').company.missing == FIELDS


def test_fields_date_and_settings_stand_in_one_file(tmp_path):
    table = read(tmp_path, 'producer = "A"\n[filing]\nname = " 示例 "\nroles = ["provider"]\ndate = 2026-01-31\n')
    assert table.company == Company(name="示例", roles=("provider",))
    assert table.date == "2026-01-31"
    assert load_config(tmp_path / "synthmark.toml").producer == "A"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('nmae = "x"', "did you mean 'name'"),
        ("name = 3", "printable text"),
        ('roles = "provider"', "list of texts"),
        ('roles = ["owner"]', "allowed are provider, supporter"),
        ('modalities = ["text"]', "allowed are image, audio, video"),
        ('credit_code = "91110102MACQD9K641"', "check character"),
        ('credit_code = "short"', "18 characters"),
        ('date = "31.1.2026"', "2026-01-31"),
    ],
)
def test_wrong_fields_are_named(tmp_path, line, said):
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, f"[filing]\n{line}\n")


def test_filing_must_be_a_table(tmp_path):
    with pytest.raises(ConfigError, match="a table"):
        read(tmp_path, 'filing = "x"\n')
    with pytest.raises(ConfigError, match="no valid TOML"):
        read(tmp_path, "[filing\n")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_table(tmp_path / "missing.toml")


def test_empty_texts_and_lists_stay_blank():
    assert company_from({"name": " ", "roles": []}, "here") == Company()


def test_only_what_is_missing_is_asked_for():
    known = Company(**{name: ("x",) if name in ("key_holders", "log_keepers") else "x" for name in FIELDS})
    company = dataclasses.replace(known, name=None, roles=(), credit_code=None, modalities=("image",))
    answers = iter(["示例公司", "wrong", "", "owner", "provider， supporter"])
    questions = []

    def answer(question: str) -> str:
        questions.append(question)
        return next(answers)

    found = asked(company, "zh", answer)
    assert (found.name, found.credit_code, found.roles) == ("示例公司", None, ("provider", "supporter"))
    assert len(questions) == 5
    assert "请重新输入" in questions[2]
    assert "provider, supporter" in questions[3]


def test_the_end_of_input_leaves_the_rest_blank():
    def answer(_: str) -> str:
        raise EOFError

    assert asked(Company(), "en", answer) == Company()


def test_answers_can_be_kept(tmp_path):
    company = Company(name='A "quoted" 名称', roles=("provider",), key_holders=("李四", "王五"))
    assert read(tmp_path, as_toml(company, "zh")).company == company

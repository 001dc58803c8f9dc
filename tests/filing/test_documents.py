"""Documents from facts: every template fills in both languages, blanks are marked, and nothing is made up."""

import dataclasses
import re

import filing_facts
import pytest

from synthmark.config import Config
from synthmark.filing.company import FIELDS, Company
from synthmark.filing.document import Bullet, Figure, Heading, Table, runs_of
from synthmark.filing.facts import Trials
from synthmark.filing.fields import Wording
from synthmark.filing.figures import open_points
from synthmark.filing.pack import documents
from synthmark.filing.results import Results
from synthmark.filing.templates import STEMS, Filling, document_from, words
from synthmark.filing.writers.markdown import as_markdown

LANGUAGES = ("zh", "en")
BLANK = filing_facts.facts(
    company=Company(), config=Config(), samples=(), records=None, trials=Trials(), screens=None
)


def wording(language: str) -> Wording:
    return Wording(language, words("words", language))


def texts(facts, language: str) -> str:
    return "\n".join(as_markdown(document) for document in documents(facts, wording(language)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("facts", [filing_facts.facts(), BLANK], ids=["full", "blank"])
def test_every_template_fills(facts, language):
    made = list(documents(facts, wording(language)))
    assert len(made) == len(STEMS)
    for document in made:
        text = as_markdown(document)
        assert "{{" not in text
        assert "}}" not in text
        assert "None" not in text
        assert sum(heading.level == 2 for heading in document.headings) >= 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_full_facts_leave_nothing_open_but_missing_results(language):
    facts = filing_facts.facts()
    open_ = open_points(facts, wording(language))
    left = [point for point in open_ if ".json" not in point]
    assert left == ([wording(language).content["open"]["nothing"]] if not facts.results.missing else [])
    assert wording(language).content["blank"].split("{")[0] not in texts(facts, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_blanks_are_marked_and_listed(language):
    said = wording(language)
    text, open_ = texts(BLANK, language), open_points(BLANK, said)
    for name in FIELDS:
        assert any(said.content["fields"][name] in point for point in open_), name
    for name in ("name", "credit_code", "algorithm", "key_holders", "log_keepers", "complaints", "principle"):
        assert said.blank(name) in text, name


def test_a_document_says_what_is_configured_and_found():
    text = texts(filing_facts.facts(), "zh")
    for said in ("示例科技（北京）有限公司", "001191110102MACQD9K64010000", filing_facts.NUMBER, "24 px", "5.00 %"):
        assert said in text
    assert "公司自有密钥（代号 0123abcd）" in text
    assert "主体代码（统一社会信用代码） | 91110102MACQD9K640" in text


def test_what_is_switched_off_is_not_met():
    config = Config(visible=False, metadata=False, watermark=False)
    text = texts(filing_facts.facts(config=config), "zh")
    for layer in ("visible", "metadata", "watermark"):
        assert f"（{layer} = false）：未满足" in text
    assert "5.2 c) | 位于图片的边或角 | 在四角" not in text  # how labels are drawn is left out
    assert "没有配置登记库" in text
    assert "当前使用公开密钥（代号" in text


def test_modalities_that_the_algorithm_does_not_make_are_left_out():
    company = dataclasses.replace(filing_facts.COMPANY, modalities=("image",))
    text = texts(filing_facts.facts(company=company, samples=(filing_facts.sample("image"),)), "zh")
    assert "### （一）图片" in text
    assert "### （二）音频" not in text
    assert "本算法不生成视频" in text


def test_missing_results_are_said():
    facts = filing_facts.facts(results=Results({}))
    text = texts(facts, "zh")
    assert "没有随软件发布的测试结果（robustness_image.json）：未满足" in text
    assert sum("robustness_" in point for point in open_points(facts, wording("zh"))) == 3


def test_failures_are_said():
    unread = filing_facts.mark("samples/attacked/x.jpg", "jpeg50", content_id=None, verdict="not_labelled")
    broken = filing_facts.sample("image", labelled="", error="too small", mark=None, attacked=(), visible=None)
    facts = filing_facts.facts(samples=(filing_facts.sample("image", attacked=(unread,)), broken))
    open_ = "\n".join(open_points(facts, wording("zh")))
    assert "攻击副本未能读回水印：samples/attacked/x.jpg" in open_
    assert "样本未能标识：samples/original/1.png。too small" in open_


def test_an_unknown_field_of_a_template_is_an_error():
    filling = Filling({"date": "2026-01-31"}, lambda *_: (), frozenset())
    with pytest.raises(KeyError):
        document_from("1-labelling", "zh", filling, "", ())


def test_both_languages_have_the_same_shape():
    def shape(value):
        return {key: shape(item) for key, item in value.items()} if isinstance(value, dict) else type(value).__name__

    for name in ("words", "diagrams"):
        assert shape(words(name, "zh")) == shape(words(name, "en")), name
    chinese, english = (words("checklist", language)["points"] for language in LANGUAGES)
    for one, other in zip(chinese, english, strict=True):
        assert one.keys() == other.keys()
        assert {key: one.get(key) for key in ("law", "check", "medium")} == {
            key: other.get(key) for key in ("law", "check", "medium")
        }
    for first, second in zip(
        documents(filing_facts.facts(), wording("zh")), documents(filing_facts.facts(), wording("en")), strict=True
    ):
        kinds = [
            [type(block) for block in document.blocks if not isinstance(block, Bullet)]
            for document in (first, second)
        ]
        assert kinds[0] == kinds[1]


def test_no_plans_and_no_vague_words():
    """What reviewers return: plans, and words that say nothing."""
    text = texts(filing_facts.facts(), "zh")
    for word in (
        "计划",
        "拟于",
        "将会",
        "未来",
        "逐步",
        "尽可能",
        "大幅",
        "较高",
        "较好",
        "先进",
        "等等",
        "相关技术",
    ):
        assert word not in text, word


def test_unconfirmed_clauses_are_not_stated():
    """Numbers that no source confirms: letters within 5.4 other than f), 5.5, 5.6."""
    for language in LANGUAGES:
        clauses = [point["clause"] for point in words("checklist", language)["points"] if point["law"] == "standard"]
        assert not [clause for clause in clauses if clause.startswith(("5.1", "5.5", "5.6", "5.4 "))]
        text = texts(filing_facts.facts(results=Results({})), language)
        assert "5.6" not in text
        assert re.search(r"5\.4 [a-z]\)", text) is None


def test_pieces_of_a_text():
    runs = runs_of("运行 `x --y`，由【待填：名称】处理")
    assert [(run.text, run.kind) for run in runs if run.kind != "plain"] == [
        ("x --y", "code"),
        ("【待填：名称】", "blank"),
    ]
    assert "".join(run.text for run in runs) == "运行 x --y，由【待填：名称】处理"
    assert [run.kind for run in runs_of("未满足")] == ["blank"]


def test_markdown_keeps_tables_and_figures():
    first = next(documents(filing_facts.facts(), wording("zh")))
    text = as_markdown(first)
    tables = [block for block in first.blocks if isinstance(block, Table)]
    assert all(f"| {' | '.join(table.heads)} |" in text for table in tables)
    figures = [block for block in first.blocks if isinstance(block, Figure)]
    assert figures
    assert "](figures/labelling.zh.svg)" in text
    assert isinstance(first.blocks[0], Heading)


@pytest.mark.parametrize("language", LANGUAGES)
def test_limits_stand_there_where_they_were_measured(language):
    row = {"attack": "blur sigma 4", "attack_zh": "模糊 σ 4", "tried": 30, "read": 21, "wrong": 0}
    made = {
        "date": "2026-01-31",
        "version": "0.1.0",
        "command": "python benchmarks/limits_beyond.py",
        "limits": [row],
    }
    facts = filing_facts.facts(results=Results({"limits_beyond_image": made}))
    assert f"{row['attack_zh' if language == 'zh' else 'attack']} | 21 / 30" in texts(facts, language)
    assert "21 / 30" not in texts(filing_facts.facts(results=Results({})), language)

"""The sentences of reports: the same keys and placeholders in every language."""

import string

import pytest

from synthmark.catalogue import LANGUAGES, languages, message, sentences
from synthmark.errors import InputError


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_languages_have_the_same_keys():
    assert sentences("en").keys() == sentences("zh").keys()


def test_languages_have_the_same_placeholders():
    english, chinese = sentences("en"), sentences("zh")
    differing = [key for key in english if placeholders(english[key]) != placeholders(chinese[key])]
    assert differing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty_or_has_a_stray_space(language):
    wrong = {key: text for key, text in sentences(language).items() if not text or text != " ".join(text.split())}
    assert wrong == {}


def test_sentences_of_one_kind_exist_for_every_media_type():
    kinds = {key.rpartition(".")[0] for key in sentences("en") if key.endswith(".image")}
    assert kinds == {
        "statement.belongs",
        "statement.possible",
        "statement.suspected",
        "statement.marked",
        "limit.not_detected",
        "limit.truth",
    }
    for kind in kinds:
        for media in ("image", "audio", "video", "file"):
            assert f"{kind}.{media}" in sentences("en")


def test_chinese_sentences_are_chinese():
    allowed = {"integrity.unknown"}
    latin = [key for key, text in sentences("zh").items() if not any("一" <= c <= "鿿" for c in text)]
    assert set(latin) == allowed


def test_message_fills_placeholders():
    assert message("mark.chance", "en", n="10^9") == "Chance of this result by accident: less than 1 in 10^9."
    assert message("mark.chance", "zh", n="10^9") == "偶然出现此结果的概率小于 10^9 分之一。"


def test_values_are_taken_literally():
    assert "{n} %s" in message("claim.producer", "en", value="{n} %s")


@pytest.mark.parametrize(
    ("code", "language", "params", "said"),
    [
        ("no.such.code", "en", {}, "no sentence 'no.such.code'"),
        ("verdict.labelled", "fr", {}, "no language 'fr'; it has en, zh"),
        ("mark.chance", "en", {}, "needs a value for 'n'"),
    ],
)
def test_wrong_use_is_an_input_error(code, language, params, said):
    with pytest.raises(InputError, match=said):
        message(code, language, **params)


@pytest.mark.parametrize(
    ("setting", "environ", "expected"),
    [
        ("en", {"LANG": "zh_CN.UTF-8"}, ("en",)),
        ("zh", {}, ("zh",)),
        ("both", {}, ("zh", "en")),
        ("auto", {"LANG": "zh_CN.UTF-8"}, ("zh",)),
        ("auto", {"LANG": "de_DE.UTF-8"}, ("en",)),
        ("auto", {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, ("en",)),
        ("auto", {"LANG": "Chinese (Simplified)_China"}, ("zh",)),
    ],
)
def test_languages_of_a_setting(setting, environ, expected):
    assert languages(setting, environ) == expected

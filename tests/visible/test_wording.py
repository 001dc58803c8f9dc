"""What a label may say, and where its line breaks."""

import pytest

from synthmark.errors import InputError
from synthmark.visible.wording import has_elements, require_wording, two_lines


@pytest.mark.parametrize(
    "text",
    [
        "AI生成",
        "人工智能生成",
        "AI合成",
        "人工智能生成合成",
        "AI生成 AI-generated",
        "本图片由人工智能生成",
        " AI生成　",
    ],
)
def test_both_elements_are_enough(text):
    assert require_wording(text) == text.strip()
    assert has_elements(text)


@pytest.mark.parametrize("text", ["AI", "生成", "虚拟主播", "AI 播客", "AI generated", "ai生成", "合成图片"])
def test_a_missing_element_is_refused_unless_forced(text):
    with pytest.raises(InputError, match="lacks an element"):
        require_wording(text)
    assert require_wording(text, force=True) == text
    assert not has_elements(text)


@pytest.mark.parametrize(
    "text", [None, 7, "", "  ", b"AI", "AI生成\n", "AI\n生成", "AI生成\x00x", "AI\u202e生成", "AI生成" * 30]
)
def test_what_is_no_line_of_text_is_refused_even_when_forced(text):
    if text == "AI生成\n":  # outer space is cut off
        assert require_wording(text) == "AI生成"
        return
    with pytest.raises(InputError):
        require_wording(text, force=True)


def test_lines_break_evenly_and_spare_the_elements():
    assert two_lines("AI生成 AI-generated", len) == ("AI生成", "AI-generated")
    assert two_lines("AI生成", len) == ("AI", "生成")
    assert two_lines("本图片由人工智能生成", len) == ("本图片由", "人工智能生成")


def test_punctuation_stays_with_its_line():
    first, second = two_lines("由AI生成的，请仔细", len)
    assert not second.startswith("，")
    assert first + second == "由AI生成的，请仔细"
    first, second = two_lines("AI生成的图（疑似）图片", len)
    assert not first.endswith("（")


def test_one_word_does_not_break():
    assert two_lines("generated", len) is None
    assert two_lines("生成", len) is None

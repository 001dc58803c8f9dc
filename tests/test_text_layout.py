"""Columns and line breaks with wide characters."""

from hypothesis import given
from hypothesis import strategies as st

from synthmark.text_layout import padded, text_width, wrapped


def test_chinese_characters_take_two_columns():
    assert text_width("AI生成") == 6
    assert text_width("“是”") == 4


def test_padding_reaches_the_column():
    assert padded("结论", 9) == "结论     "
    assert padded("too long", 3) == "too long "


def test_english_breaks_between_words():
    assert wrapped("one two three", 8) == ["one two", "three"]


def test_chinese_breaks_anywhere_but_before_closing_punctuation():
    assert wrapped("检测到标识。", 10) == ["检测到标", "识。"]
    assert wrapped("检测（到）标", 6) == ["检测", "（到）", "标"]


def test_long_word_stays_whole():
    assert wrapped("a " + "x" * 20 + " b", 8) == ["a", "x" * 20, "b"]


@given(st.text(alphabet="ab 生成，。“”（）", max_size=60), st.integers(1, 30))
def test_nothing_but_spaces_is_lost(text, width):
    assert "".join("".join(wrapped(text, width)).split()) == "".join(text.split())


@given(st.text(alphabet="生成标识 ", max_size=60), st.integers(2, 30))
def test_lines_of_wide_characters_keep_the_width(text, width):
    assert all(text_width(line) <= width for line in wrapped(text, width))

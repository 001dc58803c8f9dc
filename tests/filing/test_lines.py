"""Lines break where Chinese typesetting allows, and words stay whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthmark.filing.writers.lines import broken


def width(letter: str) -> float:
    return 0.5 if letter.isascii() else 1.0


def lines(text: str, room: float) -> list[str]:
    return [text[start:end] for start, end in broken(text, room, width)]


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [
        ("一二三四五，六", 5, ["一二三四", "五，六"]),
        ("一二三（四五）", 4, ["一二三", "（四五）"]),
        ("使用 synthmark 标识", 5, ["使用", "synthmark", "标识"]),
        ("a b c", 10, ["a b c"]),
        ("", 3, [""]),
        ("samples/labelled/picture.png", 8, ["samples/", "labelled/", "picture.png"]),
        ("abcdefghij", 3, ["abcdef", "ghij"]),
    ],
)
def test_breaks(text, room, expected):
    assert [line.rstrip() for line in lines(text, room)] == expected


@given(st.text("一二，。（）ab /-. ", max_size=60), st.integers(2, 12))
def test_nothing_is_lost_and_every_line_has_room(text, room):
    found = lines(text, room)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert all(sum(map(width, line.rstrip(" "))) <= room for line in found)

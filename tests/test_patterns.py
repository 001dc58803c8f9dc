"""Patterns for names: what they fit and what not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthmark.patterns import Patterns


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("*.png", ["a.png", "x/y/a.png", "a.PNG"], ["a.png.txt", "apng"]),
        ("a", ["a", "x/a"], ["ab", "a/b"]),
        ("x/*.png", ["x/a.png"], ["a.png", "x/y/a.png", "y/x/a.png"]),
        ("**/a.png", ["a.png", "x/y/a.png"], ["xa.png"]),
        ("x/**", ["x/a", "x/y/a"], ["x", "xy/a"]),
        ("x/**/z.png", ["x/z.png", "x/y/z.png", "x/a/b/z.png"], ["x/yz.png"]),
        ("drafts/", ["drafts", "x/drafts"], ["drafts2"]),
        ("a?[bc].png", ["axb.png", "a.c.png"], ["a/b.png", "axd.png"]),
        ("[!a].png", ["b.png"], ["a.png", "/.png"]),
        ("[]]", ["]"], ["[", "a"]),
        ("a+b(1).png", ["a+b(1).png"], ["aab1.png"]),
        ("图*.png", ["图片.png"], ["片.png"]),
        ("[", ["["], ["a"]),
    ],
)
def test_patterns(pattern, fits, fits_not):
    assert [name for name in fits if not Patterns(include=(pattern,)).take(name)] == []
    assert [name for name in fits_not if Patterns(include=(pattern,)).take(name)] == []


def test_what_is_excluded_is_not_taken_although_it_is_included():
    patterns = Patterns(include=("*.png", "*.jpg"), exclude=("b.*",))
    assert [name for name in ("a.png", "b.png", "c.jpg", "d.gif") if patterns.take(name)] == ["a.png", "c.jpg"]
    assert patterns.leave_out("b.jpg")
    assert not patterns.leave_out("a.png")


@given(st.text(min_size=1), st.text())
def test_any_pattern_can_be_asked(pattern, name):
    assert Patterns(include=(pattern,)).take(name) in (True, False)


@given(st.text(st.characters(exclude_characters="*?[/", exclude_categories=["Cs"]), min_size=1))
def test_a_name_without_wildcards_fits_itself(name):
    assert Patterns(include=(name,)).take(name)

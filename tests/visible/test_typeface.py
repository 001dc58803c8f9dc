"""Fonts: the bundled one covers what labels say, missing glyphs are named, ink is measured."""

import numpy as np
import pytest
from PIL import ImageFont

from synthmark.errors import InputError
from synthmark.visible.typeface import load_typeface

TEXTS = [
    "AI生成 人工智能生成合成 AI合成",
    "本图片由人工智能生成，本视频由人工智能生成；本音频由AI生成。",
    "疑似AI生成！可能为AI生成？（AI辅助编辑）：内容、作品",
    "".join(map(chr, range(0x20, 0x7F))),
]


@pytest.fixture
def latin_font(tmp_path):
    """A font with Latin letters only: the one that comes with Pillow."""
    path = tmp_path / "latin.ttf"
    path.write_bytes(ImageFont.load_default(size=20).font_bytes)
    return path


@pytest.mark.parametrize("text", TEXTS)
def test_the_bundled_font_has_the_standard_texts(text):
    load_typeface().require_glyphs(text)


def test_missing_glyphs_are_named_with_their_code_points():
    with pytest.raises(InputError, match=r"'餐' \(U\+9910\), '😀' \(U\+1F600\)"):
        load_typeface().require_glyphs("AI餐生成😀餐")


def test_a_user_font_counts_for_itself(latin_font):
    typeface = load_typeface(latin_font)
    typeface.require_glyphs("AI generated")
    with pytest.raises(InputError, match=r"latin\.ttf has no glyph for '生'"):
        typeface.require_glyphs("AI生成")


@pytest.mark.parametrize("character", ["\u200b", "\ufeff", "\ue000", "\U0010ffff", "\ud800"])
def test_invisible_and_unassigned_characters_are_missing(character):
    with pytest.raises(InputError, match=f"U\\+{ord(character):04X}"):
        load_typeface().require_glyphs("AI生成" + character)


@pytest.mark.parametrize("content", [b"", b"not a font", b"OTTO" + bytes(200), b"\x00\x01\x00\x00" + b"\xff" * 400])
def test_a_file_that_is_no_font_is_refused(tmp_path, content):
    path = tmp_path / "broken.ttf"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.ttf"):
        load_typeface(path)


@pytest.mark.parametrize("font", ["missing.ttf", ".", "a\x00b", 5, b"x.ttf", ["x.ttf"]])
def test_what_is_no_readable_path_is_refused(font):
    with pytest.raises(InputError):
        load_typeface(font)


def test_a_truncated_font_never_lets_another_error_out(tmp_path):
    whole = ImageFont.load_default(size=20).font_bytes
    for length in range(0, len(whole), len(whole) // 12):
        path = tmp_path / f"{length}.ttf"
        path.write_bytes(whole[:length])
        try:
            load_typeface(path).require_glyphs("AI")
        except InputError:
            continue


@pytest.mark.parametrize("ink", [6, 9, 15, 40, 130])
def test_the_size_for_a_height_of_ink_is_the_least(ink):
    typeface = load_typeface()
    size = typeface.size_for("AI生成", ink)
    assert typeface.ink_height("AI生成", size) >= ink > typeface.ink_height("AI生成", size - 1)


def test_ink_is_that_of_the_smallest_letter_but_not_of_strokes():
    typeface = load_typeface()
    assert typeface.ink_height("生e", 100) == typeface.ink_height("e", 100) < typeface.ink_height("A", 100)
    assert typeface.ink_height("AI生成", 100) == typeface.ink_height("AI-生成·一，", 100)


def test_the_mask_is_tight_and_the_same_every_time():
    typeface = load_typeface()
    mask = typeface.mask(("AI生成",), 50)
    assert mask[0].any()
    assert mask[-1].any()
    assert mask[:, 0].any()
    assert mask[:, -1].any()
    again = type(typeface)(typeface._content, "again").mask(("AI生成",), 50)
    assert np.array_equal(mask, again)


def test_two_lines_are_drawn_below_each_other():
    typeface = load_typeface()
    mask = typeface.mask(("AI生成", "生成"), 40)
    rows = mask.any(axis=1)
    gaps = np.flatnonzero(np.diff(rows.astype(int)) == -1)
    assert gaps.size == 1
    assert rows[-1]

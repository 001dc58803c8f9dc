"""Makes the font of the PDF reports: the part of Noto Sans CJK SC Regular that reports need, with TrueType outlines.

Run it as `python tools/make_report_font.py NotoSansCJK-Regular.ttc`. The collection is in the Debian package
fonts-noto-cjk (`/usr/share/fonts/opentype/noto/`); fonttools must be installed. The output is the same for the
same collection and the same version of fonttools.

Kept are all characters of the sentences in `synthmark/messages`, Latin, and the 3755 most common Chinese characters
(level 1 of GB/T 2312), which names of files and providers use. The library that writes the PDF reads no CFF
outlines, so that these are approximated by quadratic curves.
"""  # noqa: INP001 - a script, not a package

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont, newTable

FAMILY = "Noto Sans CJK SC"
ROOT = Path(__file__).parent.parent
TARGET = ROOT / "extract_tool" / "fonts" / "NotoSansCJKsc-Regular-report.ttf"
EXTRA = "\ufffd\u25a1　、。，：；！？（）【】《》〈〉「」『』“”‘’·—…～－＋／％｜©®™°×•–"
_MOST_ERROR = 1.0  # font units (1000 to the em) that a curve may be off


def characters() -> list[int]:
    """Return the code points to keep, in order."""
    sentences = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "synthmark" / "messages").glob("*.toml"))
    latin = {chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))}
    return sorted(
        ord(character) for character in latin | set(sentences + EXTRA) | common_chinese() if character != "\n"
    )


def common_chinese() -> set[str]:
    """Return the characters of rows 16 to 55 of GB/T 2312."""
    pairs = [bytes((0xA0 + row, 0xA0 + cell)) for row in range(16, 56) for cell in range(1, 95)]
    return {text for pair in pairs if (text := pair.decode("gb2312", errors="ignore"))}


def options() -> subset.Options:
    """Return settings that keep names and licence, and drop hints and layout features."""
    chosen = subset.Options(layout_features=[], name_IDs=["*"], notdef_outline=True, hinting=False)
    chosen.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG"]
    return chosen


def with_quadratic_outlines(font: TTFont) -> None:
    """Replace the CFF outlines of a font by TrueType outlines."""
    glyphs = font.getGlyphSet()
    order = font.getGlyphOrder()
    drawn = {}
    for name in order:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, _MOST_ERROR, reverse_direction=True))
        drawn[name] = pen.glyph()
    del font["CFF "]
    font["loca"] = newTable("loca")
    font["glyf"] = glyf = newTable("glyf")
    glyf.glyphOrder, glyf.glyphs = order, drawn
    _describe(font)


def _describe(font: TTFont) -> None:
    """Bring the tables up to date that tell what the outlines need."""
    profile = font["maxp"]
    profile.tableVersion = 0x00010000
    for name in ("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs"):
        setattr(profile, name, 0)
    for name in ("maxStackElements", "maxSizeOfInstructions", "maxComponentElements"):
        setattr(profile, name, 0)
    profile.maxZones = 1
    font["post"].formatType = 3.0
    font["head"].glyphDataFormat = 0
    font.sfntVersion = "\x00\x01\x00\x00"


def main(collection: Path) -> None:
    """Write the font of the reports beside the tool."""
    fonts = TTCollection(collection).fonts
    font = next(item for item in fonts if item["name"].getDebugName(1) == FAMILY)
    subsetter = subset.Subsetter(options())
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)
    with_quadratic_outlines(font)
    font.recalcTimestamp = False
    font.save(TARGET)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

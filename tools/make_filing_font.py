"""Makes the fonts of the filing documents: as the font of the reports, with all characters of GB/T 2312.

Run it as `python tools/make_filing_font.py NotoSansCJK-Regular.ttc`; see `make_report_font.py` beside it. Names of
companies and persons use characters beyond the most common ones, so that both levels of the standard are kept. A
second font has Latin letters of one width, for commands and what they print.
"""  # noqa: INP001 - a script, not a package

from __future__ import annotations

import sys
from pathlib import Path

import make_report_font
from fontTools import subset
from fontTools.ttLib import TTCollection

FILING = make_report_font.ROOT / "synthmark" / "filing"
TARGETS = {
    "Noto Sans CJK SC": FILING / "fonts" / "NotoSansCJKsc-Regular-filing.ttf",
    "Noto Sans Mono CJK SC": FILING / "fonts" / "NotoSansMonoCJKsc-Regular-filing.ttf",
}


def characters() -> set[int]:
    """Return the code points to keep: GB/T 2312, those of the reports, and those of the templates."""
    texts = "".join(file.read_text(encoding="utf-8") for file in sorted((FILING / "templates").iterdir()))
    shown = {ord(character) for character in texts if character.isprintable()}
    return shown | set(make_report_font.characters()) | gb2312()


def gb2312() -> set[int]:
    """Return the code points of all rows of GB/T 2312."""
    pairs = [bytes((0xA0 + row, 0xA0 + cell)) for row in range(1, 95) for cell in range(1, 95)]
    return {ord(text) for pair in pairs if (text := pair.decode("gb2312", errors="ignore"))}


def latin() -> set[int]:
    """Return the code points of printable ASCII."""
    return set(range(0x20, 0x7F))


def main(collection: Path) -> None:
    """Write the fonts beside the templates."""
    for family, wanted in zip(TARGETS, (characters(), latin()), strict=True):
        fonts = TTCollection(collection).fonts
        font = next(item for item in fonts if item["name"].getDebugName(1) == family)
        subsetter = subset.Subsetter(make_report_font.options())
        subsetter.populate(unicodes=sorted(wanted))
        subsetter.subset(font)
        make_report_font.with_quadratic_outlines(font)
        font.recalcTimestamp = False
        font.save(TARGETS[family])


if __name__ == "__main__":
    main(Path(sys.argv[1]))

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

NAMES = (
    "喆堃犇珺镕祎旻晟昱玥婧筠赟翀頔骉玮璟瑀珮琋琍琎瑄瑢瑨璇璐璠垚垭堉埭塬奡嫄嫚孖宓屾岍峣崟嵘弢彧忞恺惇慜懋戬扆抃旸旼昉昕昳晗"
    "晞晢晸暄暻曈曌朏杋枀柷栐桢梽棨楒榇橦歆毓沄沅沣洹洺浥浠涢淏淯渌湉湜溁溦漪潆澍濛灏炘炜烜烨焓焜煊煜熠熹燊燚爔玘玙玚珅珣珩珽"
    "琅琛琤琦琨琬琭琮瑛瑜瑧瑭瑷璋璎璞璨瓒畯皓皞皦睿矞祐祜祺禛禤稹竑笙筱箐箖粲絜纮绎绡缦翃翎翙翥翯聃胤臻舸芃芊苡苒荃荇莘莜菀菁"
    "菡萱葳蓁蓥蔚蕤蕴蘅虓衎裎裴觐訚誉诩诒谞谡贇跞轲轶逄逯遹邈郢郯郾鄄鄢酆钰钶铄铠铭铮锴锳镓镛镡闫闳隽霁霂霈霖霭韫韬頵颋颙颢飏"
    "飖馥骁骎骐骞骢骥鲲鳐鹓麒麓黛龑䶮昇镭洺淼鑫焱"
)
"""Characters of names of persons and companies, most of which are beyond GB/T 2312."""


def characters() -> set[int]:
    """Return the code points to keep: GB/T 2312, names, those of the reports, and those of the templates."""
    texts = "".join(file.read_text(encoding="utf-8") for file in sorted((FILING / "templates").iterdir()))
    shown = {ord(character) for character in texts if character.isprintable()}
    return shown | set(make_report_font.characters()) | gb2312() | set(map(ord, NAMES))


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

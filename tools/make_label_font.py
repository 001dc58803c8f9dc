"""Makes the bundled label font: the part of Noto Sans CJK SC Bold that label texts need.

Run it as `python tools/make_label_font.py NotoSansCJK-Bold.ttc`. The collection is in the Debian package
fonts-noto-cjk (`/usr/share/fonts/opentype/noto/`); fonttools must be installed. The output is the same for
the same collection and the same version of fonttools.
"""  # noqa: INP001 - a script, not a package

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

FAMILY = "Noto Sans CJK SC"
TARGET = Path(__file__).parent.parent / "synthmark" / "image" / "fonts" / "NotoSansCJKsc-Bold-label.otf"

# What people write on labels in Simplified and Traditional Chinese; every character of these is kept.
TEXTS = """
人工智能生成合成 人工智能生成 人工智能合成 AI生成 AI合成 人工智慧生成 機器學習
本图片由人工智能生成 本视频由人工智能生成 本音频由人工智能生成 本文由人工智能生成 本内容由AI生成
本作品由AI辅助创作 图像文字画面语音声音音乐歌曲配乐配音旁白字幕封面插图海报漫画动画短剧电影广告
疑似为AI生成 可能为AI生成 含有AI生成内容 部分内容由AI生成 经AI编辑 由AI修改 使用AI技术制作
虚拟场景虚拟人物数字人主播 换脸变声 深度合成 大模型 文生图 文生视频 图生视频 示意图 效果图 非真实
请仔细甄别 仅供参考 不代表真实 不构成建议 服务提供者 用户声明 平台提示 标识编号 来源 版权所有 公司 年月日
圖片 影片 視頻 音頻 內容 由 輔助 編輯 疑似 創作 繪製 生成式 虛擬 場景 語音 聲音 畫面
製作 修改 僅供參考 請仔細甄別
このAI生成画像はによるコンテンツです動画音声作成された可能性があります 人工知能
一二三四五六七八九十 的是在和与及或并等以上下中全此该其他均已未被让做用了者
"""
PUNCTUATION = "、。，：；！？（）【】《》〈〉「」『』“”‘’·—…～－＋／％｜　©®™°×•"


def characters() -> list[int]:
    """Return the code points to keep, in order."""
    ascii_letters = {chr(code) for code in range(0x20, 0x7F)}
    return sorted(ord(c) for c in ascii_letters | set(TEXTS) | set(PUNCTUATION) if c != "\n")


def options() -> subset.Options:
    """Return settings that keep outlines, hints, names and licence, and drop layout features."""
    chosen = subset.Options(layout_features=[], name_IDs=["*"], notdef_outline=True, desubroutinize=False)
    chosen.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG"]
    return chosen


def main(collection: Path) -> None:
    """Write the subset of one collection file beside the package."""
    fonts = TTCollection(collection).fonts
    font = next(f for f in fonts if f["name"].getDebugName(1) == FAMILY)
    subsetter = subset.Subsetter(options())
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)
    font.recalcTimestamp = False
    font.save(TARGET)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

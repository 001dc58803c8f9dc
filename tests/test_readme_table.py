"""The tables of measured robustness: what counts, how it is rounded, and that the READMEs hold the current ones."""

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import readme_table  # noqa: E402
import table_audio  # noqa: E402
import table_image  # noqa: E402
from attacks_image import ATTACKS as PICTURE_ATTACKS  # noqa: E402
from attacks_video import ATTACKS as VIDEO_ATTACKS  # noqa: E402


def method(*attacks: tuple[str, float, float | None]) -> dict:
    named = {
        str(number): {"row": row, "required": required, "achieved": achieved}
        for number, (row, required, achieved) in enumerate(attacks)
    }
    quality = {"psnr_mean": 45.678, "psnr_worst": 42.0, "ssim_mean": 0.99999, "ssim_worst": 0.9921}
    return {"attacks": named, "pictures": [{}] * 3, "wrong_ids": 4, **quality}


OWN = method(("saving", 100, 100.0), ("saving", 100, 99.96), ("crop", 95, 95.0), ("blur", 75, 66.67), ("sweep", 0, 1))
PEER = method(("saving", 100, 12.5), ("crop", 95, None))


@pytest.fixture
def results(tmp_path) -> list[Path]:
    files = {"own.json": {"synthmark": OWN, "synthmark@2": OWN}, "peers.json": {"peer": PEER, "synthmark": PEER}}
    for name, methods in files.items():
        (tmp_path / name).write_text(json.dumps({"methods": methods}), encoding="utf-8")
    return [tmp_path / "peers.json", tmp_path / "own.json"]


def lines(results: list[Path]) -> dict[str, list[str]]:
    return cells_of(table_image.table(table_image.read_methods(results)), 4)


def cells_of(table: str, columns: int) -> dict[str, list[str]]:
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert {len(row) for row in cells} == {columns}
    return {row[0]: row[1:] for row in cells}


def test_the_worst_attack_of_a_row_counts_and_is_rounded_down(results):
    table = lines(results[::-1])
    assert table["saving"] == ["100 %", "99 % (missed)", "12 %"]
    assert table["crop"] == ["95 %", "95 %", "-"]
    assert table["blur"] == ["75 %", "66 % (missed)", "-"]
    assert "sweep" not in table
    assert table["**PSNR in dB**, mean / worst"] == ["45 / 42", "45.6 / 42.0", "45.6 / 42.0"]
    assert table["wrong ids read, all attacks"][1:] == ["4", "4"]


def test_our_own_comes_first_and_other_strengths_are_left_out(results):
    names = list(table_image.read_methods(results))
    assert names == ["synthmark", "peer"]


def sound(*asked: float | None, achieved: float) -> dict:
    cases = [share and {"required": share, "achieved": achieved, "tried": 7} for share in asked]
    return dict(zip(("whole", "five", "three"), cases, strict=True))


def test_attacks_on_sound_of_which_the_same_is_asked_share_a_line():
    attacks = {
        "none": sound(100, 98, 80, achieved=100.0),
        "echo": sound(95, None, None, achieved=94.99),
        "mono": sound(100, 98, 80, achieved=98.7),
        "8 bit": sound(95, None, None, achieved=100.0),
    }
    measured = {"attacks": attacks, "pesq_mean": 4.299, "pesq_worst": 4.1, "music_nmr_mean": -6.011, "wrong_ids": 2}
    table = cells_of(table_audio.table(measured), 5)
    assert table["none, mono"] == ["100 / 98 / 80 %", "98 % (missed)", "98 %", "98 %"]
    assert table["echo, 8 bit"] == ["95 %", "94 % (missed)", "-", "-"]
    assert table["**PESQ-WB** of speech, mean / worst"][:2] == ["4.3 / 4", "4.29 / 4.10 (missed)"]
    assert table["**noise-to-mask ratio** of music in dB, mean"][1] == "-6.01"
    assert table["wrong ids read, all attacks"][1] == "2"


def test_what_stands_between_the_markers_is_replaced():
    text = "a <!-- sound table: begin --> old <!-- sound table: end --> b <!-- video table: begin -->"
    once = readme_table.with_table(text, "sound", "| new |")
    assert once.startswith("a <!-- sound")
    assert once.endswith(" b <!-- video table: begin -->")
    assert "old" not in once
    assert readme_table.with_table(once, "sound", "| new |") == once
    with pytest.raises(ValueError, match="missing"):
        readme_table.with_table(text, "video", "")


def write_result(folder: Path, name: str, **methods: dict) -> None:
    (folder / name).write_text(json.dumps({"methods": methods}), encoding="utf-8")


def test_what_is_missed_is_said_below_the_table(tmp_path):
    write_result(tmp_path, "robustness_image.json", synthmark=method(("blur sigma 1", 90, 89.0), ("mirror", 90, 95)))
    assert readme_table.content_for("picture", "en", tmp_path).endswith("|\n\nMissed: blur sigma 1.")
    assert readme_table.content_for("picture", "zh", tmp_path).endswith("|\n\n未达到要求的项目：模糊 σ 1。")
    write_result(tmp_path, "robustness_image.json", synthmark=method(("blur sigma 1", 90, 90.0)))
    assert readme_table.content_for("picture", "en", tmp_path).endswith("|\n\nNothing in this table is missed.")


def test_without_a_result_of_our_own_there_is_no_table(tmp_path):
    write_result(tmp_path, "peers_video.json", peer=PEER)
    assert readme_table.content_for("video", "en", tmp_path) == "Not measured yet."


def english_words(title: str) -> list[str]:
    return re.findall(r"\b[a-z]{3,}\b", title)


@pytest.mark.parametrize("medium", readme_table.MEDIA)
def test_the_chinese_table_is_in_chinese_and_has_the_same_numbers(medium):
    english, chinese = (readme_table.content_for(medium, language).splitlines() for language in ("en", "zh"))
    assert len(english) == len(chinese)
    rows = [[cell.strip() for cell in line.split("|")][1:-1] for line in chinese if line.startswith("|")]
    assert [row[0] for row in rows if english_words(row[0])] == []
    both = zip(english[2:-2], chinese[2:-2], strict=True)
    assert [a for a, b in both if numbers(a)[1:] != numbers(b)[1:]] == []


def numbers(line: str) -> list[list[str]]:
    return [re.findall(r"[-\d.]+", cell) for cell in line.strip("|").split("|")]


def test_every_row_has_its_chinese_words():
    words = tomllib.loads(readme_table.WORDS.read_text(encoding="utf-8"))
    rows = {attack.row for attack in (*PICTURE_ATTACKS.values(), *VIDEO_ATTACKS)}
    assert [row for row in rows if english_words(readme_table.said(row, words))] == []


@pytest.mark.parametrize("language", readme_table.READMES)
def test_the_readmes_hold_the_measured_tables(language):
    text = readme_table.READMES[language].read_text(encoding="utf-8")
    for medium in readme_table.MEDIA:
        content = readme_table.content_for(medium, language)
        assert readme_table.with_table(text, medium, content) == text, (
            f"run: python benchmarks/readme_table.py ({medium})"
        )

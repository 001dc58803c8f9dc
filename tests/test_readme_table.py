"""The table of measured robustness: what counts, how it is rounded, and that the READMEs hold the current one."""

import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import readme_table  # noqa: E402


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
    table = readme_table.table(readme_table.read_methods(results)).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert {len(row) for row in cells} == {4}
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
    names = list(readme_table.read_methods(results))
    assert names == ["synthmark", "peer"]


def test_what_stands_between_the_markers_is_replaced():
    text = f"before {readme_table.BEGIN} old {readme_table.END} after"
    once = readme_table.with_table(text, "| new |")
    assert once.startswith("before ")
    assert once.endswith(" after")
    assert "old" not in once
    assert readme_table.with_table(once, "| new |") == once
    with pytest.raises(ValueError, match="missing"):
        readme_table.with_table("no markers", "")


def test_the_readmes_hold_the_measured_table():
    measured = [file for file in readme_table.USUAL if file.is_file()]
    methods = readme_table.read_methods(measured)
    for readme in readme_table.READMES:
        text = readme.read_text(encoding="utf-8")
        assert text.count(readme_table.BEGIN) == text.count(readme_table.END) == 1
        if readme_table.OWN in methods:
            assert readme_table.with_table(text, readme_table.table(methods)) == text, readme.name

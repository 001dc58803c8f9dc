"""The figures in the package are those of `benchmarks/results`."""

import filing_results
import pytest

from synthmark.filing.results import FILES, LIMITS, packaged_results


def test_the_package_quotes_the_results():
    """Where this fails, run: python benchmarks/filing_results.py"""
    assert filing_results.TARGET.read_text(encoding="utf-8") == filing_results.as_text(filing_results.summary())


def test_what_can_be_quoted_is_known_on_both_sides():
    assert {*FILES, *LIMITS.values()} == set(filing_results.QUOTED)


def test_every_figure_has_an_origin():
    results = packaged_results()
    for name in results.contents:
        origin = results.origin(name)
        assert (filing_results.ROOT / origin.file).is_file()
        assert origin.command.startswith("python benchmarks/")
        assert origin.date[:3] == "202"
        assert origin.version[0].isdigit()
    assert set(results.missing).isdisjoint(results.contents)


def test_the_worst_attack_of_a_row_counts_and_is_rounded_down():
    rows = filing_results.worst_rows(
        [("a", 95, 96.9, 30), ("a", 95, 94.9, 29), ("b", 0, None, 1), ("c", None, 10.0, 2), ("d", 99, 99.0, 3)]
    )
    assert rows == [
        {"row": "a", "asked": 95, "found": 94, "tried": 29, "met": False},
        {"row": "d", "asked": 99, "found": 99, "tried": 3, "met": True},
    ]


@pytest.mark.parametrize("name", ["robustness_image", "robustness_audio", "robustness_video"])
def test_rows_have_words_in_chinese(name):
    rows = packaged_results().get(name, "rows")
    if rows is None:
        pytest.skip(f"{name} is not measured yet")
    assert all(row["row_zh"] for row in rows)
    assert any(row["row_zh"] != row["row"] for row in rows)


def test_paths_to_values():
    results = packaged_results()
    assert results.get("robustness_image", "rows", "x") is None
    assert results.get("nothing") is None


def test_limits_are_quoted_with_words_in_chinese():
    rows = {
        "noise sigma 40": {"tried": 30, "read": 29, "wrong": 0, "group": "x", "psnr": 1},
        "new": {"tried": 1, "read": 0, "wrong": 0},
    }
    assert filing_results.limits_beyond({"rows": rows})["limits"] == [
        {"attack": "noise sigma 40", "attack_zh": "高斯噪声 σ 40", "tried": 30, "read": 29, "wrong": 0},
        {"attack": "new", "attack_zh": "new", "tried": 1, "read": 0, "wrong": 0},
    ]

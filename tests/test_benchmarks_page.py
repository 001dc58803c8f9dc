"""The page of benchmarks and its plots show the current results, and say so where something is missing or missed."""

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import page
import page_tables
import page_use
import run_all


@pytest.mark.parametrize("document", page.pages(), ids=lambda path: path.name)
def test_a_document_shows_the_current_results(document):
    text = document.read_text(encoding="utf-8")
    assert page.page_text(text) == text, "run: python benchmarks/page.py"


@pytest.mark.parametrize("plot", page.PLOTS)
def test_a_plot_was_drawn_from_the_current_results(plot):
    assert page.digest(plot) in {None, page.drawn_from(page.DOCS / plot)}, "run: python benchmarks/page.py"


def test_every_file_of_results_names_its_command_and_no_path_of_a_machine():
    for file in page.RESULTS.glob("*.json"):
        text = file.read_text(encoding="utf-8")
        record = json.loads(text)
        made = record.get("environment", record)
        assert made["command"].startswith(("python benchmarks/", "python scripts/")), file.name
        assert re.findall(r'"(?:/home|/root|/tmp|/work|/Users|C:\\\\)[^"]*', text) == [], file.name


def test_without_results_nothing_is_claimed(tmp_path):
    text = page.page_text(page.PAGE.read_text(encoding="utf-8"), tmp_path)
    parts = re.findall(r"<!-- part (.*?): begin -->\n\n(.*?)\n\n<!-- part", text, re.DOTALL)
    told = {name: content for name, content in parts if name != "sources"}
    assert set(told) == set(page_tables.PARTS)
    assert set(told.values()) == {page_tables.NOTHING}


def test_what_is_missed_is_said():
    missed = {"value": 3.9445, "at least": 10, "met": False}
    kept = {"value": 0.7701, "at most": 1, "met": True}
    lines = page_tables.judged_table({"a / b": missed, "c / d": kept}, "ratio").splitlines()
    assert lines[2:] == ["| a / b | 3.94 | at least 10 | **missed** |", "| c / d | 0.78 | at most 1 | met |"]


@pytest.mark.parametrize(("value", "said"), [(4.1e-11, "5e-11"), (5e-10, "5e-10"), (9.5e-8, "1e-7")])
def test_small_probabilities_are_rounded_up(value, said):
    assert page_tables.power(value) == said


def test_shares_are_rounded_down():
    assert page_tables.share(29, 30) == "96 % (29 of 30)"


def test_a_plot_of_other_results_is_noticed(tmp_path, monkeypatch):
    before = page.digest("robustness_audio.png")
    (tmp_path / "robustness_audio.json").write_text("{}", encoding="utf-8")
    assert page.digest("robustness_audio.png", tmp_path) not in {None, before}
    assert page.digest("robustness_image.png", tmp_path) is None


def test_one_command_runs_every_benchmark_whose_result_is_kept():
    made = run_all.chosen(",".join(run_all.COMMANDS))
    kept = {file.stem for file in page.RESULTS.glob("*.json")} - {"extract_tool_bundle"}  # a script builds that
    assert kept - set(made) == set()
    programs = {text.split()[0] for text in made.values()}
    assert [name for name in programs if not (page.ROOT / "benchmarks" / f"{name}.py").is_file()] == []


def test_a_command_names_its_folders_and_its_result(tmp_path):
    places = run_all.places_in(tmp_path / "media", tmp_path / "work")
    line = run_all.command("peers_image", run_all.chosen("peers_image")["peers_image"], places)
    assert line[1:4] == ["benchmarks/robustness_image.py", "--images", f"{tmp_path}/media/images/kodak"]
    assert line[-2:] == ["--out", "benchmarks/results/peers_image.json"]
    assert "crop 75 %" in line[line.index("--attacks") + 1]
    assert "{" not in "".join(line)


def test_parts_say_what_was_asked_for():
    ratios = {"label_to_pillow": {"median": 1.31}, "two_processes_to_one": {"median": 1.7}}
    record = {"pictures": 200, "ratios": ratios, "required": {"label_to_pillow": 1.35, "two_processes_to_one": 1.8}}
    told = page_use.batch(record | {"met": {"label_to_pillow": True, "two_processes_to_one": False}})
    assert "| 1.31 | 1.35 | met |" in told
    assert "| 1.70 | 1.8 | **missed** |" in told

    seconds = {"id": {"median": 0.1}, "open": {"median": 0.02, "required": 0.01, "met": False}}
    inserts = {"processes": 4, "1 in a transaction": 500, "required": 300, "met": True}
    told = page_use.look_ups_in_the_registry({"records": 9, "seconds": seconds, "inserts_per_second": inserts})
    assert "| id | 0.1 s | - |  |" in told
    assert "| open | 0.02 s | 0.01 s | **missed** |" in told
    assert "| 500 | 300 | met |" in told

    core = {"PNG": {"processor_seconds": 0.2, "files_per_core_and_hour": 18000}}
    told = page_use.clusters({"one_core": core, "registry": {"records_per_second": 400}})
    assert "| PNG | 0.2 | 18000 |" in told
    assert "Ray" not in told

    speed = {"picture": {"verdict_to_decoding": 3.1, "numpy_to_numba": 1.5, "same_result": False}}
    assert "| 3.1 | 1.5 | **no** |" in page_use.speed_of_the_extract_tool({"cpu_seconds": speed})

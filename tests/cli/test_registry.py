"""`synthmark registry`: what is said, and what is returned."""

import csv
import json
import sqlite3
from pathlib import Path

import pytest
import skimage.data
from PIL import Image
from sample_records import sample_record

from synthmark import image
from synthmark.cli import main
from synthmark.registry import fingerprint_file, open_registry

ID = "7f3a19c200000001"


@pytest.fixture
def registry_file():
    """A registry in the working folder with three records, of which the last is of a picture."""
    Image.fromarray(skimage.data.astronaut()).save("a.png")
    fingerprint = fingerprint_file("a.png").text()
    with open_registry(Path("r.sqlite")) as registry:
        registry.add_many([sample_record(1), sample_record(2, producer="=cmd")])
        registry.add(sample_record(int(ID, 16), fingerprint=fingerprint))
    Path("synthmark.toml").write_text('registry = "r.sqlite"\nlanguage = "en"\n', encoding="utf-8")
    return Path("r.sqlite")


def run(capsys, *arguments):
    capsys.readouterr()
    code = main(["registry", *arguments])
    return code, *capsys.readouterr()


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.usefixtures("registry_file")
class TestFind:
    def test_an_id(self, capsys):
        code, out, err = run(capsys, "find", ID)
        assert (code, err) == (0, "")
        assert "The registry has this id." in out
        assert "Example-Studio" in out

    def test_an_id_as_json(self, capsys):
        code, out, _ = run(capsys, "find", ID, "--json")
        (item,) = objects(out)
        assert (code, item["exit_code"], item["verdict"]) == (0, 0, "labelled")
        assert item["schema"] == "synthmark.registry.find/1"
        assert item["registry"]["records"][0]["record"]["content_id"] == ID
        assert_contract(item)

    def test_nothing(self, capsys):
        code, out, _ = run(capsys, "find", "abcdef", "--json")
        (item,) = objects(out)
        assert (code, item["exit_code"], item["verdict"]) == (1, 1, "not_labelled")
        assert item["registry"] == {"matched_by": None, "agreement": "undecided", "ids": [], "records": []}
        assert_contract(item)

    def test_a_copied_mark_is_a_conflict(self, capsys):
        Image.fromarray(image.embed(skimage.data.chelsea(), int(ID, 16))).save("foreign.png")
        code, out, _ = run(capsys, "find", "foreign.png")
        assert code == 3
        assert "CONFLICT: the content is not the one that was marked with this id." in out
        code, out, _ = run(capsys, "find", "foreign.png", "--json")
        (item,) = objects(out)
        assert (code, item["verdict"], item["exit_code"]) == (3, "conflict", 3)
        assert item["registry"]["agreement"] == "disagrees"
        assert_contract(item)

    def test_a_marked_copy_agrees(self, capsys):
        marked = Image.fromarray(image.embed(skimage.data.astronaut(), int(ID, 16)))
        marked.resize((400, 400)).save("copy.jpg", quality=85)
        code, out, _ = run(capsys, "find", "copy.jpg", "--lang", "both")
        assert code == 0
        assert "The content is the one that was marked with this id." in out
        assert "内容与登记该标识时一致。" in out

    def test_a_broken_file_does_not_stop_the_next(self, capsys):
        Path("broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        code, out, err = run(capsys, "find", "broken.png", ID, "--json")
        first, second = objects(out)
        assert (code, first["exit_code"], second["exit_code"]) == (4, 4, 0)
        assert first["error"]["kind"] == "DamagedMediaError"
        assert "broken.png" in err
        assert_contract(first)


def assert_contract(item):
    assert item.keys() >= {"schema", "verdict", "file", "layers"}
    assert item["file"].keys() == {"name", "size", "sha256", "media_type"}
    assert [layer["layer"] for layer in item["layers"]] == ["metadata", "watermark", "credential", "visible"]


@pytest.mark.usefixtures("registry_file")
def test_list_shows_the_newest_first(capsys):
    code, out, _ = run(capsys, "list", "--limit", "2")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["3", "2"]
    code, out, _ = run(capsys, "list", "--json")
    assert [item["sequence"] for item in objects(out)] == [3, 2, 1]


def test_list_of_an_empty_registry(capsys):
    open_registry(Path("empty.sqlite")).close()
    assert run(capsys, "list", "--registry", "empty.sqlite") == (1, "", "")


@pytest.mark.usefixtures("registry_file")
def test_export_to_a_file_and_to_the_terminal(capsys):
    assert run(capsys, "export", "--format", "csv", "-o", "out.csv") == (0, "", "wrote 3 entries to out.csv\n")
    with Path("out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["producer"] for row in rows] == ["Example-Studio", "'=cmd", "Example-Studio"]
    code, out, _ = run(capsys, "export")
    assert (code, [item["entry"]["sequence"] for item in objects(out)]) == (0, [1, 2, 3])


@pytest.mark.usefixtures("registry_file")
def test_an_export_that_cannot_be_written_is_told(capsys):
    Path("file").touch()
    code, _, err = run(capsys, "export", "-o", "file/below.jsonl")
    assert code == 4
    assert "cannot be written" in err


def test_verify_tells_a_whole_chain_from_a_broken_one(registry_file, capsys):
    code, out, _ = run(capsys, "head")
    anchor = out.strip()
    assert (code, anchor[:24]) == (0, "synthmark-registry-1:3:" + anchor[23])
    code, out, _ = run(capsys, "verify", "--anchor", anchor, "--lang", "both")
    assert code == 0
    assert out.count(anchor) == 2
    connection = sqlite3.connect(registry_file)
    connection.execute(
        "UPDATE synthmark_entries SET content = replace(content, 'tester', 'nobody') WHERE sequence = 2"
    )
    connection.commit()
    connection.close()
    code, out, _ = run(capsys, "verify")
    assert code == 3
    assert "Entries: 3, problems: 1." in out
    assert "Entry 2 was altered." in out
    code, out, _ = run(capsys, "verify", "--json")
    (item,) = objects(out)
    assert (code, item["intact"], item["problems"]) == (3, False, [{"code": "altered", "first": 2, "last": 2}])


@pytest.mark.usefixtures("registry_file")
def test_a_wrong_anchor_is_wrong_usage(capsys):
    code, _, err = run(capsys, "verify", "--anchor", "abc")
    assert code == 2
    assert "is no anchor" in err


@pytest.mark.usefixtures("registry_file")
def test_prune_refuses_what_is_young_and_drops_what_is_old(capsys):
    code, _, err = run(capsys, "prune", "--before", "2999-01-01")
    assert code == 2
    assert "younger than 6 months and stay" in err
    code, out, _ = run(capsys, "prune", "--before", "2020-01-01", "--json")
    assert (code, objects(out)[0]["dropped"]) == (0, 0)
    assert (
        run(capsys, "prune", "--before", "2020-01-01", "--lang", "zh")[1] == "没有该日之前的记录，未清除任何内容。\n"
    )


def test_without_a_registry_it_says_what_to_do(capsys):
    code, _, err = run(capsys, "list")
    assert code == 2
    assert "No registry is configured" in err
    code, _, err = run(capsys, "list", "--registry", "none.sqlite")
    assert code == 5
    assert "There is no registry at" in err
    assert not Path("none.sqlite").exists()


@pytest.mark.usefixtures("registry_file")
def test_control_characters_do_not_reach_the_terminal(capsys):
    with open_registry(Path("r.sqlite")) as registry:
        registry.add(sample_record(9, source="/x\x1b[2Jy"))
    for command in (["list", "--limit", "1"], ["find", "9"]):
        _, out, _ = run(capsys, *command)
        assert "\x1b" not in out
        assert "/x\\x1b[2Jy" in out

"""`synthmark label`: what is written, what is said, what is returned."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from synthmark.cli import main

# The watermark has tests of its own; without it a run of the command takes a tenth of the time.
FAST = ("--no-watermark", "--producer", "Example-Studio", "--jobs", "1")


def names(folder: Path) -> list[str]:
    files = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return sorted(file.as_posix() for file in files if not file.parts[0].startswith("."))


def content(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names(folder)}


def objects(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_copies_have_the_same_relative_names_and_the_input_stays(photographs, capsys):
    before = content(photographs)
    assert main(["label", str(photographs), "-o", "out", *FAST]) == 0
    assert names(Path("out")) == names(photographs) == ["photo.jpg", "sub/astronaut.png"]
    assert content(photographs) == before
    out, err = capsys.readouterr()
    assert out == "Labelled 2 of 2 files into out.\n"
    assert err == ""


def test_copies_are_labelled_pictures(photographs):
    main(["label", str(photographs / "photo.jpg"), "-o", "out", *FAST])
    assert b"Example-Studio" in Path("out/photo.jpg").read_bytes()
    with Image.open("out/photo.jpg") as copy, Image.open(photographs / "photo.jpg") as original:
        assert (copy.format, copy.size, copy.mode) == ("JPEG", original.size, original.mode)
        assert copy.tobytes() != original.tobytes()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_json_is_in_order_whatever_the_number_of_workers(photographs, capsys, jobs):
    assert main(["label", str(photographs), "-o", "out", "--json", *FAST[:-1], jobs]) == 0
    out, err = capsys.readouterr()
    sources = [Path(item["record"]["source"]).name for item in objects(out)]
    assert sources == ["photo.jpg", "astronaut.png"]
    assert {(item["schema"], item["status"]) for item in objects(out)} == {("synthmark.label/1", "labelled")}
    assert err == "Labelled 2 of 2 files into out.\n"


def test_broken_files_do_not_stop_the_rest(photographs, tmp_path, capsys):
    source = tmp_path / "mixed"
    shutil.copytree(photographs, source)
    (source / "empty.png").touch()
    (source / "not-a-picture.jpg").write_text("text", encoding="utf-8")
    (source / "truncated.jpg").write_bytes((photographs / "photo.jpg").read_bytes()[:900])
    (source / "notes.txt").write_text("text", encoding="utf-8")
    assert main(["label", str(source), "-o", "out", *FAST]) == 4
    out, err = capsys.readouterr()
    assert names(Path("out")) == ["photo.jpg", "sub/astronaut.png"]
    assert out == "Labelled 2 of 5 files into out; 1 other files passed over.\n"
    assert [Path(line.split(".")[0]).name for line in err.splitlines()] == [
        "empty",
        "not-a-picture",
        "truncated",
    ]


def test_broken_file_is_an_object_too(tmp_path, capsys):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert main(["label", str(tmp_path / "broken.png"), "-o", "out", "--json", *FAST]) == 4
    (item,) = objects(capsys.readouterr().out)
    assert (item["schema"], item["status"]) == ("synthmark.label/1", "failed")
    assert item["error"]["kind"] == "DamagedMediaError"
    assert item["error"]["message"]
    assert_contract(item)
    assert (item["verdict"], item["exit_code"], item["file"]["name"]) == ("not_checked", 4, "broken.png")


def assert_contract(item: dict):
    """Check what every object has, whatever became of the file."""
    assert item.keys() >= {"schema", "verdict", "file", "layers"}
    assert item["file"].keys() == {"name", "size", "sha256", "media_type"}
    names = [layer["layer"] for layer in item["layers"]]
    assert names == ["metadata", "watermark", "credential", "visible"]
    assert all({"outcome", "claims", "evidence"} <= layer.keys() for layer in item["layers"])


def test_object_of_a_labelled_file_is_the_report_of_the_copy(photographs, capsys):
    """What labelling says of its copy is what extraction says of it."""
    source = photographs / "photo.jpg"
    command = ["label", str(source), "-o", "out", "--producer", "Example-Studio", "--jobs", "1", "--json"]
    assert main(command) == 0
    (item,) = objects(capsys.readouterr().out)
    assert_contract(item)
    assert item["record"]["source"] == str(source)
    assert main(["extract", "out/photo.jpg", "--json"]) == 0
    (report,) = objects(capsys.readouterr().out)
    same = report.keys() - {"schema", "checked_at", "layers"}
    assert {name: item[name] for name in same} == {name: report[name] for name in same}
    assert item["layers"][:3] == report["layers"][:3]
    visible = [content["layers"][3] for content in (item, report)]  # labelling has drawn it, and does not look again
    assert [(layer["layer"], layer["outcome"]) for layer in visible] == [
        ("visible", "not_checked"),
        ("visible", "detected"),
    ]
    assert item["record"]["sha256_after"] == report["file"]["sha256"]
    assert item["record"]["content_id"] == report["layers"][1]["claims"]["content_id"]


def test_layer_that_was_not_written_was_not_checked(photographs, capsys):
    main(["label", str(photographs / "photo.jpg"), "-o", "out", "--json", *FAST])
    (item,) = objects(capsys.readouterr().out)
    assert [layer["outcome"] for layer in item["layers"][:2]] == ["detected", "not_checked"]


def test_copy_that_contradicts_itself_is_3(photographs, capsys):
    """A file whose metadata label may not stay as it is gets a mark, and no new label."""
    main(["label", str(photographs / "sub" / "astronaut.png"), "-o", "out", *FAST])
    damaged = Path("out/astronaut.png")
    with Image.open(damaged) as picture:
        picture.save(damaged, pnginfo=damaging_label())
    capsys.readouterr()
    assert main(["label", str(damaged), "-o", "again", "--no-metadata", "--no-visible", "--jobs", "1"]) == 3
    out, err = capsys.readouterr()
    assert out == "Labelled 1 of 1 files into again.\n"
    assert err == f"{damaged}: A label was found, but it does not match the file.\n"


def damaging_label() -> PngInfo:
    """Return a label with a value that the standard does not have."""
    info = PngInfo()
    info.add_text("AIGC", json.dumps({"AIGC": {"Label": "7", "ContentProducer": "other", "ProduceID": "1"}}))
    return info


def test_input_is_never_written_over(photographs, tmp_path, capsys):
    source = tmp_path / "source"
    shutil.copytree(photographs, source)
    before = content(source)
    assert main(["label", str(source), "-o", str(source), "--overwrite", *FAST]) == 2
    assert content(source) == before
    assert capsys.readouterr().err.count("would replace an input") == 2


def test_copy_is_not_replaced_unless_asked(photographs, capsys):
    command = ["label", str(photographs), "-o", "out", *FAST]
    assert main(["label", str(photographs / "photo.jpg"), "-o", "out", *FAST]) == 0
    first = Path("out/photo.jpg").read_bytes()
    capsys.readouterr()
    assert main(command) == 0
    assert Path("out/photo.jpg").read_bytes() == first
    out, err = capsys.readouterr()
    assert out == "Labelled 1 of 2 files into out; 1 already there (--overwrite replaces them).\n"
    assert err == ""
    assert main([*command, "--json"]) == 0
    items = objects(capsys.readouterr().out)
    assert [(item["status"], item["exit_code"]) for item in items] == [("present", 0)] * 2
    assert [item["file"]["name"] for item in items] == ["photo.jpg", "astronaut.png"]
    assert items[0]["file"]["size"] == len(first)
    for item in items:
        assert_contract(item)
    assert main([*command, "--overwrite"]) == 0
    assert Path("out/photo.jpg").read_bytes() != first


def test_missing_path_is_a_problem_of_its_own(photographs, capsys):
    assert main(["label", "none.png", str(photographs / "photo.jpg"), "-o", "out", *FAST]) == 4
    assert names(Path("out")) == ["photo.jpg"]
    assert "none.png" in capsys.readouterr().err


def test_folder_without_pictures_is_nothing_found(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["label", str(tmp_path / "empty"), "-o", "out", *FAST]) == 1
    assert capsys.readouterr().out == "Labelled 0 of 0 files into out.\n"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--text", "hello"], "lacks an element"),
        (["--strength", "loud"], "'strength' is 'loud'"),
        (["--position", "middle"], "'position' is 'middle'"),
        (["--producer", "two words"], "'producer' is 'two words'"),
        (["--producer", "001191440300708461136A1XGW3"], "'producer' is '001191440300708461136A1XGW3'"),
        (["--key-file", "none.key"], "cannot be read"),
        (["--config", "none.toml"], "cannot be read"),
    ],
)
def test_wrong_settings_are_told_once_before_the_first_file(photographs, capsys, flags, said):
    assert main(["label", str(photographs), "-o", "out", *FAST, *flags]) == 2
    err = capsys.readouterr().err
    assert err.count(said) == 1
    assert not Path("out").exists()


def test_missing_producer_is_told(photographs, capsys):
    main(["label", str(photographs / "photo.jpg"), "-o", "out", "--no-watermark", "--jobs", "1"])
    assert "No producer is configured" in capsys.readouterr().err


def test_settings_come_from_the_file_of_the_working_folder(photographs):
    Path("synthmark.toml").write_text('producer = "From-File"\nwatermark = false\nvisible = false\n', "utf-8")
    assert main(["label", str(photographs / "photo.jpg"), "-o", "out", "--jobs", "1"]) == 0
    assert b"From-File" in Path("out/photo.jpg").read_bytes()


@pytest.mark.parametrize("arguments", [["label"], ["label", "a.png"], ["label", "a.png", "-o", "out", "--jobs", "0"]])
def test_wrong_usage_is_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: synthmark label" in capsys.readouterr().err


def test_file_of_another_producer_is_refused_unless_relabelling(photographs, capsys):
    main(["label", str(photographs / "photo.jpg"), "-o", "out", *FAST])
    again = ["label", "out/photo.jpg", "-o", "again", *FAST, "--no-visible", "--producer", "Other-Studio"]
    assert main(again) == 2
    assert "carries a metadata label already" in capsys.readouterr().err
    assert main([*again, "--relabel"]) == 0
    copy = Path("again/photo.jpg").read_bytes()
    assert b"Example-Studio" in copy
    assert b"Other-Studio" in copy


def test_file_of_the_same_producer_is_skipped(photographs, capsys):
    main(["label", str(photographs / "photo.jpg"), "-o", "out", *FAST])
    again = ["label", "out/photo.jpg", "-o", "again", *FAST, "--no-visible"]
    capsys.readouterr()
    assert main(again) == 0
    out, err = capsys.readouterr()
    assert out == "Labelled 0 of 1 files into again; 1 labelled before (--relabel accepts them).\n"
    assert err == ""
    assert not Path("again/photo.jpg").exists()
    assert main([*again, "--json"]) == 0
    (item,) = objects(capsys.readouterr().out)
    assert (item["status"], item["exit_code"]) == ("skipped", 0)
    assert_contract(item)

"""Which files are labelled and where their copies go."""

import os
from pathlib import Path

import pytest

from synthmark.errors import InputError
from synthmark.selection import files_below, is_media, select


def tree(folder: Path, *names: str) -> Path:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    return folder


def targets(selection, out: Path) -> list[str]:
    return [job.target.relative_to(out).as_posix() for job in selection.jobs]


def reasons(selection) -> list[str]:
    return [reason for _, reason in selection.refused]


def test_folder_keeps_relative_names_in_order(tmp_path):
    source, out = tree(tmp_path / "in", "b.png", "a.png", "sub/deep/c.jpg"), tmp_path / "out"
    selection = select([source], out)
    assert targets(selection, out) == ["a.png", "b.png", "sub/deep/c.jpg"]
    assert (selection.refused, selection.passed_over) == ((), 0)


def test_other_files_of_a_folder_are_passed_over_but_named_ones_are_tried(tmp_path):
    source, out = tree(tmp_path / "in", "a.png", "notes.txt", "letter.docx"), tmp_path / "out"
    assert select([source], out).passed_over == 2
    assert targets(select([source / "notes.txt"], out), out) == ["notes.txt"]


def test_hidden_files_and_folders_are_left_out_of_folders(tmp_path):
    source, out = tree(tmp_path / "in", "a.png", "._a.png", ".cache/b.png"), tmp_path / "out"
    assert targets(select([source], out), out) == ["a.png"]


def test_output_folder_inside_the_input_is_no_source(tmp_path):
    source = tree(tmp_path / "in", "a.png", "labelled/a.png")
    selection = select([source], source / "labelled", overwrite=True)
    assert [job.source for job in selection.jobs] == [source / "a.png"]


def test_output_folder_as_input_is_refused_file_by_file(tmp_path):
    source = tree(tmp_path / "in", "a.png")
    for overwrite in (True, False):
        selection = select([source], source, overwrite=overwrite)
        assert (selection.jobs, selection.present) == ((), ())
        assert "would replace an input" in reasons(selection)[0]


def test_target_that_is_another_input_is_refused(tmp_path):
    one, two = tree(tmp_path / "one", "sub/b.png"), tree(tmp_path / "two", "sub/b.png")
    selection = select([two, one / "sub/b.png"], one, overwrite=True)
    assert [job.target for job in selection.jobs] == [one / "b.png"]
    assert selection.refused[0][0].source == two / "sub/b.png"
    assert "would replace an input" in reasons(selection)[0]


def test_same_name_in_two_folders_goes_below_the_folders_names(tmp_path):
    one, two = tree(tmp_path / "one", "a.png", "b.png"), tree(tmp_path / "two", "A.PNG", "c.png")
    out = tmp_path / "out"
    assert targets(select([one, two], out), out) == ["one/a.png", "b.png", "two/A.PNG", "c.png"]


def test_same_name_of_two_named_files_goes_below_their_folders(tmp_path):
    tree(tmp_path, "one/a.png", "two/a.png")
    out = tmp_path / "out"
    assert targets(select([tmp_path / "one/a.png", tmp_path / "two/a.png"], out), out) == [
        "one/a.png",
        "two/a.png",
    ]


def test_collision_that_remains_is_refused(tmp_path):
    tree(tmp_path, "x/pictures/a.png", "y/pictures/a.png")
    out = tmp_path / "out"
    selection = select([tmp_path / "x/pictures", tmp_path / "y/pictures"], out)
    assert targets(selection, out) == ["pictures/a.png"]
    assert "in two runs" in reasons(selection)[0]


def test_file_named_twice_is_labelled_once(tmp_path, monkeypatch):
    source, out = tree(tmp_path / "in", "a.png"), tmp_path / "out"
    monkeypatch.chdir(tmp_path)
    assert len(select([source, source / "a.png", Path("in/../in/a.png")], out).jobs) == 1


def test_existing_copy_is_present_unless_overwriting(tmp_path):
    source, out = tree(tmp_path / "in", "a.png", "b.png"), tree(tmp_path / "out", "a.png")
    selection = select([source], out)
    assert [job.target for job in selection.present] == [out / "a.png"]
    assert (targets(selection, out), selection.refused) == (["b.png"], ())
    (source / "b.png").unlink()
    assert select([source], out, overwrite=True).present == ()
    assert targets(select([source], out, overwrite=True), out) == ["a.png"]


def test_missing_path_is_tried_so_that_its_error_is_told(tmp_path):
    assert [job.source for job in select([tmp_path / "none.png"], tmp_path / "out").jobs] == [tmp_path / "none.png"]


def test_output_that_is_a_file_is_refused(tmp_path):
    tree(tmp_path, "out")
    with pytest.raises(InputError, match="is a file"):
        select([tmp_path], tmp_path / "out")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_pipe_in_a_folder_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    assert list(files_below([tmp_path])) == []


def test_files_below_takes_files_and_folders(tmp_path):
    tree(tmp_path, "a.png", "sub/b.jpg", "note.txt")
    found = list(files_below([tmp_path / "note.txt", tmp_path]))
    assert [file.relative_to(tmp_path).as_posix() for file in found] == ["note.txt", "a.png", "sub/b.jpg"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.JPG", b"", True),
        ("a.heic", b"", True),  # cannot be labelled: better a problem told than a picture without a label
        ("a.bmp", b"", True),
        ("a.WAV", b"", True),
        ("sound", b"fLaC....", True),
        ("a.txt", b"text", False),
        ("picture", b"\x89PNG\r\n\x1a\n....", True),
        ("empty", b"", False),
    ],
)
def test_media_are_told_by_name_or_content(tmp_path, name, content, expected):
    file = tmp_path / name
    file.write_bytes(content)
    assert is_media(file) is expected

"""Which files are labelled and where their copies go."""

import itertools
import os
from pathlib import Path

import pytest

from synthmark.errors import InputError
from synthmark.patterns import Patterns
from synthmark.selection import Selection, files_below


def tree(folder: Path, *names: str) -> Path:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    return folder


def select(paths, folder, **options):
    with Selection(paths, folder, **options) as selection:
        choices = list(selection)
        assert selection.total == len(choices)
        return choices, selection.passed_over


def targets(paths, out: Path, **options) -> list[str]:
    choices, _ = select(paths, out, **options)
    return [choice.job.target.relative_to(out).as_posix() for choice in choices if not choice.reason]


def reasons(paths, out: Path) -> list[str]:
    return [choice.reason for choice in select(paths, out)[0] if choice.reason]


def test_folder_keeps_relative_names_in_order(tmp_path):
    source, out = tree(tmp_path / "in", "b.png", "a.png", "sub/deep/c.jpg"), tmp_path / "out"
    assert targets([source], out) == ["a.png", "b.png", "sub/deep/c.jpg"]
    assert (reasons([source], out), select([source], out)[1]) == ([], 0)


def test_other_files_of_a_folder_are_passed_over_but_named_ones_are_tried(tmp_path):
    source, out = tree(tmp_path / "in", "a.png", "notes.txt", "letter.docx"), tmp_path / "out"
    assert select([source], out)[1] == 2
    assert targets([source / "notes.txt"], out) == ["notes.txt"]


def test_hidden_files_and_folders_are_left_out_of_folders(tmp_path):
    source, out = tree(tmp_path / "in", "a.png", "._a.png", ".cache/b.png"), tmp_path / "out"
    assert targets([source], out) == ["a.png"]


def test_output_folder_inside_the_input_is_no_source(tmp_path):
    source = tree(tmp_path / "in", "a.png", "labelled/a.png")
    assert [choice.job.source for choice in select([source], source / "labelled")[0]] == [source / "a.png"]


def test_output_folder_as_input_is_refused_file_by_file(tmp_path):
    source = tree(tmp_path / "in", "a.png")
    assert targets([source], source) == []
    assert "would replace an input" in reasons([source], source)[0]


def test_target_that_is_another_input_is_refused(tmp_path):
    one, two = tree(tmp_path / "one", "sub/b.png"), tree(tmp_path / "two", "sub/b.png")
    choices, _ = select([two, one / "sub/b.png"], one)
    assert [choice.job.source for choice in choices] == [two / "sub/b.png", one / "sub/b.png"]
    assert "would replace an input" in choices[0].reason
    assert choices[1].reason == ""


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_target_that_is_an_input_behind_a_link_is_refused(tmp_path):
    source, out = tree(tmp_path / "in", "sub/a.png"), tmp_path / "out"
    out.mkdir()
    (out / "sub").symlink_to(source / "sub")
    assert "would replace an input" in reasons([source], out)[0]


def test_same_name_in_two_folders_goes_below_the_folders_names(tmp_path):
    one, two = tree(tmp_path / "one", "a.png", "b.png"), tree(tmp_path / "two", "A.PNG", "c.png")
    assert targets([one, two], tmp_path / "out") == ["one/a.png", "b.png", "two/A.PNG", "c.png"]


def test_same_name_of_two_named_files_goes_below_their_folders(tmp_path):
    tree(tmp_path, "one/a.png", "two/a.png")
    assert targets([tmp_path / "one/a.png", tmp_path / "two/a.png"], tmp_path / "out") == ["one/a.png", "two/a.png"]


def test_collision_that_remains_is_refused(tmp_path):
    tree(tmp_path, "x/pictures/a.png", "y/pictures/a.png")
    paths = [tmp_path / "x/pictures", tmp_path / "y/pictures"]
    assert targets(paths, tmp_path / "out") == ["pictures/a.png"]
    assert "in two runs" in reasons(paths, tmp_path / "out")[0]


def test_file_named_twice_is_labelled_once(tmp_path, monkeypatch):
    source, out = tree(tmp_path / "in", "a.png"), tmp_path / "out"
    monkeypatch.chdir(tmp_path)
    assert len(select([source, source / "a.png", Path("in/../in/a.png")], out)[0]) == 1


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_links_to_files_count_once_and_links_to_folders_are_named(tmp_path):
    source, out = tree(tmp_path / "in", "m.png", "sub/b.png"), tmp_path / "out"
    (source / "a.png").symlink_to(source / "m.png")
    (source / "z.png").symlink_to(tree(tmp_path / "elsewhere", "z.png") / "z.png")
    (source / "broken.png").symlink_to(source / "none.png")
    (source / "loop.png").symlink_to(source / "loop.png")
    (source / "linked").symlink_to(source / "sub")
    (source / "up").symlink_to(tmp_path)
    assert targets([source], out) == ["broken.png", "loop.png", "m.png", "sub/b.png", "z.png"]
    assert (
        reasons([source], out)
        == ["This is a symbolic link to a folder, which was not entered; name it as a path of its own."] * 2
    )
    assert [file.name for file in files_below([source])] == ["broken.png", "loop.png", "m.png", "b.png", "z.png"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions")
def test_folder_that_cannot_be_read_is_named(tmp_path):
    source = tree(tmp_path / "in", "a.png", "closed/b.png")
    (source / "closed").chmod(0)
    try:
        choices, _ = select([source], tmp_path / "out")
    finally:
        (source / "closed").chmod(0o700)
    assert [(choice.job.source.name, choice.kind) for choice in choices] == [("a.png", ""), ("closed", "MediaError")]
    assert "cannot be read: Permission denied" in choices[1].reason


def test_patterns_choose_files_and_leave_out_folders(tmp_path):
    source = tree(tmp_path / "in", "a.png", "b.JPG", "drafts/c.png", "2026/final/d.png", "2026/e.png")
    out = tmp_path / "out"
    assert targets([source], out, patterns=Patterns(include=("*.jpg",))) == ["b.JPG"]
    assert targets([source], out, patterns=Patterns(exclude=("drafts", "2026/*.png"))) == [
        "2026/final/d.png",
        "a.png",
        "b.JPG",
    ]
    assert targets([source, source / "b.JPG"], out, patterns=Patterns(include=("2026/**",), exclude=("e.*",))) == [
        "2026/final/d.png"
    ]


def test_a_large_folder_is_kept_in_order_and_not_in_memory(tmp_path):
    """Names stay on the disk: what Python itself holds does not grow with them."""
    import tracemalloc

    def peak(count: int) -> int:
        source = tree(tmp_path / str(count), *(f"{'n' * 100}{number:05}.png" for number in reversed(range(count))))
        tracemalloc.start()
        with Selection([source], tmp_path / "out") as selection:
            names = (choice.job.source.name for choice in selection)
            assert all(one < two for one, two in itertools.pairwise(names))
            assert selection.total == count
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(50)
    assert peak(3000) < peak(100) + 100_000


def test_missing_path_is_tried_so_that_its_error_is_told(tmp_path):
    assert [choice.job.source for choice in select([tmp_path / "none.png"], tmp_path / "out")[0]] == [
        tmp_path / "none.png"
    ]


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

"""Files are whole or as they were, whatever stops the writing."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from synthmark.errors import InputError, MediaError
from synthmark.files.atomic import PREFIX, fill, refuse_same_file, replacing, write_whole


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_content_arrives(tmp_path):
    write_whole(tmp_path / "new" / "folder" / "a.bin", b"content")
    assert (tmp_path / "new" / "folder" / "a.bin").read_bytes() == b"content"


def stopped(target, failure):
    with replacing(target) as temporary:
        fill(temporary, b"half of")
        raise failure


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, SystemExit, MemoryError])
@pytest.mark.parametrize("existing", [True, False])
def test_whatever_stops_the_block_leaves_the_target_alone(tmp_path, failure, existing):
    target = tmp_path / "a.bin"
    if existing:
        target.write_bytes(b"before")
    with pytest.raises(failure):
        stopped(target, failure)
    assert names(tmp_path) == (["a.bin"] if existing else [])
    assert not existing or target.read_bytes() == b"before"


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_failing_system_call_leaves_the_target_alone(tmp_path, monkeypatch, function):
    def fail(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    target = tmp_path / "a.bin"
    target.write_bytes(b"before")
    monkeypatch.setattr(os if function == "fsync" else Path, function, fail)
    with pytest.raises(MediaError, match="No space left"):
        write_whole(target, b"after")
    monkeypatch.undo()
    assert target.read_bytes() == b"before"
    assert names(tmp_path) == ["a.bin"]


def test_the_target_is_replaced_only_at_the_end(tmp_path):
    target = tmp_path / "a.bin"
    target.write_bytes(b"before")
    with replacing(target) as temporary:
        fill(temporary, b"after")
        assert target.read_bytes() == b"before"
        assert temporary.parent == target.parent
        assert temporary.name.startswith(PREFIX)
    assert target.read_bytes() == b"after"


def test_a_killed_process_leaves_the_target_as_it_was(tmp_path):
    target = tmp_path / "a.bin"
    target.write_bytes(b"before")
    script = (
        "import os, sys, pathlib\n"
        "from synthmark.files.atomic import fill, replacing\n"
        "with replacing(pathlib.Path(sys.argv[1])) as temporary:\n"
        "    fill(temporary, b'half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    if sys.platform == "win32":
        script = script.replace("os.kill(os.getpid(), 9)", "os._exit(9)")
    done = subprocess.run([sys.executable, "-c", script, str(target)], check=False, timeout=60)
    assert done.returncode != 0
    assert target.read_bytes() == b"before"


def test_folders_and_unwritable_places_are_clear_errors(tmp_path):
    with pytest.raises(MediaError, match="is a folder"):
        write_whole(tmp_path, b"x")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MediaError, match="cannot be written to"):
        write_whole(tmp_path / "file" / "below", b"x")


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_permissions_are_those_of_a_usual_file_or_of_the_one_replaced(tmp_path):
    usual = tmp_path / "usual"
    usual.write_bytes(b"")
    write_whole(tmp_path / "new", b"")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)
    usual.chmod(0o640)
    write_whole(usual, b"x")
    assert stat.S_IMODE(usual.stat().st_mode) == 0o640


def test_one_file_under_two_names_is_refused(tmp_path):
    source = tmp_path / "a"
    source.write_bytes(b"")
    (tmp_path / "hard").hardlink_to(source)
    (tmp_path / "soft").symlink_to(source)
    for target in (source, tmp_path / "hard", tmp_path / "soft", tmp_path / "x" / ".." / "a"):
        with pytest.raises(InputError, match="one file"):
            refuse_same_file(source, target)
    refuse_same_file(source, tmp_path / "other")

"""Private folders: empty again at the end of a process, and deleted by the next one when a process was killed."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from synthmark.files import staging

HOLDING = """
import os, signal, sys
from synthmark.files.staging import private_folder
with private_folder() as folder:
    (folder / "a.png").write_bytes(b"secret")
    print(folder.parent, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    """Keep temporary files below a folder of the test, in child processes, too."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(staging, "_home", staging._Home())


def started():
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", HOLDING], text=True, **pipes)
    return process, Path(process.stdout.readline().strip())


def test_folders_are_private_and_go_with_their_content():
    with staging.private_folder() as folder:
        (folder / "a").write_bytes(b"x")
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_what_a_killed_process_left_is_deleted_and_what_a_living_one_has_stays(tmp_path):
    killed, abandoned = started()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    living, kept = started()
    assert not abandoned.exists()  # the next process has deleted it
    with staging.private_folder():
        assert kept.exists()
    living.communicate("\n")
    assert not kept.exists()
    assert len(list(tmp_path.iterdir())) == 1  # that of this process, which lives

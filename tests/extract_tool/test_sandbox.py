"""The sandbox: whatever examining a file does to its process, the parent goes on and says so."""

import sys
import time
from pathlib import Path

import hostile_examinations
import pytest

from extract_tool.sandbox import Limits, Request, Sandbox, SandboxError
from extract_tool.sandbox_child import limits_in_force
from synthmark.config import Config

linux = pytest.mark.skipif(sys.platform != "linux", reason="the limit exists on Linux")


def request(name: str = "a.png") -> Request:
    return Request(Path(name), Config(), (), "synthmark-extract")


def examine(function, **limits):
    with Sandbox(Limits(**limits), function) as sandbox:
        return sandbox.examine(request())


def test_a_crash_is_an_error_and_the_next_file_is_examined():
    with Sandbox(Limits(), hostile_examinations.crash) as sandbox:
        first = sandbox.examine(request("harmless.png"))
        with pytest.raises(SandboxError, match="ended abruptly"):
            sandbox.examine(request("hostile.png"))
        second = sandbox.examine(request("harmless.png"))
    assert first["pid"] != second["pid"]


def test_one_child_serves_many_files():
    with Sandbox(Limits(), hostile_examinations.count) as sandbox:
        assert len({sandbox.examine(request())["pid"] for _ in range(3)}) == 1


@pytest.mark.parametrize("function", [hostile_examinations.hang, hostile_examinations.burn])
def test_a_hang_ends_at_the_limit(function):
    begin = time.monotonic()
    with pytest.raises(SandboxError, match=r"took more than 2 seconds|ended abruptly"):
        examine(function, seconds=2)
    assert time.monotonic() - begin < 10


def test_an_end_without_answer_is_an_error():
    with pytest.raises(SandboxError, match="exit code 7"):
        examine(hostile_examinations.leave)


def test_what_is_no_json_is_an_error():
    with pytest.raises(SandboxError, match="ended abruptly"):
        examine(hostile_examinations.speak_nonsense)


@linux
def test_memory_ends_at_the_limit():
    assert 0 < examine(hostile_examinations.devour, memory=1 << 30)["mebibytes"] <= 1024


def test_python_has_no_network():
    assert "no network" in examine(hostile_examinations.phone_home)["refused"]


@linux
def test_the_process_has_no_network():
    """Where the kernel allows it, as on most systems, the process is in a network of its own."""
    seen = examine(hostile_examinations.interfaces)["interfaces"]
    assert seen == ["lo"] or seen == hostile_examinations.interfaces(None)["interfaces"]


def test_nothing_of_the_file_reaches_the_terminal(capfd):
    examine(hostile_examinations.shout)
    assert capfd.readouterr() == ("", "")


def test_a_large_file_is_not_even_opened(tmp_path):
    large = tmp_path / "large.png"
    large.write_bytes(bytes(2048))
    with Sandbox(Limits(file_bytes=1024)) as sandbox, pytest.raises(SandboxError, match="2048 bytes; at most 1024"):
        sandbox.examine(Request(large, Config(), (), "synthmark-extract"))


def test_progress_is_told():
    told = []
    with Sandbox(Limits(seconds=2), hostile_examinations.hang) as sandbox, pytest.raises(SandboxError):
        sandbox.examine(request(), told.append)
    assert len(told) >= 2
    assert told == sorted(told)


def test_limits_that_hold_are_named():
    assert set(limits_in_force()) <= {"time", "memory", "network"}
    assert ("memory" in limits_in_force()) == (sys.platform == "linux")

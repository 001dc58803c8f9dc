"""Streams, exit codes and errors of every command."""

import io
import json
import sys

import pytest

from synthmark import errors
from synthmark.console import (
    ExitCode,
    error_code,
    guarded,
    prepare_process,
    print_json,
    print_text,
    problem_line,
)


def fails_with(error: BaseException):
    def command() -> int:
        raise error

    return command


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("MediaError", 4),
        ("UnsupportedMediaError", 4),
        ("DamagedMediaError", 4),
        ("CapacityError", 4),
        ("CredentialError", 4),
        ("InputError", 2),
        ("AlreadyLabelledError", 2),
        ("ConfigError", 2),
        ("RegistryError", 5),
        ("LabelMissingError", 5),
        ("DependencyError", 5),
        ("SynthmarkError", 5),
    ],
)
def test_every_error_has_a_code(name, code):
    assert error_code(getattr(errors, name)("x")) == code


def test_the_table_of_codes_knows_every_error():
    assert set(errors.__all__) == {
        "MediaError",
        "UnsupportedMediaError",
        "DamagedMediaError",
        "CapacityError",
        "CredentialError",
        "InputError",
        "ConfigError",
        "RegistryError",
        "DependencyError",
        "SynthmarkError",
        "AlreadyLabelledError",
        "LabelMissingError",
    }


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (errors.ConfigError("no key"), 2, "prog: no key\n"),
        (ZeroDivisionError("by zero"), 5, "prog: internal error: ZeroDivisionError: by zero\n"),
        (KeyboardInterrupt(), 130, "prog: interrupted\n"),
    ],
)
def test_errors_become_one_line_and_a_code(capsys, error, code, line):
    assert guarded(fails_with(error), "prog") == code
    assert capsys.readouterr().err == line


def test_debug_shows_where_an_error_comes_from(capsys):
    guarded(fails_with(ZeroDivisionError("by zero")), "prog", debug=True)
    assert "Traceback" in capsys.readouterr().err


def test_a_command_that_ends_well_keeps_its_code():
    assert guarded(lambda: ExitCode.CONFLICT, "prog") == 3


def gbk_stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="gbk", errors="strict", newline="\n")


def test_text_outside_the_encoding_is_replaced(monkeypatch):
    stream = gbk_stream()
    monkeypatch.setattr(sys, "stdout", stream)
    prepare_process()
    print_text("生成 ✓")
    assert stream.buffer.getvalue() == "生成 ?\n".encode("gbk")


def test_json_is_ascii_on_one_line(capsys):
    print_json({"text": "生成\n\u2028"})
    out = capsys.readouterr().out
    assert out.isascii()
    assert out.count("\n") == 1
    assert json.loads(out) == {"text": "生成\n\u2028"}


def test_json_refuses_what_is_no_json():
    with pytest.raises(ValueError, match="Out of range float"):
        print_json({"x": float("nan")})


@pytest.mark.parametrize(
    ("error", "line"),
    [("is empty", "a.png: is empty"), ("a.png is empty (0 bytes).", "a.png is empty (0 bytes).")],
)
def test_problem_names_its_file_once(tmp_path, error, line):
    assert problem_line(type(tmp_path)("a.png"), error) == line

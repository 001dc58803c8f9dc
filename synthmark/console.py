"""What every command does with its streams: encodings that never fail, JSON lines, problems, exit codes."""

from __future__ import annotations

import enum
import json
import sys
from typing import TYPE_CHECKING, TextIO

from synthmark.errors import (
    CapacityError,
    ConfigError,
    CredentialError,
    InputError,
    MediaError,
    SynthmarkError,
)
from synthmark.text_layout import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "ExitCode",
    "error_code",
    "guarded",
    "prepare_process",
    "print_json",
    "print_problem",
    "print_text",
]


class ExitCode(enum.IntEnum):
    """The exit codes of every command; a batch returns the highest."""

    FOUND = 0
    NOT_FOUND = 1
    USAGE = 2
    CONFLICT = 3
    UNREADABLE = 4
    FAILURE = 5
    INTERRUPTED = 130  # 128 + SIGINT, as shells say it


def prepare_process() -> None:
    """Make streams and process ready for a command; call it first.

    stdout and stderr replace what their encoding lacks: a console in GBK must not end the program. A worker
    process of a frozen bundle starts here, too, and goes no further.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    if getattr(sys, "frozen", False):
        import multiprocessing  # noqa: PLC0415 - `--help` stays light

        multiprocessing.freeze_support()


def print_text(text: str) -> None:
    """Write a result for people to stdout."""
    _write(sys.stdout, text)


def print_json(content: Mapping[str, object]) -> None:
    """Write a result for programs to stdout: one line, ASCII whatever the encoding, no NaN."""
    _write(sys.stdout, json.dumps(content, ensure_ascii=True, allow_nan=False))


def problem_line(path: object, error: str) -> str:
    """Return an error with the file it concerns, which some errors name themselves."""
    return error if str(path) in error else f"{path}: {error}"


def print_problem(text: str) -> None:
    """Write one problem to stderr."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    """Write at once, so that a reader of a long batch sees each result; nothing in it acts on the terminal."""
    stream.write("\n".join(map(printable, text.split("\n"))) + "\n")
    stream.flush()


def error_code(error: BaseException) -> ExitCode:
    """Return the exit code of an error: what the file caused, what the user asked, or the tool itself."""
    if isinstance(error, MediaError | CapacityError | CredentialError):
        return ExitCode.UNREADABLE
    if isinstance(error, InputError | ConfigError):
        return ExitCode.USAGE
    return ExitCode.FAILURE


def guarded(command: Callable[[], int], name: str, *, debug: bool = False) -> int:
    """Run a command and turn whatever escapes into one line on stderr and an exit code.

    Parameters
    ----------
    command
        What to run; returns an exit code.
    name
        Name of the program, which begins the line.
    debug
        Whether to print the traceback of an error as well.
    """
    try:
        return command()
    except KeyboardInterrupt:
        print_problem(f"{name}: interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _leave_pipe()
        return ExitCode.FAILURE
    except SynthmarkError as error:
        _print_error(f"{name}: {error}", debug=debug)
        return error_code(error)
    except Exception as error:  # noqa: BLE001 - the last line of defence: an unforeseen error has a code, too
        _print_error(f"{name}: internal error: {type(error).__name__}: {error}", debug=debug)
        return ExitCode.FAILURE


def _print_error(line: str, *, debug: bool) -> None:
    if debug:
        import traceback  # noqa: PLC0415 - seldom needed

        traceback.print_exc()
    print_problem(line)


def _leave_pipe() -> None:
    """Point stdout to nowhere, so that the interpreter does not complain about the closed pipe at its end."""
    import os  # noqa: PLC0415

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""The progress bar: on a terminal, on stderr, and nowhere else."""

import io
import re
import sys
import time

import pytest

from synthmark.cli.progress import progress
from synthmark.console import print_problem, print_text


class Stream(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture
def stderr(monkeypatch):
    def become(*, terminal: bool) -> Stream:
        stream = Stream(terminal=terminal)
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("TERM", "xterm")
        return stream

    return become


def walk(total: int, **options: bool) -> None:
    with progress(total, "Labelling", **options) as advance:
        for _ in range(total):
            advance("labelled")


def test_bar_is_shown_on_a_terminal(stderr, capsys):
    stream = stderr(terminal=True)
    walk(3)
    assert "Labelling" in stream.getvalue()
    assert "3/3" in stream.getvalue()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("terminal", "total", "shown"), [(False, 3, True), (True, 1, True), (True, 3, False)])
def test_bar_is_not_shown(stderr, terminal, total, shown):
    stream = stderr(terminal=terminal)
    walk(total, shown=shown)
    assert stream.getvalue() == ""


def test_results_printed_meanwhile_stay_on_stdout(stderr, capsys):
    stream = stderr(terminal=True)
    with progress(2, "Labelling"):
        print_text("a result")
        print_problem("a problem")
    assert capsys.readouterr().out == "a result\n"
    assert "a problem" in stream.getvalue()


def has_colour(text: str) -> bool:
    return re.search(r"\x1b\[(?:\d+;)*(?:3[0-7]|38|9[0-7])[;m]", text) is not None


def test_no_color_is_respected(stderr, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = stderr(terminal=True)
    walk(3)
    assert has_colour(coloured.getvalue())
    monkeypatch.setenv("NO_COLOR", "1")
    plain = stderr(terminal=True)
    walk(3)
    assert not has_colour(plain.getvalue())


def test_bar_shows_rate_and_counts(stderr):
    stream = stderr(terminal=True)
    with progress(4, "Labelling") as advance:
        for outcome in ("labelled", "failed", "labelled"):
            advance(outcome)
        time.sleep(0.2)
    assert re.search(r"3/4.*/s.*1 failed, 2 labelled", stream.getvalue(), re.DOTALL)


def test_a_long_run_without_terminal_writes_a_line_from_time_to_time(stderr, monkeypatch):
    stream = stderr(terminal=False)
    seconds = iter(range(0, 1000, 10))
    monkeypatch.setattr("synthmark.cli.progress.time.monotonic", lambda: float(next(seconds)))
    with progress(400, "Labelling") as advance:
        for outcome in ("labelled", "failed", "labelled", "labelled"):
            advance(outcome)
    assert stream.getvalue() == (
        "Labelling: 2 of 400, 0.1/s, 1:06:20 left (1 failed, 1 labelled)\n"
        "Labelling: 4 of 400, 0.1/s, 1:06:00 left (1 failed, 3 labelled)\n"
    )

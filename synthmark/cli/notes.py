"""What a user should know of a file that was written, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.console import print_problem

if TYPE_CHECKING:
    from synthmark.report import LabelRecord

__all__ = ["print_notes"]


def print_notes(record: LabelRecord) -> None:
    """Print to stderr what changed besides the marks, and what contradicts what in the copy."""
    from synthmark.report_text import note_lines

    for line in note_lines(record):
        print_problem(line)

"""What a user should know of a file that was written, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.console import ExitCode, print_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthmark.report import LabelRecord, Message

__all__ = ["print_notes"]


def print_notes(record: LabelRecord) -> None:
    """Print to stderr what changed besides the marks, and what contradicts what in the copy."""
    from synthmark.catalogue import message

    for note in _notes(record):
        print_problem(f"{record.source}: {message(note.code, 'en', **note.params)}")


def _notes(record: LabelRecord) -> Iterator[Message]:
    from synthmark.report import Message

    yield from record.messages
    if record.exit_code == ExitCode.CONFLICT:
        yield Message("verdict.conflict")
        said = (note for layer in record.report.layers for note in layer.messages)
        yield from (note for note in said if note.code.startswith("conflict."))

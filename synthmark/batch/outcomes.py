"""What became of one file of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from synthmark.console import ExitCode, error_code
from synthmark.errors import SynthmarkError

if TYPE_CHECKING:
    from synthmark.report import LabelRecord
    from synthmark.selection import Job

__all__ = ["Outcome", "Status"]

Status: TypeAlias = Literal["labelled", "present", "skipped", "planned", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file.

    Attributes
    ----------
    job
        The file and its copy.
    status
        "labelled"; "present", when the copy was there; "skipped", when the file itself carries a label of this
        producer; "planned", in a dry run; or "failed".
    record
        What was written, when it was.
    error, kind
        Why it failed, in words, and the class of the error.
    code
        The exit code that the file gives rise to.
    """

    job: Job[Any]
    status: Status
    record: LabelRecord | None = None
    error: str = ""
    kind: str = ""
    code: int = ExitCode.FOUND

    @property
    def notes(self) -> list[str]:
        """What a user should know of the file, one line each."""
        from synthmark.report_text import note_lines  # noqa: PLC0415 - loads the catalogue

        return [] if self.record is None else note_lines(self.record)

    @classmethod
    def labelled(cls, job: Job[Any], record: LabelRecord) -> Outcome:
        """Return the outcome of a file that was labelled."""
        return cls(job, "labelled", record, code=record.exit_code)

    @classmethod
    def failed(cls, job: Job[Any], error: Exception) -> Outcome:
        """Return the outcome of a file at which an error was raised, an unforeseen one perhaps."""
        if isinstance(error, SynthmarkError):
            return cls(job, "failed", error=str(error), kind=type(error).__name__, code=error_code(error))
        return cls.lost(job, f"internal error: {type(error).__name__}: {error}")

    @classmethod
    def lost(cls, job: Job[Any], reason: str) -> Outcome:
        """Return the outcome of a file that no error of the media explains."""
        return cls(job, "failed", error=reason, kind="InternalError", code=ExitCode.FAILURE)

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as the object that `--json` prints."""
        from synthmark.report import LABEL_SCHEMA  # noqa: PLC0415 - needed for `--json` alone
        from synthmark.reporting import unchecked  # noqa: PLC0415 - as above

        if self.record is not None:
            return self.record.as_json()
        seen = self.job.target if self.status == "present" else self.job.source
        names = {"source": str(self.job.source), "target": str(self.job.target)}
        content = unchecked(seen, "synthmark") | {"schema": LABEL_SCHEMA, "exit_code": int(self.code)}
        content |= {"status": self.status, "record": names}
        return content | ({"error": {"kind": self.kind, "message": self.error}} if self.error else {})

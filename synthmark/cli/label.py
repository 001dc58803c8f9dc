"""`synthmark label`: write all layers into copies of the files below some paths."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from synthmark.cli import options as shared
from synthmark.cli.notes import print_notes
from synthmark.cli.progress import progress
from synthmark.console import ExitCode, error_code, print_json, print_problem, print_text, problem_line
from synthmark.errors import SynthmarkError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from synthmark.config import Config
    from synthmark.labelling import LabelRecord
    from synthmark.selection import Job, Selection

__all__ = ["add", "run"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: a record, or an error with its exit code; neither when its copy was there."""

    job: Job
    record: LabelRecord | None = None
    error: str = ""
    kind: str = ""
    code: int = ExitCode.FOUND

    def as_json(self) -> dict[str, object]:
        """Return the outcome as the object that `--json` prints."""
        from synthmark.report import LABEL_SCHEMA
        from synthmark.reporting import unchecked

        if self.record is not None:
            return self.record.as_json()
        names = {"source": str(self.job.source), "target": str(self.job.target)}
        head = {"schema": LABEL_SCHEMA, "exit_code": int(self.code), "record": names}
        if not self.error:
            return unchecked(self.job.target, "synthmark") | head | {"status": "present"}
        error = {"kind": self.kind, "message": self.error}
        return unchecked(self.job.source, "synthmark") | head | {"status": "failed", "error": error}


def add(commands: shared.Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser("label", help="write labelled copies of pictures and sound files into a folder")
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="files, and folders with files")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder of the copies")
    parser.add_argument("--jobs", type=shared.job_count, metavar="N", help="worker processes (default: one per core)")
    parser.add_argument("--overwrite", action="store_true", help="replace copies that exist")
    parser.add_argument(
        "--force", action="store_true", help="accept signed credentials, which break, and any label text"
    )
    parser.add_argument(
        "--relabel", action="store_true", help="accept labelled files and set the fields of the propagator"
    )
    shared.add_config_file(parser)
    shared.add_json(parser)
    shared.add_label_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Label the files, print one line per problem and a summary, return the highest exit code."""
    from synthmark.config import UNNAMED
    from synthmark.selection import select

    config = shared.settings_from(options).config
    _check(config, force=options.force)
    selection = select(options.paths, options.output, overwrite=options.overwrite)
    if config.metadata and config.producer == UNNAMED:
        print_problem(f'No producer is configured: files say "{UNNAMED}". See `synthmark init` and --producer.')
    codes = [_reported(outcome, as_json=options.json) for outcome in _outcomes(selection, config, options)]
    _summarise(codes, selection, options)
    return max(codes, default=ExitCode.NOT_FOUND)


def _check(config: Config, *, force: bool) -> None:
    """Refuse a wrong key file or text once, before the first file, and not at each."""
    from synthmark.visible.wording import require_wording

    config.key()
    if config.visible:
        require_wording(config.text, force=force)


def _outcomes(selection: Selection, config: Config, options: argparse.Namespace) -> Iterator[Outcome]:
    from synthmark.workers import available_cores, run_ordered

    yield from (
        Outcome(job, error=reason, kind="InputError", code=ExitCode.USAGE) for job, reason in selection.refused
    )
    yield from map(Outcome, selection.present)
    jobs = options.jobs or available_cores()
    label = functools.partial(_labelled, config=config, relabel=options.relabel, force=options.force)
    torn = options.json and sys.stdout.isatty()
    with progress(len(selection.jobs), "Labelling", shown=not torn) as advance:
        for outcome in run_ordered(label, selection.jobs, jobs, _crashed):
            advance()
            yield outcome


def _labelled(job: Job, config: Config, *, relabel: bool, force: bool) -> Outcome:
    """Label one file; runs in a worker, so every error becomes an outcome."""
    from synthmark.labelling import label_file

    try:
        record = label_file(job.source, job.target, config, relabel=relabel, force=force)
        return Outcome(job, record, code=record.exit_code)
    except SynthmarkError as error:
        return Outcome(job, error=str(error), kind=type(error).__name__, code=error_code(error))
    except Exception as error:  # noqa: BLE001 - a defect met in one file must not stop the others
        text = f"internal error: {type(error).__name__}: {error}"
        return Outcome(job, error=text, kind="InternalError", code=ExitCode.FAILURE)


def _crashed(job: Job) -> Outcome:
    text = "the worker process ended abruptly: too little memory, or a defect in a codec"
    return Outcome(job, error=text, kind="InternalError", code=ExitCode.FAILURE)


def _reported(outcome: Outcome, *, as_json: bool) -> int:
    if as_json:
        print_json(outcome.as_json())
    if outcome.record is not None:
        print_notes(outcome.record)
    if outcome.error:
        print_problem(problem_line(outcome.job.source, outcome.error))
    return outcome.code


def _summarise(codes: list[int], selection: Selection, options: argparse.Namespace) -> None:
    """Print how many files were labelled; to stderr where stdout is for programs."""
    present, others = len(selection.present), selection.passed_over
    labelled = sum(code in {ExitCode.FOUND, ExitCode.CONFLICT} for code in codes) - present
    line = f"Labelled {labelled} of {len(codes)} files into {options.output}"
    line += f"; {present} already there (--overwrite replaces them)" if present else ""
    line += f"; {others} other files passed over." if others else "."
    (print_problem if options.json else print_text)(line)

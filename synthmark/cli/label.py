"""`synthmark label`: write all layers into copies of the files below some paths."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthmark.cli import options as shared
from synthmark.cli.progress import progress
from synthmark.console import ExitCode, print_json, print_problem, print_text, problem_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from synthmark.batch import Batch, Order, Outcome, RowBatch, RowOutcome
    from synthmark.config import Config
    from synthmark.remote import Place

__all__ = ["add", "run"]

_SETTLE = 2.0


def add(commands: shared.Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser("label", help="write labelled copies of pictures, sound and video into a folder")
    parser.add_argument(
        "paths", type=shared.place, nargs="+", metavar="PATH", help="files, folders, and URLs of such"
    )
    parser.add_argument(
        "-o", "--output", type=shared.place, required=True, metavar="DIR", help="folder or URL of the copies"
    )
    parser.add_argument("--jobs", type=shared.job_count, metavar="N", help="worker processes (default: one per core)")
    parser.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="who does the work: processes of this machine, or a Ray cluster (default: %(default)s)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace copies that exist")
    parser.add_argument(
        "--force", action="store_true", help="accept signed credentials, which break, and any label text"
    )
    parser.add_argument(
        "--relabel", action="store_true", help="accept labelled files and set the fields of the propagator"
    )
    _add_batch_options(parser)
    shared.add_config_file(parser)
    shared.add_json(parser)
    shared.add_label_options(parser)
    shared.add_registry_options(parser.add_argument_group("records (each overrides the configuration)"))
    parser.set_defaults(run=run)


def _add_batch_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which files, and when")
    for name, what in (("include", "only files that fit"), ("exclude", "no files and folders that fit")):
        group.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar="PATTERN",
            help=f"{what}, such as '*.png' or 'drafts/**' (may be repeated)",
        )
    group.add_argument("--dry-run", action="store_true", help="say what would be done, and write nothing")
    group.add_argument(
        "--watch", action="store_true", help="go on, and label files as they are written, until Ctrl-C"
    )
    group.add_argument(
        "--settle",
        type=shared.seconds,
        default=_SETTLE,
        metavar="SECONDS",
        help="with --watch: a file is complete when it has not changed for so long (default: %(default)g)",
    )
    group.add_argument(
        "--time-limit",
        type=shared.seconds,
        metavar="SECONDS",
        help="give a file up that takes longer (default: never)",
    )


def run(options: argparse.Namespace) -> int:
    """Label the files, print one line per problem and a summary, return the highest exit code."""
    from synthmark.config import UNNAMED

    config = shared.settings_from(options).config
    _check(config, force=options.force)
    if config.metadata and config.producer == UNNAMED:
        print_problem(f'No producer is configured: files say "{UNNAMED}". See `synthmark init` and --producer.')
    if not _is_local(options):
        return _run_by_rows(options, config)
    return _run_with_journal(options, config)


def _is_local(options: argparse.Namespace) -> bool:
    """Return whether this machine alone reads and writes, so that a journal beside the copies says what is done."""
    return options.engine == "local" and all(isinstance(path, Path) for path in (*options.paths, options.output))


def _run_with_journal(options: argparse.Namespace, config: Config) -> int:
    from synthmark.batch import Batch
    from synthmark.workers import available_cores

    order: Order[Path] = _order(options, config, options.jobs or available_cores())
    with _ended_by_signal(), Batch(order, dry_run=options.dry_run) as batch:
        if options.watch and not options.dry_run:
            return _watched(batch, options)
        return _run_once(batch, options)


def _run_by_rows(options: argparse.Namespace, config: Config) -> int:
    """Label what URLs name, or on a cluster."""
    from synthmark.batch import RowBatch
    from synthmark.errors import InputError
    from synthmark.workers import available_cores

    if options.watch:
        raise InputError("--watch looks at folders of this machine; run the command again from time to time instead.")
    ray = options.engine == "ray"
    order: Order[Place] = _order(options, config, options.jobs or (None if ray else available_cores()))
    with _ended_by_signal(), RowBatch(order, engine=options.engine, dry_run=options.dry_run) as batch:
        return _run_once(batch, options)


@contextlib.contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Take SIGTERM for Ctrl-C, so that workers and temporary files are gone afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _check(config: Config, *, force: bool) -> None:
    """Refuse a wrong key file or text once, before the first file, and not at each."""
    from synthmark.visible.wording import require_wording

    config.key()
    if config.visible:
        require_wording(config.text, force=force)
    if config.visible and config.audible_text is not None:
        from synthmark.files.sound_label import check_audible

        check_audible(config)


def _order(options: argparse.Namespace, config: Config, jobs: int | None) -> Order[Any]:
    from synthmark.batch import Order
    from synthmark.patterns import Patterns

    return Order(
        paths=tuple(options.paths),
        output=options.output,
        config=config,
        patterns=Patterns(tuple(options.include), tuple(options.exclude)),
        jobs=jobs,
        overwrite=options.overwrite,
        relabel=options.relabel,
        force=options.force,
        time_limit=options.time_limit,
    )


def _run_once(batch: Batch | RowBatch, options: argparse.Namespace) -> int:
    tally = _Tally(options)
    selection: Any = batch.selection()  # of files alone, or of URLs, too: each goes with its batch
    with selection:
        shown = not (options.dry_run or (options.json and sys.stdout.isatty()))
        with progress(selection.total, "Labelling", shown=shown) as advance:
            for outcome in batch.outcomes(selection, lambda outcome: advance(outcome.status)):
                tally.add(outcome)
        tally.summarise(selection.passed_over)
    return tally.code if tally.total else ExitCode.NOT_FOUND


def _watched(batch: Batch, options: argparse.Namespace) -> int:
    """Label until the user has enough, which is no failure."""
    from synthmark.batch.watching import Watch

    tally, watch = _Tally(options), Watch(batch, options.settle)
    print_problem("Watching; Ctrl-C ends it.")
    try:
        for outcome in watch.outcomes():
            tally.add(outcome)
    except KeyboardInterrupt:
        for outcome in watch.failures():
            tally.add(outcome)
    tally.summarise(0)
    return tally.code


class _Tally:
    """Prints outcomes and counts them."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._counts: Counter[str] = Counter()
        self.code = int(ExitCode.FOUND)

    @property
    def total(self) -> int:
        """How many files there were."""
        return sum(self._counts.values())

    def add(self, outcome: Outcome | RowOutcome) -> None:
        """Print what became of one file."""
        self._counts[outcome.status] += 1
        self.code = max(self.code, outcome.code)
        if self._options.json:
            print_json(outcome.as_json())
        elif outcome.status == "planned":
            print_text(f"{outcome.job.source} -> {outcome.job.target}")
        for note in outcome.notes:
            print_problem(note)
        if outcome.error:
            print_problem(problem_line(outcome.job.source, outcome.error))

    def summarise(self, passed_over: int) -> None:
        """Print how many files were labelled; to stderr where stdout is for programs."""
        done = "planned" if self._options.dry_run else "labelled"
        verb = "Would label" if self._options.dry_run else "Labelled"
        parts = [f"{verb} {self._counts[done]} of {self.total} files into {self._options.output}"]
        if self._counts["present"]:
            parts.append(f"{self._counts['present']} already there (--overwrite replaces them)")
        if self._counts["skipped"]:
            parts.append(f"{self._counts['skipped']} labelled before (--relabel accepts them)")
        if passed_over:
            parts.append(f"{passed_over} other files passed over")
        (print_problem if self._options.json else print_text)("; ".join(parts) + ".")

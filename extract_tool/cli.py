"""The command `synthmark-extract`: reads the labels and marks of files, offline, and says what they hold."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from synthmark._version import __version__
from synthmark.console import ExitCode, guarded, prepare_process

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["build_parser", "main"]

NAME = "synthmark-extract"
KEY_HELP = "look for marks of this key, beside those of the key ring and the published one (may be repeated)"
EXIT_CODES = (
    "Exit codes: 0 mark found, 1 nothing found, 2 wrong usage, 3 found but invalid or "
    "contradictory, 4 unreadable or unsupported file, 5 the tool itself failed. "
    "Several files: the highest."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    prepare_process()
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = build_parser().parse_args(given)
    code = guarded(lambda: _run(options), NAME, debug=options.debug)
    return ExitCode.FOUND if options.exit_zero and code != ExitCode.USAGE else code


def build_parser() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = argparse.ArgumentParser(
        prog=NAME,
        description="Read the labels and watermarks of AI-generated pictures, sound and video. "
        "The files are only read, and no network is used.",
        epilog=EXIT_CODES,
    )
    add = parser.add_argument
    add("paths", type=Path, nargs="+", metavar="PATH", help="files, and folders with files")
    add("--json", action="store_true", help="print one JSON object per file, one per line")
    add("--lang", choices=("auto", "en", "zh", "both"), help="language of the report (default: the locale's)")
    add("--key-file", type=Path, action="append", default=[], metavar="FILE", help=KEY_HELP)
    add(
        "--jobs", type=_job_count, default=1, metavar="N", help="files that are checked at the same time (default: 1)"
    )
    add("--timeout", type=_seconds, default=600.0, metavar="SECONDS", help="time for one file (default: 600)")
    add("--memory", type=_gibibytes, default=8 << 30, metavar="GIB", help="memory for one file (default: 8; Linux)")
    add("--exit-zero", action="store_true", help="return 0 whatever was found")
    add("--debug", action="store_true", help="print the traceback of an error")
    add("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _job_count(text: str) -> int:
    jobs = int(text)
    if jobs < 1:
        raise argparse.ArgumentTypeError("at least 1 is needed")
    return jobs


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 1e6:
        raise argparse.ArgumentTypeError("more than 0 and less than a million seconds are needed")
    return seconds


def _gibibytes(text: str) -> int:
    gibibytes = float(text)
    if not 0.5 <= gibibytes < 1e6:
        raise argparse.ArgumentTypeError("at least 0.5 GiB are needed")
    return int(gibibytes * (1 << 30))


def _run(options: argparse.Namespace) -> int:
    from extract_tool.verdicts import print_verdicts

    return print_verdicts(options)

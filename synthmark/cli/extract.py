"""`synthmark extract`: read all layers back and say what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.cli import options as shared

if TYPE_CHECKING:
    import argparse

__all__ = ["add", "run"]


def add(commands: shared.Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser("extract", help="read the labels and marks of files")
    parser.add_argument(
        "paths", type=shared.place, nargs="+", metavar="FILE", help="files, folders, and URLs of such"
    )
    parser.add_argument("--jobs", type=shared.job_count, default=1, metavar="N", help="worker processes (default: 1)")
    parser.add_argument(
        "--lang", dest="language", choices=("auto", "en", "zh", "both"), help="language of the report"
    )
    shared.add_config_file(parser)
    shared.add_json(parser)
    shared.add_key_files(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print a report on each file and return the highest exit code."""
    from synthmark.reporting import report_files

    config = shared.settings_from(options).config
    return report_files(
        options.paths,
        config,
        key_files=options.key_files,
        tool="synthmark",
        as_json=options.json,
        jobs=options.jobs,
    )

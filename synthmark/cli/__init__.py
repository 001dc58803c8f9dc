"""The command `synthmark`. In each command's module `add` describes it and `run` does it, with late imports.

The parser is argparse: with it `synthmark --help` costs little more than starting the interpreter.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from synthmark._version import __version__
from synthmark.cli import config, embed, extract, filing, init, label, registry
from synthmark.console import guarded, prepare_process

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["build_parser", "main"]

_COMMANDS = (init, label, embed, extract, registry, filing, config)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    prepare_process()
    options = build_parser().parse_args(arguments)
    return guarded(lambda: int(options.run(options)), "synthmark", debug=options.debug)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="synthmark",
        description="Label AI-generated pictures, sound and video: visible or audible label, metadata, watermark.",
        epilog="Exit codes: 0 done or found, 1 nothing found, 2 wrong usage, 3 found but contradictory, "
        "4 unreadable or unsupported file, 5 the tool itself failed.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument("--debug", action="store_true", help="print the traceback of an error")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add(commands)
    return parser

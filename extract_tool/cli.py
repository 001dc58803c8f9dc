"""The command `synthmark-extract`: reads the labels and marks of files, offline, and says what they hold."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from synthmark._version import __version__
from synthmark.console import ExitCode, guarded, prepare_process

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["build_parser", "main"]

NAME = "synthmark-extract"
KEY_HELP = "look for marks of this key, beside those of the key ring and the published one (may be repeated)"
EPILOG = (
    "Further commands: serve, check-report, keys, signing-key; each has its own --help. A file with such a name is "
    "given as ./serve. Exit codes: 0 mark found, 1 nothing found, 2 wrong usage, 3 found but invalid or "
    "contradictory, 4 unreadable or unsupported file, 5 the tool itself failed. Several files: the highest."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    prepare_process()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in _COMMANDS:
        return _COMMANDS[given[0]](given[1:])
    options = build_parser().parse_args(given)
    code = guarded(lambda: _check(options), NAME, debug=options.debug)
    return ExitCode.FOUND if options.exit_zero and code != ExitCode.USAGE else code


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command without a name, which checks files."""
    parser = argparse.ArgumentParser(
        prog=NAME,
        description="Read the labels and watermarks of AI-generated pictures, sound and video. "
        "The files are only read, and no network is used.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add("paths", type=Path, nargs="+", metavar="PATH", help="files, and folders with files")
    add("--json", action="store_true", help="print one JSON object per file, one per line")
    add("--report", type=Path, metavar="DIR", help="write HTML, PDF and JSON reports into this folder")
    add("--sign", type=Path, metavar="KEY", help="sign the reports with this Ed25519 private key (PEM)")
    add("--registry", metavar="PATH", help="look the content id up in this registry (file or URL)")
    add("--trust-list", type=Path, metavar="FILE", help="certificates (PEM) that vouch for signers of credentials")
    _add_checking(parser)
    add(
        "--jobs", type=_job_count, default=1, metavar="N", help="files that are checked at the same time (default: 1)"
    )
    add("--exit-zero", action="store_true", help="return 0 whatever was found")
    add("--debug", action="store_true", help="print the traceback of an error")
    add("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _add_checking(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a file is checked, wherever it comes from."""
    add = parser.add_argument
    add("--lang", choices=("auto", "en", "zh", "both"), help="language of the report (default: the locale's)")
    add("--key-file", type=Path, action="append", default=[], metavar="FILE", help=KEY_HELP)
    add("--timeout", type=_seconds, default=600.0, metavar="SECONDS", help="time for one file (default: 600)")
    add("--memory", type=_gibibytes, default=8 << 30, metavar="GIB", help="memory for one file (default: 8; Linux)")


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


def _check(options: argparse.Namespace) -> int:
    from extract_tool.verdicts import print_verdicts

    if options.sign is not None and options.report is None:
        build_parser().error("--sign needs --report: what is signed is a folder of reports")
    return print_verdicts(options)


def _serve(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog=f"{NAME} serve", description="Check files on a page of this computer alone."
    )
    parser.add_argument("--port", type=int, default=0, metavar="N", help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--most", type=int, default=512, metavar="MB", help="size of one file (default: 512)")
    _add_checking(parser)
    options = parser.parse_args(arguments)
    from extract_tool.serving import serve

    return guarded(lambda: serve(options), NAME)


def _check_report(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog=f"{NAME} check-report",
        description="Check sums and signature of a folder of reports. Exit codes: 0 intact, 3 changed, 4 unreadable.",
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="the folder, or a file in it")
    parser.add_argument(
        "--public-key", metavar="HEX", help="of the signer who is expected; then a signature must be there"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    from extract_tool.key_commands import check_report

    return guarded(lambda: check_report(options), NAME)


def _keys(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog=f"{NAME} keys", description="The keys that every check looks for.")
    commands = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")
    commands.add_parser("list", help="list the keys")
    add = commands.add_parser("add", help="keep a key file in the key ring")
    add.add_argument("file", type=Path, metavar="FILE", help="key file: TOML, or hex digits alone")
    add.add_argument("--name", help="what to call the key")
    add.add_argument("--provider", help="whose marks it reads: a name, or a provider code")
    remove = commands.add_parser("remove", help="take a key from the key ring")
    remove.add_argument("key", metavar="KEY", help="name or id of the key")
    options = parser.parse_args(arguments)
    from extract_tool.key_commands import run_keys

    return guarded(lambda: run_keys(options), NAME)


def _signing_key(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog=f"{NAME} signing-key", description="Make an Ed25519 key for signing reports; print its public part."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the private key to write; it must not exist")
    options = parser.parse_args(arguments)
    from extract_tool.key_commands import make_signing_key

    return guarded(lambda: make_signing_key(options), NAME)


_COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "serve": _serve,
    "check-report": _check_report,
    "keys": _keys,
    "signing-key": _signing_key,
}

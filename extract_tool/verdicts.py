"""Checks the files of a command line, prints a verdict on each and writes the reports that are asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from extract_tool.checking import NAME, Checked, Checker, check_files
from extract_tool.details_text import details_text
from extract_tool.facts import error_sentences
from extract_tool.key_ring import KeyRing
from extract_tool.sandbox import Limits
from synthmark.catalogue import languages, message
from synthmark.config import load_settings
from synthmark.console import ExitCode, print_json, print_problem, print_text, problem_line
from synthmark.errors import ConfigError
from synthmark.key_files import load_key_file
from synthmark.report_text import headed, report_text
from synthmark.selection import files_below
from synthmark.text_layout import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from extract_tool.report_folder import ReportFolder

__all__ = ["checker_of", "print_verdicts"]

_ERASE_REST = "\x1b[K"  # of the line; written to terminals only


def print_verdicts(options: argparse.Namespace) -> int:
    """Check the files that the options name, print a report on each and return the highest exit code.

    Raises
    ------
    ConfigError
        When a key file is wrong.
    InputError
        When the folder for the reports cannot be used.
    """
    checker = checker_of(options)
    spoken = languages(checker.config.language)
    folder = _report_folder(options, spoken)
    paths = list(files_below(options.paths))
    progress = _Progress(spoken[0])
    codes: list[int] = []
    for checked in check_files(checker, paths, options.jobs, progress):
        progress.clear()
        _print(checked, spoken, as_json=options.json, first=not codes)
        codes.append(checked.code)
        if folder is not None:
            folder.add(checked)
    if folder is not None:
        folder.finish()
    if not codes:
        print_problem(f"{NAME}: there is no picture, sound or video below the given paths")
    return max(codes, default=ExitCode.NOT_FOUND)


def checker_of(options: argparse.Namespace) -> Checker:
    """Return how the options ask for files to be checked, with the keys of the key ring.

    Raises
    ------
    ConfigError
        When a key file or the trust list is wrong.
    """
    config = load_settings(flags={"language": options.lang}).config
    config.key()  # a wrong key file ends the run before the first file, not at each
    given = [load_key_file(file) for file in options.key_file]
    return Checker(
        config,
        (*given, *KeyRing().files()),
        Limits(options.timeout, options.memory),
        pictures=getattr(options, "report", None) is not None,
        registry=getattr(options, "registry", None),
        trust_list=_trust_list(getattr(options, "trust_list", None)),
    )


def _trust_list(path: Path | None) -> str | None:
    try:
        return None if path is None else path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The trust list {path} cannot be read: {error}.") from error


def _report_folder(options: argparse.Namespace, spoken: Sequence[str]) -> ReportFolder | None:
    if options.report is None:
        return None
    from extract_tool.report_folder import ReportFolder
    from extract_tool.signing import load_signing_key

    return ReportFolder(options.report, spoken, None if options.sign is None else load_signing_key(options.sign))


def _print(checked: Checked, spoken: Sequence[str], *, as_json: bool, first: bool) -> None:
    if as_json:
        print_json(checked.report)
    else:
        texts = [_text(checked, language) for language in spoken]
        print_text("\n\n".join([("" if first else "\n") + str(checked.path), *texts]))
    if checked.error:
        print_problem(problem_line(checked.path, checked.error))


def _text(checked: Checked, language: str) -> str:
    """Return a report, or for a file that could not be checked why not."""
    if checked.error:
        return "\n".join(headed("result", error_sentences(checked.report, language), language))
    return report_text(checked.report, language) + details_text(checked.report, language)


class _Progress:
    """Says on a terminal which file takes more than a second, on one line that is written over."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._shown = False

    def __call__(self, path: Path, seconds: float) -> None:
        """Show how long a file has taken."""
        if seconds >= 1 and sys.stderr.isatty():
            said = message("progress.checking", self._language, name=path.name, seconds=round(seconds))
            sys.stderr.write("\r" + printable(said)[:76] + _ERASE_REST)
            sys.stderr.flush()
            self._shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r" + _ERASE_REST)
            self._shown = False

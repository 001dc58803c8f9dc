"""Verify files and print a report on each: what `synthmark extract` and `synthmark-extract` share."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthmark._version import __version__
from synthmark.catalogue import languages
from synthmark.console import ExitCode, error_code, print_json, print_problem, print_text, problem_line
from synthmark.errors import SynthmarkError
from synthmark.keys import load_key
from synthmark.report_text import report_text
from synthmark.selection import files_below
from synthmark.workers import run_ordered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthmark.config import Config
    from synthmark.remote import Place

__all__ = ["Examined", "report_files", "unchecked"]


@dataclass(frozen=True, slots=True)
class Examined:
    """What one file gave: the object that `--json` prints, the exit code, and the error if there was one."""

    path: Place
    content: Mapping[str, Any]
    code: int
    error: str = ""


def report_files(  # noqa: PLR0913 - options by keyword
    paths: Sequence[Place],
    config: Config,
    *,
    key_files: Sequence[Path] = (),
    tool: str,
    as_json: bool = False,
    jobs: int = 1,
) -> int:
    """Print a report on each file and return the highest exit code.

    Parameters
    ----------
    paths
        Files, and folders with files, and URLs of such.
    config
        A key to look for beside the published one, and the language of the reports.
    key_files
        Further keys to look for, before these two.
    tool
        Name of the program, which the report states.
    as_json
        Whether to print one JSON object per file instead of text.
    jobs
        How many worker processes.

    Raises
    ------
    ConfigError
        When a key file is wrong.
    """
    keys = tuple(load_key(file) for file in key_files)
    config.key()  # a wrong key file ends the run before the first file, not at each
    verify = functools.partial(_verified, config=config, keys=keys, tool=tool)
    lost = functools.partial(_lost, tool=tool)
    codes: list[int] = []
    for examined in run_ordered(verify, files_below(paths), jobs, lost):
        _print(examined, languages(config.language), as_json=as_json, first=not codes)
        codes.append(examined.code)
    if not codes:
        print_problem(f"{tool}: there is no picture or sound below the given paths")
    return max(codes, default=ExitCode.NOT_FOUND)


def _verified(path: Place, config: Config, keys: Sequence[bytes], tool: str) -> Examined:
    """Verify one file; runs in a worker, so every error becomes a result."""
    from synthmark.verification import verify_file  # noqa: PLC0415 - heavy, and needed in the worker only

    try:
        report = verify_file(str(path), config, keys=keys, tool=tool)
    except SynthmarkError as error:
        return _failed(path, type(error).__name__, str(error), error_code(error), tool)
    except Exception as error:  # noqa: BLE001 - a defect met in one file must not stop the others
        message = f"internal error: {type(error).__name__}: {error}"
        return _failed(path, "InternalError", message, ExitCode.FAILURE, tool)
    return Examined(path, report.as_json(), report.exit_code)


def _lost(path: Place, reason: str, tool: str) -> Examined:
    return _failed(path, "InternalError", reason, ExitCode.FAILURE, tool)


def _failed(path: Place, kind: str, error: str, code: int, tool: str) -> Examined:
    """Return the result for a file that could not be verified."""
    content = unchecked(path, tool) | {"exit_code": int(code), "error": {"kind": kind, "message": error}}
    return Examined(path, content, code, error)


def unchecked(path: Place, tool: str) -> dict[str, Any]:
    """Return the report, as `--json` prints it, on a file of which no layer was checked."""
    from synthmark.report import LAYERS, FileFacts, LayerReport, Report, ToolFacts  # noqa: PLC0415 - as above

    report = Report(
        verdict="not_checked",
        file=FileFacts(path.name, *_size_and_digest(path), ""),
        layers=tuple(LayerReport(layer=name, outcome="not_checked") for name in LAYERS),
        agreement={},
        tool=ToolFacts(tool, __version__, ()),
        checked_at=dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    content = report.as_json()
    return content | {"file": {name: value or None for name, value in content["file"].items()}}


def _size_and_digest(path: Place) -> tuple[int, str]:
    """Return bytes and SHA-256 of a file, or nothing where even these cannot be had without downloading it."""
    from synthmark.files.reading import digest_of_file  # noqa: PLC0415 - as above

    if not isinstance(path, Path):
        return 0, ""
    try:
        return digest_of_file(path)
    except SynthmarkError:
        return 0, ""


def _print(examined: Examined, spoken: Sequence[str], *, as_json: bool, first: bool) -> None:
    if as_json:
        print_json(examined.content)
    elif not examined.error:
        texts = [report_text(examined.content, language) for language in spoken]
        print_text("\n\n".join([("" if first else "\n") + str(examined.path), *texts]))
    if examined.error:
        print_problem(problem_line(examined.path, examined.error))

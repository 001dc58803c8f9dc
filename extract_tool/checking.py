"""Checks files one after another, each in a sandbox, and hands on what was found in the order of the files."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from extract_tool.key_ring import key_claims
from extract_tool.sandbox import Limits, Request, Sandbox, SandboxError
from synthmark.console import ExitCode
from synthmark.reporting import unchecked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from synthmark.config import Config
    from synthmark.key_files import KeyFile

__all__ = ["NAME", "Checked", "Checker", "check_files"]

NAME = "synthmark-extract"


@dataclass(frozen=True, slots=True)
class Checked:
    """What one file gave.

    Attributes
    ----------
    path
        The file.
    report
        The object that `--json` prints.
    pictures
        Evidence pictures as base64 of PNG or JPEG data, by name.
    """

    path: Path
    report: Mapping[str, Any]
    pictures: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> int:
        """The exit code that the report states."""
        return int(self.report["exit_code"])

    @property
    def error(self) -> str:
        """Why the file could not be checked, or nothing."""
        return str(self.report.get("error", {}).get("message", ""))


@dataclass(frozen=True, slots=True)
class Checker:
    """How files are checked.

    Attributes
    ----------
    config
        Whose key to look for.
    keys
        Further keys to look for; the report names them.
    limits
        What one file may ask for.
    pictures
        Whether to draw the evidence pictures, too.
    registry
        Where the registry is, or None.
    trust_list
        Certificates in PEM that vouch for the signers of credentials, or None.
    """

    config: Config
    keys: tuple[KeyFile, ...] = ()
    limits: Limits = field(default_factory=Limits)
    pictures: bool = False
    registry: str | None = None
    trust_list: str | None = None

    def check(self, path: Path, sandbox: Sandbox, progress: Callable[[float], None] | None = None) -> Checked:
        """Return what a file holds; every failure becomes a report that says so."""
        keys = tuple(item.key for item in self.keys)
        request = Request(path, self.config, keys, NAME, self.pictures, self.registry, self.trust_list)
        try:
            answer = sandbox.examine(request, progress)
        except SandboxError as error:
            failure = {"kind": "SandboxError", "message": str(error)}
            return Checked(path, _failed(path, failure, ExitCode.FAILURE))
        if "error" in answer:
            return Checked(path, _failed(path, answer["error"], answer["exit_code"]))
        return Checked(path, self._with_key_names(answer["report"]), answer["pictures"])

    def _with_key_names(self, report: dict[str, Any]) -> dict[str, Any]:
        """Say of which key the mark is, where the key ring knows."""
        mark = next(layer for layer in report["layers"] if layer["layer"] == "watermark")
        named = key_claims(self.keys, mark["claims"].get("key_id", ""), dt.datetime.now(dt.UTC).date())
        mark["claims"] |= {name: value for name, value in named.items() if name != "key_valid"}
        if named.get("key_valid") is False:
            mark["messages"].append({"code": "watermark.key_expired", "params": {}})
        return report


def check_files(
    checker: Checker,
    paths: Sequence[Path],
    jobs: int = 1,
    progress: Callable[[Path, float], None] | None = None,
) -> Iterator[Checked]:
    """Yield what each file holds, in order.

    Parameters
    ----------
    checker
        How to check.
    paths
        The files.
    jobs
        How many sandboxes work at the same time.
    progress
        Called now and then with a file that is being checked, and the seconds that it has taken.
    """
    own = threading.local()
    opened: list[Sandbox] = []

    def check(path: Path) -> Checked:
        if not hasattr(own, "sandbox"):
            own.sandbox = Sandbox(checker.limits)
            opened.append(own.sandbox)
        report_progress = None if progress is None else lambda seconds: progress(path, seconds)
        return checker.check(path, own.sandbox, report_progress)

    pool = ThreadPoolExecutor(max(1, min(jobs, len(paths))))
    try:
        yield from pool.map(check, paths)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for sandbox in opened:
            sandbox.interrupt()
        pool.shutdown()
        for sandbox in opened:
            sandbox.close()


def _failed(path: Path, error: Mapping[str, str], code: int) -> dict[str, Any]:
    """Return the report on a file that could not be checked."""
    return unchecked(path, NAME) | {"exit_code": int(code), "error": dict(error)}

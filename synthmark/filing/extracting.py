"""The extract tool, run as its users run it: a process of its own, offline, with nothing of this user's settings."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthmark.errors import DependencyError
from synthmark.filing.facts import Mark, Tool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthmark.config import Config

__all__ = ["TIMELESS", "ExtractTool", "mark_of", "program_files"]

TIMELESS = ("checked_at", "seconds")
"""What differs from run to run, and is left out of the kept results."""
_CHECKED = re.compile(r"^(检查|Checked)( +)\d{4}-\d\d-\d\d [\d:]+ UTC.*(?:\n {5,}\S.*)?", re.MULTILINE)
_PROGRAM = (".py", ".toml", ".ttf", ".otf", ".json", ".js", ".css", ".html", ".wav", ".flac", ".npz", ".npy", ".xml")


@dataclass(frozen=True, slots=True)
class ExtractTool:
    """Runs the tool in the folder of the pack.

    Attributes
    ----------
    pack
        The folder of the pack; paths are those within it.
    config
        Whose key to look for.
    language
        Of its reports.
    """

    pack: Path
    config: Config
    language: str

    def reports(self, paths: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return what the tool prints with `--json`, by SHA-256 of the file, without times."""
        printed = self._run(*paths, "--json", *self._key())
        found = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
        return {str(report["file"]["sha256"]): _timeless(report) for report in found}

    def console(self, path: str, left_out: str) -> str:
        """Return what the tool prints for people, with a sentence in place of the line of times."""
        printed = self._run(path, "--lang", self.language, *self._key())
        return _CHECKED.sub(lambda match: f"{match[1]}{match[2]}{left_out}", printed).rstrip()

    def report_page(self, path: str, folder: Path) -> Path:
        """Let the tool write its reports on a file into a folder, and return the HTML report."""
        self._run(path, "--lang", self.language, "--report", str(folder), *self._key())
        return folder / f"{Path(path).name}.html"

    def help(self) -> str:
        """Return the help of both commands."""
        return "\n\n".join(
            f"$ {name} --help\n{self._module(module, '--help').rstrip()}"
            for name, module in (("synthmark", "synthmark"), ("synthmark-extract", "extract_tool"))
        )

    def serving(self) -> subprocess.Popen[str]:
        """Start the local page; its address is the first line that the process prints."""
        command = [sys.executable, "-P", "-m", "extract_tool", "serve", "--lang", self.language]
        return subprocess.Popen(command, cwd=self.pack, env=_environment(), stdout=subprocess.PIPE, text=True)  # noqa: S603

    def _key(self) -> tuple[str, ...]:
        file = self.config.key_file
        return () if file is None else ("--key-file", str(file.absolute()))

    def _run(self, *arguments: str) -> str:
        return self._module("extract_tool", *arguments)

    def _module(self, module: str, *arguments: str) -> str:
        with tempfile.TemporaryDirectory() as ring:
            done = subprocess.run(  # noqa: S603 - this interpreter, and paths of the pack
                [sys.executable, "-P", "-m", module, *arguments],
                cwd=self.pack,
                env=_environment() | {"EXTRACT_KEY_RING": ring},
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
        if not done.stdout:
            raise DependencyError(f"The extract tool does not run here: {done.stderr.strip()[-500:]}")
        return done.stdout

    def described(self, handed_in: Path | None) -> Tool:
        """Return what identifies the tool, and write the list of its program files into the pack."""
        lines = "".join(f"{digest}  {name}\n" for name, digest in program_files().items()).encode()
        (self.pack / "tool-files.sha256").write_bytes(lines)
        return Tool(
            version=self._run("--version").strip(),
            files=lines.count(b"\n"),
            digest=hashlib.sha256(lines).hexdigest(),
            name=None if handed_in is None else handed_in.name,
            sha256=None if handed_in is None else hashlib.sha256(handed_in.read_bytes()).hexdigest(),
            commands=self.help(),
        )


def _environment() -> dict[str, str]:
    """Return the environment without settings of synthmark, in UTF-8, 80 columns wide."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("SYNTHMARK_")}
    return kept | {"PYTHONUTF8": "1", "COLUMNS": "80", "NO_COLOR": "1"}


def _timeless(report: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name not in TIMELESS}


def mark_of(path: str, attack: str, expected: str, sha256: str, report: Mapping[str, Any] | None) -> Mark:
    """Return what a report of the tool says."""
    if report is None or "error" in report:
        said = "" if report is None else str(report["error"]["message"])
        code = 5 if report is None else int(report["exit_code"])
        return Mark(path=path, attack=attack, expected=expected, sha256=sha256, exit_code=code, error=said or "?")
    layers = {layer["layer"]: layer for layer in report["layers"]}
    return Mark(
        path=path,
        attack=attack,
        expected=expected,
        sha256=sha256,
        content_id=layers["watermark"]["claims"].get("content_id"),
        false_alarm_probability=layers["watermark"]["evidence"].get("false_alarm_probability"),
        verdict=report["verdict"],
        exit_code=report["exit_code"],
        outcomes={name: layer["outcome"] for name, layer in layers.items()},
        report=report,
    )


def program_files() -> dict[str, str]:
    """Return the SHA-256 of every program file of both packages, by path below the folder they are installed in."""
    found: dict[str, str] = {}
    for package in ("extract_tool", "synthmark"):
        spec = importlib.util.find_spec(package)
        assert spec is not None, "both are in one wheel"
        assert spec.origin is not None, "both are packages with a file"
        root = Path(spec.origin).parent
        files = (file for file in root.rglob("*") if file.suffix in _PROGRAM and "__pycache__" not in file.parts)
        found |= {
            file.relative_to(root.parent).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files
        }
    return dict(sorted(found.items()))

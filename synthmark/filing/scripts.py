"""Scripts that repeat the extraction from all samples and compare it with what the documents say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synthmark.filing.facts import Mark, Sample

__all__ = ["for_shell", "for_windows"]

_SHELL = """\
#!/bin/sh
# Reads all samples again and compares with the documents: SHA-256, verdict and content id of each file.
# usage: sh verify.sh [--key-file FILE]      exit code: 0 when all agree, 1 otherwise
# Another program than synthmark-extract on the path: EXTRACT_TOOL="python -m extract_tool" sh verify.sh
cd "$(dirname "$0")" || exit 1
found=$(mktemp) || exit 1
trap 'rm -f "$found"' EXIT
${{EXTRACT_TOOL:-synthmark-extract}} samples --json "$@" > "$found"
failed=0
check() {{
  if grep -F "\\"sha256\\": \\"$1\\"" "$found" | grep -F "\\"verdict\\": \\"$2\\"" | grep -qF "$3"; then
    echo "OK    $4"
  else
    echo "FAIL  $4"
    failed=1
  fi
}}
{lines}
exit $failed
"""
_WINDOWS = """\
@echo off
rem Reads all samples again and compares with the documents: SHA-256, verdict and content id of each file.
rem usage: verify.bat [--key-file FILE]      exit code: 0 when all agree, 1 otherwise
setlocal
cd /d "%~dp0"
if not defined EXTRACT_TOOL set EXTRACT_TOOL=synthmark-extract
set FOUND=%TEMP%\\synthmark-verify-%RANDOM%.txt
set FAILED=0
%EXTRACT_TOOL% samples --json %* > "%FOUND%"
{lines}
del "%FOUND%"
exit /b %FAILED%
:check
findstr /c:"%~1" "%FOUND%" | findstr /c:"\\"verdict\\": \\"%~2\\"" | findstr /c:"%~3" > nul
if errorlevel 1 (echo FAIL  %~4& set FAILED=1) else (echo OK    %~4)
exit /b 0
"""
_ANY = "schema"  # stands in every line of the tool


def for_shell(samples: Sequence[Sample]) -> str:
    """Return the script for Linux and macOS."""
    lines = (f"check {mark.sha256} {mark.verdict} {_id(mark)} {mark.path}" for mark in _read(samples))
    return _SHELL.format(lines="\n".join(lines))


def for_windows(samples: Sequence[Sample]) -> str:
    """Return the script for Windows, whose lines end as they do there."""
    lines = (f"call :check {mark.sha256} {mark.verdict} {_id(mark)} {mark.path}" for mark in _read(samples))
    return _WINDOWS.format(lines="\n".join(lines)).replace("\n", "\r\n")


def _read(samples: Sequence[Sample]) -> Iterator[Mark]:
    """Yield what was read from every file that could be read."""
    for sample in samples:
        yield from (mark for mark in (sample.before, *sample.marks) if mark is not None and not mark.error)


def _id(mark: Mark) -> str:
    return mark.content_id or _ANY

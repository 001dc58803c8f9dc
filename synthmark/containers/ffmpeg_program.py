"""The program ffmpeg, driven through ffmpeg-python, for what the library PyAV is built without."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache

__all__ = ["Program", "program_with"]

_SECONDS = 20  # a program that does not answer by then is none


@dataclass(frozen=True, slots=True)
class Program:
    """A program ffmpeg on this machine.

    Attributes
    ----------
    path
        Of the program.
    version
        As it states it, such as "7.1".
    of_system
        Whether it is the system's; else it is that of the package imageio-ffmpeg.
    encoders
        Names of what it can write.
    """

    path: str
    version: str
    of_system: bool
    encoders: frozenset[str]


def program_with(encoder: str) -> Program | None:
    """Return a program that has an encoder: the system's, else that of the package imageio-ffmpeg, or None."""
    paths = ((_system_path(), True), (_package_path(), False))
    found = (_asked(path, of_system) for path, of_system in paths if path)
    return next((each for each in found if each is not None and encoder in each.encoders), None)


def _system_path() -> str | None:
    return shutil.which("ffmpeg")


def _package_path() -> str | None:
    """Return the program that the package imageio-ffmpeg brings, where it is installed."""
    try:
        import imageio_ffmpeg  # noqa: PLC0415 - an optional package

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError, OSError):
        return None


@cache
def _asked(path: str, of_system: bool) -> Program | None:
    """Ask a program for its version and its encoders."""
    try:
        version = re.match(r"ffmpeg version n?(\S+)", _said(path, "-version"))
        listed = _said(path, "-hide_banner", "-encoders").partition("------")[2]
    except (OSError, subprocess.SubprocessError):
        return None
    if version is None:
        return None
    names = (line.split() for line in listed.splitlines())
    return Program(path, version[1], of_system, frozenset(words[1] for words in names if len(words) > 1))


def _said(path: str, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - a program by its path, fixed arguments
        [path, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=True
    )
    return done.stdout.decode("utf-8", "replace")

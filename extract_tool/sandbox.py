"""Examines untrusted files in a child process that is limited in time, memory and network.

A decoder that crashes, hangs or asks for too much memory takes the child with it and nothing else: the parent
starts a new child for the next file. A child that is well serves many files, so that only the first one pays for
loading the libraries. The child answers with JSON, never with pickles, since a decoder that was taken over must
not be able to reach the parent.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from extract_tool.examination import examined
from extract_tool.sandbox_child import run
from synthmark.errors import SynthmarkError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from synthmark.config import Config

    Examine = Callable[["Request"], dict[str, Any]]

__all__ = ["Limits", "Request", "Sandbox", "SandboxError"]

_ANSWER_BYTES = 256 << 20  # of one answer: a report with its pictures has a few megabytes
_STEP = 0.5  # seconds between two signs of progress


class SandboxError(SynthmarkError):
    """The child process that examined a file ended without an answer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may ask for.

    Attributes
    ----------
    seconds
        Of the clock and of the processor.
    memory
        Bytes of address space; enforced on Linux, where `extract_tool.sandbox_child.limits_in_force` names it.
    file_bytes
        Size of the file.
    """

    seconds: float = 600.0
    memory: int = 8 << 30
    file_bytes: int = 16 << 30


@dataclass(frozen=True, slots=True)
class Request:
    """One file to examine.

    Attributes
    ----------
    path
        The file.
    config
        Whose key to look for.
    keys
        Further keys to look for.
    tool
        Name of the program for the report.
    pictures
        Whether the answer brings the evidence pictures, too.
    registry
        Where the registry is, or None to look nothing up.
    trust_list
        Certificates in PEM that vouch for the signers of credentials, or None.
    """

    path: Path
    config: Config
    keys: tuple[bytes, ...]
    tool: str
    pictures: bool = False
    registry: str | None = None
    trust_list: str | None = None


class Sandbox:
    """A child process that examines one file after another; use it as a context manager, from one thread.

    Parameters
    ----------
    limits
        What one file may ask for.
    examine
        What the child does with a request; must be picklable and return what JSON can hold.
    """

    def __init__(self, limits: Limits | None = None, examine: Examine | None = None) -> None:
        self.limits = limits or Limits()
        self._examine = examine or examined
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def examine(self, request: Request, progress: Callable[[float], None] | None = None) -> dict[str, Any]:
        """Return what the child found.

        Parameters
        ----------
        request
            What to examine.
        progress
            Called with the seconds that have passed, about twice a second.

        Raises
        ------
        SandboxError
            When the file is larger than the limit, or the child crashed, took too long or had too little memory.
        """
        self._require_size(request.path)
        if self._child is None:
            self._child = _Child(self.limits, self._examine)
        try:
            return self._child.ask(request, self.limits.seconds, progress)
        except BaseException:
            self.close()
            raise

    def interrupt(self) -> None:
        """End the child from another thread; an examination under way then raises."""
        child = self._child
        if child is not None:
            child.kill()

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def _require_size(self, path: Path) -> None:
        """Refuse a file that is too large; one that is not there is the child's to report."""
        try:
            size = path.stat().st_size
        except (OSError, ValueError):
            return
        if size > self.limits.file_bytes:
            raise SandboxError(f"{path} has {size} bytes; at most {self.limits.file_bytes} are examined.")


class _Child:
    """One child process and the two pipes to it; pipes, since sockets would look like a network."""

    def __init__(self, limits: Limits, examine: Examine) -> None:
        context = multiprocessing.get_context("spawn")
        theirs, self._requests = context.Pipe(duplex=False)
        self._answers, back = context.Pipe(duplex=False)
        self._process = context.Process(target=run, args=(theirs, back, limits, examine), daemon=True)
        self._process.start()
        theirs.close()  # so that the end of the child is the end of the pipe
        back.close()

    def ask(self, request: Request, seconds: float, progress: Callable[[float], None] | None) -> dict[str, Any]:
        try:
            self._requests.send(request)
            _wait(self._answers, seconds, progress)
            answer = json.loads(self._answers.recv_bytes(_ANSWER_BYTES))
        except (EOFError, OSError, ValueError) as error:
            raise SandboxError(self._last_words()) from error
        assert isinstance(answer, dict)
        return answer

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        self.kill()
        self._process.join()
        self._requests.close()
        self._answers.close()

    def _last_words(self) -> str:
        """Say how the child ended, as far as its exit code tells."""
        self._process.join(timeout=5)
        code = self._process.exitcode
        return (
            "The process that examined the file ended abruptly "
            f"({'exit code' if (code or 0) >= 0 else 'signal'} {abs(code or 0)}): "
            "too little memory or time, or a defect in a decoder. The file was not checked."
        )


def _wait(answers: Connection, seconds: float, progress: Callable[[float], None] | None) -> None:
    """Wait for an answer, or for the end of the pipe, but not for ever."""
    begin = time.monotonic()
    while not answers.poll(_STEP):
        passed = time.monotonic() - begin
        if passed > seconds:
            raise SandboxError(f"The file was not checked: examining it took more than {seconds:g} seconds.")
        if progress is not None:
            progress(passed)

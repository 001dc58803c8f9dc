"""What runs in the child process: the limits first, then one file after another."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from extract_tool.sandbox import Limits, Request

__all__ = ["limits_in_force", "run"]

_WRITTEN = 1 << 30  # bytes of one file that a child may write: caches of compiled code, nothing else
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000  # CLONE_NEWNET, CLONE_NEWUSER of <linux/sched.h>
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


def run(
    requests: Connection, answers: Connection, limits: Limits, examine: Callable[[Request], dict[str, Any]]
) -> None:
    """Limit this process, then answer requests until their pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    _silence()
    _leave_network()
    _limit_memory(limits.memory)
    while True:
        try:
            request = requests.recv()
        except EOFError:
            return
        _limit_processor(limits.seconds)
        answers.send_bytes(json.dumps(examine(request), ensure_ascii=True, allow_nan=False).encode("ascii"))


def limits_in_force() -> tuple[str, ...]:
    """Return which limits this platform enforces, of "time", "memory" and "network"."""
    memory = ("memory",) if sys.platform == "linux" else ()  # macOS accepts RLIMIT_AS and ignores it
    return ("time", *memory, "network")


def _silence() -> None:
    """Send what decoders print to nowhere: it may hold control characters from the file."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def _leave_network() -> None:
    """Give up the network: in Python everywhere, and in the kernel where a process may do so (Linux)."""
    sys.addaudithook(_refuse_sockets)
    if sys.platform == "linux":
        alone = _NEW_NETWORK if os.geteuid() == 0 else _NEW_NETWORK | _NEW_USER
        ctypes.CDLL(None).unshare(alone)  # refused in some containers; the hook stays


def _refuse_sockets(event: str, _arguments: tuple[Any, ...]) -> None:
    if event.startswith("socket."):
        raise PermissionError(f"this process has no network ({event})")


def _limit_memory(memory: int) -> None:
    if sys.platform != "win32":
        import resource

        for kind, most in (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_FSIZE, _WRITTEN),
            (resource.RLIMIT_CORE, 0),
        ):
            _lower(kind, most)


def _limit_processor(seconds: float) -> None:
    """Allow so much processor time beyond what this process has used; its threads are kept to one."""
    if sys.platform != "win32":
        import resource

        _lower(resource.RLIMIT_CPU, int(sum(os.times()[:2]) + seconds) + 1)


def _lower(kind: int, most: int) -> None:
    """Set the soft limit, never above the hard one."""
    if sys.platform != "win32":
        import resource

        hard = resource.getrlimit(kind)[1]
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (soft, hard))

"""Where a measurement was made: command, date, versions, machine; and one thread for every library."""

from __future__ import annotations

import datetime as dt
import os
import platform
import shlex
import sys
from importlib import metadata
from pathlib import Path

__all__ = ["described", "use_one_thread"]

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
PACKAGES = ("synthmark", "numpy", "numba", "opencv-python", "pillow", "pywavelets", "scikit-image", "av")
PEERS = ("invisible-watermark", "blind-watermark")


def use_one_thread() -> None:
    """Hold every library to one thread, here and in processes started later; call before importing them."""
    for variable in THREAD_VARIABLES:
        os.environ[variable] = "1"
    import cv2

    cv2.setNumThreads(1)


def described() -> dict[str, object]:
    """Return what is needed to judge and repeat a measurement."""
    return {
        "command": _command(),
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in (*PACKAGES, *PEERS)},
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
    }


def version(package: str) -> str | None:
    if package == "synthmark":
        return _own_version()
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _own_version() -> str | None:
    try:
        import synthmark
    except ImportError:
        return None
    return getattr(synthmark, "__version__", None)


def _command() -> str:
    """Return the command line; absolute folders are shortened to their names, which say enough."""
    parts = [Path(part).name if Path(part).is_absolute() else part for part in sys.argv[1:]]
    return shlex.join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *parts])


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()

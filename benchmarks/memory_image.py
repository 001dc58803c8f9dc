"""Measures the peak memory of one operation on one large picture, in a process of its own.

    python benchmarks/memory_image.py PICTURE MEGAPIXELS embed|extract [METHOD]

Prints bytes per pixel above what the process held, the picture included, before the operation began.
"""

from __future__ import annotations

import sys
from pathlib import Path

import environment

environment.use_one_thread()

from methods_image import Method, method_named  # noqa: E402 - after the thread limits
from pictures_image import Pixels, enlarged, opened  # noqa: E402


def held_bytes(kind: str) -> int:
    """Return this process's memory now (VmRSS) or at its peak (VmHWM); Linux only."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(kind):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {kind}; this measurement needs Linux")


def perform(method: Method, operation: str, picture: Pixels) -> None:
    if operation == "embed":
        method.embed(picture, 0x0123456789ABCDEF)
    else:
        method.extract(picture)


def bytes_per_pixel(method: Method, operation: str, picture: Pixels) -> float:
    """Return the growth of the peak during the operation, divided by the number of pixels."""
    perform(method, operation, enlarged(picture, 0.5))  # compiles, fills caches
    large = enlarged(picture, float(sys.argv[2]))
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets the peak
    before = held_bytes("VmRSS")
    perform(method, operation, large)
    return (held_bytes("VmHWM") - before) / len(large.reshape(-1, 3))


if __name__ == "__main__":
    chosen = method_named(sys.argv[4] if len(sys.argv) > 4 else "synthmark")
    print(bytes_per_pixel(chosen, sys.argv[3], opened(Path(sys.argv[1]))))

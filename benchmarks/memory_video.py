"""Measures the peak memory of `synthmark label` on a video, in a process of its own (Linux).

    python benchmarks/memory_video.py CLIP [CLIP ...]

Prints, for every clip, the largest sum of resident memory of the process and all its children, and the peak of the
largest single process, in MB.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

__all__ = ["peak_of_labelling"]

INTERVAL = 0.05
LABEL = ("-m", "synthmark", "label", "--crf", "18", "--preset", "veryfast")


def peak_of_labelling(clip: Path) -> dict[str, float]:
    """Label a clip through the command line and return the peaks in MB and the seconds it took."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, *LABEL, str(clip), "-o", folder]
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        peaks = _watched(process)
        if process.returncode:
            said = process.stderr.read() if process.stderr else ""
            raise RuntimeError(f"labelling {clip.name} ended with {process.returncode}: {said[-400:]}")
        return peaks | {"seconds": round(time.perf_counter() - start, 1)}


def _watched(process: subprocess.Popen[str]) -> dict[str, float]:
    total = single = 0.0
    while process.poll() is None:
        held = {pid: _megabytes(pid) for pid in _family(process.pid)}
        total = max(total, sum(now for now, _ in held.values()))
        single = max(single, max((peak for _, peak in held.values()), default=0.0))
        time.sleep(INTERVAL)
    return {"sum_of_processes_mb": round(total), "largest_process_mb": round(single)}


def _family(pid: int) -> list[int]:
    """Return a process and all below it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text(encoding="ascii").split()]
            except OSError:
                continue
    return found


def _megabytes(pid: int) -> tuple[float, float]:
    """Return the resident memory of a process, now and at its peak; zero when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0.0, 0.0
    values = {line.partition(":")[0]: line.partition(":")[2] for line in lines}
    now, peak = (float(values.get(key, "0 kB").split()[0]) / 1000 for key in ("VmRSS", "VmHWM"))
    return now, peak


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(Path(name).name, json.dumps(peak_of_labelling(Path(name))))

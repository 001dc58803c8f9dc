"""Measures the peak memory of `synthmark label` on a video, in a process of its own (Linux).

    python benchmarks/memory_video.py --clip videoseal_1.mp4

The clip has 1080 lines. It is labelled with all layers and the usual settings: its first two seconds, and all of it,
which shows that memory does not grow with the length; and two seconds at twice the width and height. What counts is
the largest sum of resident memory of the process and all its children, looked at every 50 ms.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import environment
import typer
from media_video import clips_below, run_ffmpeg, shape_of

__all__ = ["peak_of_labelling"]

INTERVAL = 0.05
ASKED = {"memory_1080p_mb": 700, "memory_4k_mb": 2000}
DOUBLE = ["-vf", "scale=iw*2:ih*2", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-c:a", "copy"]


def peak_of_labelling(clip: Path) -> dict[str, float]:
    """Label a clip through the command line and return the peaks in MB and the seconds it took."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "synthmark", "label", str(clip), "-o", folder]
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


def lengths(clip: Path, folder: Path) -> dict[str, Path]:
    """Return the files that are labelled, by name."""
    short, large = folder / "short.mp4", folder / "large.mp4"
    run_ffmpeg("-i", clip, "-t", "2", "-c", "copy", short)
    run_ffmpeg("-i", clip, "-t", "2", *DOUBLE, large)
    return {"1080p, 2 s": short, "1080p, all": clip, "4K, 2 s": large}


def judged(peaks: dict[str, dict[str, float]]) -> dict[str, dict[str, Any]]:
    """Return the largest figures with what is asked for."""
    values = {
        "memory_1080p_mb": max(peak["sum_of_processes_mb"] for name, peak in peaks.items() if "1080p" in name),
        "memory_4k_mb": peaks["4K, 2 s"]["sum_of_processes_mb"],
    }
    return {
        name: {"value": value, "asked": ASKED[name], "met": value < ASKED[name]} for name, value in values.items()
    }


def main(
    clip: Annotated[Path, typer.Option(help="A clip of 1080 lines with sound, or a folder whose largest one is it.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("benchmarks/results/memory_video.json"),
) -> None:
    source = max(clips_below([clip]), key=lambda path: shape_of(path).short_side) if clip.is_dir() else clip
    with tempfile.TemporaryDirectory() as name:
        files = lengths(source, Path(name))
        peaks = {name: peak_of_labelling(file) for name, file in files.items()}
        sizes = {name: shape_of(file) for name, file in files.items()}
    record: dict[str, Any] = {
        **environment.described(),
        "clip": source.name,
        "results": judged(peaks),
        "peaks": {
            name: {"width": sizes[name].width, "height": sizes[name].height, "length": round(sizes[name].seconds, 1)}
            | peak
            for name, peak in peaks.items()
        },
    }
    out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record["peaks"], indent=1))


if __name__ == "__main__":
    typer.run(main)

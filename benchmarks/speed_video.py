"""Measures the speed of marking and reading video as ratios within one run, and the memory of labelling.

    python benchmarks/speed_video.py --clip videoseal_1.mp4 --out benchmarks/results/speed_video.json

The clip has 1080 lines. The bare pass decodes it with PyAV and encodes it with x264 at CRF 18, `veryfast`; the whole
pass is `label_file` with the same encoder settings: watermark in picture and sound, visible label, metadata, checks.
The operations take turns, so that a busy machine slows all alike; medians of wall time are compared, and of CPU time
beside them. Libraries run on one thread each, ffmpeg's coders on as many as they choose. Reading is timed on the clip
without a mark, which has to be read to its end, and on the marked one. Memory is that of `synthmark label`: at this
size, on the first two seconds and on all of it, and at twice the width and height.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import environment

environment.use_one_thread()

import typer  # noqa: E402 - after the thread limits
from media_video import clips_below, luma_frames, recode, run_ffmpeg, shape_of  # noqa: E402
from memory_video import peak_of_labelling  # noqa: E402
from methods_video import OPTIONS, SynthmarkFrames, decided_after, extractor_for  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

CONTENT_ID = 0x0123456789ABCDEF
ASKED = {
    "whole_pass_over_bare_pass": 0.85,
    "extraction_over_real_time": 3.0,
    "decision_after_seconds": 3.0,
    "kernel_ms_per_frame": 6.0,
    "memory_1080p_mb": 700,
    "memory_4k_mb": 2000,
}
AT_LEAST = ("whole_pass_over_bare_pass", "extraction_over_real_time")


def label(source: Path, target: Path) -> None:
    import synthmark

    synthmark.label_file(source, target, synthmark.Config(crf=int(OPTIONS["crf"]), preset=OPTIONS["preset"]))


def operations(source: Path, folder: Path) -> dict[str, Callable[[], object]]:
    """Return what is timed, by name."""
    from synthmark import video

    marker, marked = SynthmarkFrames(), folder / "marked.mp4"
    marker.embed(source, marked, CONTENT_ID)
    return {
        "bare pass": lambda: recode(source, folder / "bare.mp4", options=OPTIONS),
        "pass with watermark": lambda: marker.embed(source, folder / "watermark.mp4", CONTENT_ID),
        "whole pass": lambda: label(source, folder / "labelled.mp4"),
        "extract unmarked": lambda: video.extract(source),
        "extract marked": lambda: video.extract(marked),
    }


def timed(operation: Callable[[], object]) -> tuple[float, float]:
    """Return wall and CPU seconds of an operation, child processes included."""
    before, start = os.times(), time.perf_counter()
    operation()
    wall, after = time.perf_counter() - start, os.times()
    return wall, sum(after[:4]) - sum(before[:4])


def turns(todo: dict[str, Callable[[], object]], rounds: int) -> dict[str, dict[str, Any]]:
    """Run every operation once to warm up and then in turns; return the medians."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in todo}
    for operation in todo.values():
        operation()
    for _ in range(rounds):
        for name, operation in todo.items():
            taken[name].append(timed(operation))
    return {
        name: {
            "wall_seconds": statistics.median(wall for wall, _ in values),
            "cpu_seconds": statistics.median(cpu for _, cpu in values),
            "wall_seconds_of_each_round": [round(wall, 3) for wall, _ in values],
        }
        for name, values in taken.items()
    }


def kernel_times(source: Path, count: int = 36) -> dict[str, float]:
    """Return the median CPU milliseconds that marking and reading take for one luma plane, without any coding."""
    planes = [pair for _, pair in zip(range(count), luma_frames(source), strict=False)]
    edit, extractor = SynthmarkFrames().editor(source, CONTENT_ID), extractor_for(source)
    marking, reading = [], []
    for seconds, plane in planes:
        start = time.process_time()
        edit(plane, seconds)
        middle = time.process_time()
        extractor.push(plane, seconds)
        marking.append(middle - start)
        reading.append(time.process_time() - middle)
    # The first frames compile or load what numba has kept, and say nothing about the rest.
    return {
        "embed_mean_ms": 1000 * statistics.mean(marking[6:]),
        "embed_largest_ms": 1000 * max(marking[6:]),
        "extract_mean_ms": 1000 * statistics.mean(reading[6:]),
        "extract_largest_ms": 1000 * max(reading[6:]),
    }


def decisions(clips: list[Path], folder: Path) -> dict[str, float | None]:
    """Mark clips and return after how many seconds of each the extraction is certain."""
    marker, marked, seconds = SynthmarkFrames(), folder / "decision.mp4", {}
    for clip in clips:
        marker.embed(clip, marked, CONTENT_ID)
        seconds[clip.name] = decided_after(marked)
    return seconds


def memory(clip: Path, folder: Path) -> dict[str, dict[str, float]]:
    short, large = folder / "short.mp4", folder / "large.mp4"
    run_ffmpeg("-i", clip, "-t", "2", "-c", "copy", short)
    double = ["-vf", "scale=iw*2:ih*2", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-c:a", "copy"]
    run_ffmpeg("-i", clip, "-t", "2", *double, large)
    files = {"1080p, 2 s": short, "1080p, all": clip, "4K, 2 s": large}
    return {name: peak_of_labelling(file) for name, file in files.items()}


def judged(results: dict[str, float | None]) -> dict[str, Any]:
    return {
        name: {"value": value, "asked": ASKED[name], "met": met(name, value)}
        for name, value in results.items()
        if name in ASKED
    }


def met(name: str, value: float | None) -> bool:
    if value is None:
        return False
    return value >= ASKED[name] if name in AT_LEAST else value <= ASKED[name]


def main(
    clip: Annotated[Path, typer.Option(help="A clip of 1080 lines with sound.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("speed_video.json"),
    clips: Annotated[list[Path] | None, typer.Option(help="Folder of clips for the time until a decision.")] = None,
    seconds: Annotated[float, typer.Option(help="Seconds of the clip that are timed.")] = 5.0,
    rounds: Annotated[int, typer.Option(help="Measurements of each operation.")] = 5,
    measure_memory: Annotated[bool, typer.Option(help="Measure memory, too.")] = True,
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "source.mp4"
        run_ffmpeg("-i", clip, "-t", str(seconds), "-c", "copy", source)
        length = shape_of(source).seconds
        times = turns(operations(source, folder), rounds)
        kernels = kernel_times(source)
        others = [p for p in clips_below(clips or []) if shape_of(p).seconds >= 5]
        decided = decisions([clip, *(path for path in others if path.name != clip.name)], folder)
        peaks = memory(clip, folder) if measure_memory else {}
    results = values(times, kernels, decided, peaks, length)
    record: dict[str, Any] = {
        **environment.described(),
        "clip": clip.name,
        "seconds": length,
        "results": judged(results),
    }
    record |= {"times": times, "kernels": kernels, "decided_after_seconds": decided, "memory": peaks}
    out.write_text(json.dumps(record, indent=1), encoding="utf-8")
    print(json.dumps({**record["results"], "kernels": kernels}, indent=1))


def values(
    times: dict[str, dict[str, Any]],
    kernels: dict[str, float],
    decided: dict[str, float | None],
    peaks: dict[str, dict[str, float]],
    length: float,
) -> dict[str, float | None]:
    """Return the figures that are asked for; the worst clip counts for the time until a decision."""
    bare, whole, unmarked = (times[key]["wall_seconds"] for key in ("bare pass", "whole pass", "extract unmarked"))
    found: dict[str, float | None] = {
        "whole_pass_over_bare_pass": bare / whole,
        "extraction_over_real_time": length / unmarked,
        "decision_after_seconds": None if None in decided.values() else max(filter(None, decided.values())),
        "kernel_ms_per_frame": kernels["embed_mean_ms"],
    }
    if peaks:
        found["memory_1080p_mb"] = max(peaks[key]["sum_of_processes_mb"] for key in ("1080p, 2 s", "1080p, all"))
        found["memory_4k_mb"] = peaks["4K, 2 s"]["sum_of_processes_mb"]
    return found


if __name__ == "__main__":
    typer.run(main)

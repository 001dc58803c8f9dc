"""Measures the speed of marking and reading video, as ratios within one run.

    python benchmarks/speed_video.py --clip videoseal_1.mp4 --clips FOLDER

The clip has 1080 lines. The bare pass decodes it with PyAV and encodes it, picture and sound, with x264 `veryfast` at
its usual quality (CRF 23) and AAC at the bit rate of the source. The whole pass is `label_file` with the same
settings: watermark in picture and sound, visible label, metadata, and all checks of the copy. The operations take
turns, so that a busy machine slows all alike. Of the whole pass and the bare one the median of the ratios of each
turn counts, by wall time and, beside it, by CPU time, which load changes less. Reading is timed on the clip without a
mark, which has to be read to its end: seconds of content per second of CPU, a bound from below for any number of
cores. Libraries run on one thread each, FFmpeg's coders on as many as they choose.
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

import av  # noqa: E402 - after the thread limits
import typer  # noqa: E402
from av.video.frame import PictureType  # noqa: E402
from media_video import clips_below, luma_frames, shape_of  # noqa: E402
from methods_video import SynthmarkFrames, decided_after, extractor_for  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from av.container import OutputContainer

CONTENT_ID = 0x0123456789ABCDEF
QUALITY = {"crf": "23", "preset": "veryfast"}
ASKED = {
    "whole_pass_over_bare_pass": 0.85,
    "extraction_over_real_time": 3.0,
    "decision_after_seconds": 3.0,
    "kernel_ms_per_frame": 6.0,
}
AT_LEAST = ("whole_pass_over_bare_pass", "extraction_over_real_time")
Seconds = tuple[float, float]


def bare_pass(source: Path, target: Path) -> None:
    """Decode picture and sound and encode them again, and nothing else."""
    with av.open(str(source)) as before, av.open(str(target), "w") as after:
        for stream in before.streams.video:
            stream.thread_type = "AUTO"
        coders = {stream.index: coder_like(stream, after) for stream in before.streams if stream.type != "data"}
        for packet in before.demux(*(before.streams[index] for index in coders)):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    frame.pict_type = PictureType.NONE
                after.mux(coders[packet.stream.index].encode(frame))
        for coder in coders.values():
            after.mux(coder.encode(None))


def coder_like(stream: Any, after: OutputContainer) -> Any:  # noqa: ANN401 - streams of picture or sound
    """Return a stream that encodes what another one holds."""
    if stream.type == "audio":
        coder = after.add_stream("aac", stream.rate)
        coder.bit_rate, coder.layout = stream.bit_rate or 128_000, stream.layout.name
        return coder
    coder = after.add_stream("libx264", rate=stream.average_rate, options=QUALITY)
    coder.width, coder.height, coder.pix_fmt = stream.width, stream.height, stream.pix_fmt
    coder.codec_context.time_base = stream.time_base
    return coder


def label(source: Path, target: Path) -> None:
    import synthmark

    config = synthmark.Config(crf=int(QUALITY["crf"]), preset=QUALITY["preset"])
    synthmark.label_file(source, target, config)


def operations(source: Path, folder: Path) -> dict[str, Callable[[], object]]:
    """Return what is timed, by name."""
    from synthmark import video

    marked, options = folder / "marked.mp4", {"crf": float(QUALITY["crf"]), "preset": QUALITY["preset"]}
    video.embed(source, marked, CONTENT_ID, **options)
    return {
        "bare pass": lambda: bare_pass(source, folder / "bare.mp4"),
        "whole pass": lambda: label(source, folder / "labelled.mp4"),
        "watermark alone": lambda: video.embed(source, folder / "watermark.mp4", CONTENT_ID, **options),
        "extract unmarked": lambda: video.extract(source),
        "extract marked, first decision": lambda: video.extract(marked, early_stop=True),
    }


def timed(operation: Callable[[], object]) -> Seconds:
    """Return wall and CPU seconds of an operation, child processes included."""
    before, start = os.times(), time.perf_counter()
    operation()
    wall, after = time.perf_counter() - start, os.times()
    return wall, sum(after[:4]) - sum(before[:4])


def turns(todo: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[Seconds]]:
    """Run every operation once to warm up and then in turns."""
    taken: dict[str, list[Seconds]] = {name: [] for name in todo}
    for operation in todo.values():
        operation()
    for _ in range(rounds):
        for name, operation in todo.items():
            taken[name].append(timed(operation))
    return taken


def described(taken: list[Seconds]) -> dict[str, Any]:
    return {
        "wall_seconds": round(statistics.median(wall for wall, _ in taken), 3),
        "cpu_seconds": round(statistics.median(cpu for _, cpu in taken), 3),
        "of_each_turn": [[round(seconds, 3) for seconds in pair] for pair in taken],
    }


def ratio(times: dict[str, list[Seconds]], kind: int) -> float:
    """Return the speed of the whole pass over that of the bare one, by wall (0) or CPU time (1)."""
    pairs = zip(times["bare pass"], times["whole pass"], strict=True)
    return statistics.median(bare[kind] / whole[kind] for bare, whole in pairs)


def kernel_times(source: Path, count: int = 96) -> dict[str, float]:
    """Return the CPU milliseconds that marking and reading take for one luma plane, without any coding."""
    planes = [pair for _, pair in zip(range(count), luma_frames(source), strict=False)]
    edit, extractor = SynthmarkFrames().editor(source, CONTENT_ID), extractor_for(source)
    marking, reading = [], []
    for seconds, plane in planes:
        start = time.process_time()
        edit(plane, seconds)
        middle = time.process_time()
        extractor.push(plane, seconds)
        marking.append(1000 * (middle - start))
        reading.append(1000 * (time.process_time() - middle))
    # The first frames compile or load what numba has kept, and say nothing about the rest.
    return {
        "embed_mean_ms": statistics.mean(marking[6:]),
        "embed_largest_ms": max(marking[6:]),
        "extract_mean_ms": statistics.mean(reading[6:]),
        "extract_largest_ms": max(reading[6:]),
    }


def decisions(clips: list[Path], folder: Path) -> dict[str, float | None]:
    """Mark clips and return after how many seconds of each the extraction is certain."""
    marker, marked, seconds = SynthmarkFrames(), folder / "decision.mp4", {}
    for clip in clips:
        marker.embed(clip, marked, CONTENT_ID)
        seconds[clip.name] = decided_after(marked)
    return seconds


def met(name: str, value: float | None) -> bool:
    if value is None:
        return False
    return value >= ASKED[name] if name in AT_LEAST else value <= ASKED[name]


def results(
    times: dict[str, list[Seconds]], kernels: dict[str, float], decided: dict[str, float | None], length: float
) -> dict[str, dict[str, Any]]:
    """Return the figures that are asked for; the worst clip counts for the time until a decision."""
    cpu = statistics.median(cpu for _, cpu in times["extract unmarked"])
    late = None if None in decided.values() else max(filter(None, decided.values()), default=0.0)
    values = {
        "whole_pass_over_bare_pass": ratio(times, 0),
        "extraction_over_real_time": length / cpu,
        "decision_after_seconds": late,
        "kernel_ms_per_frame": kernels["embed_mean_ms"],
    }
    return {name: {"value": value, "asked": ASKED[name], "met": met(name, value)} for name, value in values.items()}


def main(
    clip: Annotated[Path, typer.Option(help="A clip of 1080 lines with sound, or a folder whose largest one is it.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("benchmarks/results/speed_video.json"),
    clips: Annotated[list[Path] | None, typer.Option(help="Folder of clips for the time until a decision.")] = None,
    rounds: Annotated[int, typer.Option(help="Turns of each operation.")] = 5,
) -> None:
    source = max(clips_below([clip]), key=lambda path: shape_of(path).short_side) if clip.is_dir() else clip
    length = shape_of(source).seconds
    with tempfile.TemporaryDirectory() as name:
        times = turns(operations(source, Path(name)), rounds)
        kernels = kernel_times(source)
        others = [path for path in clips_below(clips or []) if shape_of(path).seconds >= 5]
        decided = decisions([source, *(path for path in others if path.name != source.name)], Path(name))
    record: dict[str, Any] = {
        **environment.described(),
        "clip": source.name,
        "seconds": length,
        "encoder": QUALITY,
        "results": results(times, kernels, decided, length),
        "whole_pass_over_bare_pass_cpu": ratio(times, 1),
        "times": {name: described(taken) for name, taken in times.items()},
        "kernels": kernels,
        "decided_after_seconds": decided,
    }
    out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({**record["results"], "cpu": record["whole_pass_over_bare_pass_cpu"], "kernels": kernels}))


if __name__ == "__main__":
    typer.run(main)

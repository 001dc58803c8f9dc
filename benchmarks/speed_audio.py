"""Measures the speed of marking and reading sound, as multiples of real time and as ratios to MP3 encoding.

    python benchmarks/speed_audio.py --clip CLIP --out benchmarks/results/speed_audio.json

Sixty seconds of 44.1 kHz stereo, made from the clip by repetition; one thread; the operations take turns, so that a
busy machine slows all of them alike; medians of CPU seconds count. `ffmpeg` encodes the same sound to MP3 at 128
kbit/s with libmp3lame. "Plain" is the same without the compiled kernels of `synthmark.audio`.
"""

from __future__ import annotations

import contextlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import environment

environment.use_one_thread()

import numpy as np  # noqa: E402 - after the thread limits
import soundfile  # noqa: E402
import typer  # noqa: E402
from attacks_audio import played_faster  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 60
RATE = 44100
CONTENT_ID = 0x0123456789ABCDEF
REQUIRED = {"embed": 100, "extract marked": 60, "extract unmarked, full search": 15, "extract at 1.05 speed": 15}


def cpu_seconds(operation: Callable[[], object]) -> float:
    """Return the CPU seconds of an operation, those of the programs it starts included."""
    before = used()
    operation()
    return used() - before


def used() -> float:
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(t.ru_utime + t.ru_stime for t in times)


@contextlib.contextmanager
def plain() -> Iterator[None]:
    """Let NumPy do what the kernels do."""
    from synthmark.audio import _plain

    users = [m for name, m in sys.modules.items() if name.startswith("synthmark.audio.") and hasattr(m, "engine")]
    held = [(module, module.engine) for module in users if callable(module.engine)]
    for module, _ in held:
        module.engine = lambda: _plain
    yield
    for module, engine in held:
        module.engine = engine


def in_plain(operation: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        with plain():
            operation()

    return run


def operations(clip: Path, folder: Path) -> dict[str, Callable[[], object]]:
    from synthmark import audio

    samples, rate = soundfile.read(clip, always_2d=True, dtype="int16")
    if rate != RATE or samples.shape[1] != 2:
        raise typer.BadParameter(
            f"{clip.name} is {rate} Hz with {samples.shape[1]} channels; 44100 Hz stereo is needed"
        )
    host = np.resize(samples, (SECONDS * RATE, 2))
    marked = audio.embed(host, RATE, CONTENT_ID)
    faster = played_faster(marked / 32768, RATE, 1.05)[0].astype(np.float32)
    source, target = folder / "x.wav", folder / "x.mp3"
    soundfile.write(source, host, RATE, subtype="PCM_16")
    command = ["ffmpeg", "-v", "error", "-y", "-threads", "1", "-i", str(source)]
    command += ["-c:a", "libmp3lame", "-b:a", "128k", str(target)]
    own = {
        "embed": lambda: audio.embed(host, RATE, CONTENT_ID),
        "extract marked": lambda: audio.extract(marked, RATE),
        "extract unmarked, full search": lambda: audio.extract(host, RATE),
        "extract at 1.05 speed": lambda: audio.extract(faster, RATE),
        "find cues": lambda: audio.find_cues(host, RATE),
    }
    encoding = {"MP3 encoding": lambda: subprocess.run(command, check=True)}
    return encoding | own | {f"{name}, plain": in_plain(operation) for name, operation in own.items()}


def main(
    clip: Annotated[Path, typer.Option(help="A clip of 44.1 kHz stereo.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("speed_audio.json"),
    rounds: Annotated[int, typer.Option(help="Measurements of each operation.")] = 7,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        todo = operations(clip, Path(folder))
        for operation in todo.values():
            operation()
        taken: dict[str, list[float]] = {name: [] for name in todo}
        for _ in range(rounds):
            for name, operation in todo.items():
                taken[name].append(cpu_seconds(operation))
                time.sleep(0.05)
    medians = {name: statistics.median(values) for name, values in taken.items()}
    results = {name: row(name, seconds, medians["MP3 encoding"]) for name, seconds in medians.items()}
    record = {**environment.described(), "seconds_of_sound": SECONDS, "results": results}
    out.write_text(json.dumps(record, indent=1), encoding="utf-8")
    for name, result in results.items():
        typer.echo(f"{name}: {result}")


def row(name: str, seconds: float, encoding: float) -> dict[str, float | bool]:
    result: dict[str, float | bool] = {
        "cpu_seconds": round(seconds, 4),
        "times_real_time": round(SECONDS / seconds, 1),
        "ratio_to_mp3": round(seconds / encoding, 3),
    }
    if name in REQUIRED:
        result |= {"required_times_real_time": REQUIRED[name], "met": SECONDS / seconds >= REQUIRED[name]}
    return result


if __name__ == "__main__":
    typer.run(main)

"""Measures the memory that labelling and checking an hour of sound take, through the command line.

    python benchmarks/memory_audio.py --clip CLIP --out benchmarks/results/memory_audio.json

The file is made from the clip by repetition: 48 kHz stereo, 16 bits; as MP3 it is coded by ffmpeg at 128 kbit/s. Of
each command the peak of its largest process counts (`ru_maxrss` of the children), each in a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import environment

environment.use_one_thread()

import numpy as np  # noqa: E402 - after the thread limits
import soundfile  # noqa: E402
import typer  # noqa: E402

RATE = 48000
LIMIT_MEGABYTES = 400
_BLOCK_SECONDS = 10


def write_hour(clip: Path, path: Path, seconds: int) -> None:
    """Write a long 16-bit stereo file in blocks; the sample rate of the clip is overruled."""
    samples, _ = soundfile.read(clip, always_2d=True, dtype="int16")
    stereo = np.resize(samples[:, [0, -1]], (_BLOCK_SECONDS * 7 * RATE, 2))
    with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
        written = 0
        while written < seconds * RATE:
            part = stereo[: seconds * RATE - written]
            file.write(part)
            written += len(part)


def measured(command: list[str]) -> dict[str, float]:
    """Run a command; return the megabytes of its largest process, its seconds, and its exit code."""
    script = (
        "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode;"
        "print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    code, peak = map(int, done.stdout.split())
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "exit_code": code,
        "peak_megabytes": round(peak * unit / 1e6, 1),
        "seconds": round(time.perf_counter() - start, 1),
        "cpu_seconds": round(used, 1),
    }


def main(
    clip: Annotated[Path, typer.Option(help="A clip of sound.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("memory_audio.json"),
    minutes: Annotated[int, typer.Option(help="Length of the sound.")] = 60,
    kinds: Annotated[str, typer.Option(help="Extensions, with commas between them.")] = "wav,flac,mp3",
) -> None:
    results: dict[str, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_hour(clip, folder / "long.wav", minutes * 60)
        for kind in kinds.split(","):
            source = folder / f"long.{kind}"
            if not source.exists():
                coding = ["-b:a", "128k"] if kind == "mp3" else []
                subprocess.run(
                    ["ffmpeg", "-v", "error", "-i", str(folder / "long.wav"), *coding, str(source)], check=True
                )
            command = [sys.executable, "-m", "synthmark"]
            label = [*command, "label", str(source), "-o", str(folder / "out"), "--jobs", "1", "--producer", "ACME"]
            results[kind] = {
                "label": measured(label),
                "extract": measured([*command, "extract", str(folder / "out" / source.name)]),
            }
            (folder / "out" / source.name).unlink(missing_ok=True)
            typer.echo(f"{kind}: {results[kind]}")
            record = environment.described() | {
                "minutes": minutes,
                "rate": RATE,
                "channels": 2,
                "limit_megabytes": LIMIT_MEGABYTES,
                "results": results,
            }
            out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)

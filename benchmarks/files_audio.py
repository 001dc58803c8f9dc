"""Measures labelling and checking sound files of every kind: time, bit rate, length.

    python benchmarks/files_audio.py --clip CLIP --out benchmarks/results/files_audio.json

A minute of stereo made from the clip by repetition, coded by ffmpeg. Of `label_file` and `verify_file` the median CPU
seconds count, as multiples of real time and as ratios to what ffmpeg takes to decode the same file and code it again.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import environment

environment.use_one_thread()

import numpy as np  # noqa: E402 - after the thread limits
import soundfile  # noqa: E402
import typer  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 60
CODINGS = {
    "wav": "pcm_s16le",
    "flac": "flac",
    "aiff": "pcm_s16be",
    "mp3": "libmp3lame -b:a 128k",
    "vbr.mp3": "libmp3lame -q:a 4",
    "m4a": "aac -b:a 96k",
    "alac.m4a": "alac",
    "ogg": "libvorbis -q:a 3",
    "opus": "libopus -b:a 64k",
}


def cpu_seconds(operation: Callable[[], object]) -> float:
    """Return the CPU seconds of an operation, those of the programs it starts included."""
    before = os.times()
    operation()
    after = os.times()
    return sum(after[:4]) - sum(before[:4])


def coded(source: Path, target: Path, coding: str) -> None:
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-threads",
        "1",
        "-i",
        str(source),
        "-c:a",
        *coding.split(),
        str(target),
    ]
    subprocess.run(command, check=True)


def form_of(path: Path) -> dict[str, Any]:
    """Return samples per channel and mean bit rate, as the tool itself reads them."""
    from synthmark.files.sound_file import open_sound

    with open_sound(path) as reader:
        frames = sum(len(block) for block in reader.blocks())
        return {"frames": frames, "rate": reader.form.rate, "bit_rate": round(reader.form.bit_rate)}


def measured(source: Path, folder: Path, coding: str, rounds: int) -> dict[str, Any]:
    from synthmark import Config, label_file, verify_file

    config, target = Config(producer="ACME"), folder / f"out-{source.name}"
    steps: dict[str, Callable[[], object]] = {
        "ffmpeg": lambda: coded(source, folder / f"again-{source.name}", coding),
        "label": lambda: label_file(source, target, config),
        "verify": lambda: verify_file(target),
    }
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            taken[name].append(cpu_seconds(step))
    medians = {name: statistics.median(values) for name, values in taken.items()}
    return {
        "cpu_seconds": {name: round(value, 3) for name, value in medians.items()},
        "times_real_time": {name: round(SECONDS / medians[name], 1) for name in ("label", "verify")},
        "label_to_ffmpeg": round(medians["label"] / medians["ffmpeg"], 2),
        "verdict": verify_file(target).verdict,
        "before": form_of(source),
        "after": form_of(target),
    }


def main(
    clip: Annotated[Path, typer.Option(help="A clip of stereo sound.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("files_audio.json"),
    rounds: Annotated[int, typer.Option(help="Measurements of each operation.")] = 3,
) -> None:
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples, rate = soundfile.read(clip, always_2d=True, dtype="int16")
        plain = folder / "plain.wav"
        soundfile.write(plain, np.resize(samples, (SECONDS * rate, samples.shape[1])), rate)
        for suffix, coding in CODINGS.items():
            source = folder / f"sound.{suffix}"
            coded(plain, source, coding)
            measured(source, folder, coding, 1)  # compiles
            results[suffix] = measured(source, folder, coding, rounds)
            typer.echo(f"{suffix}: {results[suffix]}")
    record = environment.described() | {"seconds_of_sound": SECONDS, "results": results}
    out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)

"""Measures what a verdict of synthmark-extract costs, with numba and without.

    python benchmarks/extract_tool_speed.py --video FILE [-o results/extract_tool_speed.json]

A picture of 12 megapixels, a minute of stereo sound at 48 kHz, and a video, each without any label and fully
labelled. Times are seconds of one processor, as the tool shows a verdict and draws its pictures: of a new process,
start and imports included, and of one that has checked a file before. They are compared with decoding the same file
by the same library, and the way without numba with the one with it, in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import environment

environment.use_one_thread()

ENGINES = ("numba", "numpy")
HERE = Path(__file__)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("-o", "--output", type=Path, default=HERE.parent / "results/extract_tool_speed.json")
    options = parser.parse_args(arguments)
    if options.one is not None:
        print(json.dumps(one(options.one, options.engine)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        rows = {name: measured(file) for name, file in files(Path(folder), options.video).items()}
    content = {"environment": environment.described(), "cpu_seconds": rows}
    options.output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {options.output}", file=sys.stderr)
    return 0


def files(folder: Path, video: Path | None) -> dict[str, Path]:
    """Return the files to check by what they are."""
    import synthmark

    plain = {"12 megapixels": picture(folder), "a minute of sound": sound(folder)}
    plain |= {"video": video} if video else {}
    config = synthmark.Config(producer="Example-Studio", preset="ultrafast")
    found = {}
    for name, file in plain.items():
        target = folder / "labelled" / file.name
        synthmark.label_file(file, target, config)
        found |= {f"{name}, unlabelled": file, f"{name}, labelled": target}
    return found


def picture(folder: Path) -> Path:
    import skimage.data
    from PIL import Image

    file = folder / "picture.jpg"
    Image.fromarray(skimage.data.astronaut()).resize((4000, 3000), Image.Resampling.BICUBIC).save(file, quality=90)
    return file


def sound(folder: Path) -> Path:
    import numpy as np
    import soundfile

    file = folder / "sound.flac"
    noise = np.cumsum(np.random.default_rng(1).standard_normal((60 * 48000, 2)), axis=0)
    soundfile.write(file, 0.1 * np.sin(noise / 20), 48000)
    return file


def measured(file: Path) -> dict[str, Any]:
    """Return the cost of a verdict with both engines, each in a process of its own."""
    row = {engine: asked(file, engine) for engine in ENGINES}
    decoding = row["numba"].pop("decoding")
    row["numpy"].pop("decoding")
    verdicts = {engine: row[engine].pop("found") for engine in ENGINES}
    return row | {
        "decoding": decoding,
        "verdict_to_decoding": round(row["numba"]["next"] / max(decoding, 0.01), 1),
        "numpy_to_numba": round(row["numpy"]["next"] / row["numba"]["next"], 2),
        "same_result": verdicts["numba"] == verdicts["numpy"],
        "verdict": verdicts["numba"]["verdict"],
    }


def asked(file: Path, engine: str) -> dict[str, Any]:
    command = [sys.executable, str(HERE), "--one", str(file), "--engine", engine]
    done = subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": "1"})
    return json.loads(done.stdout)


def one(file: Path, engine: str) -> dict[str, Any]:
    """Check a file twice in this process, and decode it."""
    if engine == "numpy":
        sys.modules["numba"] = None  # as where it is not installed
    from extract_tool.examination import examined
    from extract_tool.sandbox import Request
    from synthmark.config import Config

    request = Request(file, Config(), (), "synthmark-extract", pictures=True)
    answer = examined(request)
    first = time.process_time()  # since the process began
    examined(request)
    following = time.process_time() - first
    begin = time.process_time()
    decode(file, answer["report"]["file"]["media_type"])
    return {
        "first": round(first, 2),
        "next": round(following, 2),
        "decoding": round(time.process_time() - begin, 2),
        "found": found(answer["report"]),
    }


def found(report: dict[str, Any]) -> dict[str, Any]:
    """Return what two engines must agree on: verdict, outcomes, and what the layers claim."""
    layers = [[layer["layer"], layer["outcome"], layer["claims"]] for layer in report["layers"]]
    return {"verdict": report["verdict"], "layers": layers}


def decode(file: Path, media_type: str) -> None:
    """Decode a file and do nothing else."""
    if media_type.startswith("image/"):
        from PIL import Image

        with Image.open(file) as opened:
            opened.load()
    elif media_type.startswith("audio/"):
        import soundfile

        soundfile.read(file)
    else:
        import av

        with av.open(str(file)) as container:
            for packet in container.demux():
                packet.decode()


if __name__ == "__main__":
    sys.exit(main())

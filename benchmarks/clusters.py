"""What a core labels in an hour when files come from an object store, and what Ray costs beside worker processes.

    python benchmarks/clusters.py --out benchmarks/results/clusters.json

Everything runs on this machine: an S3 server (moto's), PostgreSQL for the registry, and a Ray cluster. First one
process labels what a core of a cluster is given, and its processor time is counted, which does not depend on what
else the machine does: the time of the file itself, of the store's client and of the registry. Then the same folder of
pictures is labelled through the command by worker processes and by Ray, in turn.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from environment import described, use_one_thread

use_one_thread()
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import numpy as np  # noqa: E402 - after the thread limits
import skimage.data  # noqa: E402
import soundfile  # noqa: E402
from object_store import running_store  # noqa: E402
from PIL import Image  # noqa: E402
from postgresql_server import running_server, server_programs  # noqa: E402

from synthmark.batch.rows import LabelRow  # noqa: E402
from synthmark.config import Config  # noqa: E402
from synthmark.registry import open_registry  # noqa: E402

BUCKET = "benchmark"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=6, help="of each kind")
    parser.add_argument("--pictures", type=int, default=60, help="of the comparison; 0 leaves it out")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    programs = server_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is needed.")
    with running_store() as store, running_server(programs) as url, tempfile.TemporaryDirectory() as folder:
        os.environ.update(store)
        result = measured(url, Path(folder), options)
    options.out.write_text(json.dumps({"environment": described(), **result}, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def measured(url: str, folder: Path, options: argparse.Namespace) -> dict[str, object]:
    import s3fs

    store = s3fs.S3FileSystem(use_listings_cache=False)
    store.mkdir(BUCKET)
    config = Config(producer="Example-Studio", registry=url)
    open_registry(url).close()
    label = LabelRow(config=config)
    kinds = {name: per_file(label, store, name, make, options.files) for name, make in KINDS.items()}
    result: dict[str, object] = {"one_core": kinds, "registry": inserts(url)}
    if options.pictures:
        result["engines"] = engines(store, url, folder, options)
    return result


def picture(number: int, width: int, height: int, form: str) -> bytes:
    """Return a photograph, each another part of one, enlarged where it is too small."""
    photograph = Image.fromarray((skimage.data.astronaut, skimage.data.coffee, skimage.data.chelsea)[number % 3]())
    buffer = io.BytesIO()
    photograph.rotate(number).resize((width, height), Image.Resampling.LANCZOS).save(buffer, form)
    return buffer.getvalue()


def sound(number: int) -> bytes:
    noise = np.random.default_rng(number).normal(0, 1, 60 * 44100)
    envelope = 0.1 * (1 + np.sin(np.arange(noise.size) / 44100 * 2 * np.pi * 3)) / 2
    buffer = io.BytesIO()
    soundfile.write(buffer, np.convolve(noise, np.hanning(24) / 6, "same") * envelope, 44100, "PCM_16", format="WAV")
    return buffer.getvalue()


KINDS = {
    "PNG of 1 megapixel": (".png", lambda number: picture(number, 1000, 1000, "PNG")),
    "JPEG of 1 megapixel": (".jpg", lambda number: picture(number, 1000, 1000, "JPEG")),
    "JPEG of 12 megapixels": (".jpg", lambda number: picture(number, 4000, 3000, "JPEG")),
    "WAV of 60 seconds": (".wav", sound),
}


def per_file(label: LabelRow, store: object, name: str, make: tuple, count: int) -> dict[str, float]:
    """Return the processor seconds of a file; the first one, which loads the kernels, does not count."""
    suffix, content = make
    taken = []
    for number in range(count + 1):
        row = {"source": f"s3://{BUCKET}/in/{number}{suffix}", "target": f"s3://{BUCKET}/{name}/{number}{suffix}"}
        store.pipe(row["source"], content(number))
        began = time.process_time()
        found = label(row)
        taken.append(time.process_time() - began)
        assert found["status"] == "labelled", found["error"]
        assert label(row)["status"] == "present"
        store.rm(row["source"])
    seconds = float(np.median(taken[1:]))
    return {"processor_seconds": round(seconds, 3), "files_per_core_and_hour": round(3600 / seconds)}


def inserts(url: str, count: int = 300) -> dict[str, float]:
    """Return how many records one connection writes in a second, which bounds what a cluster does."""
    import dataclasses

    with open_registry(url) as registry:
        record = registry.latest(1)[0].record
        records = [dataclasses.replace(record, content_id=f"{number:016x}") for number in range(count)]
        began = time.perf_counter()
        for one in records:
            registry.add_once(one)
        rate = count / (time.perf_counter() - began)
        return {"records_per_second": round(rate, 1), "load_average": round(os.getloadavg()[0], 1)}


def engines(store: object, url: str, folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """Label the same pictures by worker processes and by Ray, in turn."""
    for number in range(options.pictures):
        store.pipe(f"{BUCKET}/pictures/{number:04}.png", picture(number, 1000, 1000, "PNG"))
    rounds: dict[str, list[float]] = {"local": [], "ray": []}
    label(url, folder, "local", "warm", 1)
    for number in range(options.rounds):
        for engine, seconds in rounds.items():
            seconds.append(label(url, folder, engine, f"{engine}{number}", options.jobs))
    ratios = [ray / local for local, ray in zip(rounds["local"], rounds["ray"], strict=True)]
    return {
        "pictures": options.pictures,
        "jobs": options.jobs,
        "seconds": {name: [round(value, 1) for value in values] for name, values in rounds.items()},
        "ray_to_local": {"median": round(float(np.median(ratios)), 3), "all": [round(ratio, 3) for ratio in ratios]},
        "load_at_end": round(os.getloadavg()[0], 1),
    }


def label(url: str, folder: Path, engine: str, output: str, jobs: int) -> float:
    command = [sys.executable, "-m", "synthmark", "label", f"s3://{BUCKET}/pictures", "-o", str(folder / output)]
    options = ["--engine", engine, "--jobs", str(jobs), "--registry", url, "--producer", "Example-Studio"]
    began = time.perf_counter()
    subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    shutil.rmtree(folder / output)
    return seconds


if __name__ == "__main__":
    main()

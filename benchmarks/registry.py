"""Measures the registry on SQLite: inserts from several processes, look-ups among a million records, checking.

    python benchmarks/registry.py --out benchmarks/results/registry.json

Of a hundred records one is of sound (60 seconds) and one of video (8 frames), the others are of pictures. Their
fingerprints are random smooth pictures and random bits, which are further from one another than real ones are: what a
search costs does not depend on that; what it finds is measured by `fingerprints.py`. Each look-up time includes
opening the registry in a new process whose libraries are loaded; the file has just been written, so the system may
hold it in memory.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import environment

environment.use_one_thread()

import cv2  # noqa: E402 - after the thread limits
import numpy as np  # noqa: E402
import typer  # noqa: E402

from synthmark.registry import Fingerprint, RegistryRecord, open_registry  # noqa: E402
from synthmark.registry.sketches import FINE, sketch_of  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

PROCESSES = 4
BATCH = 1000
REQUIRED = {"id": 0.010, "fingerprint": 1.0, "inserts": 300}
_random = np.random.default_rng(1)


def sketches(count: int) -> np.ndarray:
    coarse = _random.random((count, 6, 6), np.float32) * 255
    fine = [cv2.resize(cells, (FINE, FINE), interpolation=cv2.INTER_CUBIC) for cells in coarse]
    return np.array([sketch_of(np.clip(cells, 0, 255)) for cells in fine])


def fingerprint(number: int) -> Fingerprint:
    if number % 100 == 7:
        return Fingerprint("audio", _random.integers(0, 256, (120, 2), np.uint8), 0.5)
    if number % 100 == 13:
        return Fingerprint("video", sketches(8), 1.0, 1280, 720)
    return Fingerprint("image", sketches(1), 0.0, 1024, 1024)


def record(number: int, content: Fingerprint) -> RegistryRecord:
    return RegistryRecord(
        content_id=f"{number * 0x9E3779B97F4A7C15 % (1 << 64):016x}",
        produce_id=f"synthmark-{number:016x}",
        producer="001191110000000000000000000",
        system="Example Painter",
        system_version="2.1",
        time="2026-01-01T08:00:00.000Z",
        media_type={"image": "image/png", "audio": "audio/wav", "video": "video/mp4"}[content.media],
        sha256_before=f"{number:064x}",
        sha256_after=f"{number + (1 << 200):064x}",
        fingerprint=content.text(),
        layers=("visible", "watermark", "metadata"),
        mark_format=1,
        key_id="389e2190",
        explicit_label=True,
        operator="operator",
        source=f"/data/outputs/2026-01-01/picture-{number:09}.png",
    )


def insert(file: Path, start: int, seconds: float, batch: int, ready: object, counts: object) -> None:
    """Insert for some seconds, and put the number of records into the queue."""
    content = [fingerprint(number) for number in range(200)]
    with open_registry(file) as registry:
        ready.wait()
        end, done = time.perf_counter() + seconds, 0
        while time.perf_counter() < end:
            numbers = range(start + done, start + done + batch)
            registry.add_many([record(number, content[number % 200]) for number in numbers])
            done += batch
    counts.put(done)


def insert_rate(folder: Path, seconds: float, batch: int) -> float:
    """Return records per second of several processes together."""
    file = folder / f"inserts-{batch}.sqlite"
    open_registry(file).close()
    context = multiprocessing.get_context("spawn")
    ready, counts = context.Barrier(PROCESSES), context.Queue()
    arguments = [(file, part << 32, seconds, batch, ready, counts) for part in range(PROCESSES)]
    workers = [context.Process(target=insert, args=each) for each in arguments]
    for worker in workers:
        worker.start()
    total = sum(counts.get(timeout=seconds + 60) for _ in workers)
    for worker in workers:
        worker.join()
    with open_registry(file) as registry:
        check = registry.verify()
    assert check.intact
    assert check.entries == total
    return total / seconds


def fill(file: Path, count: int) -> dict[str, tuple[int, Fingerprint]]:
    """Fill a registry, and return one record of each kind of media to look for."""
    kept = {}
    with open_registry(file) as registry:
        for start in range(0, count, BATCH):
            numbers = range(start, min(start + BATCH, count))
            content = [fingerprint(number) for number in numbers]
            registry.add_many([record(number, each) for number, each in zip(numbers, content, strict=True)])
            if start <= count // 2 < start + BATCH:
                kept = {each.media: (number, each) for number, each in zip(numbers, content, strict=True)}
    return kept


def query_of(content: Fingerprint) -> Fingerprint:
    """Return a fingerprint of the same content as a file would give it: with errors, and at closer times."""
    if content.media == "audio":
        flipped = content.rows ^ np.packbits(_random.random((len(content.rows), 16)) < 0.08, axis=1)
        return Fingerprint("audio", np.repeat(flipped, 4, axis=0), 0.125)
    rows = np.repeat(content.rows, 4, axis=0) if content.media == "video" else content.rows
    return Fingerprint(content.media, rows, content.step / 4, content.width, content.height)


def in_new_process(task: Callable[..., float], *arguments: object) -> float:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(task, arguments)


def seconds_by_id(file: Path, number: int) -> float:
    start = time.perf_counter()
    with open_registry(file, create=False) as registry:
        found = registry.find_content_id(number * 0x9E3779B97F4A7C15 % (1 << 64))
        taken = time.perf_counter() - start
    assert len(found) == 1
    return taken


def seconds_by_id_open(file: Path, numbers: list[int]) -> float:
    """Return the median time of a look-up in a registry that is open."""
    taken = []
    with open_registry(file, create=False) as registry:
        for number in numbers:
            start = time.perf_counter()
            assert registry.find_content_id(number * 0x9E3779B97F4A7C15 % (1 << 64))
            taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def seconds_by_fingerprint(file: Path, number: int, dense: Fingerprint) -> float:
    start = time.perf_counter()
    with open_registry(file, create=False) as registry:
        found = registry.find_fingerprint(dense)
        taken = time.perf_counter() - start
    assert found[0].record.record.produce_id == f"synthmark-{number:016x}"
    return taken


def seconds_to_verify(file: Path) -> float:
    start = time.perf_counter()
    with open_registry(file, create=False) as registry:
        assert registry.verify().intact
    return time.perf_counter() - start


def summary(values: list[float], limit: float | None = None) -> dict[str, float | bool]:
    result = {"median": round(statistics.median(values), 4), "highest": round(max(values), 4), "runs": len(values)}
    return result if limit is None else {**result, "required": limit, "met": max(values) < limit}


def look_ups(file: Path, kept: dict[str, tuple[int, Fingerprint]], count: int, runs: int) -> dict[str, object]:
    numbers = [int(number) for number in _random.integers(0, count, runs)]
    results: dict[str, object] = {
        "id, opening included": summary([in_new_process(seconds_by_id, file, number) for number in numbers]),
        "id, registry open": {
            "median": round(seconds_by_id_open(file, numbers * 20), 5),
            "required": REQUIRED["id"],
            "met": seconds_by_id_open(file, numbers * 20) < REQUIRED["id"],
        },
    }
    for media, (number, content) in kept.items():
        taken = [in_new_process(seconds_by_fingerprint, file, number, query_of(content)) for _ in range(runs)]
        results[f"fingerprint of {media}, opening included"] = summary(taken, REQUIRED["fingerprint"])
    return results


def main(
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("registry.json"),
    records: Annotated[int, typer.Option(help="Records to look up among.")] = 1_000_000,
    seconds: Annotated[float, typer.Option(help="Length of each measurement of inserts.")] = 10.0,
    runs: Annotated[int, typer.Option(help="Measurements of each look-up.")] = 5,
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rates = {f"{batch} in a transaction": insert_rate(folder, seconds, batch) for batch in (1, 100)}
        file, start = folder / "large.sqlite", time.perf_counter()
        kept = fill(file, records)
        filled, load = time.perf_counter() - start, os.getloadavg()
        result = {
            **environment.described(),
            "load_average": [round(value, 1) for value in load],
            "durability": "journal_mode=WAL, synchronous=NORMAL",
            "inserts_per_second": {
                "processes": PROCESSES,
                **{name: round(rate) for name, rate in rates.items()},
                "required": REQUIRED["inserts"],
                "met": rates["1 in a transaction"] >= REQUIRED["inserts"],
            },
            "records": records,
            "file_bytes": file.stat().st_size,
            "seconds_to_fill": round(filled, 1),
            "seconds": look_ups(file, kept, records, runs),
            "seconds_to_verify": round(seconds_to_verify(file), 1),
        }
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    typer.echo(json.dumps(result, indent=1))


if __name__ == "__main__":
    typer.run(main)

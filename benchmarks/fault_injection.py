"""Kill batches at random points and compare what comes out with an undisturbed run.

Half of the kills take the parent (SIGKILL), half one of its workers. The same command is then started again until the
folder is done; then a new folder is begun, until there were enough kills. POSIX alone.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import skimage.data
import soundfile
from environment import described
from PIL import Image

import synthmark
from synthmark.batch.journal import STATE_FOLDER
from synthmark.registry import open_registry

CONFIG = """\
producer = "Example-Studio"
registry = "registry.sqlite"
"""
LOST = "the worker process ended abruptly"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--files", type=int, default=7, help="pictures in the folder, besides a sound")
    parser.add_argument("--size", type=int, default=384, help="height and width of the pictures")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), options)
    options.out.write_text(json.dumps({"environment": described(), **result}, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def measure(folder: Path, options: argparse.Namespace) -> dict[str, object]:
    make_media(folder / "in", options)
    (folder / "synthmark.toml").write_text(CONFIG, encoding="utf-8")
    undisturbed = folder / "undisturbed"
    began = time.monotonic()
    finish(start(folder, undisturbed))
    lengths = [time.monotonic() - began]
    reference = described_copies(undisturbed)
    chance, counts, problems = random.Random(options.seed), Counter[str](), []
    while counts["parent"] + counts["worker"] < options.kills:
        counts["folders"] += 1
        problems += disturbed(folder, reference, lengths, chance, counts)
        print(dict(counts), file=sys.stderr, flush=True)
    problems += registry_problems(folder, counts["folders"] + 1, len(reference))
    return {
        "kills": counts["parent"] + counts["worker"],
        "of_the_parent": counts["parent"],
        "of_a_worker": counts["worker"],
        "folders": counts["folders"],
        "files_in_a_folder": len(reference),
        "undisturbed_seconds": [round(length, 1) for length in lengths],
        "files_reported_lost_to_a_killed_worker": counts["lost"],
        "problems": problems,
    }


def make_media(folder: Path, options: argparse.Namespace) -> None:
    (folder / "sub").mkdir(parents=True)
    photographs = [skimage.data.astronaut(), skimage.data.coffee(), skimage.data.chelsea()]
    for number in range(options.files):
        picture = Image.fromarray(photographs[number % 3]).resize((options.size, options.size))
        picture.save(folder / ("sub" if number % 2 else "") / f"{number:03}.{'jpg' if number % 3 else 'png'}")
    noise = np.random.default_rng(1).normal(0, 0.1, 16000 * 12)
    soundfile.write(folder / "sound.wav", noise, 16000, subtype="PCM_16")


def start(folder: Path, output: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "synthmark", "label", "in", "-o", output.name, "--jobs", "2"]
    environment = os.environ | {"PYTHONPATH": str(Path(synthmark.__file__).parents[1])}
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen[str]) -> str:
    said = process.communicate()[1]
    if process.returncode:
        raise SystemExit(f"a run that nobody disturbed ended with {process.returncode}: {said}")
    return said


def disturbed(
    folder: Path, reference: dict[str, object], lengths: list[float], chance: random.Random, counts: Counter[str]
) -> list[str]:
    """Kill runs on one folder until it is done, and return what is wrong with it.

    Whole runs that nobody disturbed say how long the next one may take: the machine may get slower or faster.
    """
    output = folder / f"disturbed{counts['folders']}"
    problems: list[str] = []
    done: dict[str, bytes] = {}
    while True:
        began, fresh = time.monotonic(), not output.exists()
        process = start(folder, output)
        kind, said = kill(process, chance.uniform(0, lengths[-1]), chance)
        if kind == "end" and fresh:
            lengths.append(time.monotonic() - began)
        counts[kind] += 1
        counts["lost"] += said.count(LOST)
        problems += [f"{output.name}: {name} was made again" for name in done if content(output / name) != done[name]]
        if kind == "end" and process.returncode == 0:
            break
        done = finished(output)
    copies = described_copies(output)
    if copies != reference:
        problems.append(f"{output.name}: other files than in the undisturbed run: {copies.keys() ^ reference.keys()}")
    return problems + [f"{output.name}: {name} is left" for name in leftovers(output)]


def kill(process: subprocess.Popen[str], seconds: float, chance: random.Random) -> tuple[str, str]:
    """Wait, and kill the parent or one of its workers; return what was killed, and what was said."""
    kind = chance.choice(("parent", "worker"))
    try:
        return "end", process.communicate(timeout=seconds)[1]
    except subprocess.TimeoutExpired:
        pass
    workers = workers_of(process.pid)
    if kind == "parent":
        process.kill()
    elif workers:
        os.kill(chance.choice(workers), signal.SIGKILL)
    else:
        kind = "end"
    return kind, process.communicate()[1]


def workers_of(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid), "-f", "spawn_main"], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


def finished(output: Path) -> dict[str, bytes]:
    """Return the copies that the journal says are done, looked at in a copy of it."""
    state = output / STATE_FOLDER
    if not (state / "journal.sqlite3").exists():
        return {}
    with tempfile.TemporaryDirectory() as place:
        for file in state.glob("journal.sqlite3*"):
            shutil.copy(file, place)
        connection = sqlite3.connect(Path(place) / "journal.sqlite3")
        tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'files'").fetchall()
        rows = connection.execute("SELECT target FROM files WHERE done = 1").fetchall() if tables else []
        connection.close()
    return {os.fsdecode(name): content(output / os.fsdecode(name)) for (name,) in rows}


def content(file: Path) -> bytes:
    return file.read_bytes() if file.exists() else b""


def described_copies(output: Path) -> dict[str, object]:
    """Return what was read back from every copy: layers, and whether they agree."""
    files = [file for file in sorted(output.rglob("*")) if file.is_file() and not file.name.startswith(".")]
    found = {}
    for file in files:
        if file.relative_to(output).parts[0] != STATE_FOLDER:
            report = synthmark.verify_file(file)
            outcomes = tuple(layer.outcome for layer in report.layers)
            found[file.relative_to(output).as_posix()] = (report.verdict, outcomes, tuple(report.agreement))
    return found


def leftovers(output: Path) -> list[str]:
    return [str(file.relative_to(output)) for file in output.rglob(".synthmark-*")]


def registry_problems(folder: Path, folders: int, files: int) -> list[str]:
    """Compare the registry, in which all folders are, with the files."""
    with open_registry(folder / "registry.sqlite") as registry:
        records = [stored.record for stored in registry.latest(registry.count())]
        intact = registry.verify().intact
    ids = Counter(record.content_id for record in records)
    written = Counter(digests(folder))
    problems = [] if intact else ["the chain of the registry is broken"]
    problems += [f"content id {number} is recorded {count} times" for number, count in ids.items() if count > 1]
    if Counter(record.sha256_after for record in records) != written:
        problems.append(f"{len(records)} records for {written.total()} files, or of other content")
    if written.total() != folders * files:
        problems.append(f"{written.total()} files instead of {folders * files}")
    return problems


def digests(folder: Path) -> list[str]:
    from synthmark.files.reading import digest_of_file

    outputs = [folder / "undisturbed", *folder.glob("disturbed*")]
    names = [output / name for output in outputs for name in described_names(output)]
    return [digest_of_file(name)[1] for name in names]


def described_names(output: Path) -> list[str]:
    files = (file.relative_to(output) for file in output.rglob("*") if file.is_file())
    return [file.as_posix() for file in files if file.parts[0] != STATE_FOLDER]


if __name__ == "__main__":
    main()

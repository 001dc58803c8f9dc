"""Measures speed, memory and start-up as ratios to things users know, within one run.

    python benchmarks/speed_image.py --picture PICTURE --out speed_image.json

Everything runs on one thread; the operations take turns, so that a busy machine slows all of them alike; the
medians of CPU seconds are compared. Large pictures are the given one, enlarged, with a camera's noise.
"""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import environment

environment.use_one_thread()

import numpy as np  # noqa: E402 - after the thread limits
import typer  # noqa: E402
from methods_image import method_named  # noqa: E402
from pictures_image import Pixels, enlarged, opened  # noqa: E402
from PIL import Image  # noqa: E402

Operation = Callable[[], object]
CONTENT_ID = 0x0123456789ABCDEF
HELP_PAGE = "import sys; sys.argv = ['synthmark', '--help']; from synthmark.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Ratio:
    """One comparison: seconds of one operation over seconds of another, with its limit."""

    name: str
    numerator: str
    denominator: str
    limit: float
    at_least: bool = False

    def judged(self, medians: dict[str, float]) -> dict[str, Any]:
        value = medians[self.numerator] / medians[self.denominator]
        met = value >= self.limit if self.at_least else value <= self.limit
        return {"value": value, "at least" if self.at_least else "at most": self.limit, "met": met}


def jpeg(picture: Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def decoded(data: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(data)))


def marking(picture: Pixels, method_name: str, fast_name: str, peers: list[str]) -> dict[str, Operation]:
    """Return the operations at 12 and 1 MP: JPEG save, embed and plain extract, ours and peers'."""
    large, one = enlarged(picture, 12), enlarged(picture, 1)
    operations: dict[str, Operation] = {
        "JPEG save 12 MP": partial(jpeg, large),
        "embed 12 MP": partial(method_named(method_name).embed, large, CONTENT_ID),
    }
    for name in (fast_name, *peers):
        method = method_named(name)
        marked, label = method.embed(one, CONTENT_ID), "own" if name == fast_name else name
        operations[f"embed 1 MP {label}"] = partial(method.embed, one, CONTENT_ID)
        operations[f"extract 1 MP {label}"] = partial(method.extract, marked)
    return operations


def searching(picture: Pixels, method_name: str, sizes: list[int]) -> dict[str, Operation]:
    """Return the full searches on marked and unmarked pictures, and the JPEG decode beside them."""
    method, data = method_named(method_name), jpeg(enlarged(picture, 2))
    operations: dict[str, Operation] = {"JPEG decode 2 MP": partial(decoded, data)}
    for size in sizes:
        unmarked = enlarged(picture, size)
        marked = method.embed(unmarked, CONTENT_ID)
        # Shifted by a few pixels: a real search, which the unchanged position would end early.
        operations[f"search {size} MP marked"] = partial(method.extract, np.ascontiguousarray(marked[5:, 9:]))
        operations[f"search {size} MP unmarked"] = partial(method.extract, unmarked)
    return operations


def ratios(peers: list[str], sizes: list[int]) -> list[Ratio]:
    """Return the comparisons and their limits."""
    asked = {"invisible-watermark": 10, "blind-watermark": 100}
    result = [Ratio("embed 12 MP / JPEG save q95", "embed 12 MP", "JPEG save 12 MP", 1)]
    for peer in peers:
        for verb in ("embed", "extract"):
            top, bottom = f"{verb} 1 MP {peer}", f"{verb} 1 MP own"
            result.append(Ratio(f"{verb} 1 MP: {peer} / own", top, bottom, asked.get(peer, 1), at_least=True))
    for size in sizes:
        for kind in ("marked", "unmarked"):
            name = f"search {size} MP {kind}"
            result.append(Ratio(f"{name} / JPEG decode 2 MP", name, "JPEG decode 2 MP", 30))
    return result


def medians(operations: dict[str, Operation], rounds: int) -> dict[str, float]:
    """Return the median CPU seconds of each operation; they take turns after one round of warming up."""
    seconds: dict[str, list[float]] = {name: [] for name in operations}
    for round_number in range(rounds + 1):
        for name, operation in operations.items():
            start = time.process_time()
            operation()
            if round_number:
                seconds[name].append(time.process_time() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def started(arguments: list[str]) -> Operation:
    def run() -> None:
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)

    return run


def start_up(rounds: int) -> dict[str, Any]:
    """Return wall seconds of a bare interpreter, an import and a help page, and their ratios."""
    operations = {
        "bare interpreter": started(["-c", "pass"]),
        "import synthmark": started(["-c", "import synthmark"]),
        "synthmark --help": started(["-c", HELP_PAGE]),
        "import numpy, cv2 and PIL": started(["-c", "import numpy, cv2, PIL.Image"]),
    }
    seconds: dict[str, list[float]] = {name: [] for name in operations}
    for _ in range(rounds):
        for name, operation in operations.items():
            start = time.perf_counter()
            operation()
            seconds[name].append(time.perf_counter() - start)
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    return {"seconds": middle, "ratios": {n: s / middle["bare interpreter"] for n, s in middle.items()}}


def memory(picture: Path, method: str, sizes: list[int]) -> dict[str, Any]:
    """Return the peak memory in bytes per pixel above the picture, each from a process of its own."""
    script = str(Path(__file__).with_name("memory_image.py"))
    result = {}
    for size in sizes:
        for verb in ("embed", "extract"):
            command = [sys.executable, script, str(picture), str(size), verb, method]
            output = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
            value = float(output.stdout)
            result[f"{verb} {size} MP"] = {"bytes per pixel": value, "at most": 12, "met": value <= 12}
    return result


def main(
    picture: Annotated[Path, typer.Option(help="A real picture of about 1 megapixel.")],
    method: Annotated[str, typer.Option(help="The method under test.")] = "synthmark",
    peers: Annotated[str, typer.Option(help="Peers.")] = "invisible-watermark,blind-watermark",
    sizes: Annotated[str, typer.Option(help="Megapixels of the searches.")] = "1,2,12,50",
    rounds: Annotated[int, typer.Option(help="Repetitions.")] = 5,
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("speed_image.json"),
) -> None:
    pixels, peer_names = opened(picture), [name for name in peers.split(",") if name]
    megapixels = [int(size) for size in sizes.split(",")]
    fast = "synthmark-fast" if method == "synthmark" else method
    seconds = medians(marking(pixels, method, fast, peer_names), rounds)
    seconds |= medians(searching(pixels, method, megapixels), rounds)
    record = {
        **environment.described(),
        "clock": "CPU seconds, one thread, medians of operations that take turns",
        "seconds": seconds,
        "ratios": {ratio.name: ratio.judged(seconds) for ratio in ratios(peer_names, megapixels)},
        "memory": memory(picture, method, [size for size in megapixels if size >= 12]),
        "start_up": start_up(rounds),
    }
    out.write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
    print(json.dumps({key: record[key] for key in ("ratios", "memory", "start_up")}, indent=1))


if __name__ == "__main__":
    typer.run(main)

"""Looks for marks where there are none: all unmarked clips, many keys.

    python benchmarks/false_alarms_video.py --clips FOLDER --work FOLDER --jobs 2 --out false_alarms_video.json

The first six seconds of every clip, and with fewer keys those of some drawn ones (noise, emptiness, patterns that
stand still and that move), are read with every key; sound is left out. No mark may be found. Beside that stand two
bounds on false alarms. The derived one, for one file and key, is the mean number of decodings that a clip was worth
times the chance that a decoding of noise is accepted; guesses, whose message has to be clear besides, count for as
much less as noise is seldom so clear, which is measured on drawn soft bits; the worst clip counts. The measured one
is what so many trials without a find prove with 95 % confidence. Finished outcomes are kept as by
`robustness_video.py`.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import environment

environment.use_one_thread()

import numpy as np  # noqa: E402 - after the thread limits
import typer  # noqa: E402
from kept_outcomes import file_name, prepared, written  # noqa: E402
from media_video import clips_below, encode_luma, luma_frames  # noqa: E402
from methods_video import extractor_for  # noqa: E402
from tail_fit import fitted_tail  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media_video import Luma, Plane

ASKED = 1e-9
DRAWN_FRAMES, DRAWN_RATE = 75, 25.0


def key_for(number: int) -> bytes:
    return hashlib.sha256(f"false alarm trial video {number}".encode()).digest()


def drawn_clips(folder: Path) -> list[Path]:
    """Write clips that no camera makes."""
    made = []
    for name, planes in _drawn().items():
        made.append(folder / f"drawn {name}.mp4")
        encode_luma(planes, DRAWN_RATE, made[-1])
    return made


def _drawn() -> dict[str, list[Luma]]:
    rng, shape = np.random.default_rng(1), (360, 640)
    rows, columns = np.indices(shape)
    squares = (((rows // 16 + columns // 16) % 2) * 160 + 40).astype(np.uint8)
    ramp = np.tile(np.linspace(20, 235, shape[1]), (shape[0], 1)).astype(np.uint8)
    waves = (128 + 60 * np.sin(rows / 5) * np.sin(columns / 7)).astype(np.uint8)
    return {
        "black": [np.full(shape, 16, np.uint8)] * DRAWN_FRAMES,
        "squares": [squares] * DRAWN_FRAMES,
        "moving squares": [np.roll(squares, 2 * n, axis=1) for n in range(DRAWN_FRAMES)],
        "moving ramp": [np.roll(ramp, 3 * n, axis=1) for n in range(DRAWN_FRAMES)],
        "waves": [waves] * DRAWN_FRAMES,
        "noise": [rng.integers(40, 216, shape, dtype=np.uint8) for _ in range(DRAWN_FRAMES)],
        "still noise": [rng.integers(40, 216, shape, dtype=np.uint8)] * DRAWN_FRAMES,
    }


def frames_up_to(clip: Path, longest: float) -> Iterator[tuple[float, Plane]]:
    """Yield the frames of the first seconds of a clip."""
    for seconds, plane in luma_frames(clip):
        if seconds > longest:
            return
        yield seconds, plane


def tried(clip: Path, first: int, count: int, longest: float) -> dict[str, Any]:
    """Read one clip with `count` keys at once, which share all work that does not depend on the key."""
    extractor = extractor_for(clip, keys=[key_for(number) for number in range(first, first + count)])
    frames = 0
    for seconds, plane in frames_up_to(clip, longest):
        extractor.push(plane, seconds)
        frames += 1
    found = extractor.detections()
    return {
        "clip": clip.name,
        "frames": frames,
        "keys": count,
        "decodings": list(extractor.decodings),
        "guesses": list(extractor.guesses),
        "pilot_scores": [round(float(score), 3) for score in extractor.pilot_scores],
        "accepted": [
            {"key": first + n, "content_id": f"{each.content_id:016x}"} for n, each in enumerate(found) if each.found
        ],
    }


def kept(work: Path, clip: Path, first: int, count: int, longest: float) -> dict[str, Any]:
    """Return the outcome of one clip and some keys, from the work folder or new."""
    file = work / "false_alarms" / f"{file_name(clip.stem)}_{first}_{count}_{longest:g}.json"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        written(file, tried(clip, first, count, longest))
    return dict(json.loads(file.read_text(encoding="utf-8")))


def clearest(first: int, count: int) -> list[float]:
    """Return Eb/N0 in dB of the best message that is decoded from drawn soft bits, as often as asked for."""
    from synthmark.image.carriers import CODE_LENGTH, carriers
    from synthmark.image.readout import LIST_SIZE, signal_to_noise

    code = carriers(key_for(0)).code
    best = []
    for number in range(first, first + count):
        noise = np.random.default_rng(number).standard_normal(CODE_LENGTH)
        words = code.decode(noise, LIST_SIZE)
        best.append(max(signal_to_noise(noise, np.where(code.encode(word), -1.0, 1.0)) for word in words))
    return best


def clearness(count: int, jobs: int) -> dict[str, Any]:
    """Measure how clear the messages are that are decoded from noise, against what a guess has to reach."""
    from synthmark.video.acceptance import CLEAR, CLEAR_CHANCE

    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        parts = pool.map(clearest, range(0, count, 500), [min(500, count)] * -(-count // 500))
        values = np.sort([value for part in parts for value in part])
    above = int((values >= CLEAR).sum())
    return {
        "decodings_of_noise": len(values),
        "median": float(np.median(values)),
        "highest_in_a_hundred": float(values[-max(1, len(values) // 100)]),
        "largest": float(values[-1]),
        "asked": CLEAR,
        "as_clear": above,
        "assumed_chance": CLEAR_CHANCE,
        "chance_is_below": 1 - 0.05 ** (1 / len(values)) if not above else None,
    }


def all_trials(counts: dict[Path, int], at_once: int, longest: float, work: Path, jobs: int) -> list[dict[str, Any]]:
    """Read every clip with its number of keys in several processes; say how far it has come on stderr."""
    parts = []
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        waiting = [
            pool.submit(kept, work, path, first, min(at_once, keys - first), longest)
            for path, keys in counts.items()
            for first in range(0, keys, at_once)
        ]
        for future in as_completed(waiting):
            parts.append(future.result())
            print(f"{len(parts)}/{len(waiting)} {parts[-1]['clip']}", file=sys.stderr, flush=True)
    return parts


def by_clip(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the parts of every clip together."""
    clips: dict[str, Any] = {}
    for part in sorted(parts, key=lambda part: str(part["clip"])):
        entry = clips.setdefault(part["clip"], {"clip": part["clip"], "frames": part["frames"], "keys": 0})
        entry["keys"] += part["keys"]
        for key in ("decodings", "guesses", "pilot_scores", "accepted"):
            entry[key] = entry.get(key, []) + part[key]
    return list(clips.values())


def told(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what one clip came to: numbers of decodings and the largest pilot score instead of all."""
    from synthmark.image.readout import decoding_false_alarm
    from synthmark.video.acceptance import CLEAR_CHANCE

    mean, guesses = (float(np.mean(entry[key])) for key in ("decodings", "guesses"))
    return entry | {
        "decodings": {"mean": mean, "largest": max(entry["decodings"])},
        "guesses": {"mean": guesses, "largest": max(entry["guesses"])},
        "pilot_scores": {"mean": float(np.mean(entry["pilot_scores"])), "largest": max(entry["pilot_scores"])},
        "false_alarm_bound": (mean + guesses * CLEAR_CHANCE) * decoding_false_alarm(),
    }


def summary(clips: list[dict[str, Any]]) -> dict[str, Any]:
    trials = sum(entry["keys"] for entry in clips)
    bound = max(entry["false_alarm_bound"] for entry in clips)
    found = sum(len(entry["accepted"]) for entry in clips)
    return {
        "clips": len(clips),
        "trials": trials,
        "found": found,
        "derived_bound_per_file": bound,
        "asked_bound_per_file": ASKED,
        "met": found == 0 and bound <= ASKED,
        # Nothing in n trials: at most 1 - 0.05^(1/n), with 95 % confidence.
        "measured_bound_per_trial": 1 - 0.05 ** (1 / trials) if not found else None,
    }


def main(
    clips: Annotated[list[Path], typer.Option(help="Folder of unmarked clips; may be repeated.")],
    work: Annotated[Path, typer.Option(help="Folder for finished outcomes, as in robustness_video.py.")],
    keys: Annotated[int, typer.Option(help="Keys tried on every clip.")] = 2000,
    drawn_keys: Annotated[int, typer.Option(help="Keys tried on every drawn clip.")] = 200,
    at_once: Annotated[int, typer.Option(help="Keys that share one reading of a clip.")] = 100,
    longest: Annotated[float, typer.Option(help="Seconds read of every clip.")] = 6.0,
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("false_alarms_video.json"),
    noise: Annotated[int, typer.Option(help="Decodings of noise, to see how clear they are.")] = 30000,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 1,
    keep: Annotated[bool, typer.Option(help="Keep outcomes of changed code.")] = False,
) -> None:
    prepared(work, keep=keep)
    with tempfile.TemporaryDirectory() as folder:
        counts = dict.fromkeys(clips_below(clips), keys) | dict.fromkeys(drawn_clips(Path(folder)), drawn_keys)
        parts = all_trials(counts, at_once, longest, work, jobs)
    clips_read = by_clip(parts)
    results = [told(entry) for entry in clips_read]
    tail = fitted_tail(np.array([score for entry in clips_read for score in entry["pilot_scores"]]))
    record = {**environment.described(), "seconds": longest, "summary": summary(results), "tail": tail}
    record["clearness_of_noise"] = clearness(noise, jobs)
    record["clips"] = results
    out.write_text(json.dumps(record, indent=1), encoding="utf-8")
    print(json.dumps(record["summary"], indent=1))


if __name__ == "__main__":
    typer.run(main)

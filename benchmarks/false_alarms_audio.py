"""Looks for marks where there are none: many keys on unmarked sound.

    python benchmarks/false_alarms_audio.py --clips FOLDER --trials 20000

Each trial takes another key and a random piece of 3 to 20 s of an unmarked clip, of noise or of a tone. One in twenty
trials makes the full search over speeds, tempos and pitches, the others look at unchanged sound only (with a hundred
pieces analysed once and shared between keys). The number of acceptances must be zero. The tail of the pilot score is
compared with the bound it is judged by.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import environment

environment.use_one_thread()

import numpy as np  # noqa: E402 - after the thread limits
import soundfile  # noqa: E402
import typer  # noqa: E402
from robustness_audio import clips_below  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 16000
PIECES = 100


def key_for(trial: int) -> bytes:
    return hashlib.sha256(b"false alarm trial" + trial.to_bytes(8, "big")).digest()


def mono_at_work_rate(path: Path) -> NDArray[np.float32]:
    from synthmark.audio.resampling import resampler_between

    samples, rate = soundfile.read(path, always_2d=True, dtype="float32")
    down = resampler_between(rate, RATE)
    return down.convert(np.ascontiguousarray(samples.mean(axis=1)), 0, 0, int(len(samples) * down.ratio))


def drawn_pieces(clips: list[Path], seed: int) -> list[NDArray[np.float32]]:
    """Return random pieces of the clips, and some of noise and tones."""
    rng = np.random.default_rng(seed)
    time = np.arange(20 * RATE) / RATE
    sources = [mono_at_work_rate(path) for path in clips]
    sources.append(rng.standard_normal(20 * RATE).astype(np.float32) * np.float32(0.1))
    sources.append(np.sin(2 * np.pi * 500 * time + 40 * np.sin(2 * np.pi * time)).astype(np.float32))
    return [piece(sources[int(rng.integers(len(sources)))], rng) for _ in range(PIECES)]


def piece(source: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    size = min(int(rng.uniform(3, 20) * RATE), len(source))
    start = int(rng.integers(0, len(source) - size + 1))
    return source[start : start + size]


def main(
    clips: Annotated[list[Path], typer.Option(help="Folder of unmarked clips.")],
    trials: Annotated[int, typer.Option(help="Keys tried.")] = 20000,
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("false_alarms_audio.json"),
    seed: Annotated[int, typer.Option(help="Seed of the pieces.")] = 1,
) -> None:
    from synthmark import audio
    from synthmark.audio.layout import layout_for
    from synthmark.audio.listening import TILE_STEPS, Listening
    from synthmark.audio.search import Search, marks_at_plain_speed

    pieces = drawn_pieces(clips_below(clips), seed)
    heard = [Listening.to(samples) for samples in pieces]
    accepted, full, scores = 0, 0, []
    for trial in range(trials):
        chosen = trial % PIECES
        layout = layout_for(key_for(trial))
        if trial // PIECES % 20 == 0:
            accepted += bool(audio.extract(pieces[chosen], RATE, key_for(trial)))
            full += 1
        else:
            accepted += bool(marks_at_plain_speed(heard[chosen], Search(layout)))
        scores.append(heard[chosen].scan(layout, 1.0, 1.0, [(0, heard[chosen].tiles())])[0].score)
    record = {**environment.described(), "trials": trials, "with_full_search": full, "accepted": accepted}
    record["best_pilot_score_of_a_trial"] = tail(np.array(scores), TILE_STEPS)
    out.write_text(json.dumps(record, indent=1), encoding="utf-8")
    typer.echo(json.dumps({k: record[k] for k in ("trials", "with_full_search", "accepted")}))
    typer.echo(json.dumps(record["best_pilot_score_of_a_trial"], indent=1))


def tail(scores: NDArray[np.float64], offsets: int) -> list[dict[str, float]]:
    """Return how often the best of all offsets exceeds a score, beside the bound on it."""
    return [
        {
            "score": z,
            "measured": float((scores > z).mean()),
            "bound": min(1.0, offsets * math.exp(-(z**2) / 2)),
        }
        for z in (2.5, 3.0, 3.5, 4.0, 4.5, 5.0)
    ]


if __name__ == "__main__":
    typer.run(main)

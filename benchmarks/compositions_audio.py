"""Measures marks in sound that is put together: joined files, speech under music, pieces of long files.

    python benchmarks/compositions_audio.py --speech FOLDER --music FOLDER --out compositions_audio.json

Of every clip four parts are marked, one at a time, the rest stays unmarked: both ends of the span that is found have
to lie within half a second of those of the part. Two files joined count when both ids come back and the spans meet
within half a second of the joint. Music lies 10 dB below the marked speech. From every music file, marked at full
length, pieces of 10 s are cut at five places.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import environment

environment.use_one_thread()

import numpy as np  # noqa: E402 - after the thread limits
import soundfile  # noqa: E402
import soxr  # noqa: E402
import typer  # noqa: E402
from robustness_audio import clips_below, content_id_for, marked_by_synthmark  # noqa: E402

if TYPE_CHECKING:
    from attacks_audio import Samples

RATE = 44100
PARTS = ((0.25, 0.75), (0.1, 0.6), (0.0, 0.5), (0.4, 1.0))


def opened(path: Path) -> Samples:
    """Return a clip as one channel at 44.1 kHz."""
    samples, rate = soundfile.read(path, always_2d=True)
    return soxr.resample(samples.mean(axis=1, keepdims=True), rate, RATE)


def joined(paths: list[Path]) -> dict[str, bool]:
    from synthmark import audio

    outcomes = {}
    for first, second in itertools.pairwise([*paths, paths[0]]):
        ids = [content_id_for(path, 1) for path in (first, second)]
        parts = [marked_by_synthmark(opened(p), RATE, i) for p, i in zip((first, second), ids, strict=True)]
        marks = audio.extract(np.concatenate(parts), RATE).marks
        joint = len(parts[0]) / RATE
        good = [mark.content_id for mark in marks] == ids
        good = good and marks[0].spans[-1][1] < joint + 0.5 and marks[1].spans[0][0] > joint - 0.5
        outcomes[f"{first.name} + {second.name}"] = good
    return outcomes


def marked_in_part(paths: list[Path]) -> dict[str, bool]:
    from synthmark import audio

    outcomes = {}
    for path in paths:
        host = opened(path)[: 20 * RATE]
        for first, last in PARTS:
            begin, end = (round(share * len(host)) for share in (first, last))
            marked = host.copy()
            marked[begin:end] = marked_by_synthmark(host[begin:end], RATE, content_id_for(path, 1))
            spans = audio.extract(marked, RATE).spans or ((-1.0, -1.0),)
            error = max(abs(spans[0][0] - begin / RATE), abs(spans[-1][1] - end / RATE))
            outcomes[f"{path.name} from {begin / RATE:.1f} to {end / RATE:.1f} s"] = error <= 0.5
    return outcomes


def under_music(speech: list[Path], music: list[Path]) -> dict[str, bool]:
    from synthmark import audio

    outcomes = {}
    for path in speech:
        content_id = content_id_for(path, 1)
        marked = marked_by_synthmark(opened(path), RATE, content_id)
        for song in music:
            other = np.resize(opened(song), marked.shape)
            level = np.sqrt((marked**2).mean() / (other**2).mean()) * 10 ** (-10 / 20)
            found = audio.extract(np.clip(marked + level * other, -1, 1), RATE)
            outcomes[f"{path.name} under {song.name}"] = found.content_id == content_id
    return outcomes


def cut_from_long(music: list[Path]) -> dict[str, bool]:
    from synthmark import audio

    outcomes = {}
    for path in music:
        content_id = content_id_for(path, 1)
        marked = marked_by_synthmark(opened(path), RATE, content_id)
        for start in np.linspace(0, len(marked) - 10 * RATE, 5).astype(int):
            found = audio.extract(marked[start : start + 10 * RATE], RATE)
            outcomes[f"{path.name} from {start / RATE:.1f} s"] = found.content_id == content_id
    return outcomes


def main(
    speech: Annotated[list[Path], typer.Option(help="Folder of speech.")],
    music: Annotated[list[Path], typer.Option(help="Folder of music.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("compositions_audio.json"),
) -> None:
    voices, songs = clips_below(speech), clips_below(music)
    rows = {
        "10 s from a long file": (100, cut_from_long(songs)),
        "two marked files joined": (100, joined([*voices, *songs])),
        "edges of a marked part, half a second": (100, marked_in_part([*voices, *songs])),
        "music under marked speech, -10 dB": (90, under_music(voices, songs)),
    }
    results = {name: row(required, outcomes) for name, (required, outcomes) in rows.items()}
    out.write_text(json.dumps({**environment.described(), "results": results}, indent=1), encoding="utf-8")
    for name, result in results.items():
        typer.echo(f"{name}: {result}")


def row(required: float, outcomes: dict[str, bool]) -> dict[str, Any]:
    achieved = 100 * sum(outcomes.values()) / len(outcomes)
    failures = [name for name, good in outcomes.items() if not good]
    met = achieved >= required
    return {"required": required, "achieved": achieved, "met": met, "tried": len(outcomes), "failures": failures}


if __name__ == "__main__":
    typer.run(main)

"""Counts how often audible labels are found, and measures what the mark puts into pauses.

    python benchmarks/labels_audio.py --clips CLIPS --out benchmarks/results/labels_audio.json

Each clip, cut to 20 s, gets the rhythm cue and the bundled prompts before the content, after it and over it; each
labelled clip is coded and changed, and searched. The same searches run on the clips without a label, as they are and
changed: there nothing may be found. Pauses are frames of 20 ms softer than 50 dB below the loudest one; there the
level of the mark's change is given against full scale, beside that of the pause. Tones: four seconds of steady tones
between three seconds of a clip and the rest of it; the level of the change is given against that of the tones.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import environment

environment.use_one_thread()

import numpy as np  # noqa: E402 - after the thread limits
import soundfile  # noqa: E402
import typer  # noqa: E402
from attacks_audio import ATTACKS  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Samples = NDArray[np.float64]

SECONDS = 20
CONTENT_ID = 0x0123456789ABCDEF
LABELS = {
    "rhythm": {"kind": "rhythm"},
    "spoken zh": {"kind": "speech", "language": "zh"},
    "spoken en": {"kind": "speech", "language": "en"},
}
PLACES = {"start": {"place": "start"}, "end": {"place": "end"}, "within": {"times": [3.0]}}
CHANGES = ("none", "gain 0.1", "MP3 128", "MP3 64", "AAC 64", "Opus 24", "telephone", "noise 20 dB")
_PAUSE_DECIBELS = -50.0
TONES = {"one of 440 Hz": (440.0,), "chord": (523.25, 659.25, 784.0, 1975.0)}


def clips_in(folder: Path) -> Iterator[tuple[str, Samples, int]]:
    """Yield name, samples (n, channels) and rate of every clip."""
    for path in sorted(folder.rglob("*.flac")) + sorted(folder.rglob("*.wav")):
        samples, rate = soundfile.read(path, always_2d=True)
        yield path.stem, samples[: SECONDS * rate], rate


def found_in(samples: Samples, rate: int) -> list[tuple[str, float, float]]:
    """Return name, start and likeness of all labels."""
    from synthmark import audio

    cues = [("rhythm", cue.start, cue.likeness) for cue in audio.find_cues(samples, rate)]
    prompts = audio.find_prompts(samples, rate)
    return cues + [(f"spoken {prompt.language}", prompt.start, prompt.likeness) for prompt in prompts]


def expected_start(samples: Samples, place: str, rate: int) -> float:
    """Return where a label begins, in seconds; 0.3 s of silence come before one at the end."""
    return {"start": 0.0, "end": len(samples) / rate + 0.3, "within": 3.0}[place]


def count_labelled(clips: list[tuple[str, Samples, int]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return, by label, place and change, how many of the clips gave the label at its place, and how clearly."""
    from synthmark import audio

    counts: dict[str, dict[str, dict[str, Any]]] = {}
    for label, form in LABELS.items():
        for place, where in PLACES.items():
            row: dict[str, list[float]] = {change: [] for change in CHANGES}
            for _, samples, rate in clips:
                labelled = audio.label(samples, rate, **form, **where)
                start = expected_start(samples, place, rate)
                for change in CHANGES:
                    heard, heard_rate = ATTACKS[change].apply(labelled, rate)
                    found = found_in(heard, heard_rate)
                    row[change] += [clear for name, at, clear in found if name == label and abs(at - start) < 0.2][:1]
            counts[f"{label}, {place}"] = {
                change: {"found": f"{len(hits)}/{len(clips)}", "lowest_likeness": min(hits, default=None)}
                for change, hits in row.items()
            }
            typer.echo(f"{label}, {place}: {counts[f'{label}, {place}']}")
    return counts


def count_unlabelled(clips: list[tuple[str, Samples, int]]) -> dict[str, int]:
    """Return how many labels were found in clips without one; also in clips that carry the mark."""
    from synthmark import audio

    counts = dict.fromkeys((*CHANGES, "marked"), 0)
    for _, samples, rate in clips:
        for change in CHANGES:
            counts[change] += len(found_in(*ATTACKS[change].apply(samples, rate)))
        counts["marked"] += len(found_in(audio.embed(samples, rate, CONTENT_ID), rate))
    return counts


def highest_unlabelled(clips: list[tuple[str, Samples, int]]) -> dict[str, float]:
    """Return the highest likeness with a prompt that any unlabelled clip reaches."""
    from synthmark.audio.prompt_search import likeness_of
    from synthmark.audio.stretches import Stretches

    highest = {"zh": 0.0, "en": 0.0}
    for _, samples, rate in clips:
        stretches = Stretches(rate, 60 * 16000, 8 * 16000)
        for _, work in [*stretches.push(samples), *stretches.finish()]:
            for language, value in highest.items():
                highest[language] = max(value, float(likeness_of(work, language).max(initial=0)))
    return {language: round(value, 3) for language, value in highest.items()}


def pause_levels(samples: Samples, rate: int) -> dict[str, float | int]:
    """Return the mean level of pauses and of the mark's change in them, in decibels against full scale."""
    from synthmark import audio

    change = audio.embed(samples, rate, CONTENT_ID) - samples
    size = round(0.02 * rate)
    count = len(samples) // size
    powers, added = (
        np.square(values[: count * size]).mean(axis=1).reshape(count, size).mean(axis=1)
        for values in (samples, change)
    )
    pauses = powers < powers.max() * 10 ** (_PAUSE_DECIBELS / 10)
    if not pauses.any():
        return {"pauses": 0}
    host, mark = (10 * np.log10(power[pauses].mean() + 1e-20) for power in (powers, added))
    return {"pauses": int(pauses.sum()), "pause_decibels": round(host, 1), "change_decibels": round(mark, 1)}


def main(
    clips: Annotated[Path, typer.Option(help="Folder with WAV and FLAC files.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("labels_audio.json"),
) -> None:
    chosen = list(clips_in(clips))
    record: dict[str, Any] = environment.described() | {"clips": len(chosen), "results": {}}
    for name, count in STAGES.items():
        record["results"][name] = count(chosen)
        typer.echo(f"{name}: {record['results'][name]}")
        out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def levels_in_pauses(clips: list[tuple[str, Samples, int]]) -> dict[str, dict[str, float | int]]:
    return {name: pause_levels(samples, rate) for name, samples, rate in clips}


def change_on_tones(clips: list[tuple[str, Samples, int]]) -> dict[str, dict[str, float]]:
    """Return how far the change lies below steady tones, in decibels, by tones and clip."""
    from synthmark import audio

    levels: dict[str, dict[str, float]] = {name: {} for name in TONES}
    for clip, samples, rate in clips:
        words = samples.mean(axis=1)
        time = np.arange(4 * rate) / rate
        within = slice(round(3.5 * rate), round(6.5 * rate))
        for name, tones in TONES.items():
            sound = 0.2 / len(tones) * sum(np.sin(2 * np.pi * hertz * time) for hertz in tones)
            host = np.concatenate([words[: 3 * rate], sound, words[3 * rate :]])
            change = (audio.embed(host, rate, CONTENT_ID) - host)[within]
            levels[name][clip] = round(10 * np.log10(np.mean(change**2) / np.mean(host[within] ** 2)), 1)
    return levels


STAGES = {
    "highest likeness unlabelled": highest_unlabelled,
    "pauses": levels_in_pauses,
    "tones": change_on_tones,
    "found unlabelled": count_unlabelled,
    "found labelled": count_labelled,
}


if __name__ == "__main__":
    typer.run(main)

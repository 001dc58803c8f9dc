"""Measures which marks in sound survive which attacks, at which quality.

    python benchmarks/robustness_audio.py --clips FOLDER --out benchmarks/results/robustness_audio.json

Every clip gets one content id, drawn from a seed, and is marked once. Every attack is made on the whole clip and on
pieces of 5 s and 3 s cut out before the attack (silent pieces are left out); the extraction is told nothing. A row
is met when the exact 64 bits come back in the required share. Clips are stored as 16 bit. audiowmark, when it is on
the PATH, marks the same clips (128 bits, strength 10, speed detection on) and its first answer counts.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import subprocess
import tempfile
import time
import zlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import environment

environment.use_one_thread()

import numpy as np  # noqa: E402 - after the thread limits
import soundfile  # noqa: E402
import typer  # noqa: E402
from attacks_audio import ATTACKS, Samples, scaled  # noqa: E402
from measures_audio import (  # noqa: E402
    NMR_DEFINITION,
    NMR_EAR_DEFINITION,
    noise_to_mask,
    noise_to_mask_of_ear,
    pesq_wideband,
    signal_to_noise,
)

PIECES = {"five": 5.0, "three": 3.0}
WHOLE_SECONDS = 8.0
LONGEST = 20.0
NOISE = ("nmr", "nmr_of_ear", "frames_above_mask")


def clips_below(folders: list[Path]) -> list[Path]:
    return sorted(p for folder in folders for p in folder.rglob("*") if p.suffix in {".wav", ".flac", ".ogg"})


def opened(path: Path) -> tuple[Samples, int]:
    samples, rate = soundfile.read(path, always_2d=True)
    return samples[: int(LONGEST * rate)], rate


def content_id_for(path: Path, seed: int) -> int:
    rng = np.random.default_rng([seed, zlib.crc32(path.name.encode())])
    return int(rng.integers(0, 2**64, dtype=np.uint64))


def marked_by_synthmark(samples: Samples, rate: int, content_id: int) -> Samples:
    from synthmark import audio

    return scaled(audio.embed(samples, rate, content_id), rate, 1.0)[0]


def read_by_synthmark(samples: Samples, rate: int) -> int | None:
    from synthmark import audio

    return audio.extract(samples, rate).content_id


def marked_by_audiowmark(samples: Samples, rate: int, content_id: int) -> Samples:
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.wav", Path(folder) / "after.wav"
        soundfile.write(before, samples, rate, subtype="PCM_16")
        message = f"{content_id:016x}" * 2
        subprocess.run(["audiowmark", "add", str(before), str(after), message], check=True, capture_output=True)
        return soundfile.read(after, always_2d=True)[0]


def read_by_audiowmark(samples: Samples, rate: int) -> int | None:
    with tempfile.TemporaryDirectory() as folder:
        file, answer = Path(folder) / "file.wav", Path(folder) / "answer.json"
        soundfile.write(file, samples, rate, subtype="PCM_16")
        command = ["audiowmark", "get", "--detect-speed", "--json", str(answer), str(file)]
        subprocess.run(command, check=True, capture_output=True)
        matches = json.loads(answer.read_text(encoding="utf-8"))["matches"]
    return int(matches[0]["bits"][:16], 16) if matches else None


METHODS = {
    "synthmark": (marked_by_synthmark, read_by_synthmark),
    "audiowmark": (marked_by_audiowmark, read_by_audiowmark),
}


def outcome(method: str, heard: Samples, rate: int, content_id: int | None) -> str:
    """Extract and say how it went; content_id None: the clip carries no mark."""
    try:
        found = METHODS[method][1](heard, rate)
    except Exception as error:  # noqa: BLE001 - a crash is a result that has to be seen, not the end
        return f"error: {type(error).__name__}: {error}"
    if found is None:
        return "nothing"
    return "read" if found == content_id else "wrong"


def pieces(samples: Samples, rate: int, seconds: float, count: int) -> list[Samples]:
    """Return pieces spread evenly over a clip, both ends included, silent ones left out.

    None when the clip is no longer than one. Silent: no quarter of a second reaches -60 dB below full scale.
    """
    size = round(seconds * rate)
    if len(samples) <= size:
        return []
    starts = np.linspace(0, len(samples) - size, count).astype(int)
    cut = [samples[start : start + size] for start in starts]
    return [piece for piece in cut if loudest_quarter(piece, rate) > -60]


def loudest_quarter(samples: Samples, rate: int) -> float:
    """Return the level of the loudest quarter of a second in decibels below full scale."""
    size = rate // 4
    blocks = samples[: len(samples) // size * size].reshape(-1, size * samples.shape[1])
    return float(10 * np.log10((blocks**2).mean(axis=1).max() + 1e-20))


def measured(path: Path, method: str, names: list[str], seed: int, per_clip: int) -> dict[str, Any]:
    """Mark one clip, attack it and its pieces in every way and read them back."""
    host, rate = opened(path)
    content_id = content_id_for(path, seed)
    start = time.process_time()
    marked = METHODS[method][0](host, rate, content_id)
    result: dict[str, Any] = {"clip": path.name, "embed_seconds": time.process_time() - start}
    result |= measured_quality(host, marked, rate)
    result["pesq"] = pesq_wideband(host, marked, rate) if "speech" in path.parts else None
    result["unmarked"] = outcome(method, host, rate, None)
    cuts = {key: pieces(marked, rate, seconds, per_clip) for key, seconds in PIECES.items()}
    cuts["whole"] = [marked] if len(marked) >= WHOLE_SECONDS * rate else []
    result["outcomes"] = {name: attacked(method, name, cuts, rate, content_id) for name in names}
    return result


def measured_quality(host: Samples, marked: Samples, rate: int) -> dict[str, float]:
    ratio, above = noise_to_mask(host, marked, rate)
    of_ear = noise_to_mask_of_ear(host, marked, rate)
    return {"snr": signal_to_noise(host, marked), "nmr": ratio, "frames_above_mask": above, "nmr_of_ear": of_ear}


def attacked(
    method: str, name: str, cuts: dict[str, list[Samples]], rate: int, content_id: int
) -> dict[str, list[str]]:
    """Return the outcomes of one attack by length of piece."""
    attack = ATTACKS[name]
    return {
        key: [outcome(method, *attack.apply(cut, rate), content_id) for cut in parts]
        for key, parts in cuts.items()
        if getattr(attack, key) is not None
    }


def row(name: str, key: str, results: list[dict[str, Any]]) -> dict[str, Any] | None:
    required = getattr(ATTACKS[name], key)
    if required is None:
        return None
    each = {r["clip"]: r["outcomes"][name][key] for r in results}
    every = [o for outcomes in each.values() for o in outcomes]
    achieved = 100 * sum(o == "read" for o in every) / len(every)
    failures = {clip: outcomes for clip, outcomes in each.items() if any(o != "read" for o in outcomes)}
    met = achieved >= required
    return {"required": required, "achieved": achieved, "met": met, "tried": len(every), "failures": failures}


def summary(results: list[dict[str, Any]], names: list[str]) -> dict[str, Any]:
    pesq = [r["pesq"] for r in results if r["pesq"] is not None]
    music, speech = ([r for r in results if (r["pesq"] is None) == quiet] for quiet in (True, False))
    flat = [o for r in results for by_key in r["outcomes"].values() for each in by_key.values() for o in each]
    return {
        "pesq_mean": mean(pesq),
        "pesq_worst": min(pesq, default=None),
        **{f"music_{key}_mean": mean([r[key] for r in music]) for key in NOISE},
        **{f"speech_{key}_mean": mean([r[key] for r in speech]) for key in NOISE},
        "wrong_ids": sum(o == "wrong" for o in flat),
        "ids_in_unmarked_clips": sum(r["unmarked"] == "wrong" for r in results),
        "attacks": {n: {key: row(n, key, results) for key in ("whole", *PIECES)} for n in names},
        "clips": [{k: v for k, v in r.items() if k != "outcomes"} for r in results],
    }


def mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def markdown(methods: dict[str, dict[str, Any]], names: list[str]) -> str:
    """Return the table of achieved (required) percentages, one line per attack."""
    lines = []
    for method, result in methods.items():
        quality = {k: result[k] for k in ("pesq_mean", "pesq_worst", "music_nmr_mean", "wrong_ids")}
        lines += [f"{method}: {quality}", "", "| attack | whole | 5 s | 3 s |", "|---|---|---|---|"]
        for name in names:
            cells = (cell(result["attacks"][name][key]) for key in ("whole", *PIECES))
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cell(entry: dict[str, Any] | None) -> str:
    if entry is None:
        return ""
    return f"{entry['achieved']:.0f} ({entry['required']:g}){'' if entry['met'] else ' MISSED'}"


def chosen(selection: str) -> list[str]:
    if selection == "all":
        return list(ATTACKS)
    wanted = {part.strip() for part in selection.split(",")}
    names = [a.name for a in ATTACKS.values() if a.name in wanted or a.group in wanted]
    if not names:
        raise typer.BadParameter(f"no attack or group is called {selection!r}; known: {', '.join(ATTACKS)}")
    return names


def main(
    clips: Annotated[list[Path], typer.Option(help="Folder of clips; PESQ is taken below folders called speech.")],
    attacks: Annotated[str, typer.Option(help="Attacks or groups, separated by commas; all.")] = "all",
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("robustness_audio.json"),
    pieces_per_clip: Annotated[int, typer.Option(help="Pieces of each length cut from each clip.")] = 4,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the content ids.")] = 1,
) -> None:
    names, paths, results = chosen(attacks), clips_below(clips), {}
    methods = ["synthmark", *(["audiowmark"] if shutil.which("audiowmark") else [])]
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        for method in methods:
            waiting = [pool.submit(measured, path, method, names, seed, pieces_per_clip) for path in paths]
            results[method] = summary([future.result() for future in waiting], names)
    record = {**environment.described(), "seed": seed, "nmr": NMR_DEFINITION, "methods": results}
    record["nmr_of_ear"] = NMR_EAR_DEFINITION
    out.write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
    print(markdown(results, names))


if __name__ == "__main__":
    typer.run(main)

"""Measures which marks survive which attacks, at which quality.

    python benchmarks/robustness_image.py --images FOLDER --methods synthmark,invisible-watermark

Every picture gets one content id, drawn from a seed; every method marks it once; every attack is made on the
marked picture; the extraction is told nothing. A row of the table is met when the exact 64 bits come back in
the required share of the pictures. The result is written as JSON and printed as a Markdown table.
"""

from __future__ import annotations

import json
import multiprocessing
import time
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import environment

environment.use_one_thread()

import numpy as np  # noqa: E402 - after the thread limits
import typer  # noqa: E402
from attacks_image import ATTACKS, SWEEPS, Attack, attack_named, attacked  # noqa: E402
from measures_image import SSIM_DEFINITION, luma_ssim, rgb_psnr  # noqa: E402
from methods_image import Method, method_named  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from pictures_image import opened, pictures_below  # noqa: E402

Pixels = NDArray[np.uint8]


@dataclass(slots=True)
class PictureResult:
    """What one method did on one picture; outcomes are "read", "nothing", "wrong" or an error's text."""

    picture: str
    pixels: int
    psnr: float | None = None
    ssim: float | None = None
    embed_seconds: float | None = None
    extract_seconds: float = 0.0
    refused: str | None = None
    unmarked: str = "nothing"
    outcomes: dict[str, str] = field(default_factory=dict)


def content_id_for(path: Path, seed: int) -> int:
    rng = np.random.default_rng([seed, zlib.crc32(path.name.encode())])
    return int(rng.integers(0, 2**64, dtype=np.uint64))


def outcome(method: Method, picture: Pixels, content_id: int | None, result: PictureResult) -> str:
    """Extract and say how it went; content_id None: the picture carries no mark."""
    start = time.process_time()
    try:
        found = method.extract(picture)
    except Exception as error:  # noqa: BLE001 - a crash is a result that has to be seen, not the end
        return f"error: {type(error).__name__}: {error}"
    finally:
        result.extract_seconds += time.process_time() - start
    if found is None:
        return "nothing"
    return "read" if found == content_id else "wrong"


def measured(path: Path, method_name: str, attack_names: list[str], seed: int) -> PictureResult:
    """Mark one picture with one method, attack it in every way and read it back."""
    method, picture, content_id = method_named(method_name), opened(path), content_id_for(path, seed)
    result = PictureResult(path.name, picture.shape[0] * picture.shape[1])
    result.unmarked = outcome(method, picture, None, result)
    start = time.process_time()
    try:
        marked = method.embed(picture, content_id)
    except Exception as error:  # noqa: BLE001 - a refusal counts as a failure of every attack
        result.refused = f"{type(error).__name__}: {error}"
        return refused(result, picture, attack_names)
    result.embed_seconds = time.process_time() - start
    result.psnr, result.ssim = rgb_psnr(picture, marked), luma_ssim(picture, marked)
    for attack in (attack_named(name) for name in attack_names):
        if attack.applies(picture):
            damaged = attacked(marked, attack, seed, path.name)
            result.outcomes[attack.name] = outcome(method, damaged, content_id, result)
    result.extract_seconds /= len(result.outcomes) + 1
    return result


def refused(result: PictureResult, picture: Pixels, attack_names: list[str]) -> PictureResult:
    """Count every attack as a failure of a picture that could not be marked."""
    applied = (name for name in attack_names if attack_named(name).applies(picture))
    result.outcomes = dict.fromkeys(applied, "refused")
    return result


def chosen_attacks(selection: str) -> list[str]:
    """Return the names for a list of attack names, groups, sweeps, "all" (the table) or "sweeps"."""
    known = {
        "all": list(ATTACKS),
        "sweeps": [a.name for steps in SWEEPS.values() for a in steps.values()],
        **{name: [a.name for a in steps.values()] for name, steps in SWEEPS.items()},
        **{a.group: [b.name for b in ATTACKS.values() if b.group == a.group] for a in ATTACKS.values()},
    }
    chosen: dict[str, None] = {}
    for part in (piece.strip() for piece in selection.split(",")):
        names = known.get(part) or [part]
        for name in names:
            chosen[checked(name)] = None
    return list(chosen)


def checked(name: str) -> str:
    try:
        attack_named(name)
    except KeyError:
        known = ", ".join([*ATTACKS, *SWEEPS])
        raise typer.BadParameter(f"no attack or group is called {name!r}; known: {known}") from None
    return name


def summary(results: list[PictureResult], attack_names: list[str]) -> dict[str, Any]:
    """Return quality, recovery per attack and false answers of one method."""
    psnr = [r.psnr for r in results if r.psnr is not None]
    ssim = [r.ssim for r in results if r.ssim is not None]
    megapixels = sum(r.pixels for r in results) / 1e6
    return {
        "psnr_mean": mean(psnr),
        "psnr_worst": min(psnr, default=None),
        "ssim_mean": mean(ssim),
        "ssim_worst": min(ssim, default=None),
        "refused": {r.picture: r.refused for r in results if r.refused},
        "embed_seconds_per_megapixel": sum(r.embed_seconds or 0 for r in results) / megapixels,
        "extract_seconds_mean": mean([r.extract_seconds for r in results]),
        "wrong_ids": sum(out == "wrong" for r in results for out in r.outcomes.values()),
        "ids_in_unmarked_pictures": sum(r.unmarked == "wrong" for r in results),
        "attacks": {name: attack_summary(attack_named(name), results) for name in attack_names},
        "pictures": [{k: v for k, v in asdict(r).items() if k != "outcomes"} for r in results],
    }


def attack_summary(attack: Attack, results: list[PictureResult]) -> dict[str, Any]:
    outcomes = {r.picture: r.outcomes[attack.name] for r in results if attack.name in r.outcomes}
    achieved = 100 * sum(o == "read" for o in outcomes.values()) / len(outcomes) if outcomes else None
    return {
        "row": attack.row,
        "required": attack.required,
        "achieved": achieved,
        "met": achieved is None or achieved >= attack.required,
        "pictures": len(outcomes),
        "failures": {picture: o for picture, o in outcomes.items() if o != "read"},
    }


def mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def markdown(methods: dict[str, dict[str, Any]], attack_names: list[str]) -> str:
    """Return the table of required and achieved percentages, one line per attack."""
    lines = [
        f"| attack | required | {' | '.join(methods)} |",
        f"|---|---|{'---|' * len(methods)}",
    ]
    for key, form in (("psnr_mean", ".2f"), ("psnr_worst", ".2f"), ("ssim_mean", ".4f")):
        cells = (number(method[key], form) for method in methods.values())
        lines.append(f"| {key.replace('_', ' ')} | | {' | '.join(cells)} |")
    for name in attack_names:
        entries = [method["attacks"][name] for method in methods.values()]
        cells = (number(entry["achieved"], ".0f") for entry in entries)
        lines.append(f"| {name} | {entries[0]['required']:g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def main(
    images: Annotated[list[Path], typer.Option(help="Folder of pictures; may be given several times.")],
    methods: Annotated[str, typer.Option(help="Methods, separated by commas.")] = "synthmark",
    attacks: Annotated[str, typer.Option(help="Attacks, groups or sweeps; all, sweeps.")] = "all",
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("robustness_image.json"),
    jobs: Annotated[int, typer.Option(help="Processes.")] = 1,
    limit: Annotated[int, typer.Option(help="Use this many pictures, spread over the list; 0: all.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of content ids and attacks.")] = 1,
) -> None:
    paths, attack_names = pictures_below(images, limit), chosen_attacks(attacks)
    names, results = [name.strip() for name in methods.split(",")], {}
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        futures = {n: [pool.submit(measured, path, n, attack_names, seed) for path in paths] for n in names}
        for name, waiting in futures.items():
            results[name] = summary([future.result() for future in waiting], attack_names)
    record = {**environment.described(), "seed": seed, "ssim": SSIM_DEFINITION, "methods": results}
    record["sweeps"] = {n: {a.name: step for step, a in steps.items()} for n, steps in SWEEPS.items()}
    out.write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
    print(markdown(results, attack_names))


if __name__ == "__main__":
    typer.run(main)

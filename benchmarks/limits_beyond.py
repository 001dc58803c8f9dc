"""Measures where the mark ends: attacks beyond the tables of robustness, and short pieces of sound.

    python benchmarks/limits_beyond.py --pictures FOLDER --sound FOLDER --out benchmarks/results/limits_beyond.json
    python benchmarks/limits_beyond.py --video FOLDER --out benchmarks/results/limits_beyond_video.json

Every file gets one content id, drawn from a seed, and is marked once; the extraction is told nothing. `psnr` (of
pictures) says how much an attack changes the marked picture, on average. Of videos the first seconds are taken, and
attacked without their sound. Nothing is asked for: these are limits.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import environment

environment.use_one_thread()

import numpy as np  # noqa: E402 - after the thread limits
import typer  # noqa: E402
from attacks_beyond import PICTURES, SOUND, VIDEO  # noqa: E402
from attacks_image import Attack, attacked  # noqa: E402
from measures_image import rgb_psnr  # noqa: E402
from media_video import clips_below as videos_below  # noqa: E402
from media_video import run_ffmpeg, shape_of  # noqa: E402
from methods_video import method_named  # noqa: E402
from pictures_image import opened, pictures_below  # noqa: E402
from robustness_audio import clips_below, marked_by_synthmark, pieces, read_by_synthmark  # noqa: E402
from robustness_audio import content_id_for as id_of_clip  # noqa: E402
from robustness_audio import opened as heard  # noqa: E402
from robustness_image import content_id_for as id_of_picture  # noqa: E402

PIECES = (1.3, 1.5, 2.0, 2.5)  # seconds
SECONDS_OF_VIDEO = 6.0
Row = dict[str, Any]


def counted(group: str, found: list[int | None], true: list[int]) -> Row:
    """Return how many ids came back, and how many wrong ones."""
    read = sum(id_ == wanted for id_, wanted in zip(found, true, strict=True))
    wrong = sum(id_ is not None and id_ != wanted for id_, wanted in zip(found, true, strict=True))
    return {"group": group, "tried": len(found), "read": read, "wrong": wrong}


def limits_of_pictures(paths: list[Path], seed: int) -> dict[str, Row]:
    from synthmark import image

    ids = [id_of_picture(path, seed) for path in paths]
    marked = [image.embed(opened(path), content_id) for path, content_id in zip(paths, ids, strict=True)]
    rows = {}
    for name, (group, function) in PICTURES.items():
        attack = Attack(name, function, 0, group, name)
        changed = [attacked(pixels, attack, seed, path.name) for pixels, path in zip(marked, paths, strict=True)]
        rows[name] = counted(group, [image.extract(pixels).content_id for pixels in changed], ids)
        same_size = [(a, b) for a, b in zip(marked, changed, strict=True) if a.shape == b.shape]
        rows[name]["psnr"] = round(float(np.mean([rgb_psnr(a, b) for a, b in same_size])), 1) if same_size else None
        print(name, rows[name], file=sys.stderr)
    return rows


def limits_of_sound(paths: list[Path], seed: int) -> dict[str, Row]:
    hosts, ids = [heard(path) for path in paths], [id_of_clip(path, seed) for path in paths]
    marked = [(marked_by_synthmark(*host, content_id), host[1]) for host, content_id in zip(hosts, ids, strict=True)]
    rows = {}
    for name, (group, function) in SOUND.items():
        rows[name] = counted(group, [read_by_synthmark(*function(*clip)) for clip in marked], ids)
        print(name, rows[name], file=sys.stderr)
    for seconds in PIECES:
        cut = [(pieces(*clip, seconds, 6), clip[1]) for clip in marked]
        found = [read_by_synthmark(piece, rate) for parts, rate in cut for piece in parts]
        true = [content_id for (parts, _), content_id in zip(cut, ids, strict=True) for _ in parts]
        rows[f"piece of {seconds:g} s"] = counted("short pieces", found, true)
    return rows


def limits_of_video(paths: list[Path], seed: int, folder: Path) -> dict[str, Row]:
    method, rows = method_named("synthmark"), {}
    ids = [id_of_picture(path, seed) for path in paths]
    marked = []
    for path, content_id in zip(paths, ids, strict=True):
        cut, target = folder / f"cut_{path.name}", folder / f"marked_{path.stem}.mp4"
        run_ffmpeg("-i", path, "-t", str(SECONDS_OF_VIDEO), "-map", "0:v:0", "-c", "copy", cut)
        method.embed(cut, target.with_suffix(path.suffix), content_id)
        marked.append(target.with_suffix(path.suffix))
    for name, (group, attack) in VIDEO.items():
        found = []
        for file in marked:
            attack.run(file, folder / "attacked.mp4", seed)
            found.append(method.extract(folder / "attacked.mp4").content_id)
        rows[name] = counted(group, found, ids)
        print(name, rows[name], file=sys.stderr)
    return rows


def main(
    pictures: Annotated[list[Path] | None, typer.Option(help="Folder of pictures; may be repeated.")] = None,
    sound: Annotated[list[Path] | None, typer.Option(help="Folder of clips; may be repeated.")] = None,
    video: Annotated[list[Path] | None, typer.Option(help="Folder of videos; those of 4 s and more count.")] = None,
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("limits_beyond.json"),
    seed: Annotated[int, typer.Option(help="Seed of content ids and attacks.")] = 1,
) -> None:
    long = [path for path in videos_below(video or []) if shape_of(path).seconds >= 4]
    with tempfile.TemporaryDirectory() as folder:
        of_video = limits_of_video(long, seed, Path(folder)) if long else {}
    record = {
        **environment.described(),
        "seed": seed,
        "pictures": limits_of_pictures(pictures_below(pictures), seed) if pictures else {},
        "sound": limits_of_sound(clips_below(sound), seed) if sound else {},
        "video": of_video,
    }
    out.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)

"""Measures where the mark ends: attacks beyond the tables of robustness, and short pieces of sound.

    python benchmarks/limits_beyond.py --pictures FOLDER --out benchmarks/results/limits_beyond_image.json
    python benchmarks/limits_beyond.py --sound FOLDER --out benchmarks/results/limits_beyond_audio.json
    python benchmarks/limits_beyond.py --video FOLDER --out benchmarks/results/limits_beyond_video.json

Every file gets one content id, drawn from a seed, and is marked once; the extraction is told nothing. `psnr` (of
pictures) says how much an attack changes the marked picture, on average. Of videos the first seconds are taken, and
attacked without their sound. Nothing is asked for: these are limits. Each row is written when it is there; `--resume`
goes on with what an earlier run has written.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECES = (1.3, 1.5, 2.0, 2.5)  # seconds
SECONDS_OF_VIDEO = 6.0
Row = dict[str, Any]
Rows = dict[str, Row]


def counted(group: str, found: list[int | None], true: list[int]) -> Row:
    """Return how many ids came back, and how many wrong ones."""
    read = sum(id_ == wanted for id_, wanted in zip(found, true, strict=True))
    wrong = sum(id_ is not None and id_ != wanted for id_, wanted in zip(found, true, strict=True))
    return {"group": group, "tried": len(found), "read": read, "wrong": wrong}


def limits_of_pictures(paths: list[Path], seed: int, done: Rows) -> Iterator[tuple[str, Row]]:
    from synthmark import image

    ids = [id_of_picture(path, seed) for path in paths]
    marked = [image.embed(opened(path), content_id) for path, content_id in zip(paths, ids, strict=True)]
    for name, (group, function) in left(PICTURES, done):
        attack = Attack(name, function, 0, group, name)
        changed = [attacked(pixels, attack, seed, path.name) for pixels, path in zip(marked, paths, strict=True)]
        row = counted(group, [image.extract(pixels).content_id for pixels in changed], ids)
        same_size = [(a, b) for a, b in zip(marked, changed, strict=True) if a.shape == b.shape]
        row["psnr"] = round(float(np.mean([rgb_psnr(a, b) for a, b in same_size])), 1) if same_size else None
        yield name, row


def limits_of_sound(paths: list[Path], seed: int, done: Rows) -> Iterator[tuple[str, Row]]:
    hosts, ids = [heard(path) for path in paths], [id_of_clip(path, seed) for path in paths]
    marked = [(marked_by_synthmark(*host, content_id), host[1]) for host, content_id in zip(hosts, ids, strict=True)]
    for name, (group, function) in left(SOUND, done):
        yield name, counted(group, [read_by_synthmark(*function(*clip)) for clip in marked], ids)
    for seconds in PIECES:
        cut = [(pieces(*clip, seconds, 6), clip[1]) for clip in marked]
        found = [read_by_synthmark(piece, rate) for parts, rate in cut for piece in parts]
        true = [content_id for (parts, _), content_id in zip(cut, ids, strict=True) for _ in parts]
        yield f"piece of {seconds:g} s", counted("short pieces", found, true)


def limits_of_video(paths: list[Path], seed: int, done: Rows) -> Iterator[tuple[str, Row]]:
    method, ids = method_named("synthmark"), [id_of_picture(path, seed) for path in paths]
    with tempfile.TemporaryDirectory() as name_of_folder:
        folder, marked = Path(name_of_folder), []
        for path, content_id in zip(paths, ids, strict=True):
            cut, target = folder / f"cut_{path.name}", folder / f"marked_{path.name}"
            run_ffmpeg("-i", path, "-t", str(SECONDS_OF_VIDEO), "-map", "0:v:0", "-c", "copy", cut)
            method.embed(cut, target, content_id)
            marked.append(target)
        for name, (group, attack) in left(VIDEO, done):
            found = []
            for file in marked:
                attack.run(file, folder / "attacked.mp4", seed)
                found.append(method.extract(folder / "attacked.mp4").content_id)
            yield name, counted(group, found, ids)


def left(attacks: dict[str, Any], done: Rows) -> list[tuple[str, Any]]:
    """Return the attacks that are still to be made."""
    return [(name, attack) for name, attack in attacks.items() if name not in done]


def rows_in(file: Path, seed: int) -> Rows:
    """Return the rows of an earlier run with the same seed."""
    record = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {"seed": seed, "rows": {}}
    if record["seed"] != seed:
        raise typer.BadParameter(f"{file} was made with seed {record['seed']}")
    rows: Rows = record["rows"]
    return rows


def main(
    pictures: Annotated[list[Path] | None, typer.Option(help="Folder of pictures; may be repeated.")] = None,
    sound: Annotated[list[Path] | None, typer.Option(help="Folder of clips; may be repeated.")] = None,
    video: Annotated[list[Path] | None, typer.Option(help="Folder of videos; those of 4 s and more count.")] = None,
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("limits_beyond.json"),
    seed: Annotated[int, typer.Option(help="Seed of content ids and attacks.")] = 1,
    resume: Annotated[bool, typer.Option(help="Go on with what stands in the file.")] = False,
) -> None:
    rows = rows_in(out, seed) if resume else {}
    if pictures:
        measured = limits_of_pictures(pictures_below(pictures), seed, rows)
    elif sound:
        measured = limits_of_sound(clips_below(sound), seed, rows)
    else:
        measured = limits_of_video([path for path in videos_below(video or []) if is_long(path)], seed, rows)
    for name, row in measured:
        rows[name] = row
        record = {**environment.described(), "seed": seed, "rows": rows}
        out.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(name, row, file=sys.stderr)


def is_long(path: Path) -> bool:
    return shape_of(path).seconds >= 4


if __name__ == "__main__":
    typer.run(main)

"""Measures how well fingerprints tell the same content from other content, and where the bounds between lie.

    python benchmarks/fingerprints.py --media MEDIA --out benchmarks/results/fingerprints.json

MEDIA holds folders `images`, `audio` and `video` with files of their own content each. Every file is compared with
its changed copies, and with the first and the last copy of every other file.
"""

from __future__ import annotations

import io
import itertools
import json
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import environment

environment.use_one_thread()

import numpy as np  # noqa: E402 - after the thread limits
import typer  # noqa: E402
from PIL import Image  # noqa: E402

from synthmark.registry.fingerprint import Fingerprint, compare, kept_keys, searched_keys  # noqa: E402
from synthmark.registry.measuring import fingerprint_file, fingerprint_pictures  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 30


def coded(picture: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def part(picture: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = picture.size
    return picture.crop((round(left * width), round(top * height), round(right * width), round(bottom * height)))


PICTURE_CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG 60": lambda picture: coded(picture, 60),
    "half size, JPEG 60": lambda picture: coded(picture.resize((picture.width // 2, picture.height // 2)), 60),
    "brighter by 1.3": lambda picture: picture.point(lambda value: value * 1.3),
    "turned by 2 degrees": lambda picture: picture.rotate(2, resample=Image.Resampling.BICUBIC),
    "cropped to 0.7 of each side": lambda picture: coded(part(picture, 0.12, 0.2, 0.82, 0.9), 75),
    "cropped to 0.5 of each side": lambda picture: coded(part(picture, 0.3, 0.2, 0.8, 0.7), 75),
    "cropped to 0.6 x 0.85": lambda picture: coded(part(picture, 0.2, 0.1, 0.8, 0.95), 75),
}
SOUND_CHANGES = {
    "MP3 64 kbit/s": ["-b:a", "64k"],
    "16 kHz, MP3 32 kbit/s": ["-ar", "16000", "-b:a", "32k"],
    "piece of 6 s, MP3 64 kbit/s": ["-ss", "1.06", "-t", "6", "-b:a", "64k"],
}
CODING = ["-an", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-crf", "30"]
VIDEO_CHANGES = {
    "half size, CRF 30": ["-vf", "scale=trunc(iw/4)*2:trunc(ih/4)*2", *CODING],
    "piece of 4 s, CRF 30": ["-ss", "1.3", "-t", "4", "-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2", *CODING],
    "cropped to 0.7 x 0.8, CRF 30": ["-vf", "crop=trunc(iw*0.35)*2:trunc(ih*0.4)*2:iw*0.2:ih*0.1", *CODING],
}


def pictures(folder: Path) -> Iterator[tuple[str, Fingerprint, dict[str, Fingerprint]]]:
    for file in sorted(folder.rglob("*.*")):
        picture = Image.open(file).convert("RGB")
        copies = {name: fingerprint_pictures([change(picture)]) for name, change in PICTURE_CHANGES.items()}
        yield file.name, fingerprint_pictures([picture]), copies


def files(folder: Path, changes: dict[str, list[str]], suffix: str) -> Iterator[tuple[str, Fingerprint, dict]]:
    """Yield sound or video files of at most half a minute, with copies that ffmpeg makes."""
    with tempfile.TemporaryDirectory() as name:
        whole, copy = Path(name) / f"whole{'.flac' if suffix == '.mp3' else '.mkv'}", Path(name) / f"copy{suffix}"
        for file in sorted(folder.rglob("*.*")):
            kind = ["-vn"] if suffix == ".mp3" else ["-an", "-c:v", "libx264", "-crf", "12", "-preset", "ultrafast"]
            ffmpeg(file, whole, ["-t", str(SECONDS), *kind])
            copies = {}
            for change, options in changes.items():
                if ffmpeg(whole, copy, options):
                    copies[change] = fingerprint_file(copy, dense=True)
            yield file.name, fingerprint_file(whole), copies


def ffmpeg(source: Path, target: Path, options: list[str]) -> bool:
    """Write a copy; return whether there is something in it, which a piece of a short file has not."""
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(source), *options, "-threads", "1", str(target)]
    subprocess.run(command, check=True)
    probe = ["ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"]
    packets = subprocess.run([*probe, str(target)], capture_output=True, text=True, check=True).stdout.strip()
    return packets.replace(",", "").isdigit() and int(packets.replace(",", "")) > 1


def measured(prints: list[tuple[str, Fingerprint, dict[str, Fingerprint]]]) -> dict[str, object]:
    """Compare every file with its own copies and with those of the others."""
    own: dict[str, list] = {}
    for _, kept, copies in prints:
        for change, dense in copies.items():
            own.setdefault(change, []).append(compare(kept, dense))
    foreign = [
        compare(kept, dense)
        for (one, kept, _), (other, _, copies) in itertools.product(prints, prints)
        for dense in (next(iter(copies.values())), list(copies.values())[-1])
        if one != other
    ]
    return {
        "files": len(prints),
        "same content": {change: answers(results) for change, results in own.items()},
        "other content": answers(foreign),
        "bits between search keys": key_distances(prints),
    }


def answers(results: list) -> dict[str, object]:
    values = [result.similarity for result in results if result.similarity is not None]
    counts = Counter(result.agreement for result in results)
    places = {"lowest": 0, "median": 50, "99 %": 99, "highest": 100}
    similarity = {name: round(float(np.percentile(values, place)), 4) for name, place in places.items()}
    return {"compared": len(results), **{name: counts[name] for name in ("agrees", "undecided", "disagrees")}} | {
        "similarity": similarity
    }


def key_distances(prints: list[tuple[str, Fingerprint, dict[str, Fingerprint]]]) -> dict[str, dict[str, int]]:
    """Return how far the keys of whole copies are from those kept, and how near those of others come."""
    first = next(iter(prints[0][2]))
    same = [distance(kept, copies[first]) for _, kept, copies in prints if first in copies]
    pairs = itertools.product(prints, prints)
    other = [distance(a[1], b[2][first]) for a, b in pairs if a[0] != b[0] and first in b[2]]
    return {first: {"highest": max(same)}, "other content": {"lowest": min(other)}}


def distance(kept: Fingerprint, dense: Fingerprint) -> int:
    bits = kept_keys(kept)[:, None] ^ searched_keys(dense)[None]
    return int(np.bitwise_count(bits).sum(axis=-1).min(initial=128))


def main(
    media: Annotated[Path, typer.Option(help="Folder with images, audio and video.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("fingerprints.json"),
) -> None:
    sources = {
        "pictures": pictures(media / "images"),
        "sound": files(media / "audio", SOUND_CHANGES, ".mp3"),
        "video": files(media / "video", VIDEO_CHANGES, ".mp4"),
    }
    results: dict[str, object] = {}
    for kind, prints in sources.items():
        results[kind] = measured(list(prints))
        typer.echo(json.dumps({kind: results[kind]}, indent=1))
        record = {**environment.described(), "results": results}
        out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)

"""Fuzzes synthmark-extract: damaged files of every kind go through the sandbox, and every one must get a report.

    nice python benchmarks/fuzz_extract.py --work FOLDER [--count 20000] [--seed 1] [-o results/fuzz_extract.json]

The files that are damaged carry no label and no mark, so that whatever is detected in one is a false alarm. Counted
are files that were checked, refused as unreadable, ended the child process (by a crash, the limit of memory or the
limit of time), or were told to hold something; and whether the parent process lived. What was found is kept in the
work folder, file by file: a run that is stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import struct
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from environment import described
from PIL import Image

from extract_tool.checking import Checker
from extract_tool.sandbox import Limits, Sandbox
from synthmark.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LIMITS = Limits(seconds=60, memory=3 << 30)
PICTURES = {"png": {}, "jpeg": {}, "webp": {}, "gif": {}, "tiff": {"compression": "tiff_lzw"}, "avif": {"speed": 10}}
ANIMATIONS = ("png", "webp", "gif", "avif", "tiff")
SOUNDS = {
    "wav": ("WAV", "PCM_16"),
    "rf64": ("RF64", "FLOAT"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "aiff": ("AIFF", "PCM_16"),
}
CLIPS = {
    "mp4": "libx264",
    "mp4 hevc": "libx265",
    "mp4 in fragments": "libx264",
    "mov": "mjpeg",
    "mkv": "libx264",
    "mkv vp8": "libvpx",
    "webm": "libvpx-vp9",
    "avi": "mpeg4",
    "flv": "flv1",
}
CODING = {"libx265": {"x265-params": "log-level=none"}, "libx264": {"preset": "ultrafast"}}
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
TEXTS = {
    "m3u8": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "ffconcat": b"ffconcat version 1.0\nfile /etc/passwd\nfile http://127.0.0.1/x\n",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1/x"/></svg>',
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
    "html": b"<!DOCTYPE html><script>alert(1)</script>",
    "mpd": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>http://127.0.0.1/</BaseURL></MPD>',
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent / "results/fuzz_extract.json")
    options = parser.parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    found = resumed(options.work / f"seed-{options.seed}.jsonl", options.count, options.seed)
    content = json.dumps({"environment": described()} | found, indent=1) + "\n"
    options.output.write_text(content, encoding="utf-8")
    print(f"{found['outcomes']}, wrote {options.output}", file=sys.stderr)
    return 1 if found["detected"] else 0


def fuzz(count: int, seed: int) -> dict[str, object]:
    """Check so many damaged files and return what happened."""
    return summary(list(results(range(count), seed)), seed)


def resumed(kept: Path, count: int, seed: int) -> dict[str, object]:
    """Check the damaged files whose result is not kept; return what happened with all.

    Where a defect was mended, lines can be taken out of the file of results, so that their files are checked again.
    """
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    rows = {row["number"]: row for row in (json.loads(line) for line in lines if line.endswith("}"))}
    with kept.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows.values())
        for row in results([number for number in range(count) if number not in rows], seed):
            rows[row["number"]] = row
            file.write(json.dumps(row) + "\n")
            file.flush()
    return summary([rows[number] for number in range(count)], seed)


def results(numbers: Sequence[int], seed: int) -> Iterator[dict[str, Any]]:
    """Check damaged files and yield what each gave; a number gives the same file in every run."""
    originals = list(seeds().items())
    checker = Checker(Config(), limits=LIMITS)
    with tempfile.TemporaryDirectory() as folder, Sandbox(LIMITS) as sandbox:
        path = Path(folder) / "file"
        for number in numbers:
            kind, data = originals[number % len(originals)]
            path.write_bytes(mutated(data, random.Random(f"{seed} {number}")))
            begin = time.perf_counter()
            report = checker.check(path, sandbox).report
            row = {"number": number, "kind": kind, "outcome": outcome(report)}
            row["seconds"] = round(time.perf_counter() - begin, 2)
            detected = [layer["layer"] for layer in report["layers"] if layer["outcome"] == "detected"]
            row |= {"detected": detected} if detected else {}
            row |= {"message": report["error"]["message"]} if outcome(report) in FAILURES else {}
            yield row


def summary(rows: Sequence[Mapping[str, Any]], seed: int) -> dict[str, object]:
    """Count what happened."""
    return {
        "files": len(rows),
        "seed": seed,
        "kinds": dict(Counter(row["kind"] for row in rows)),
        "outcomes": dict(Counter(row["outcome"] for row in rows)),
        "detected": [dict(row) for row in rows if "detected" in row],
        "ended": [dict(row) for row in rows if row["outcome"] in FAILURES],
        "slowest_seconds": max(row["seconds"] for row in rows),
        "limits": {"seconds": LIMITS.seconds, "memory": LIMITS.memory},
    }


FAILURES = {"SandboxError", "InternalError", "MemoryError"}


def outcome(report: dict) -> str:
    return report["error"]["kind"] if "error" in report else report["verdict"]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return a file with some damage: bits, bytes, numbers, parts lost, doubled, swapped, or cut off."""
    result = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        if len(result) < 16:
            break
        most = min(len(result), 512) if chance.random() < 0.7 else len(result)
        place, length = chance.randrange(most), chance.randrange(1, 64)
        kind = chance.randrange(6)
        if kind == 0:
            result[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            result[place : place + length] = bytes([chance.choice([0, 0x7F, 0x80, 0xFF])]) * length
        elif kind == 2:
            number = chance.choice([0, 1, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, len(data)])
            result[place : place + 4] = struct.pack(chance.choice([">I", "<I"]), number)
        elif kind == 3:
            del result[place : place + length]
        elif kind == 4:
            result[place:place] = result[place : place + length]
        else:
            del result[max(8, chance.randrange(len(result))) :]
    return bytes(result)


def seeds() -> dict[str, bytes]:
    """Return a small file of every kind, without label and mark."""
    return _pictures() | _sounds() | _clips() | TEXTS


def _pictures() -> dict[str, bytes]:
    noise = np.random.default_rng(1).integers(0, 256, (6, 6, 3), np.uint8)
    picture = Image.fromarray(noise).resize((40, 40), Image.Resampling.BICUBIC)
    turned = picture.rotate(90)
    made = {}
    for kind, options in PICTURES.items():
        made[kind] = _saved(picture, kind, **options)
        if kind in ANIMATIONS:
            made[f"{kind} of several"] = _saved(picture, kind, save_all=True, append_images=[turned], **options)
    return made | _described(picture) | _deep()


def _saved(picture: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401 - whatever Pillow takes
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def _described(picture: Image.Image) -> dict[str, bytes]:
    """Return pictures with metadata that is no label."""
    exif = Image.Exif()
    exif[0x0131], exif[0x010E], exif[0x0112] = "Some Camera 1.0", "a description", 6
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    xmp += b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="a title"/></rdf:RDF></x:xmpmeta>'
    described_kinds = ("jpeg", "png", "webp", "avif")
    return {f"{kind} with metadata": _saved(picture, kind, exif=exif.tobytes(), xmp=xmp) for kind in described_kinds}


def _deep() -> dict[str, bytes]:
    """Return pictures of 16 bits per sample."""
    import cv2

    noise = np.random.default_rng(3).integers(0, 65536, (24, 24, 3), np.uint16)
    return {f"{kind} of 16 bits": cv2.imencode(f".{kind}", noise)[1].tobytes() for kind in ("png", "tiff")}


def _sounds() -> dict[str, bytes]:
    import soundfile

    noise = 0.1 * np.random.default_rng(2).standard_normal(4000)
    made = {}
    for kind, (form, subtype) in SOUNDS.items():
        buffer = io.BytesIO()
        soundfile.write(buffer, noise, 16000, format=form, subtype=subtype)
        made[kind] = buffer.getvalue()
    return made | {"m4a": _clip("m4a", None, "aac")}


def _clips() -> dict[str, bytes]:
    made = {}
    for kind, codec in CLIPS.items():
        container = FRAGMENTS if "fragments" in kind else {}
        made[kind] = _clip(kind.split()[0], codec, None, **container)
    return made | {"mp4 with sound": _clip("mp4", "libx264", "aac")}


def _clip(ending: str, codec: str | None, sound: str | None, **container: str) -> bytes:
    """Return a short video of noise, or sound."""
    import av

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"clip.{ending}"
        with av.open(str(path), "w", container_options=container) as file:
            film = None if codec is None else file.add_stream(codec, rate=25, options=CODING.get(codec, {}))
            track = None if sound is None else file.add_stream(sound, rate=16000, layout="mono")
            if film is not None:
                film.width, film.height = 64, 64
                film.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            chance = np.random.default_rng(4)
            for _ in range(8):
                if film is not None:
                    noise = chance.integers(0, 256, (64, 64, 3), np.uint8)
                    file.mux(film.encode(av.VideoFrame.from_ndarray(noise, format="rgb24")))
                if track is not None:
                    file.mux(track.encode(_sound_frame(chance)))
            for stream in filter(None, (film, track)):
                file.mux(stream.encode())
        return path.read_bytes()


def _sound_frame(chance: np.random.Generator) -> Any:  # noqa: ANN401 - a frame of PyAV
    import av

    samples = (0.1 * chance.standard_normal((1, 1024))).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
    frame.rate = 16000
    return frame


if __name__ == "__main__":
    sys.exit(main())

"""Fuzzes synthmark-extract: damaged files of every kind go through the sandbox, and every one must get a report.

    nice python benchmarks/fuzz_extract.py [--count 20000] [--seed 1] [-o results/fuzz_extract.json]

The files that are damaged carry no label and no mark, so that whatever is detected in one is a false alarm. Counted
are files that were checked, refused as unreadable, ended the child process (by a crash, the limit of memory or the
limit of time), or were told to hold something; and whether the parent process lived.
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
from typing import TYPE_CHECKING

import numpy as np
from environment import described
from PIL import Image

from extract_tool.checking import Checker
from extract_tool.sandbox import Limits, Sandbox
from synthmark.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITS = Limits(seconds=60, memory=3 << 30)
PICTURES = {"png": {}, "jpeg": {}, "webp": {}, "gif": {}, "tiff": {"compression": "tiff_lzw"}, "avif": {"speed": 10}}
SOUNDS = {"wav": "PCM_16", "flac": "PCM_16", "ogg": "VORBIS", "mp3": "MPEG_LAYER_III", "aiff": "PCM_16"}
CLIPS = {"mp4": "libx264", "mov": "libx264", "mkv": "libx264", "webm": "libvpx", "avi": "mpeg4", "flv": "flv1"}
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
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent / "results/fuzz_extract.json")
    options = parser.parse_args(arguments)
    found = {}
    for found in fuzz_on(options.count, options.seed):  # a run that is stopped leaves what it has found
        content = json.dumps({"environment": described()} | found, indent=1) + "\n"
        options.output.write_text(content, encoding="utf-8")
    print(f"{found['outcomes']}, wrote {options.output}", file=sys.stderr)
    return 1 if found["detected"] else 0


def fuzz(count: int, seed: int) -> dict[str, object]:
    """Check so many damaged files and return what happened."""
    *_, found = fuzz_on(count, seed)
    return found


def fuzz_on(count: int, seed: int) -> Iterator[dict[str, object]]:
    """Check damaged files and yield, now and then and at the end, what has happened so far."""
    chance = random.Random(seed)
    originals = list(seeds().items())
    outcomes, kinds, detected, ended, slowest = Counter(), Counter(), [], [], 0.0
    with tempfile.TemporaryDirectory() as folder, Sandbox(LIMITS) as sandbox:
        path = Path(folder) / "file"
        for number in range(count):
            kind, data = originals[number % len(originals)]
            path.write_bytes(mutated(data, chance))
            begin = time.perf_counter()
            report = Checker(Config(), limits=LIMITS).check(path, sandbox).report
            slowest = max(slowest, time.perf_counter() - begin)
            outcomes[outcome(report)] += 1
            kinds[kind] += 1
            detected += [[number, kind, *whatever_is_detected(report)]] if whatever_is_detected(report) else []
            ended += [[number, kind, report["error"]["message"]]] if outcome(report) in FAILURES else []
            if (number + 1) % 500 == 0 or number + 1 == count:
                yield {
                    "files": number + 1,
                    "seed": seed,
                    "kinds": dict(kinds),
                    "outcomes": dict(outcomes),
                    "detected": detected,
                    "ended": ended,
                    "slowest_seconds": round(slowest, 2),
                    "limits": {"seconds": LIMITS.seconds, "memory": LIMITS.memory},
                }


FAILURES = {"SandboxError", "InternalError", "MemoryError"}


def outcome(report: dict) -> str:
    return report["error"]["kind"] if "error" in report else report["verdict"]


def whatever_is_detected(report: dict) -> list[str]:
    return [layer["layer"] for layer in report["layers"] if layer["outcome"] == "detected"]


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
    made = {}
    for kind, options in PICTURES.items():
        buffer = io.BytesIO()
        picture.save(buffer, kind, **options)
        made[kind] = buffer.getvalue()
    return made


def _sounds() -> dict[str, bytes]:
    import soundfile

    noise = 0.1 * np.random.default_rng(2).standard_normal(4000)
    made = {}
    for kind, subtype in SOUNDS.items():
        buffer = io.BytesIO()
        soundfile.write(buffer, noise, 16000, format=kind.upper(), subtype=subtype)
        made[kind] = buffer.getvalue()
    return made


def _clips() -> dict[str, bytes]:
    import av

    made = {}
    for kind, codec in CLIPS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"clip.{kind}"
            with av.open(str(path), "w") as file:
                stream = file.add_stream(codec, rate=25)
                stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
                for number in range(8):
                    grey = np.random.default_rng(number).integers(0, 256, (64, 64, 3), np.uint8)
                    file.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
                file.mux(stream.encode())
            made[kind] = path.read_bytes()
    return made


if __name__ == "__main__":
    sys.exit(main())

"""Measures what a mark costs: PSNR of luma, VMAF and file size.

    python benchmarks/quality_video.py --clips FOLDER --out benchmarks/results/quality_video.json --look FOLDER

Every clip, or its first `--longest` seconds, is marked at the default strength and stored without loss. Its PSNR is
that of this file. It is then encoded with x264 at CRF 23, preset medium, and so is the clip without the mark. File
growth compares these two; sizes are those of the video streams. VMAF loss is the larger of two differences: of the
lossless files (the clip against itself less the marked clip), and of the encoded ones, all scored against the clip.
`--look` writes, from the lossless files, a frame, the difference times 20 and a line of pixels over time as PNG.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import environment

environment.use_one_thread()

import typer  # noqa: E402 - after the thread limits
from looks_video import written_looks  # noqa: E402
from measures_video import PSNR_DEFINITION, luma_psnr, stream_bytes, vmaf  # noqa: E402
from media_video import ffmpeg_version, recode, shape_of  # noqa: E402
from methods_video import SynthmarkFrames  # noqa: E402
from windows_video import chosen_clips  # noqa: E402

CONTENT_ID = 0x0123456789ABCDEF
LOSSLESS = {"qp": "0", "preset": "ultrafast"}
USUAL = {"crf": "23", "preset": "medium"}
ASKED = {"psnr": 46.0, "psnr_worst_second": 44.0, "vmaf_loss": 1.0, "growth_percent": 4.0}


def measured(clip: Path, strength: float, longest: float, work: Path | None, look: Path | None) -> dict[str, Any]:
    """Mark one clip and measure it; a refusal is a result."""
    from synthmark import CapacityError

    with tempfile.TemporaryDirectory(dir=work) as folder:
        names = ("plain", "marked", "plain_usual", "marked_usual")
        plain, marked, plain_usual, marked_usual = (Path(folder) / f"{name}.mp4" for name in names)
        shape = shape_of(clip)
        frames = recode(clip, plain, options=LOSSLESS, limit=round(longest * shape.frame_rate))
        try:
            edit = SynthmarkFrames(strength).editor(plain, CONTENT_ID)
            recode(plain, marked, edit, options=LOSSLESS)
        except CapacityError as error:
            return {"clip": clip.name, "frames": frames, "refused": str(error)}
        recode(plain, plain_usual, options=USUAL)
        recode(marked, marked_usual, options=USUAL)
        if look:
            written_looks(plain.rename(plain.with_name(clip.stem + ".mp4")), marked, look)
            plain = plain.with_name(clip.stem + ".mp4")
        return {"clip": clip.name, "frames": frames} | compared(plain, marked, plain_usual, marked_usual)


def compared(plain: Path, marked: Path, plain_usual: Path, marked_usual: Path) -> dict[str, Any]:
    psnr, seconds = luma_psnr(plain, marked)
    scores = {
        "vmaf_plain": vmaf(plain, plain),
        "vmaf_marked": vmaf(plain, marked),
        "vmaf_plain_encoded": vmaf(plain, plain_usual),
        "vmaf_marked_encoded": vmaf(plain, marked_usual),
    }
    sizes = [stream_bytes(path) for path in (plain_usual, marked_usual)]
    return {
        "psnr": psnr,
        "psnr_worst_second": min((value for value in seconds if value is not None), default=None),
        "psnr_seconds": seconds,
        **scores,
        "vmaf_loss": max(
            scores["vmaf_plain"] - scores["vmaf_marked"],
            scores["vmaf_plain_encoded"] - scores["vmaf_marked_encoded"],
        ),
        "bytes": sizes,
        "growth_percent": 100 * (sizes[1] / sizes[0] - 1),
    }


def summary(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Return mean and worst of each measure over the clips, and whether the worst meets what is asked for."""
    summed = {}
    for key, asked in ASKED.items():
        values = [entry[key] for entry in results if entry.get(key) is not None]
        if not values:
            continue
        at_least = key.startswith("psnr")
        worst = min(values) if at_least else max(values)
        met = worst >= asked if at_least else worst <= asked
        summed[key] = {"mean": sum(values) / len(values), "worst": worst, "asked": asked, "met": met}
    return summed


def main(
    clips: Annotated[list[Path], typer.Option(help="Folder of clips; may be repeated.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("quality_video.json"),
    only: Annotated[str, typer.Option(help="Parts of the names of the clips to take, separated by commas.")] = "",
    strength: Annotated[float, typer.Option(help="Strength of the mark.")] = 1.0,
    longest: Annotated[float, typer.Option(help="Seconds measured of every clip, at most.")] = 12.0,
    work: Annotated[Path | None, typer.Option(help="Folder for lossless files while they are needed.")] = None,
    look: Annotated[Path | None, typer.Option(help="Folder for PNG files to look at.")] = None,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 1,
) -> None:
    paths = chosen_clips(clips, only)
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(measured, path, strength, longest, work, look) for path in paths]
        results = []
        for future in waiting:
            results.append(future.result())
            print(line(results[-1]), file=sys.stderr, flush=True)
    made = {"ffmpeg": ffmpeg_version(), "strength": strength, "seconds": longest, "psnr_definition": PSNR_DEFINITION}
    record = {**environment.described(), **made, "summary": summary(results), "clips": results}
    out.write_text(json.dumps(record, indent=1), encoding="utf-8")
    print(json.dumps(record["summary"], indent=1))


def line(result: dict[str, Any]) -> str:
    if "refused" in result:
        return f"{result['clip']}: refused: {result['refused']}"
    values = ", ".join(f"{key} {result[key]:.2f}" for key in ASKED if result[key] is not None)
    return f"{result['clip']}: {values}"


if __name__ == "__main__":
    typer.run(main)

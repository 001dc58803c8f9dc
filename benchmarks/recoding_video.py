"""Measures what coding a video anew costs with the usual settings, without any mark: size and quality of the copy.

    python benchmarks/recoding_video.py --clips FOLDER --only ai_cogvideox_1,intel_car_15s

The copy is that of the product's pass, which has the codec of the source and is bounded by its bit rate; it is
compared with the source.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import environment
import typer
from measures_video import luma_psnr, stream_bytes, vmaf
from media_video import clips_below, shape_of


def measured(clip: Path, folder: Path) -> dict[str, Any]:
    """Return facts about a clip and its copy."""
    from synthmark.video.passes import Changes, run_pass

    copy = folder / f"copy{clip.suffix}"
    done, shape = run_pass(clip, copy, Changes()), shape_of(clip)
    return {
        "width": shape.width,
        "height": shape.height,
        "seconds": round(shape.seconds, 2),
        "kbit_per_second": round(stream_bytes(clip) * 8 / 1000 / shape.seconds),
        "codec": done.coding.codec,
        "encoder": done.coding.encoder,
        "options": dict(done.coding.options),
        "size": stream_bytes(copy) / stream_bytes(clip),
        "vmaf": vmaf(clip, copy),
        "psnr_luma": luma_psnr(clip, copy)[0],
    }


def main(
    clips: Annotated[list[Path], typer.Option(help="Folder of clips.")],
    only: Annotated[str, typer.Option(help="Names of clips, separated by commas; all when left out.")] = "",
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("benchmarks/results/recoding_video.json"),
) -> None:
    chosen = [path for path in clips_below(clips) if not only or path.stem in only.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        rows = {path.name: measured(path, Path(folder)) for path in chosen}
    record = {**environment.described(), "clips": rows}
    out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    typer.run(main)

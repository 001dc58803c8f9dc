"""Runs all benchmarks, one after the other, and writes the page of benchmarks anew.

    python benchmarks/run_all.py --media MEDIA --work WORK

MEDIA has the folders `images`, `audio/speech`, `audio/music` and `video`. WORK holds what a stopped run goes on from.
A program that fails is told at the end, and the others run.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["COMMANDS"]

ROOT = Path(__file__).parents[1]
RESULTS = "benchmarks/results"
PEERS = "invisible-watermark,invisible-watermark-svd,blind-watermark"
IN_COMMON = (  # attacks of which the peers could read something: the others would only cost time
    "saving,resize 0.5,resize 0.75,resize 1.5,width 0.85,flip left-right,rotation 90,rotation 1 filled,"
    "rotation 5 filled,rotation 15 cut,crop 75 %,crop 50 %,crop 25 %,cut 8 px,crop 50 % + resize 0.7 + JPEG 60,"
    "screenshot,brightness 0.8,brightness 1.2,contrast 0.7,contrast 1.3,gamma 0.7,gamma 1.4,grey,hue +30 degrees,"
    "posterise 32 levels,degrading,caption 20 %,logo 20 %,half painted,perspective 3 % inward"
)
VIDEO_IN_COMMON = (
    "none,H.264 CRF 23,H.264 CRF 28,H.265 CRF 28,AV1,resize to 360,crop to 70,bars to 4:3,mirror,trim to,24 to 30,"
    "speed 2,brightness 1.2,noise,caption"
)
LISTS = {
    "peers": PEERS,
    "control": "least-significant-bit",
    "weaker": "invisible-watermark-svd@0.6,blind-watermark@0.6",
    "common": IN_COMMON,
    "video_common": VIDEO_IN_COMMON,
    "video_peer_clips": "cogvideox,intel_car,tc_nasa",
}

# The name of each result, and the program with the arguments that make it.
COMMANDS: dict[str, dict[str, str]] = {
    "pictures": {
        "robustness_image": "robustness_image --images {images} --jobs 2",
        "sweeps_image": "robustness_image --images {images} --attacks sweeps --jobs 2",
        "peers_image": "robustness_image --images {images}/kodak --methods {peers},{control} --attacks {common}",
        "peers_sweeps_image": "robustness_image --images {images}/kodak --limit 6 --methods {peers} --attacks sweeps",
        "peers_weaker_image": "robustness_image --images {images}/kodak --methods {weaker} --attacks {common}",
        "limits_image": "limits_image --images {images}",
        "speed_image": "speed_image --picture {picture}",
        "visible_label": "visible_label --images {images}",
        "false_alarms_image": "false_alarms_image --images {images} --fast 100000 --full 3000 --jobs 2 --plot {plot}",
    },
    "sound": {
        "robustness_audio": "robustness_audio --clips {audio}",
        "compositions_audio": "compositions_audio --speech {audio}/speech --music {audio}/music",
        "false_alarms_audio": "false_alarms_audio --clips {audio} --trials 20000",
        "speed_audio": "speed_audio --clip {music}",
        "files_audio": "files_audio --clip {speech}",
        "labels_audio": "labels_audio --clips {audio}",
        "memory_audio": "memory_audio --clip {music} --kinds wav,mp3",
    },
    "video": {
        "robustness_video": "robustness_video --clips {video} --work {work}/video --jobs 2",
        "peers_video": "robustness_video --clips {video} --work {work}/peers --only {video_peer_clips} --windows 1"
        " --methods {peers} --rows {video_common}",
        "quality_video": "quality_video --clips {video} --jobs 2",
        "false_alarms_video": "false_alarms_video --clips {video} --work {work}/false --jobs 2",
        "recoding_video": "recoding_video --clips {video} --only ai_cogvideox_1,intel_car_15s",
        "speed_video": "speed_video --clip {film} --clips {video}",
        "memory_video": "memory_video --clip {film}",
    },
    "use": {
        "batch": "batch --images {images} --count 200",
        "fault_injection": "fault_injection --kills 60",
        "clusters": "clusters",
        "registry": "registry",
        "fingerprints": "fingerprints --media {media}",
        "extract_tool_map": "extract_tool_map {images}",
        "extract_tool_speed": "extract_tool_speed",
        "fuzz_extract": "fuzz_extract --work {work}/fuzz",
        "limits_beyond_image": "limits_beyond --pictures {images}",
        "limits_beyond_audio": "limits_beyond --sound {audio}",
        "limits_beyond_video": "limits_beyond --video {video}",
    },
}
SHORT_OPTION = ("extract_tool_map", "extract_tool_speed", "fuzz_extract")  # these call it -o


def command(result: str, text: str, places: dict[str, str]) -> list[str]:
    """Return the command that makes a result."""
    program, *rest = (word.format(**places) for word in text.split())
    output = "-o" if program in SHORT_OPTION else "--out"
    return [sys.executable, f"benchmarks/{program}.py", *rest, output, f"{RESULTS}/{result}.json"]


def places_in(media: Path, work: Path) -> dict[str, str]:
    """Return what stands in braces: folders, the largest file of some of them, and lists of names."""
    folders = {name: media / name for name in ("images", "audio", "video")}
    single = {
        "picture": folders["images"],
        "music": folders["audio"] / "music",
        "speech": folders["audio"] / "speech",
        "film": folders["video"],
    }
    largest = {name: max(files_below(folder), key=size_of, default=folder) for name, folder in single.items()}
    places = {"media": media, "work": work, "plot": Path("docs/false_alarms_image.png")} | folders | largest
    return {name: str(path) for name, path in places.items()} | LISTS


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def size_of(path: Path) -> int:
    return path.stat().st_size


def chosen(only: str) -> dict[str, str]:
    """Return the commands of parts and of single results."""
    single = {name: text for part in COMMANDS.values() for name, text in part.items()}
    wanted = [name.strip() for name in only.split(",")]
    if unknown := [name for name in wanted if name not in single and name not in COMMANDS]:
        raise typer.BadParameter(f"nothing is called {', '.join(unknown)}; known: {', '.join([*COMMANDS, *single])}")
    return {key: text for name in wanted for key, text in COMMANDS.get(name, {name: single.get(name, "")}).items()}


def main(
    media: Annotated[Path, typer.Option(help="Folder with images, audio and video.")],
    work: Annotated[Path, typer.Option(help="Folder for what a stopped run goes on from.")] = Path("build/bench"),
    only: Annotated[str, typer.Option(help="Parts or results, separated by commas.")] = "pictures,sound,video,use",
    show: Annotated[bool, typer.Option("--list", help="Print the commands, and run nothing.")] = False,
) -> None:
    """Run what is chosen."""
    places, failed = places_in(media.resolve(), work.resolve()), []
    for result, text in chosen(only).items():
        line = command(result, text, places)
        print(shlex.join(["python", *line[1:]]), flush=True)
        if not show and subprocess.run(line, cwd=ROOT, check=False).returncode:
            failed.append(result)
    if not show:
        subprocess.run([sys.executable, "benchmarks/page.py"], cwd=ROOT, check=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    typer.run(main)

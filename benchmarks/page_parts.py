"""The parts of `docs/benchmarks.md` that are made of results, one function for each; `page.py` writes them.

Each takes the folder of results and returns Markdown. What has not been measured says so.
"""

from __future__ import annotations

import functools
import json
import math
from typing import TYPE_CHECKING, Any

import readme_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["PARTS", "part"]

Record = dict[str, Any]
NOTHING = "Not measured yet."
FLAT = ("untouched", "JPEG 75")
PARTS: dict[str, Callable[[Path], str]] = {}


def part(*files: str) -> Callable[[Callable[..., str]], Callable[..., str]]:
    """Register a part that is made of these results; it is called with their contents."""

    def register(function: Callable[..., str]) -> Callable[..., str]:
        @functools.wraps(function)
        def made(results: Path) -> str:
            paths = [results / f"{name}.json" for name in files]
            if not all(path.is_file() for path in paths):
                return NOTHING
            return function(*(json.loads(path.read_text(encoding="utf-8")) for path in paths))

        PARTS[function.__name__.replace("_", " ")] = made
        return function

    return register


def table(head: list[str], rows: Iterable[list[object]]) -> str:
    """Return a table whose first column is text and whose others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *([str(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def met(entry: Record) -> str:
    return "met" if entry["met"] else "**missed**"


def share(read: int, tried: int) -> str:
    """Return a percentage, rounded down, with the numbers that it comes from."""
    return f"{100 * read // tried} % ({read} of {tried})"


def power(value: float) -> str:
    """Return a small probability, rounded up to one digit."""
    exponent = math.floor(math.log10(value))
    digit = math.ceil(value / 10**exponent - 1e-9)
    return f"{digit}e{exponent}" if digit < 10 else f"1e{exponent + 1}"


# --- pictures


@part("robustness_image", "peers_image")
def table_of_pictures(_own: Record, _peers: Record) -> str:
    return readme_table.content_for("picture", "en")


@part("robustness_image")
def invisibility_of_pictures(record: Record) -> str:
    pictures = record["methods"]["synthmark"]["pictures"]
    rows = [[p["picture"], f"{p['psnr']:.1f}", f"{p['ssim']:.4f}"] for p in sorted(pictures, key=lambda p: p["psnr"])]
    return table(["picture, worst first", "PSNR in dB", "SSIM of luma"], [*rows[:5], ["...", "", ""], rows[-1]])


@part("false_alarms_image")
def false_alarms_of_pictures(record: Record) -> str:
    rows = [
        [
            f"{name} search",
            record[name]["trials"],
            record[name]["acceptances"],
            f"{record[name]['decodings']['mean']:.4f}",
            power(record[name]["decodings"]["false_alarm_bound_per_call"]),
        ]
        for name in ("fast", "full")
    ]
    head = ["unmarked pictures, other keys", "trials", "marks reported", "decodings in a trial", "bound for a call"]
    return table(head, rows)


@part("speed_image")
def speed_of_pictures(record: Record) -> str:
    return f"{record['clock'].capitalize()}.\n\n" + judged_table(record["ratios"], "ratio")


@part("speed_image")
def memory_of_pictures(record: Record) -> str:
    rows = [
        [name, f"{entry['bytes per pixel']:.1f}", entry["at most"], met(entry)]
        for name, entry in record["memory"].items()
    ]
    return table(["operation", "bytes for each pixel, beyond the picture", "at most", ""], rows)


@part("visible_label")
def visible_label(record: Record) -> str:
    rows = [[name, share(row["recognised"], row["labels"])] for name, row in record["by_change"].items()]
    without = [
        [f"without a label: {name}", f"{len(row['false_finds'])} false finds in {row['looked_at']}"]
        for name, row in record["without_label"].items()
    ]
    return table(["labels of synthmark, after", "recognised with the right text"], [*rows, *without])


def judged_table(entries: dict[str, Record], unit: str) -> str:
    """Return a table of values beside what is asked for at least or at most."""
    rows: list[list[object]] = []
    for name, entry in entries.items():
        bound = next(key for key in ("at least", "at most") if key in entry)
        rounded = math.floor if bound == "at least" else math.ceil
        rows.append([name, f"{rounded(entry['value'] * 100) / 100:.2f}", f"{bound} {entry[bound]:g}", met(entry)])
    return table(["operation", unit, "asked for", ""], rows)


# --- sound


@part("robustness_audio")
def table_of_sound(_record: Record) -> str:
    return readme_table.content_for("sound", "en")


@part("false_alarms_audio")
def false_alarms_of_sound(record: Record) -> str:
    return (
        f"{record['accepted']} marks reported in {record['trials']} trials of unmarked sound with other keys, "
        f"{record['with_full_search']} of them with the full search over speed, tempo and pitch."
    )


@part("compositions_audio")
def compositions_of_sound(record: Record) -> str:
    rows = [
        [name, f"{math.floor(row['achieved'])} % of {row['tried']}", f"{row['required']:g} %", met(row)]
        for name, row in record["results"].items()
    ]
    return table(["sound", "right", "asked for", ""], rows)


@part("speed_audio")
def speed_of_sound(record: Record) -> str:
    rows = [
        [name, row["times_real_time"], row.get("required_times_real_time", "-"), row["ratio_to_mp3"]]
        for name, row in record["results"].items()
    ]
    return table(
        ["operation, one thread", "times real time", "asked for", "CPU time over that of MP3 encoding"], rows
    )


@part("files_audio")
def files_of_sound(record: Record) -> str:
    rows = [
        [name, row["label_to_ffmpeg"], row["times_real_time"]["label"], row["times_real_time"]["verify"]]
        for name, row in record["results"].items()
    ]
    head = ["file", "labelling over decoding and encoding by FFmpeg (CPU)", "labelling, times real time", "checking"]
    return table(head, rows)


@part("memory_audio")
def memory_of_sound(record: Record) -> str:
    rows = [
        [f"{name}, {operation}", row["peak_megabytes"], record["limit_megabytes"]]
        for name, operations in record["results"].items()
        for operation, row in operations.items()
    ]
    return table([f"{record['minutes']} minutes of stereo, {record['rate']} Hz", "peak in MB", "at most"], rows)


# --- video


@part("robustness_video")
def table_of_video(_record: Record) -> str:
    return readme_table.content_for("video", "en")


@part("robustness_video", "peers_video", "quality_video")
def plots_of_video(*_records: Record) -> str:
    robustness = "![What came back after each attack on video](robustness_video.png)"
    return f"{robustness}\n\n![Quality of marked video, clip by clip](quality_video.png)"


@part("false_alarms_video")
def false_alarms_of_video(record: Record) -> str:
    summary = record["summary"]
    return (
        f"{summary['found']} marks reported in {summary['trials']} trials on {summary['clips']} clips without a mark "
        f"or with other keys; derived bound for a file: {power(summary['derived_bound_per_file'])} "
        f"(asked for: {power(summary['asked_bound_per_file'])})."
    )


@part("speed_video")
def speed_of_video(record: Record) -> str:
    rows = [
        [
            name.replace("_", " "),
            "-" if row["value"] is None else f"{row['value']:.2f}",
            f"{row['asked']:g}",
            met(row),
        ]
        for name, row in record["results"].items()
    ]
    return table(["figure", "value", "asked for", ""], rows)


@part("recoding_video")
def coding_anew(record: Record) -> str:
    rows: list[list[object]] = []
    for name, clip in record["clips"].items():
        source = f"{clip['width']} x {clip['height']}, {clip['kbit_per_second']} kbit/s, {clip['codec']}"
        vmaf, psnr = (f"{math.floor(clip[key] * 10) / 10:.1f}" for key in ("vmaf", "psnr_luma"))
        rows.append([name, source, f"{math.ceil(clip['size'] * 100) / 100:.2f}", vmaf, psnr])
    return table(["copy without any mark", "source", "size over source", "VMAF", "PSNR of luma in dB"], rows)


# --- use


RATIOS = {
    "label_to_pillow": "labelling over decoding and encoding by Pillow alone, same number of processes",
    "two_processes_to_one": "gain of a second process",
    "two_processes_to_one_if_undisturbed": "gain of a second process, by the processor time that it adds",
    "two_processes_to_one_of_pillow_alone": "gain of a second process of Pillow alone (what the machine gives)",
}


@part("batch")
def batch(record: Record) -> str:
    rows = []
    for kind, clock in (("ratios", "on the clock"), ("processor_ratios", "processor time")):
        for name, row in record.get(kind, {}).items():
            asked = record.get("required", {}).get(name) if kind == "ratios" else None
            verdict = met({"met": record["met"][name]}) if asked else ""
            rows.append([f"{RATIOS[name]}; {clock}", f"{row['median']:.2f}", asked or "-", verdict])
    return table([f"{record['pictures']} PNG pictures of one megapixel", "median of rounds", "asked for", ""], rows)


@part("clusters")
def clusters(record: Record) -> str:
    rows = [
        [name, row["processor_seconds"], row["files_per_core_and_hour"]] for name, row in record["one_core"].items()
    ]
    told = table(["labelled from and to an object store", "processor seconds", "files per core and hour"], rows)
    told += f"\n\nOne connection writes {record['registry']['records_per_second']} records a second into PostgreSQL."
    if "engines" in record:
        told += f" Ray takes {record['engines']['ray_to_local']['median']:.2f} times as long as worker processes."
    return told


@part("fault_injection")
def fault_injection(record: Record) -> str:
    rows = [
        ["runs killed", record["kills"]],
        ["of these the parent process", record["of_the_parent"]],
        ["of these a worker", record["of_a_worker"]],
        ["folders labelled to the end, one after another", record["folders"]],
        ["files lost, made twice, recorded twice or left over", len(record["problems"])],
    ]
    return table(["killed with SIGKILL at random moments, started again", ""], rows)


@part("fingerprints")
def fingerprints(record: Record) -> str:
    rows = []
    for medium, result in record["results"].items():
        cases = {**result["same content"], "other content": result["other content"]}
        for change, row in cases.items():
            rows.append([f"{medium}: {change}", row["compared"], row["agrees"], row["undecided"], row["disagrees"]])
    return table(["fingerprint of the registry", "compared", "agrees", "undecided", "disagrees"], rows)


@part("registry")
def look_ups_in_the_registry(record: Record) -> str:
    inserts = record["inserts_per_second"]
    rows: list[list[object]] = []
    for look_up, row in record["seconds"].items():
        asked, verdict = (f"{row['required']:g} s", met(row)) if "required" in row else ("-", "")
        rows.append([look_up, f"{row['median']:g} s", asked, verdict])
    name = f"records written in a second by {inserts['processes']} processes, one by one"
    rows.append([name, inserts["1 in a transaction"], inserts["required"], met(inserts)])
    return table([f"SQLite with {record['records']} records", "median", "asked for", ""], rows)


@part("extract_tool_speed")
def speed_of_the_extract_tool(record: Record) -> str:
    rows = [
        [name, row["verdict_to_decoding"], row["numpy_to_numba"], "yes" if row["same_result"] else "**no**"]
        for name, row in record["cpu_seconds"].items()
    ]
    head = ["file", "verdict over decoding (CPU)", "without numba over with it", "same result without numba"]
    return table(head, rows)


@part("extract_tool_map")
def map_of_the_extract_tool(record: Record) -> str:
    return (
        f"Of {record['pictures']} pictures of which half is marked, the mark was found in {record['found']}; the map "
        f"agreed with the truth on {100 * record['mean_agreement']:.1f} % of the area on average, "
        f"{100 * record['worst_agreement']:.1f} % at worst. On pictures that are marked all over, the map shows "
        f"{100 * record['mean_share_of_whole_pictures']:.1f} % on average, "
        f"{100 * record['least_share_of_whole_pictures']:.1f} % at least."
    )


@part("extract_tool_bundle")
def bundle_of_the_extract_tool(record: Record) -> str:
    size, most = math.ceil(record["bytes"] / 1e6), record["limit_bytes"] // 10**6
    return (
        f"The folder that needs no Python has {record['files']} files and {size} MB ({most} at most)."
    )


@part("fuzz_extract")
def fuzzing_the_extract_tool(record: Record) -> str:
    return (
        f"{record['files']} damaged files of {len(record['kinds'])} kinds: {len(record['detected'])} false finds, "
        f"{len(record['ended'])} times a child process came to its limit of time or memory and was ended; the report "
        "says so, and the next file was checked."
    )


# --- limits


@part("limits_beyond")
def limits_of_pictures(record: Record) -> str:
    rows = [
        [f"{name}", row["group"], share(row["read"], row["tried"]), row["wrong"], row["psnr"] or "-"]
        for name, row in record["pictures"].items()
    ]
    return table(["pictures", "kind", "ids read", "wrong ids", "PSNR of the attack in dB"], rows)


@part("limits_beyond")
def limits_of_sound(record: Record) -> str:
    rows = [
        [name, row["group"], share(row["read"], row["tried"]), row["wrong"]] for name, row in record["sound"].items()
    ]
    return table(["sound", "kind", "ids read", "wrong ids"], rows)


@part("limits_beyond_video")
def limits_of_video(record: Record) -> str:
    rows = [
        [name, row["group"], share(row["read"], row["tried"]), row["wrong"]] for name, row in record["video"].items()
    ]
    return table(["video, the first seconds", "kind", "ids read", "wrong ids"], rows)


@part("sweeps_image")
def breaking_points_of_pictures(record: Record) -> str:
    attacks, rows = record["methods"]["synthmark"]["attacks"], []
    for title, steps in record["sweeps"].items():
        cells = [f"{value:g}: {math.floor(attacks[name]['achieved'])} %" for name, value in steps.items()]
        rows.append([title, "; ".join(cells)])
    return table(["strength", "pictures whose id is read"], rows).replace("---:", "---")


@part("limits_image")
def small_pictures(record: Record) -> str:
    rows = [
        [f"{side} px", row["pictures"], len(row["refused"]), row["read untouched"], row["read after JPEG 75"]]
        for side, row in record["small"].items()
    ]
    return table(["short side", "pictures", "refused", "read untouched", "read after JPEG 75"], rows)


@part("limits_image")
def flat_pictures(record: Record) -> str:
    rows = []
    for name, row in record["flat"].items():
        read = ["yes" if row.get(key) else "no" for key in FLAT]
        rows.append([name, "refused", "-", "-"] if row.get("refused") else [name, *read, row["psnr"]])
    return table(["drawn picture", "read untouched", "read after JPEG 75", "PSNR in dB"], rows)

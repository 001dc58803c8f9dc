"""The parts of `docs/benchmarks.md` about pictures, sound and video; see `page_tables.py`."""

from __future__ import annotations

import math

import readme_table
from page_tables import Record, judged_table, met, part, power, share, table

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
    return f"{record['clock'][0].upper()}{record['clock'][1:]}.\n\n" + judged_table(record["ratios"], "ratio")


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
    summary, noise = record["summary"], record["clearness_of_noise"]
    rows = [
        [
            kind,
            sum(entry["keys"] for entry in clips),
            sum(len(entry["accepted"]) for entry in clips),
            f"{max(entry['decodings']['mean'] for entry in clips):.4f}",
            f"{max(entry['guesses']['mean'] for entry in clips):.2f}",
            power(max(entry["false_alarm_bound"] for entry in clips)),
        ]
        for kind, clips in by_kind(record["clips"]).items()
    ]
    worst = ["decodings in a trial, worst file", "guesses, worst file", "bound for a file, worst file"]
    asked = f"Asked for: {power(summary['asked_bound_per_file'])} ({met(summary)})."
    clearest = (
        f"Of {noise['decodings_of_noise']} decodings of noise the clearest message had {noise['largest']:.2f} dB, "
        f"the median was {noise['median']:.2f} dB; a guess needs {noise['asked']:.1f} dB."
    )
    return f"{table(['files without a mark', 'trials', 'marks reported', *worst], rows)}\n\n{asked} {clearest}"


def by_kind(clips: list[Record]) -> dict[str, list[Record]]:
    drawn = {entry["clip"] for entry in clips if entry["clip"].startswith("drawn")}
    return {
        "clips": [entry for entry in clips if entry["clip"] not in drawn],
        "drawn clips": [entry for entry in clips if entry["clip"] in drawn],
    }


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


@part("memory_video")
def memory_of_video(record: Record) -> str:
    rows = [
        [name, f"{peak['width']} x {peak['height']}", peak["sum_of_processes_mb"], 2000 if "4K" in name else 700]
        for name, peak in record["peaks"].items()
    ]
    return table([f"labelling {record['clip']}", "frames", "peak in MB", "asked for, below"], rows)


@part("recoding_video")
def coding_anew(record: Record) -> str:
    rows: list[list[object]] = []
    for name, clip in record["clips"].items():
        source = f"{clip['width']} x {clip['height']}, {clip['kbit_per_second']} kbit/s, {clip['codec']}"
        vmaf, psnr = (f"{math.floor(clip[key] * 10) / 10:.1f}" for key in ("vmaf", "psnr_luma"))
        rows.append([name, source, f"{math.ceil(clip['size'] * 100) / 100:.2f}", vmaf, psnr])
    return table(["copy without any mark", "source", "size over source", "VMAF", "PSNR of luma in dB"], rows)

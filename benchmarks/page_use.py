"""The parts of `docs/benchmarks.md` about use and limits; see `page_tables.py`."""

from __future__ import annotations

import math

from page_tables import Record, met, part, share, table

FLAT = ("untouched", "JPEG 75")
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
    return f"The folder that needs no Python has {record['files']} files and {size} MB ({most} at most)."


@part("fuzz_extract")
def fuzzing_the_extract_tool(record: Record) -> str:
    return (
        f"{record['files']} damaged files of {len(record['kinds'])} kinds: {len(record['detected'])} false finds, "
        f"{len(record['ended'])} times a child process came to its limit of time or memory and was ended; the report "
        "says so, and the next file was checked."
    )


# --- limits


@part("limits_beyond_image")
def limits_of_pictures(record: Record) -> str:
    rows = [
        [f"{name}", row["group"], share(row["read"], row["tried"]), row["wrong"], row["psnr"] or "-"]
        for name, row in record["rows"].items()
    ]
    return table(["pictures", "kind", "ids read", "wrong ids", "PSNR of the attack in dB"], rows)


@part("limits_beyond_audio")
def limits_of_sound(record: Record) -> str:
    rows = [
        [name, row["group"], share(row["read"], row["tried"]), row["wrong"]] for name, row in record["rows"].items()
    ]
    return table(["sound", "kind", "ids read", "wrong ids"], rows)


@part("limits_beyond_video")
def limits_of_video(record: Record) -> str:
    rows = [
        [name, row["group"], share(row["read"], row["tried"]), row["wrong"]] for name, row in record["rows"].items()
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

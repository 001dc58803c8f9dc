"""Writes the tables of measured robustness into the READMEs, from the results of `robustness_{image,audio,video}.py`.

    python benchmarks/readme_table.py

`--check` writes nothing and fails when a README holds other tables. The Chinese README gets the words of
`readme_table_zh.toml`. Where our own result of a medium is missing, its table says so.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Annotated

import table_audio
import table_image
import table_video
import typer

__all__ = ["MEDIA", "READMES", "between", "content_for", "in_chinese", "with_table"]

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh.md"}
WORDS = Path(__file__).with_name("readme_table_zh.toml")
OWN = {"picture": "robustness_image.json", "sound": "robustness_audio.json", "video": "robustness_video.json"}
MEDIA = tuple(OWN)


def table_for(medium: str, results: Path = RESULTS) -> str:
    """Return the table of a medium in English; empty when our own result is missing."""
    own = results / OWN[medium]
    if not own.is_file():
        return ""
    if medium == "sound":
        return table_audio.table(table_audio.read_method(own))
    peers = results / own.name.replace("robustness", "peers")
    files = [file for file in (own, peers) if file.is_file()]
    if medium == "picture":
        return table_image.table(table_image.read_methods(files))
    quality = results / "quality_video.json"
    measured = json.loads(quality.read_text(encoding="utf-8")) if quality.is_file() else None
    return table_video.table(table_video.read_methods(files), measured)


def content_for(medium: str, language: str, results: Path = RESULTS) -> str:
    """Return the table of a medium, and after it what was asked for and missed."""
    table = table_for(medium, results)
    lines = table.splitlines()
    missed = [line.strip("| ").split(" | ")[0].replace("**", "") for line in lines if "(missed)" in line]
    if language == "zh":
        return in_chinese(table, missed)
    if not table:
        return "Not measured yet."
    return f"{table}\n\n" + (f"Missed: {'; '.join(missed)}." if missed else "Nothing in this table is missed.")


def in_chinese(table: str, missed: list[str]) -> str:
    """Return the same in Chinese."""
    words = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    if not table:
        return str(words["sentences"]["not measured"])
    rows = [[said(cell.strip(), words) for cell in line.strip("|").split("|")] for line in table.splitlines()]
    told = "；".join(said(name, words) for name in missed)
    sentence = words["sentences"]["missed" if missed else "nothing missed"].format(told)
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + f"\n\n{sentence}"


def said(cell: str, words: dict[str, dict[str, str]]) -> str:
    """Return a cell in Chinese: known as a whole, or by its parts, or as it is."""
    cells, patterns = words["cells"], words["patterns"]
    plain = cell.replace("**", "")
    if plain in cells:
        return f"**{cells[plain]}**" if plain != cell else cells[plain]
    if ", " in plain:
        return "、".join(said(part, words) for part in plain.split(", "))
    for pattern, replacement in patterns.items():
        cell = re.sub(pattern, replacement, cell)
    return cell


def with_table(text: str, medium: str, content: str) -> str:
    """Return a text with the table of a medium replaced."""
    return between(text, f"{medium} table", content)


def between(text: str, name: str, content: str) -> str:
    """Return a text with what stands between two markers replaced."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"The markers {begin} and {end} are missing.")
    return f"{before}{begin}\n\n{content}\n\n{end}{after}"


def main(check: Annotated[bool, typer.Option(help="Only compare.")] = False) -> None:
    """Put the tables into the READMEs."""
    for language, readme in READMES.items():
        old = new = readme.read_text(encoding="utf-8")
        for medium in MEDIA:
            new = with_table(new, medium, content_for(medium, language))
        if check and new != old:
            sys.exit(f"{readme.name} holds other tables; run: python benchmarks/readme_table.py")
        readme.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)

"""What was measured before: figures of the benchmarks with date, version and command, packaged in `measured.json`.

`benchmarks/filing_results.py` makes that file from `benchmarks/results`; a test compares the two.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

__all__ = ["FILES", "LIMITS", "Origin", "Results", "packaged_results"]

FILES = (
    "robustness_image",
    "false_alarms_image",
    "limits_image",
    "visible_label",
    "robustness_audio",
    "false_alarms_audio",
    "robustness_video",
    "quality_video",
    "false_alarms_video",
    "fingerprints",
)
"""The results that the documents quote; one that is missing is an open point."""
LIMITS = {medium: f"limits_beyond_{medium}" for medium in ("image", "audio", "video")}
"""Further results, of attacks that nobody asks a mark to survive, by medium; quoted where they are there."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a figure comes from: file, date, version of synthmark, command."""

    file: str
    date: str
    version: str
    command: str


@dataclass(frozen=True, slots=True)
class Results:
    """What is quoted of the result files, by name without extension."""

    contents: dict[str, dict[str, Any]]

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the results that the documents would quote and that are not there."""
        return tuple(name for name in FILES if name not in self.contents)

    def origin(self, name: str) -> Origin:
        """Return where the figures of a result come from."""
        content = self.contents[name]
        return Origin(f"benchmarks/results/{name}.json", content["date"], content["version"], content["command"])

    def get(self, name: str, *way: str) -> Any:  # noqa: ANN401 - whatever JSON has
        """Return a value of a result by the keys that lead to it; None when it is not there."""
        value: Any = self.contents.get(name)
        for key in way:
            value = value.get(key) if isinstance(value, dict) else None
        return value


def packaged_results() -> Results:
    """Return the figures that this version of synthmark brings along."""
    text = resources.files("synthmark.filing").joinpath("measured.json").read_text(encoding="utf-8")
    return Results(json.loads(text))

"""What checking a file found, as frozen data: the source of `--json` and of reports for people."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from synthmark.remote import Place

__all__ = [
    "LABEL_SCHEMA",
    "LAYERS",
    "SCHEMA",
    "FileFacts",
    "Integrity",
    "LabelRecord",
    "LayerReport",
    "Message",
    "Outcome",
    "Report",
    "ToolFacts",
    "Trust",
    "Verdict",
    "overall_verdict",
]

SCHEMA: Final = "synthmark.report/1"
LABEL_SCHEMA: Final = "synthmark.label/1"
LAYERS: Final = ("metadata", "watermark", "credential", "visible")
"""The layers that every report names, in this order."""

Verdict = Literal["labelled", "not_labelled", "conflict", "not_checked"]
Outcome = Literal["detected", "not_detected", "invalid", "not_checked"]
Integrity = Literal["intact", "altered", "unknown"]
Trust = Literal["trusted", "unlisted", "unsigned"]

EXIT_CODES: Final[Mapping[Verdict, int]] = MappingProxyType(
    {"labelled": 0, "not_labelled": 1, "conflict": 3, "not_checked": 1}
)


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence of the catalogue: its code, and what its placeholders stand for."""

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReport:
    """What one layer says.

    Attributes
    ----------
    layer
        One of `LAYERS`.
    outcome
        "detected", "not_detected", "invalid" (damaged or contradictory) or "not_checked" (a message tells
        why).
    integrity
        "intact", "altered" or "unknown".
    trust
        Who vouches: "trusted" (signer on the list), "unlisted", or "unsigned".
    claims
        What the layer says about the content; for the watermark ``content_id`` as 16 lower-case hex digits.
    evidence
        How sure the finding is; for the watermark ``false_alarm_probability``.
    messages
        Sentences for people.
    """

    layer: str
    outcome: Outcome
    integrity: Integrity = "unknown"
    trust: Trust = "unsigned"
    claims: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The file that was checked: name without folder, bytes, SHA-256 in hex, media type by content."""

    name: str
    size: int
    sha256: str
    media_type: str


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """What checked the file, with the ids of the keys it tried; it never uses the network."""

    name: str
    version: str
    key_ids: tuple[str, ...]
    network: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What checking one file found.

    Attributes
    ----------
    verdict
        See `overall_verdict`.
    file
        What was checked.
    layers
        One for each of `LAYERS`, in that order.
    agreement
        For ``content_id``: the layers that name the same id, when there are two or more.
    tool
        What checked it.
    checked_at
        When, in UTC, as RFC 3339 with a Z.
    """

    verdict: Verdict
    file: FileFacts
    layers: tuple[LayerReport, ...]
    agreement: Mapping[str, tuple[str, ...]]
    tool: ToolFacts
    checked_at: str

    @property
    def exit_code(self) -> int:
        """0 labelled; 1 nothing found; 3 found but invalid or contradictory."""
        return EXIT_CODES[self.verdict]

    def layer(self, name: str) -> LayerReport:
        """Return the report of one layer."""
        return next(layer for layer in self.layers if layer.layer == name)

    def as_json(self) -> dict[str, Any]:
        """Return the report as the object that `--json` prints: plain data, no NaN, no infinity."""
        content = _plain({item.name: getattr(self, item.name) for item in dataclasses.fields(self)})
        head: dict[str, Any] = {"schema": SCHEMA, "verdict": self.verdict, "exit_code": self.exit_code}
        return head | dict(content)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRecord:
    """What was written into one file.

    Attributes
    ----------
    source, target
        The files: `pathlib.Path`, or text where a URL names them.
    media_type
        Of both, by content.
    content_id
        16 lower-case hex digits; in the watermark and in the metadata label.
    produce_id
        The content number that the metadata label holds, or None without that layer.
    layers
        Of "visible", "watermark", "metadata" and "credential", those that were written and read back.
    psnr
        Of the watermark against the picture with its visible label, in decibels; None without watermark and
        of sound.
    sha256_before, sha256_after
        Of the files, in hex.
    placement
        Of the visible label: ``box`` (left, top, right, bottom in pixels of the upright picture), ``anchor``
        and ``reason``; of the audible label: ``kind``, ``place``, ``start`` and ``end`` in seconds; None without that
        layer.
    frames
        How many frames or pages the file has.
    messages
        What a user should know: codes of the catalogue that start with ``note.``.
    seconds
        Time taken by each step.
    report
        On the written file: every layer as it was read back.
    """

    source: Any
    target: Any
    media_type: str
    content_id: str
    produce_id: str | None
    layers: tuple[str, ...]
    psnr: float | None
    sha256_before: str
    sha256_after: str
    placement: Mapping[str, Any] | None
    frames: int
    messages: tuple[Message, ...]
    seconds: Mapping[str, float]
    report: Report

    @property
    def exit_code(self) -> int:
        """0; 3 when the written file contradicts itself, as with a label of its source that stayed."""
        return EXIT_CODES["conflict"] if self.report.verdict == "conflict" else 0

    def named(self, source: Place, target: Place) -> LabelRecord:
        """Return the record with the names of the files for which local copies stood."""
        names = [place if isinstance(place, Path) else str(place) for place in (source, target)]
        return dataclasses.replace(self, source=names[0], target=names[1])

    def as_json(self) -> dict[str, Any]:
        """Return the report of the written file with the record: plain data, no NaN, no infinity."""
        names = [item.name for item in dataclasses.fields(self) if item.name != "report"]
        record = _plain({name: getattr(self, name) for name in names})
        head = {"schema": LABEL_SCHEMA, "status": "labelled", "exit_code": self.exit_code}
        return self.report.as_json() | head | {"record": record}


def overall_verdict(layers: Sequence[LayerReport], *, contradictory: bool) -> Verdict:
    """Sum up: the worst comes first.

    "conflict" when layers contradict one another or one is invalid; else "labelled" when one is detected;
    else "not_labelled" when at least one was checked; else "not_checked".
    """
    outcomes = {layer.outcome for layer in layers}
    if contradictory or "invalid" in outcomes:
        return "conflict"
    if "detected" in outcomes:
        return "labelled"
    return "not_labelled" if "not_detected" in outcomes else "not_checked"


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON has
    """Turn records into what JSON has; numbers that are not finite become null."""
    if dataclasses.is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    return value

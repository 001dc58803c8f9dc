"""What was found out for the documents, as frozen data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from synthmark.config import Config
    from synthmark.filing.company import Company
    from synthmark.filing.results import Results

__all__ = ["Facts", "Mark", "Records", "Sample", "Screens", "Tool", "Trials", "VisibleFacts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What the extract tool read from one file of the pack.

    Attributes
    ----------
    path
        Within the pack.
    attack
        Name of the attack; "" for the labelled file itself.
    sha256
        Of the file; "" when there is none.
    content_id
        Of the watermark; None when none was read.
    expected
        The content id that was written.
    false_alarm_probability
        As the detection states it.
    verdict, exit_code
        Of all layers.
    outcomes
        Of each layer, by its name.
    report
        The object that the tool printed, without times.
    error
        Why the attack or the extraction failed; "" when it did not.
    """

    path: str
    attack: str
    expected: str
    sha256: str = ""
    content_id: str | None = None
    false_alarm_probability: float | None = None
    verdict: str = "not_checked"
    exit_code: int = 5
    outcomes: Mapping[str, str] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""

    @property
    def exact(self) -> bool:
        """Whether all 64 bits came back."""
        return self.content_id == self.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class VisibleFacts:
    """The label that people perceive, as it was measured on the labelled file.

    Attributes
    ----------
    text
        What was recognised; None when the label was not recognised.
    anchor
        Where it stands.
    box
        Left, top, right, bottom of its plate in pixels; None of sound.
    side
        Short side of the picture in pixels; None of sound.
    drawn
        Height of the smallest glyph in pixels, by the drawing.
    height
        Height of the first glyph in pixels, measured on the written file; None when that glyph is not the smallest.
    contrast
        Contrast ratio of text and plate, measured on the written file.
    start, end
        Seconds from which and to which it is seen (measured on frames) or heard.
    length
        Seconds of the file; None of pictures.
    violations
        What clause 5.2 asks and the label is not.
    """

    text: str | None = None
    anchor: str = ""
    box: tuple[int, int, int, int] | None = None
    side: int | None = None
    drawn: float | None = None
    height: int | None = None
    contrast: float | None = None
    start: float | None = None
    end: float | None = None
    length: float | None = None
    violations: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        """Height as a part of the short side: as measured, else by the drawing."""
        height = self.height if self.height is not None else self.drawn
        return None if height is None or not self.side else height / self.side

    @property
    def conforms(self) -> bool:
        """Whether the label was recognised and what can be measured of it is as the standard asks."""
        high = self.share is None or self.share >= 0.05  # clauses 5.2 e) and 5.4
        length = None if self.end is None or self.start is None else self.end - self.start
        long = self.length is None or length is None or length >= min(2.0, 0.9 * self.length)  # 5.4
        return self.text is not None and not self.violations and high and long


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample: labelled, read back, attacked, read again.

    Attributes
    ----------
    name
        Of its files.
    original, labelled
        Paths within the pack; no labelled one when it could not be labelled.
    file
        Where the labelled file lies.
    media_type
        By content.
    modality
        "image", "audio" or "video".
    content_id, produce_id
        What was written.
    sha256_before, sha256_after
        Of original and labelled file.
    layers
        That were written and read back.
    psnr
        Of the watermark in decibels; None of sound.
    visible
        The label that people perceive; None without that layer.
    places
        Where the metadata label stands.
    label_text
        The metadata label as it stands in the file.
    iptc
        IPTC properties of the file.
    before, mark
        What was read from the original and from the labelled file.
    attacked
        What was read from its changed copies.
    error
        Why it could not be labelled; "" when it could.
    """

    name: str
    original: str
    labelled: str = ""
    file: Path | None = None
    media_type: str
    modality: str
    content_id: str
    sha256_before: str
    produce_id: str | None = None
    sha256_after: str = ""
    layers: tuple[str, ...] = ()
    psnr: float | None = None
    visible: VisibleFacts | None = None
    places: tuple[str, ...] = ()
    label_text: str = ""
    iptc: Mapping[str, str | None] = field(default_factory=dict)
    before: Mark | None = None
    mark: Mark | None = None
    attacked: tuple[Mark, ...] = ()
    error: str = ""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What was read from the labelled file and its changed copies."""
        return (self.mark, *self.attacked) if self.mark else self.attacked


@dataclass(frozen=True, slots=True)
class Records:
    """The worked example of the registry.

    Attributes
    ----------
    record
        The fields of one record.
    number
        The content id by which it was found.
    read_from
        The file from which that id was read, within the pack.
    entries
        Number of entries of the trial registry.
    intact
        Whether its chain was whole.
    found
        Whether the record was found by that content id.
    altered
        How many problems `verify` named after a stored record was changed on purpose.
    """

    record: Mapping[str, Any]
    number: str
    read_from: str
    entries: int
    intact: bool
    found: bool
    altered: int


@dataclass(frozen=True, slots=True)
class Trials:
    """What labelling refuses, tried on purpose.

    Attributes
    ----------
    without_reason
        The error for a copy without visible label and without reason; "" when it was not refused.
    request
        The record of a copy without visible label with reason; None when it could not be made.
    second_label
        The error for a second label on a labelled file; "" when it was not refused.
    """

    without_reason: str = ""
    request: Mapping[str, Any] | None = None
    second_label: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """The extract tool.

    Attributes
    ----------
    version
        As it prints it.
    files, digest
        Number of its program files, and SHA-256 of their list in the pack.
    name, sha256
        Of the file that is handed in; None when none was named.
    commands
        The help of both commands, as printed.
    """

    version: str
    files: int
    digest: str
    name: str | None
    sha256: str | None
    commands: str


@dataclass(frozen=True, slots=True)
class Screens:
    """Pictures of the extract tool at work.

    Attributes
    ----------
    example
        The file that was checked.
    console
        What the tool printed, with the line of time left out.
    picture
        That text, drawn.
    page, report
        The page, and the sheets of a report, in a browser; none when there is no browser.
    browser
        Its name; "" when there is none.
    """

    example: Mark
    console: str
    picture: Path
    page: Path | None = None
    report: tuple[Path, ...] = ()
    browser: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the documents say that is not in their templates.

    Attributes
    ----------
    company, config
        What is configured.
    samples
        In the order of their names.
    own_samples
        Whether they are the company's.
    records, trials, screens
        None when nothing could be labelled.
    tool
        What extracts.
    results
        What was measured before.
    key_id
        Public name of the watermark key.
    date, version, python, machine
        Of the run.
    pictures
        Drawn figures by name: files in the folder ``figures`` of the pack.
    """

    company: Company
    config: Config
    samples: tuple[Sample, ...]
    own_samples: bool
    records: Records | None
    trials: Trials
    screens: Screens | None
    tool: Tool
    results: Results
    key_id: str
    date: str
    version: str
    python: str
    machine: str
    pictures: Mapping[str, Path] = field(default_factory=dict)

    def of(self, modality: str) -> tuple[Sample, ...]:
        """Return the samples of a modality that were labelled."""
        return tuple(sample for sample in self.samples if sample.modality == modality and not sample.error)

    @property
    def labelled(self) -> tuple[Sample, ...]:
        """The samples that were labelled."""
        return tuple(sample for sample in self.samples if not sample.error)

    @property
    def attacked(self) -> tuple[Mark, ...]:
        """What was read from all changed copies."""
        return tuple(mark for sample in self.samples for mark in sample.attacked)

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities that the documents cover: those the company names, or those of the samples."""
        present = {sample.modality for sample in self.samples}
        named = self.company.modalities or tuple(name for name in ("image", "audio", "video") if name in present)
        return tuple(name for name in ("image", "audio", "video") if name in named)

"""What is written into a file as metadata label, and what is read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synthmark.metadata.aigc import AigcLabel, Finding

__all__ = ["FoundLabel", "MetadataRecord", "MetadataReport", "Trace"]


@dataclass(frozen=True, slots=True)
class MetadataRecord:
    """The metadata label of one file.

    Attributes
    ----------
    label
        The AIGC label (GB 45438-2025 Annex E).
    digital_source_type
        IPTC digital source type as full URI, such as `TRAINED_ALGORITHMIC_MEDIA`.
    ai_system, ai_system_version
        IPTC AISystemUsed and AISystemVersionUsed (IPTC 2025.1).

    None leaves a property of the file as it is.
    """

    label: AigcLabel
    digital_source_type: str | None = None
    ai_system: str | None = None
    ai_system_version: str | None = None


@dataclass(frozen=True, slots=True)
class FoundLabel:
    """One AIGC label in a file.

    Attributes
    ----------
    label
        The label, or None when the place is there and its text cannot be read.
    place
        Where it is: "JPEG APP1 XMP", "PNG tEXt AIGC".
    form
        "bare", "wrapped" or "unreadable".
    text
        The text as it stands in the file.
    findings
        Every deviation of the text from the standard; empty means that it complies.
    """

    label: AigcLabel | None
    place: str
    form: str
    text: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """A sign that a generator wrote the file: its kind, where it stands, the start of its text."""

    kind: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class MetadataReport:
    """All that the metadata of a file says about AI generation.

    Attributes
    ----------
    media_type
        Of the container, by its first bytes.
    labels
        Every AIGC label; a file that complies has exactly one.
    digital_source_type, ai_system, ai_system_version
        IPTC properties, or None.
    traces
        Signs of a generator: kinds "parameters", "workflow", "prompt", "software".
    credentials
        Places of C2PA manifests.
    findings
        Deviations of the file as a whole: ``labels.several``, ``xmp.unreadable``,
        ``metadata.damaged``.
    """

    media_type: str
    labels: tuple[FoundLabel, ...] = ()
    digital_source_type: str | None = None
    ai_system: str | None = None
    ai_system_version: str | None = None
    traces: tuple[Trace, ...] = ()
    credentials: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def label(self) -> AigcLabel | None:
        """The first label that can be read."""
        return next((found.label for found in self.labels if found.label), None)

    @property
    def has_credential(self) -> bool:
        """Whether the file carries a C2PA manifest or names one outside."""
        return bool(self.credentials)

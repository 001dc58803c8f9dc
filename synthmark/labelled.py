"""Pictures and sound that were labelled in memory, with the record of what was written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthmark.payload import format_content_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthmark.config import Config
    from synthmark.metadata import MetadataRecord
    from synthmark.registry import Fingerprint, RegistryRecord
    from synthmark.report import LabelRecord

__all__ = ["IN_MEMORY", "ContentRecord", "LabelledBytes", "LabelledContent", "content_record", "registry_entry"]

IN_MEMORY = "memory:"
"""What records call the source of content that was in no file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRecord:
    """What was written into one picture or sound in memory.

    Attributes
    ----------
    media_type
        "image/raw" or "audio/raw".
    content_id
        16 lower-case hex digits; in the watermark, and in the metadata label to be stored.
    produce_id
        The content number of that label, or None when the metadata layer is off.
    layers
        Of "visible" and "watermark", those that the content carries.
    placement
        Of the visible label, see `synthmark.report.LabelRecord`; None for sound and without that layer.
    sha256_before, sha256_after
        Of the bytes of pixels or samples, in hex.
    metadata
        The metadata label, which a picture or sound in memory cannot hold; None when that layer is off.
    """

    media_type: str
    content_id: str
    produce_id: str | None
    layers: tuple[str, ...]
    placement: Mapping[str, Any] | None
    sha256_before: str
    sha256_after: str
    metadata: MetadataRecord | None

    @property
    def aigc(self) -> str:
        """The AIGC label of GB 45438-2025 Annex E as JSON; empty when the metadata layer is off."""
        from synthmark.metadata import to_json  # noqa: PLC0415 - `import synthmark` stays light

        return "" if self.metadata is None else to_json(self.metadata.label)

    @property
    def xmp(self) -> str:
        """The AIGC label and the IPTC properties as XMP packet; empty when the metadata layer is off."""
        return "" if self.metadata is None else _packet(self.metadata)

    def with_metadata(self, data: bytes) -> bytes:
        """Return the bytes of a file into which this content was encoded with its metadata label.

        Raises
        ------
        MediaError
            When the container is not known or damaged.
        """
        from synthmark.metadata import write_metadata  # noqa: PLC0415 - as above

        return data if self.metadata is None else write_metadata(data, self.metadata)


@dataclass(frozen=True, slots=True, eq=False)
class LabelledContent:
    """Content that was labelled in memory.

    It carries the visible label and the watermark. The metadata label can only be stored with a file: write
    `record.xmp` when encoding, or pass the encoded bytes through `record.with_metadata`.

    Attributes
    ----------
    content
        Of the kind that was given.
    records
        One for each picture of a batch, otherwise one.
    """

    content: Any
    records: tuple[ContentRecord, ...]

    @property
    def record(self) -> ContentRecord:
        """The record of the only, or first, picture or sound."""
        return self.records[0]


@dataclass(frozen=True, slots=True)
class LabelledBytes:
    """A file in memory with all its layers.

    Attributes
    ----------
    data
        The bytes of the file.
    record
        As of `synthmark.label_file`; both files are called "memory:".
    """

    data: bytes
    record: LabelRecord


def content_record(  # noqa: PLR0913, PLR0917 - each becomes a field
    config: Config, family: str, content_id: int, before: object, after: object, placement: Mapping[str, Any] | None
) -> ContentRecord:
    """Describe content that was labelled.

    Parameters
    ----------
    config
        What was asked for.
    family
        "image" or "audio".
    content_id
        In the watermark.
    before, after
        The content without and with its labels.
    placement
        Of the visible label.
    """
    metadata = _metadata(config, content_id) if config.metadata else None
    return ContentRecord(
        media_type=f"{family}/raw",
        content_id=format_content_id(content_id),
        produce_id=None if metadata is None else metadata.label.produce_id,
        layers=tuple(name for name in ("visible", "watermark") if getattr(config, name)),
        placement=placement,
        sha256_before=_digest(before),
        sha256_after=_digest(after),
        metadata=metadata,
    )


def registry_entry(
    record: ContentRecord, config: Config, key: bytes | None, fingerprint: Fingerprint
) -> RegistryRecord:
    """Return what the registry keeps of content in memory: its source is called "memory:"."""
    from synthmark.keys import key_id  # noqa: PLC0415 - few need it
    from synthmark.payload import FORMAT_VERSION  # noqa: PLC0415
    from synthmark.registry import RegistryRecord  # noqa: PLC0415
    from synthmark.registry.record import now_text, operator_of  # noqa: PLC0415

    explicit, marked = config.visible, config.watermark
    return RegistryRecord(
        content_id=record.content_id,
        produce_id=record.produce_id,
        producer=config.producer,
        system=config.system,
        system_version=config.system_version,
        time=now_text(),
        media_type=record.media_type,
        sha256_before=record.sha256_before,
        sha256_after=record.sha256_after,
        fingerprint=fingerprint.text(),
        layers=record.layers,
        mark_format=FORMAT_VERSION if marked else None,
        key_id=key_id(key) if marked else None,
        explicit_label=explicit,
        requested_by=None if explicit else config.requested_by,
        agreement=None if explicit else config.agreement,
        operator=operator_of(config),
        source=IN_MEMORY,
    )


def _metadata(config: Config, content_id: int) -> MetadataRecord:
    """Return the metadata label that belongs to a content id."""
    from synthmark import metadata  # noqa: PLC0415 - `import synthmark` stays light
    from synthmark.files.metadata_step import content_number  # noqa: PLC0415

    number = content_number(content_id)
    label = metadata.propagated(
        metadata.new_label(config.producer, number), config.propagator or config.producer, number
    )
    source_type = metadata.TRAINED_ALGORITHMIC_MEDIA
    return metadata.MetadataRecord(label, source_type, config.system, config.system_version)


def _packet(record: MetadataRecord) -> str:
    from synthmark.metadata import to_json, xmp  # noqa: PLC0415 - as above

    values = {
        xmp.AIGC: to_json(record.label),
        xmp.DIGITAL_SOURCE_TYPE: record.digital_source_type,
        xmp.AI_SYSTEM: record.ai_system,
        xmp.AI_SYSTEM_VERSION: record.ai_system_version,
    }
    return xmp.new_packet(values).decode("utf-8")


def _digest(content: object) -> str:
    """Return the SHA-256 of the bytes of pixels or samples."""
    import numpy as np  # noqa: PLC0415 - as above

    return hashlib.sha256(np.ascontiguousarray(np.asarray(content)).tobytes()).hexdigest()

"""Adding the metadata label to a file that is otherwise finished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from synthmark.config import Config
    from synthmark.metadata import MetadataRecord, MetadataReport

__all__ = ["MetadataStep", "content_number"]


@dataclass(frozen=True, slots=True)
class MetadataStep:
    """The metadata label of one file.

    Attributes
    ----------
    config
        Producer, propagator, generator, and whether the label is asked for.
    existing
        The metadata of the source; of a label in it only the propagator's fields change.
    content_id
        Which the content numbers of the label hold.
    force
        Whether a file with a signed credential is accepted, which breaks it.
    """

    config: Config
    existing: MetadataReport
    content_id: int
    force: bool

    @property
    def wanted(self) -> bool:
        """Whether the label is asked for."""
        return self.config.metadata

    def added(self, data: bytes) -> bytes:
        """Return the bytes of a file with the label."""
        from synthmark import metadata  # noqa: PLC0415 - `import synthmark` stays light

        if self.existing.label is None:
            return metadata.write_metadata(data, self._record(), force=self.force)
        return metadata.propagate(data, self._propagator, content_number(self.content_id), force=self.force)

    def write(self, source: Path, target: Path) -> None:
        """Write a copy of a file with the label; large files are never in memory as a whole."""
        from synthmark import metadata  # noqa: PLC0415 - see added

        if self.existing.label is None:
            metadata.write_metadata_file(source, target, self._record(), force=self.force)
        else:
            number = content_number(self.content_id)
            metadata.propagate_file(source, target, self._propagator, number, force=self.force)

    @property
    def _propagator(self) -> str:
        return self.config.propagator or self.config.producer

    def _record(self) -> MetadataRecord:
        from synthmark import metadata  # noqa: PLC0415 - see added

        config, number = self.config, content_number(self.content_id)
        label = metadata.propagated(metadata.new_label(config.producer, number), self._propagator, number)
        source_type = None if self.existing.digital_source_type else metadata.TRAINED_ALGORITHMIC_MEDIA
        return metadata.MetadataRecord(label, source_type, config.system, config.system_version)


def content_number(content_id: int) -> str:
    """Return the content number of the metadata label, from which checking learns the content id."""
    from synthmark.payload import format_content_id  # noqa: PLC0415 - see MetadataStep.added

    return f"synthmark-{format_content_id(content_id)}"

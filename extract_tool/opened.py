"""A file that is being examined: what several parts of a report need is read once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from synthmark.errors import SynthmarkError

if TYPE_CHECKING:
    from pathlib import Path

    from synthmark.metadata import MetadataReport

__all__ = ["OpenedFile"]


class OpenedFile:
    """A file, its metadata and its first picture, each read when first asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def metadata(self) -> MetadataReport:
        """What the metadata says."""
        from synthmark.metadata import read_metadata_file

        return read_metadata_file(self.path)

    @cached_property
    def picture(self) -> Any:  # noqa: ANN401 - a PIL image, or an array of more than 8 bits
        """The first picture, upright; None for sound, video and what cannot be decoded."""
        from synthmark.files.picture_file import read_picture
        from synthmark.files.reading import read_file

        if not self.metadata.media_type.startswith("image/"):
            return None
        try:
            return read_picture(read_file(self.path)).frames[0]
        except SynthmarkError:
            return None

"""A file that is being examined: what several parts of a report need is read once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from synthmark.errors import SynthmarkError

if TYPE_CHECKING:
    from pathlib import Path

    from synthmark.image.presence import PresenceMap
    from synthmark.metadata import MetadataReport

__all__ = ["OpenedFile"]


_FORMATS = "wav,flac,mp3,ogg,aiff,mov,matroska,avi,flv"  # no list of other files among them


class OpenedFile:
    """A file, its metadata and its first picture, each read when first asked for.

    Parameters
    ----------
    path
        The file.
    key
        The key with which a mark was found, or None.
    """

    def __init__(self, path: Path, key: bytes | None = None) -> None:
        self.path = path
        self._key = key

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

    @cached_property
    def presence(self) -> PresenceMap | None:
        """Where in the picture the mark is; None when there is no picture or no mark in it."""
        from synthmark.image import extract
        from synthmark.image.presence import presence_map

        if self.picture is None or self._key is None:
            return None
        detection = extract(self.picture, self._key)
        return presence_map(self.picture, detection, self._key) if detection else None

    @cached_property
    def seconds(self) -> float | None:
        """How long the sound or video is, as its container states it; None when it does not."""
        try:
            import av
        except ImportError:
            return None
        options = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
        try:
            with av.open(str(self.path), options=options) as file:
                return None if file.duration is None else file.duration / 1_000_000
        except (av.FFmpegError, OSError, ValueError):
            return None

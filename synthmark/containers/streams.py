"""Streams that go into the copy packet by packet, with their names, languages and dispositions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.containers.video_input import pyav

if TYPE_CHECKING:
    from collections.abc import Iterable

    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

__all__ = ["carry_over", "chapter_tracks", "copy_stream", "file_tags"]

_DISCARD_ALL = 48  # AVDISCARD_ALL
# What muxers write themselves, and statistics of packets that are no longer there.
_STALE_FILE_TAGS = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"}
_STALE_STREAM_TAGS = {"encoder", "duration", "bps", "number_of_frames", "number_of_bytes"}
_STATISTICS = "_statistics_"


def file_tags(container: InputContainer) -> dict[str, str]:
    """Return the metadata of a file without what its muxer writes itself."""
    return {name: text for name, text in container.metadata.items() if name.lower() not in _STALE_FILE_TAGS}


def chapter_tracks(streams: Iterable[Stream]) -> set[int]:
    """Return the indices of streams that a muxer makes again from chapters and time codes."""
    return {each.index for each in streams if each.type == "data" and _is_made_again(each)}


def _is_made_again(stream: Stream) -> bool:
    return int(stream.discard) == _DISCARD_ALL or "timecode" in stream.metadata


def copy_stream(output: OutputContainer, source: Stream) -> Stream | None:
    """Add a stream that takes the packets of another as they are.

    Returns
    -------
    The new stream; None when the container cannot hold it.
    """
    try:
        added: Stream = output.add_stream_from_template(source, opaque=True)
    except (pyav().error.FFmpegError, ValueError):
        return None
    carry_over(source, added, coded_anew=False)
    return added


def carry_over(source: Stream, added: Stream, *, coded_anew: bool) -> None:
    """Give a stream the language, the title, the disposition and the other metadata of its source."""
    stale = _STALE_STREAM_TAGS if coded_anew else {"duration"}
    tags = source.metadata.items()
    added.metadata.clear()
    added.metadata.update({name: text for name, text in tags if not _is_stale(name.lower(), stale)})
    added.disposition = source.disposition


def _is_stale(name: str, stale: set[str]) -> bool:
    return name.partition("-")[0] in stale or name.startswith(_STATISTICS)

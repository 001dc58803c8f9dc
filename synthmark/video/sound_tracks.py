"""Which sound tracks of a video carry the mark, and what is said of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthmark.audio import StreamEmbedder
from synthmark.containers.audio_track import encoder_for, frame_samples
from synthmark.containers.video_input import open_video, pyav

if TYPE_CHECKING:
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import InputContainer

__all__ = ["SoundPlan", "sound_plan", "track_embedder"]

_SHORTEST = 2.0  # seconds, as for `synthmark.audio.embed`
_RATES = (8000, 192000)
_SILENT = 10 ** (-70 / 20)  # of full scale

SoundPlan = dict[int, str]
"""By index of a track: empty when it carries the mark, else the code of the sentence on why it does not."""


def track_embedder(stream: AudioStream, content_id: int, key: bytes | None) -> StreamEmbedder:
    """Return what marks a sound track, piece by piece."""
    return StreamEmbedder(stream.codec_context.sample_rate, content_id, key)


def sound_plan(path: Path) -> SoundPlan:
    """Look at the sound tracks of a file: their codecs, lengths, and whether they hold more than silence.

    Raises
    ------
    MediaError
        When the file cannot be read.
    """
    with open_video(path) as container:
        plan = {stream.index: _refusal(container, stream) for stream in container.streams.audio}
        hopeful = {index for index, code in plan.items() if not code}
        silent = hopeful - _heard(container, hopeful)
    return plan | dict.fromkeys(silent, "note.sound_silent")


def _refusal(container: InputContainer, stream: AudioStream) -> str:
    if encoder_for(stream) is None or not _RATES[0] <= stream.codec_context.sample_rate <= _RATES[1]:
        return "note.sound_codec"
    return "note.sound_short" if _seconds(container, stream) < _SHORTEST else ""


def _seconds(container: InputContainer, stream: AudioStream) -> float:
    """Return how long a track is, as stated; without a statement it counts as long."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / pyav().time_base if container.duration else _SHORTEST


def _heard(container: InputContainer, wanted: set[int]) -> set[int]:
    """Return the tracks in which something is heard; reading ends when all are known."""
    heard: set[int] = set()
    if not wanted:
        return heard
    errors = (pyav().error.FFmpegError, ValueError)
    packets = container.demux(*(each for each in container.streams.audio if each.index in wanted))
    try:
        for packet in packets:
            if packet.stream.index not in heard and _is_loud(packet, errors):
                heard.add(packet.stream.index)
                if heard == wanted:
                    break
    except errors:
        pass  # what comes after the damage is dealt with where the file is read for good
    return heard


def _is_loud(packet: object, errors: tuple[type[Exception], ...]) -> bool:
    try:
        return any(_peak(frame_samples(frame)) > _SILENT for frame in packet.decode())  # type: ignore[attr-defined]
    except errors:
        return False


def _peak(samples: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> float:
    if not samples.size:
        return 0.0
    full = 1.0 if samples.dtype.kind == "f" else float(np.iinfo(samples.dtype).max)  # type: ignore[type-var]
    return float(np.abs(samples.astype(np.float64)).max()) / full

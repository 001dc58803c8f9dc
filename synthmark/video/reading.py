"""Reading marks from a video: pictures and sound in one pass, in stretches, with early stop."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Protocol

from synthmark.audio import StreamExtractor
from synthmark.containers.audio_track import frame_samples
from synthmark.containers.planes import bit_depth, is_full_range, luma
from synthmark.containers.video_input import pyav
from synthmark.containers.video_reader import open_reader
from synthmark.keys import key_bytes
from synthmark.video.detection import VideoDetection
from synthmark.video.progress import Meter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from av import AudioFrame, VideoFrame
    from av.audio.stream import AudioStream
    from numpy.typing import NDArray

    from synthmark.audio import AudioDetection
    from synthmark.containers.video_reader import VideoReader
    from synthmark.video.extraction import LumaExtractor
    from synthmark.video.progress import Report

    Admit = Callable[[VideoReader, float | None], "Onlooker"]

__all__ = ["Onlooker", "Reading", "read_marks"]

_RATES = (8000, 192000)
_ENOUGH_SOUND = 12.0  # seconds, with early stop


class Onlooker(Protocol):
    """Sees and hears what a search decodes, so that a file is decoded once."""

    def see(self, frame: VideoFrame, seconds: float) -> None:
        """Take the next frame, in the order in which they are shown; seconds since the first one."""

    def hear(self, samples: NDArray[np.generic]) -> None:
        """Take the next samples of the sound track: (n, channels)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """What a search found.

    Attributes
    ----------
    detections
        One per key, in their order.
    seconds
        How much of the video was looked at.
    """

    detections: tuple[VideoDetection, ...]
    seconds: float


def read_marks(
    path: Path,
    keys: Sequence[bytes | None],
    *,
    early_stop: bool = False,
    report: Report | None = None,
    admit: Admit | None = None,
) -> Reading:
    """Look for the marks of some keys in pictures and sound.

    Parameters
    ----------
    path
        The file; it is only read.
    keys
        16 to 1024 bytes each, or None for the published default key.
    early_stop
        Stop at the first mark that is certain, instead of finding all marks with their spans.
    report
        Is called with the progress a few times a second.
    admit
        Is called with the open file and the sample rate of its sound, None without sound; returns an onlooker.

    Raises
    ------
    MediaError
        When the file cannot be read.
    """
    with open_reader(path) as reader:
        search = _Search(reader, [key_bytes(key) for key in keys], early_stop=early_stop, admit=admit)
        return search.run(report)


class _Search:
    """One pass over a file for all keys."""

    def __init__(
        self, reader: VideoReader, keys: Sequence[bytes], *, early_stop: bool, admit: Admit | None = None
    ) -> None:
        self._reader = reader
        self._keys = keys
        self._early_stop = early_stop
        self._pictures: LumaExtractor | None = None
        self._track = _sound_track(reader)
        self._sound: _Sound | None = None if self._track is None else _Sound(self._track, keys)
        self._onlooker = None if admit is None else admit(reader, None if self._sound is None else self._sound.rate)
        self._begin: float | None = None
        self._seconds = 0.0

    def run(self, report: Report | None) -> Reading:
        """Read the file until all is known."""
        meter = Meter(report, "reading back", self._reader.expected_frames)
        sounds = [] if self._track is None else [self._track.index]
        for item in self._reader.items(sounds=sounds):
            if isinstance(item, pyav().VideoFrame):
                self._look(item)
                meter.advance()
            elif self._sound is not None:
                self._listen(self._sound, item[1])  # type: ignore[index]
            if self._early_stop and self._is_enough():
                break
        return Reading(self._detections(), self._seconds)

    def _is_enough(self) -> bool:
        decided = self._pictures is not None and self._pictures.decided
        return decided and (self._sound is None or self._sound.seconds >= _ENOUGH_SOUND)

    def _look(self, frame: VideoFrame) -> None:
        if self._pictures is None:
            self._pictures = _extractor(self._keys, frame)
            self._begin = frame.time or 0.0
        self._seconds = (frame.time or 0.0) - (self._begin or 0.0)
        self._pictures.push(luma(frame), self._seconds)
        if self._onlooker is not None:
            self._onlooker.see(frame, self._seconds)
        if self._early_stop and self._pictures.decided:
            self._reader.wants_film = False  # only the sound is still listened to

    def _listen(self, sound: _Sound, frame: AudioFrame) -> None:
        samples = sound.push(frame)
        if self._onlooker is not None and samples is not None:
            self._onlooker.hear(samples)

    def _detections(self) -> tuple[VideoDetection, ...]:
        pictures: Sequence[VideoDetection] = [VideoDetection() for _ in self._keys]
        if self._pictures is not None:
            pictures = self._pictures.detections()
        sounds: Sequence[AudioDetection | None] = [None] * len(pictures)
        if self._sound is not None:
            sounds = self._sound.detections()
        return tuple(_joined(*pair) for pair in zip(pictures, sounds, strict=True))


class _Sound:
    """The sound track, searched for all keys."""

    def __init__(self, track: AudioStream, keys: Sequence[bytes]) -> None:
        self.rate = track.codec_context.sample_rate
        self._channels = track.codec_context.layout.nb_channels
        self._extractors = [StreamExtractor(self.rate, key) for key in keys]
        self._kind: str | None = None
        self._count = 0

    @property
    def seconds(self) -> float:
        """How much has been heard."""
        return self._count / self.rate

    def push(self, frame: AudioFrame) -> NDArray[np.generic] | None:
        """Take the next frame and return its samples; one of another form than the first is passed over."""
        samples = frame_samples(frame)
        self._kind = self._kind or samples.dtype.name
        if samples.dtype.name != self._kind or samples.shape[1] != self._channels or frame.sample_rate != self.rate:
            return None
        self._count += len(samples)
        for extractor in self._extractors:
            extractor.push(samples)
        return samples

    def detections(self) -> list[AudioDetection | None]:
        """Return what was found, one per key."""
        return [extractor.finish() for extractor in self._extractors]


def _sound_track(reader: VideoReader) -> AudioStream | None:
    """Return the sound track to listen to: the default one, else the first that can be decoded."""
    tracks = [each for each in reader.container.streams.audio if _can_be_heard(each)]
    return next((each for each in tracks if each.disposition & 1), tracks[0] if tracks else None)


def _can_be_heard(stream: AudioStream) -> bool:
    context = stream.codec_context
    return context is not None and bool(context.layout.nb_channels) and _RATES[0] <= context.sample_rate <= _RATES[1]


def _extractor(keys: Sequence[bytes], frame: VideoFrame) -> LumaExtractor:
    from synthmark.video.extraction import LumaExtractor  # noqa: PLC0415 - heavy

    return LumaExtractor(
        keys=keys,
        width=frame.width,
        height=frame.height,
        bit_depth=bit_depth(frame.format.name),
        full_range=is_full_range(frame),
    )


def _joined(picture: VideoDetection, sound: AudioDetection | None) -> VideoDetection:
    """Add what the sound says; where only the sound carries a mark, it answers for the file."""
    if picture.found or sound is None or not sound.found:
        return dataclasses.replace(picture, sound=sound)
    return VideoDetection(
        found=True,
        content_id=sound.content_id,
        false_alarm_probability=sound.false_alarm_probability,
        strength=sound.strength,
        version=sound.version,
        sound=sound,
    )

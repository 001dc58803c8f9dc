"""Which sound tracks of a video are changed and how, who codes them, and what is said of the others."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmark.audio import StreamEmbedder
from synthmark.audio.loudness import LoudnessMeter
from synthmark.audio.samples import as_sound
from synthmark.containers.audio_track import encoder_for, frame_samples
from synthmark.containers.program_sound import ProgramTrack, coder_for, needs_program
from synthmark.containers.video_input import muxer_of, open_video, pyav
from synthmark.containers.video_reader import open_reader
from synthmark.errors import MediaError
from synthmark.files.atomic import draft_beside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av import Packet
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from numpy.typing import NDArray

    from synthmark.audio.audible import StreamLabeller
    from synthmark.containers.audio_track import SampleEditor
    from synthmark.containers.program_sound import CodedSound, Coder
    from synthmark.containers.video_reader import VideoReader
    from synthmark.video.passes import Changes

__all__ = ["SoundPlan", "TrackPlan", "program_sound", "sound_plan", "track_editor"]

_SHORTEST = 2.0  # seconds, as for `synthmark.audio.embed`
_RATES = (8000, 192000)
_SILENT = 10 ** (-70 / 20)  # of full scale
_MEASURED_SECONDS = 20.0  # of a track whose bit rate or loudness is wanted


@dataclass(frozen=True, slots=True)
class TrackPlan:
    """What becomes of a sound track.

    Attributes
    ----------
    refusal
        Empty when it carries the mark, else the code of the sentence on why it does not.
    coder
        The program that codes it; None where PyAV does.
    bit_rate
        Bits per second, stated or measured; None when unknown.
    seconds
        Its length as stated.
    loudness
        Of its beginning, in LUFS; minus infinity where it was not measured.
    """

    refusal: str = ""
    coder: Coder | None = None
    bit_rate: int | None = None
    seconds: float = 0.0
    loudness: float = -math.inf


SoundPlan = dict[int, TrackPlan]
"""By index of a track."""


class _Edits:
    """Lays an audible label over sound and marks it, piece by piece; either may be missing."""

    def __init__(self, labeller: StreamLabeller | None, embedder: StreamEmbedder | None) -> None:
        self._labeller, self._embedder = labeller, embedder

    def push(self, chunk: NDArray[np.generic]) -> NDArray[np.generic]:
        """Take the next samples and return those that are ready."""
        if self._labeller is not None:
            chunk = self._labeller.push(as_sound(chunk))
        return chunk if self._embedder is None else self._embedder.push(chunk)

    def finish(self) -> NDArray[np.generic]:
        """Return the rest."""
        return np.zeros((0, 1), np.float32) if self._embedder is None else self._embedder.finish()


def track_editor(stream: AudioStream, track: TrackPlan, changes: Changes) -> SampleEditor:
    """Return what changes a sound track, piece by piece.

    Raises
    ------
    InputError
        When the audible label does not fit.
    """
    rate, mark, label = stream.codec_context.sample_rate, changes.mark, changes.sound_label
    return _Edits(
        None if label is None else label.labeller(rate, track.seconds, track.loudness),
        None if mark is None else StreamEmbedder(rate, mark.content_id, mark.key),
    )


def sound_plan(path: Path, *, loudness: bool = False) -> SoundPlan:
    """Look at the sound tracks of a file: their codecs, lengths, and whether they hold more than silence.

    Parameters
    ----------
    path
        The file; it is only read.
    loudness
        Whether to measure how loud the tracks begin.

    Raises
    ------
    MediaError
        When the file cannot be read.
    """
    muxer = muxer_of(path)
    with open_video(path) as container:
        looks = {each.index: _Look(container, each, loudness=loudness) for each in container.streams.audio}
        refusals = {index: look.refusal(muxer) for index, look in looks.items()}
        _listen(container, [look for index, look in looks.items() if not refusals[index]])
        return {index: look.plan(refusals[index]) for index, look in looks.items()}


class _Look:
    """What is found out about one track."""

    def __init__(self, container: InputContainer, stream: AudioStream, *, loudness: bool) -> None:
        self.stream = stream
        self._meter = LoudnessMeter(stream.codec_context.sample_rate) if loudness and stream.codec_context else None
        self._container = container
        self._coder: Coder | None = None
        self._heard = False
        self._bytes = 0
        self._span = [float("inf"), float("-inf")]
        self._stated = int(getattr(stream.codec_context, "bit_rate", None) or stream.bit_rate or 0)

    @property
    def is_known(self) -> bool:
        """Whether nothing more has to be read."""
        is_long = self._span[1] - self._span[0] >= _MEASURED_SECONDS
        return self._heard and (is_long or bool(self._stated and self._meter is None))

    def refusal(self, muxer: str) -> str:
        """Return the code of the sentence on why a track stays without a mark; empty when nothing is against it."""
        context = self.stream.codec_context
        if context is None or not _RATES[0] <= context.sample_rate <= _RATES[1]:
            return "note.sound_codec"
        if encoder_for(self.stream) is None:
            if not needs_program(self.stream, muxer):
                return "note.sound_codec"
            self._coder = coder_for(self.stream)
            if self._coder is None:
                return "note.sound_no_program"
        return "note.sound_short" if self._seconds() < _SHORTEST else ""

    def take(self, packet: Packet[AudioStream], errors: tuple[type[Exception], ...]) -> None:
        """Listen to a packet, and count its bytes."""
        if packet.pts is not None and packet.time_base is not None:
            begin = float(packet.pts * packet.time_base)
            end = begin + float((packet.duration or 0) * packet.time_base)
            self._span = [min(self._span[0], begin), max(self._span[1], end)]
            self._bytes += packet.size
        if not self._heard or self._meter is not None:
            self._listen_to(packet, errors)

    def _listen_to(self, packet: Packet[AudioStream], errors: tuple[type[Exception], ...]) -> None:
        channels = self.stream.codec_context.layout.nb_channels
        with contextlib.suppress(*errors):
            for frame in packet.decode():
                samples = frame_samples(frame)
                self._heard = self._heard or _peak(samples) > _SILENT
                if self._meter is not None and samples.shape[1] == channels:
                    self._meter.push(as_sound(samples).scaled(0, len(samples)))

    def plan(self, refusal: str) -> TrackPlan:
        """Return what becomes of the track."""
        if not refusal and not self._heard:
            refusal = "note.sound_silent"
        loudness = -math.inf if self._meter is None else self._meter.loudness()
        return TrackPlan(refusal, self._coder, self._stated or self._measured(), self._seconds(), loudness)

    def _measured(self) -> int | None:
        seconds = self._span[1] - self._span[0]
        return round(self._bytes * 8 / seconds) if seconds > 0 and self._bytes else None

    def _seconds(self) -> float:
        """Return how long a track is, as stated; without a statement it counts as long."""
        if self.stream.duration and self.stream.time_base:
            return float(self.stream.duration * self.stream.time_base)
        return self._container.duration / pyav().time_base if self._container.duration else _SHORTEST


def _listen(container: InputContainer, looks: list[_Look]) -> None:
    """Read on until all is known of some tracks."""
    errors = (pyav().error.FFmpegError, ValueError)
    waiting = {look.stream.index: look for look in looks}
    if not waiting:
        return
    try:
        for packet in container.demux(*(look.stream for look in looks)):
            look = waiting.get(packet.stream.index)
            if look is not None:
                look.take(packet, errors)  # type: ignore[arg-type]
                if look.is_known:
                    del waiting[packet.stream.index]
            if not waiting:
                break
    except errors:
        pass  # what comes after the damage is dealt with where the file is read for good


def _peak(samples: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> float:
    if not samples.size:
        return 0.0
    full = 1.0 if samples.dtype.kind == "f" else float(np.iinfo(samples.dtype).max)  # type: ignore[type-var]
    return float(np.abs(samples.astype(np.float64)).max()) / full


@contextlib.contextmanager
def program_sound(source: Path, target: Path, plan: SoundPlan, changes: Changes) -> Iterator[dict[int, CodedSound]]:
    """Change the tracks that the program ffmpeg codes, before the pass; what is given is for copying into the video.

    A track that the program does not write after all gets a refusal in the plan.

    Raises
    ------
    MediaError
        When the source cannot be read.
    """
    wanted = [index for index, track in plan.items() if track.coder is not None and not track.refusal]
    with contextlib.ExitStack() as stack:
        if not wanted:
            yield {}
            return
        reader = stack.enter_context(open_reader(source))
        work = _ProgramWork(stack, reader, plan)
        for index in wanted:
            work.start(index, stack.enter_context(draft_beside(target)), changes)
        work.run()
        yield work.finish()


class _ProgramWork:
    """The tracks that go through the program; the stack ends what is left of it."""

    def __init__(self, stack: contextlib.ExitStack, reader: VideoReader, plan: SoundPlan) -> None:
        self._stack, self._reader, self._plan = stack, reader, plan
        self._tracks: dict[int, ProgramTrack] = {}

    def start(self, index: int, draft: Path, changes: Changes) -> None:
        """Start the program for a track."""
        track, stream = self._plan[index], self._reader.container.streams[index]
        editor = track_editor(stream, track, changes)  # type: ignore[arg-type]
        assert track.coder is not None
        with self._refused(index):
            self._tracks[index] = ProgramTrack(stream, track.coder, editor, track.bit_rate, draft)  # type: ignore[arg-type]
            self._stack.callback(self._tracks[index].stop)

    def run(self) -> None:
        """Send all sound through the programs."""
        self._reader.wants_film = False
        for item in self._reader.items(sounds=list(self._tracks)) if self._tracks else ():
            stream, frame = item  # type: ignore[misc]
            if stream.index in self._tracks:
                with self._refused(stream.index):
                    self._tracks[stream.index].push(frame)

    def finish(self) -> dict[int, CodedSound]:
        """Return what the programs wrote."""
        coded: dict[int, CodedSound] = {}
        for index, track in list(self._tracks.items()):
            with self._refused(index):
                coded[index] = track.finish()
                self._stack.callback(coded[index].close)
        return coded

    @contextlib.contextmanager
    def _refused(self, index: int) -> Iterator[None]:
        """Let a track be copied without a mark where the program fails."""
        try:
            yield
        except MediaError:
            self._plan[index] = dataclasses.replace(self._plan[index], refusal="note.sound_no_program")
            self._tracks.pop(index, None)

"""Reading a video file once, from the first packet to the last: decoded frames, and packets of what stays."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from synthmark.containers.planes import is_red_green_blue, planar_format
from synthmark.containers.video_input import film_stream, is_cut_short, open_video, pyav, reading_errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from av import AudioFrame, Packet, VideoFrame
    from av.container import InputContainer
    from av.stream import Stream

__all__ = ["Counts", "VideoReader", "open_reader"]

_USUAL_RATE = Fraction(25)
_FASTEST_RATE = 1000
_UNKNOWN_DEPTH = 8
_BT709 = 1  # AVCOL_SPC_BT709
_LIMITED_RANGE = 1  # AVCOL_RANGE_MPEG


@dataclass(slots=True)
class Counts:
    """What came out of a file so far.

    Attributes
    ----------
    packets
        Packets of the film.
    frames
        Frames that were decoded.
    damaged
        Packets that could not be decoded.
    resized
        Frames of another size or pixel format than the first.
    retimed
        Frames whose time stamp was missing or not later than the one before.
    cut
        Whether the file is shorter than it states, or reading ended in an error before its end.
    """

    packets: int = 0
    frames: int = 0
    damaged: int = 0
    resized: int = 0
    retimed: int = 0
    cut: bool = False


class VideoReader:
    """One pass over an open file.

    Attributes
    ----------
    container
        The open file.
    film
        The stream whose pictures are decoded.
    counts
        What came out so far.
    pixel_format
        Of the first frame, before it was brought to another; empty until then.
    wants_film
        Whether frames of the film are decoded; may be switched off on the way.
    """

    def __init__(self, container: InputContainer, path: Path) -> None:
        self.container = container
        self.film = film_stream(container, path)
        self.film.thread_type = "AUTO"
        self.counts = Counts(cut=is_cut_short(path))
        self.wants_film = True
        self.pixel_format = ""
        self._form: tuple[int, int, str] | None = None
        self._last: int | None = None

    @property
    def rate(self) -> Fraction:
        """Frames per second on average."""
        for rate in (self.film.average_rate, self.film.guessed_rate, self.film.base_rate):
            if rate and 0 < rate <= _FASTEST_RATE:
                return Fraction(rate)
        return _USUAL_RATE

    @property
    def seconds(self) -> float | None:
        """The duration that the file states."""
        film = self.film
        if film.duration and film.time_base:
            return float(film.duration * film.time_base)
        return None if not self.container.duration else self.container.duration / pyav().time_base

    @property
    def start(self) -> float:
        """When the first frame is shown, in seconds, as the file states it."""
        return float((self.film.start_time or 0) * (self.film.time_base or 0))

    @property
    def expected_frames(self) -> int:
        """How many frames there will be: as stated, else by duration; zero when unknown."""
        return self.film.frames or round((self.seconds or 0) * self.rate)

    @property
    def bit_rate(self) -> int | None:
        """Bits per second of the film: as stated, else what the file has besides sound; None when unknown."""
        stated = self.film.codec_context.bit_rate or self.film.bit_rate
        if stated:
            return int(stated)
        if not self.seconds:
            return None
        sound = sum(each.bit_rate or 0 for each in self.container.streams.audio)
        rest = self.container.size * 8 / self.seconds - sound
        return round(rest) if rest > 0 else None

    def items(
        self, sounds: Collection[int] = (), others: Collection[int] = ()
    ) -> Iterator[VideoFrame | tuple[Stream, AudioFrame] | Packet[Any]]:
        """Yield what the file holds, in its order.

        Parameters
        ----------
        sounds
            Indices of sound streams to decode.
        others
            Indices of streams to pass on as packets.

        Yields
        ------
        Frames of the film in the order in which they are shown, all of one size and pixel format, in which brightness
        has a plane of its own; frames of sound with their stream; packets.
        """
        streams = [each for each in self.container.streams if each.index in {*sounds, *others, self.film.index}]
        for packet in self._packets(streams):
            index = packet.stream.index  # `packet.stream_index` is 0 in the packets that flush
            if index == self.film.index:
                self.counts.packets += bool(packet.size) or packet.dts is not None
                yield from map(self._prepared, self._decoded(packet) if self.wants_film else ())
            elif index in sounds:
                yield from ((packet.stream, frame) for frame in self._decoded(packet))
            elif packet.size or packet.dts is not None:  # else it is there to flush
                yield packet

    def frames(self) -> Iterator[VideoFrame]:
        """Yield the frames of the film alone."""
        for item in self.items():
            assert isinstance(item, pyav().VideoFrame)
            yield item

    def restart(self, seconds: float) -> None:
        """Go on reading from the last key frame before a time."""
        base = self.film.time_base
        if base:
            self.container.seek(round(seconds / base), stream=self.film)
        self._last = None

    def _packets(self, streams: list[Stream]) -> Iterator[Packet[Any]]:
        """Read to the end, or to where reading fails; then flush the decoders that demuxing did not."""
        try:
            yield from self.container.demux(*streams)
        except (pyav().error.FFmpegError, ValueError):
            self.counts.cut = True
            for stream in streams:
                yield from self._flush(stream)

    @staticmethod
    def _flush(stream: Stream) -> Iterator[Packet[Any]]:
        if stream.type in {"video", "audio"}:
            packet = pyav().Packet()
            packet.stream = stream
            yield packet

    def _decoded(self, packet: Packet[Any]) -> list[Any]:
        try:
            return list(packet.decode())
        except (pyav().error.FFmpegError, ValueError):
            self.counts.damaged += 1
            return []

    def _prepared(self, frame: VideoFrame) -> VideoFrame:
        """Bring a frame to the form of the first one, and give it a time after the last one's."""
        self.counts.frames += 1
        self.counts.damaged += frame.is_corrupt
        ready = self._formed(frame)
        ready.pts = self._time(frame)
        ready.time_base = self.film.time_base
        return ready

    def _formed(self, frame: VideoFrame) -> VideoFrame:
        if self._form is None:
            depth = max((part.bits for part in frame.format.components), default=_UNKNOWN_DEPTH)
            self.pixel_format = frame.format.name
            self._form = (frame.width, frame.height, planar_format(frame.format.name, depth))
        width, height, name = self._form
        if (frame.width, frame.height, frame.format.name) == self._form:
            return frame
        self.counts.resized += (frame.width, frame.height) != (width, height)
        if is_red_green_blue(frame):
            return frame.reformat(width, height, name, dst_colorspace=_BT709, dst_color_range=_LIMITED_RANGE)
        return frame.reformat(width, height, name)

    def _time(self, frame: VideoFrame) -> int:
        stamp = frame.pts if frame.pts is not None else frame.dts
        if stamp is None or (self._last is not None and stamp <= self._last):
            self.counts.retimed += 1
            stamp = 0 if self._last is None else self._last + (self._step() if stamp is None else 1)
        self._last = stamp
        return stamp

    def _step(self) -> int:
        return max(1, round(1 / (self.rate * Fraction(self.film.time_base or 1))))


@contextlib.contextmanager
def open_reader(path: Path) -> Iterator[VideoReader]:
    """Open a local video file for one pass.

    Raises
    ------
    MediaError
        When the file cannot be read, see `synthmark.containers.video_input.open_video`.
    """
    with open_video(path) as container, reading_errors(path):
        yield VideoReader(container, path)

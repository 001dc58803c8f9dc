"""Writing the copy of a video file: one film coded anew, sound coded anew or copied, everything else copied."""

from __future__ import annotations

import contextlib
import os
import struct
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from synthmark.containers.audio_track import AudioTrack
from synthmark.containers.side_data import encoder_options, high_dynamic_range, lost_side_data, side_data
from synthmark.containers.streams import carry_over, chapter_tracks, copy_stream, file_tags
from synthmark.containers.video_codecs import Source, choose_coding
from synthmark.containers.video_input import is_cover, pyav, writing_errors
from synthmark.errors import UnsupportedMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from av import AudioFrame, Packet, VideoFrame
    from av.container import OutputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

    from synthmark.containers.audio_track import SampleEditor
    from synthmark.containers.program_sound import CodedSound
    from synthmark.containers.video_codecs import Coding, Settings
    from synthmark.containers.video_reader import VideoReader

__all__ = ["VideoWriter", "open_writer"]

_GLOBAL_HEADER = 1 << 22  # AV_CODEC_FLAG_GLOBAL_HEADER
_INTERLACED = (1 << 18) | (1 << 29)  # AV_CODEC_FLAG_INTERLACED_DCT, AV_CODEC_FLAG_INTERLACED_ME
_FRAME_DURATION = 1 << 8  # AV_CODEC_FLAG_FRAME_DURATION
_LEVEL_UNKNOWN = -99
_FRAMES_AHEAD = ((6_000_000, 10), (1_500_000, 20))  # pixels of a frame, and how many are held
# Presets that look no further ahead by themselves.
_SHORT_SIGHTED = {
    "libx264": {"ultrafast": 0, "superfast": 0, "veryfast": 10, "faster": 20},
    "libx265": {"ultrafast": 5, "superfast": 10, "veryfast": 15, "faster": 15, "fast": 15, "medium": 20},
}
_REORDERED = 2  # frames by which coding runs ahead
_LARGEST_MPEG4_CLOCK = 65535
_WITHOUT_PADDING = {"avi", "flv"}
# The tags that the iTunes list of MP4 files has a place for; others need QuickTime's list of keys.
_ITUNES_TAGS = {
    "title", "artist", "album_artist", "composer", "album", "date", "comment", "genre", "copyright", "grouping",
    "lyrics", "description", "synopsis", "show", "episode_id", "network", "keywords", "episode_sort", "season_number",
    "media_type", "hd_video", "gapless_playback", "track", "disc", "compilation", "rating", "tmpo", "creation_time",
    "timecode",
}  # fmt: skip
_PRORES_PROFILES = {"apco": "proxy", "apcs": "lt", "apcn": "standard", "apch": "hq", "ap4h": "4444", "ap4x": "4444xq"}


class VideoWriter:
    """The copy of a video file while it is written; `open_writer` makes one.

    Attributes
    ----------
    coding
        How the film is coded.
    copied
        Streams of the source whose packets `copy` takes.
    dropped
        Streams of the source that the container cannot hold.
    lost
        Names of what cannot be kept when the film is coded anew, such as "HDR10+".
    tracks
        Sound tracks that are coded here, by index.
    coded
        Sound tracks that were coded by the program ffmpeg before, by index.
    """

    def __init__(self, output: OutputContainer, reader: VideoReader, first: VideoFrame, coding: Coding) -> None:
        self._output = output
        self._reader = reader
        self.coding = coding
        self.lost = lost_side_data(first)
        self.copied: dict[int, Stream] = {}
        self.dropped: list[Stream] = []
        self.tracks: dict[int, AudioTrack] = {}
        self.coded: dict[int, tuple[CodedSound, Stream]] = {}
        self._film: VideoStream | None = None
        self._first = first

    @property
    def other_films(self) -> tuple[int, ...]:
        """Indices of further videos in the file, which are copied."""
        streams = self._reader.container.streams.video
        return tuple(each.index for each in streams if each.index in self.copied and not is_cover(each))

    def begin(
        self,
        editors: Mapping[int, SampleEditor],
        bit_rates: Mapping[int, int | None] | None = None,
        coded: Mapping[int, CodedSound] | None = None,
    ) -> None:
        """Add all streams in the order of the source, with chapters and metadata.

        Parameters
        ----------
        editors
            What changes the sound tracks that are coded anew, by index.
        bit_rates
            Of these tracks in bits per second, where they are known.
        coded
            Sound tracks that were changed and coded before. All others are copied.
        """
        source, coded = self._reader.container, coded or {}
        made_again = chapter_tracks(source.streams)
        for stream in source.streams:
            if stream.index == self._reader.film.index:
                self._film = self._film_stream()
            elif stream.index in editors:
                self._add_track(stream, editors[stream.index], (bit_rates or {}).get(stream.index))
            elif stream.index in coded:
                self._add_coded(stream, coded[stream.index])
            elif stream.index not in made_again:
                self._add_copy(stream)
        self._output.metadata.update(file_tags(source))
        if chapters := source.chapters():
            self._output.set_chapters(chapters)
        assert self._film is not None
        self._film.codec_context.open()
        self._output.start_encoding()

    def write(self, frame: VideoFrame) -> None:
        """Code the next frame of the film."""
        assert self._film is not None
        self._write_coded(float((frame.pts or 0) * (frame.time_base or 0)))
        frame.pict_type = 0  # else the encoder repeats the choices of the source
        self._output.mux(self._film.encode(frame))

    def write_sound(self, index: int, frame: AudioFrame) -> None:
        """Change and code the next frame of a sound track."""
        self._output.mux(self.tracks[index].push(frame))

    def copy(self, packet: Packet[Any]) -> None:
        """Write a packet as it is."""
        target = self.copied.get(packet.stream.index)
        if target is not None:
            if packet.dts is None and packet.pts is None:
                packet.dts = packet.pts = 0  # a cover picture
            packet.stream = target
            self._output.mux(packet)

    def finish(self) -> None:
        """Write what the encoders still hold, and the end of the file."""
        assert self._film is not None
        for track in self.tracks.values():
            self._output.mux(track.finish())
        self._write_coded(None)
        self._output.mux(self._film.encode(None))
        self._output.close()

    def _write_coded(self, seconds: float | None) -> None:
        """Write the packets of the sound that was coded before, up to a time."""
        for sound, target in self.coded.values():
            for packet in sound.packets_until(seconds):
                packet.stream = target
                self._output.mux(packet)

    def _add_track(self, stream: Stream, editor: SampleEditor, bit_rate: int | None) -> None:
        keep_padding = self._output.format.name not in _WITHOUT_PADDING
        track = AudioTrack(self._output, stream, editor, keep_padding=keep_padding, bit_rate=bit_rate)  # type: ignore[arg-type]
        carry_over(stream, track.stream, coded_anew=True)
        self.tracks[stream.index] = track

    def _add_coded(self, stream: Stream, sound: CodedSound) -> None:
        added = copy_stream(self._output, sound.stream)
        if added is None:
            self._add_copy(stream)
            return
        carry_over(stream, added, coded_anew=True)
        self.coded[stream.index] = (sound, added)

    def _add_copy(self, stream: Stream) -> None:
        added = copy_stream(self._output, stream)
        if added is None:
            self.dropped.append(stream)
        else:
            self.copied[stream.index] = added

    def _film_stream(self) -> VideoStream:
        stream = self._from_template() or self._from_nothing()
        carry_over(self._reader.film, stream, coded_anew=True)
        self._configure(stream.codec_context)
        matrix = _display_matrix(self._first)
        if matrix:
            stream.set_display_matrix(matrix)
        return stream

    def _from_template(self) -> VideoStream | None:
        """Return a stream with all that the container says of the source, such as the place of colour samples.

        Not for another codec, nor for Dolby Vision, whose description would stay without its data.
        """
        film = self._reader.film
        with contextlib.suppress(pyav().error.FFmpegError, ValueError):
            name = pyav().Codec(film.codec_context.codec.name, "w").name
            if name == self.coding.encoder and "Dolby Vision" not in self.lost:
                stream: VideoStream = self._output.add_stream_from_template(film, opaque=False)
                stream.codec_context.extradata = None
                return stream
        return None

    def _from_nothing(self) -> VideoStream:
        stream: Any = self._output.add_stream(self.coding.encoder, rate=self._reader.rate)
        stream.codec_context.field_order = self._reader.film.codec_context.field_order
        stream.time_base = self._reader.film.time_base
        return stream  # type: ignore[no-any-return]

    def _configure(self, context: Any) -> None:  # noqa: ANN401 - av.VideoCodecContext, whose types lack some setters
        reader, film = self._reader, self._reader.film
        context.width, context.height = self._first.width, self._first.height
        context.pix_fmt = self.coding.pixel_format
        converted = film.codec_context.pix_fmt != self._first.format.name
        colours = self._first if converted else film.codec_context
        for name in ("color_range", "color_primaries", "color_trc", "colorspace"):
            setattr(context, name, getattr(colours, name))
        context.framerate = reader.rate
        context.time_base = self._clock()
        if film.sample_aspect_ratio:
            context.sample_aspect_ratio = film.sample_aspect_ratio
        context.level, context.bit_rate = _LEVEL_UNKNOWN, 0
        context.thread_count, context.thread_type = 0, "FRAME"  # slices would cost quality
        context.flags |= _FRAME_DURATION
        context.flags |= _GLOBAL_HEADER if self._needs_global_header() else 0
        context.flags |= _INTERLACED if self._first.interlaced_frame else 0
        tag = film.codec_context.codec_tag
        if self.coding.codec == "hevc" and self._output.format.name in {"mp4", "mov"}:
            context.codec_tag = tag if tag == "hev1" else "hvc1"
        context.options = dict(self._options())

    def _needs_global_header(self) -> bool:
        return self._output.format.name != "avi"

    def _clock(self) -> Fraction:
        """Return the time base: that of the source, so that time stamps stay as they are."""
        base = Fraction(self._reader.film.time_base or 1 / self._reader.rate)
        if self.coding.codec != "mpeg4" or base.denominator <= _LARGEST_MPEG4_CLOCK:
            return base
        parts = -(-base.denominator // _LARGEST_MPEG4_CLOCK)
        while base.denominator % parts:
            parts += 1
        return base * parts

    def _frames_ahead(self) -> int | None:
        """Return how many frames the encoder may look ahead, so that memory is bounded; None for its own choice."""
        if self.coding.encoder not in _SHORT_SIGHTED:
            return None
        pixels = self._first.width * self._first.height
        most = next((frames for size, frames in _FRAMES_AHEAD if pixels > size), None)
        own = _SHORT_SIGHTED[self.coding.encoder].get(self.coding.options.get("preset", ""))
        return None if most is None or (own is not None and own <= most) else most

    def _must_keep_order(self) -> bool:
        """Return whether frames have to be coded in the order in which they are shown.

        AVI has no time stamps; in FLV none is below zero, which would move a start of less than two frames.
        """
        name = self._output.format.name
        return name == "avi" or (name == "flv" and self._reader.start * self._reader.rate < _REORDERED)

    def _options(self) -> Iterator[tuple[str, str]]:
        """Yield the options of the encoder."""
        yield from self.coding.options.items()
        encoder, film = self.coding.encoder, self._reader.film
        if self._must_keep_order():
            yield "bf", "0"
        if encoder == "prores_ks":
            yield "profile", _PRORES_PROFILES.get(film.codec_context.codec_tag, "auto")
        parameters = encoder_options(encoder, high_dynamic_range(self._first))
        if ahead := self._frames_ahead():
            parameters["rc-lookahead"] = str(ahead)
        if encoder == "libx265":
            parameters["log-level"] = "error"
        if parameters:
            name = {"libx264": "x264-params", "libx265": "x265-params", "libsvtav1": "svtav1-params"}[encoder]
            yield name, ":".join(f"{key}={value}" for key, value in parameters.items())


def _display_matrix(frame: VideoFrame) -> tuple[int, ...] | None:
    """Return the nine numbers by which a player turns and mirrors the picture."""
    matrix = side_data(frame).get("DISPLAYMATRIX", b"")
    return struct.unpack("=9i", matrix) if len(matrix) == 36 else None


@contextlib.contextmanager
def open_writer(
    target: Path, muxer: str, reader: VideoReader, first: VideoFrame, settings: Settings
) -> Iterator[VideoWriter]:
    """Open a file for writing the copy of what a reader reads; call `begin` before the first frame.

    Parameters
    ----------
    target
        Is overwritten.
    muxer
        See `synthmark.containers.video_input.muxer_of`.
    reader
        The source.
    first
        Its first frame.
    settings
        How to code the film.

    Raises
    ------
    InputError
        When the settings do not fit the container.
    UnsupportedMediaError
        When the film has transparency that would be lost.
    MediaError
        When the file cannot be coded or written.
    """
    if reader.film.metadata.get("alpha_mode") == "1":
        raise UnsupportedMediaError(
            "The frames of this video are partly transparent (WebM with alpha), which coding them anew would lose. "
            "Put them on a background first, or write the metadata label alone."
        )
    codec = reader.film.codec_context.codec.canonical_name
    size = first.width, first.height
    source = Source(codec, first.format.name, reader.bit_rate, reader.seconds, size)
    coding = choose_coding(source, muxer, settings)
    os.environ.setdefault("SVT_LOG", "1")  # errors alone; this encoder prints its settings, and has no other switch
    options = _muxer_options(muxer, reader)
    with writing_errors(target.parent):
        output = pyav().open(f"file:{target.resolve()}", "w", format=muxer, container_options=options)
        try:
            yield VideoWriter(output, reader, first, coding)
        finally:
            with contextlib.suppress(pyav().error.FFmpegError, OSError, ValueError):
                output.close()


def _muxer_options(muxer: str, reader: VideoReader) -> dict[str, str]:
    if muxer not in {"mp4", "mov"}:
        return {}
    flags = ["faststart"]
    if not {name.lower() for name in file_tags(reader.container)} <= _ITUNES_TAGS:
        flags.append("use_metadata_tags")
    return {"movflags": "+".join(["", *flags])}

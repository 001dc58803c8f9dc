"""Sound tracks in codecs that PyAV cannot write: the program ffmpeg codes the changed samples into a file of its own.

The samples go to the program through a pipe, in a NUT stream that carries rate and channels; what comes back is
copied into the video packet by packet.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from synthmark.containers.audio_track import AudioTrack
from synthmark.containers.ffmpeg_program import program_with
from synthmark.containers.video_input import pyav
from synthmark.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av import AudioFrame, Packet
    from av.audio.stream import AudioStream

    from synthmark.containers.audio_track import SampleEditor
    from synthmark.containers.ffmpeg_program import Program

__all__ = ["CodedSound", "Coder", "ProgramTrack", "coder_for", "needs_program"]


@dataclass(frozen=True, slots=True)
class _Codec:
    """One codec: its encoder, the container for its packets, the delay in samples, and profiles that stay whole."""

    encoder: str
    container: str = "nut"
    delay: int = 0
    profiles: frozenset[str | None] | None = None


# The native Vorbis encoder that PyAV has is far worse than libvorbis; DTS beyond its core and TrueHD with objects
# would lose what makes them.
_CODECS = {
    "vorbis": _Codec("libvorbis"),
    "speex": _Codec("libspeex"),
    "dts": _Codec("dca", delay=512, profiles=frozenset({"DTS"})),
    "truehd": _Codec("truehd", "matroska", profiles=frozenset({None, "", "unknown"})),
    "mlp": _Codec("mlp", "matroska"),
}
_WIDE = {"s16": "pcm_s16le", "s32": "pcm_s32le"}
_CONTAINERS = {"matroska", "webm"}
_LEAST_DTS = 512_000  # bits per second; the encoder takes no less
_END_SECONDS = 60  # for which the program may go on after the last sample


@dataclass(frozen=True, slots=True)
class Coder:
    """What writes a track: a program, its encoder and the delay of that in samples, and the container in between."""

    program: Program
    encoder: str
    container: str
    delay: int


def needs_program(stream: AudioStream, muxer: str) -> bool:
    """Return whether a sound track can be written by the program ffmpeg alone, into a given kind of container."""
    codec = _CODECS.get(_name(stream))
    if codec is None or muxer not in _CONTAINERS:
        return False
    return codec.profiles is None or stream.codec_context.profile in codec.profiles


def coder_for(stream: AudioStream) -> Coder | None:
    """Return what writes a track that `needs_program`, or None when no such program is found."""
    codec = _CODECS[_name(stream)]
    program = program_with(codec.encoder)
    return None if program is None else Coder(program, codec.encoder, codec.container, codec.delay)


def _name(stream: AudioStream) -> str:
    context = stream.codec_context
    return "" if context is None else str(context.codec.canonical_name)


class ProgramTrack:
    """A sound track on its way through the program.

    Parameters
    ----------
    source
        The track.
    coder
        What writes it.
    editor
        Changes the samples.
    bit_rate
        Of the source, in bits per second.
    target
        The file to write.

    Raises
    ------
    MediaError
        When the program cannot be started.
    """

    def __init__(
        self, source: AudioStream, coder: Coder, editor: SampleEditor, bit_rate: int | None, target: Path
    ) -> None:
        self._source, self._coder, self._target = source, coder, target
        rate = max(bit_rate or 0, 64_000 * source.codec_context.layout.nb_channels)
        command = self._command(max(rate, _LEAST_DTS) if coder.encoder == "dca" else rate)
        self._pipe: Any = None
        raw = _WIDE.get(source.codec_context.format.name.rstrip("p"), "pcm_f32le")
        with contextlib.ExitStack() as stack:
            self._said = stack.enter_context(tempfile.TemporaryFile())
            self._process = self._started(command)
            stack.callback(self._end)
            self._pipe = pyav().open(self._process.stdin, "w", format="nut")
            self._track = AudioTrack(self._pipe, source, editor, encoder=raw, left_out=coder.delay)
            self._stack = stack.pop_all()

    def _command(self, bit_rate: int) -> list[str]:
        import ffmpeg  # noqa: PLC0415 - few files need it

        stream = ffmpeg.input("pipe:0", format="nut").output(
            str(self._target),
            format=self._coder.container,
            acodec=self._coder.encoder,
            audio_bitrate=bit_rate,
            strict="experimental",
            map_metadata="-1",
        )
        stream = stream.global_args("-hide_banner", "-nostdin", "-loglevel", "error")
        return list(stream.compile(cmd=self._coder.program.path, overwrite_output=True))

    def _started(self, command: list[str]) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 - a program by its path, arguments without a shell
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._said
            )
        except OSError as error:
            raise MediaError(f"The program {command[0]} cannot be started: {error.strerror or error}.") from error

    def push(self, frame: AudioFrame) -> None:
        """Take the next decoded frame.

        Raises
        ------
        MediaError
            When the program has ended.
        """
        with self._failures():
            self._pipe.mux(self._track.push(frame))

    def finish(self) -> CodedSound:
        """Wait for the program and return what it wrote.

        Raises
        ------
        MediaError
            When the program failed, or wrote another form of sound.
        """
        assert self._process.stdin is not None
        with self._failures():
            self._pipe.mux(self._track.finish())
            self._pipe.close()
            self._process.stdin.close()
            if self._process.wait(_END_SECONDS):
                raise OSError(f"it ended with {self._process.returncode}")
        return CodedSound(self._target, self._coder.container, self._track.begin, self._source)

    def stop(self) -> None:
        """End the program, whatever it is doing."""
        self._stack.close()

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for part in (self._pipe, self._process.stdin):
            with contextlib.suppress(OSError, ValueError, pyav().error.FFmpegError):
                if part is not None:
                    part.close()

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pyav().error.FFmpegError, subprocess.TimeoutExpired) as error:
            self._said.seek(0)
            said = self._said.read().decode("utf-8", "replace").strip()[-300:]
            program = self._coder.program.path
            raise MediaError(
                f"The program {program} does not write {self._coder.encoder}: {said or error}."
            ) from error


class CodedSound:
    """A track as the program wrote it, on the clock of the video.

    Parameters
    ----------
    path, container
        The file, and the reader for it.
    begin
        Number of the first sample, counted from time zero of the video.
    source
        The track before.

    Raises
    ------
    MediaError
        When the file cannot be read, or holds another number of channels or another rate.
    """

    def __init__(self, path: Path, container: str, begin: int, source: AudioStream) -> None:
        rate = source.codec_context.sample_rate
        try:
            self._file = pyav().open(f"file:{path.resolve()}", format=container)
            self.stream: AudioStream = self._file.streams.audio[0]
            channels = self.stream.codec_context.layout.nb_channels
            first = next(frame for frame in self._file.decode(audio=0) if frame.samples)
            self._file.seek(0)
        except (pyav().error.FFmpegError, OSError, IndexError, StopIteration) as error:
            raise MediaError(f"The sound that ffmpeg wrote cannot be read: {error}.") from error
        if (self.stream.codec_context.sample_rate, channels) != (rate, source.codec_context.layout.nb_channels):
            self.close()
            raise MediaError("The program ffmpeg changed the rate or the channels of the sound.")
        # The first sample that a decoder gives belongs to the first one of the source, whatever its time stamp says.
        self._shift = Fraction(begin, rate) - (first.pts or 0) * Fraction(first.time_base or 1)
        self._begin = Fraction(begin, rate)
        self._packets = self._demuxed()
        self._next = next(self._packets, None)

    def packets_until(self, seconds: float | None) -> Iterator[Packet[Any]]:
        """Yield the packets up to a time in seconds, or all that are left."""
        while self._next is not None and (seconds is None or self._next[0] <= seconds):
            yield self._next[1]
            self._next = next(self._packets, None)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _demuxed(self) -> Iterator[tuple[Fraction, Packet[Any]]]:
        """Yield packets with their new times in seconds."""
        for packet in self._file.demux(self.stream):
            if packet.size and packet.pts is not None and packet.time_base:
                moved = max(packet.pts * packet.time_base + self._shift, self._begin)
                packet.pts = packet.dts = round(moved / packet.time_base)
                yield moved, packet

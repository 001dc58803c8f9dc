"""A sound track that is changed on its way: decoded, edited, and coded once more in its own codec."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from synthmark.containers.video_input import pyav

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av import AudioFrame, Packet
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from numpy.typing import NDArray

__all__ = ["AudioTrack", "SampleEditor", "encoder_for", "frame_samples"]

_ENCODERS = {
    "aac": "aac",
    "mp3": "libmp3lame",
    "mp3float": "libmp3lame",
    "opus": "libopus",
    "libopus": "libopus",
    "flac": "flac",
    "alac": "alac",
    "ac3": "ac3",
    "eac3": "eac3",
    "mp2": "mp2",
    "mp2float": "mp2",
    "wmav1": "wmav1",
    "wmav2": "wmav2",
    "wavpack": "wavpack",
    "tta": "tta",
    "adpcm_ms": "adpcm_ms",
    "adpcm_ima_wav": "adpcm_ima_wav",
    "adpcm_ima_qt": "adpcm_ima_qt",
}
_LOSSLESS = {"flac", "alac", "wavpack", "tta"}
_OBJECTS = "Atmos"  # in the name of a profile: sounds with places of their own, which no encoder writes
# Bits per second and channel below which these encoders change sound audibly.
_LEAST_BIT_RATE = 64_000
_GAP_SECONDS = 0.01  # a longer jump of the time stamps is filled or cut, so that sound and picture stay together
_LONGEST_GAP_SECONDS = 600  # no player waits as long: such stamps are wrong
_MOST_PLANES = 8
_PIECE = 1024  # samples that are coded at a time; without compression they are a packet


class SampleEditor(Protocol):
    """Changes samples as they pass; what comes out is as long as what went in, and may come later."""

    def push(self, chunk: NDArray[np.generic]) -> NDArray[np.generic]:
        """Take the next samples, (n, channels), and return those that are ready."""

    def finish(self) -> NDArray[np.generic]:
        """Return the rest."""


def encoder_for(stream: AudioStream) -> str | None:
    """Return the encoder that writes a sound track in its own codec, or None when there is none that takes it."""
    context = stream.codec_context
    if context is None or not context.sample_rate or not context.layout.nb_channels:
        return None
    name = context.name
    if _OBJECTS in (context.profile or ""):
        return None
    encoder = name if name.startswith("pcm_") else _ENCODERS.get(name)
    return encoder if encoder is not None and _padding(encoder, stream) is not None else None


def _padding(encoder: str, stream: AudioStream) -> int | None:
    """Return how many samples an encoder puts before the sound, or None when it does not take the form of a track."""
    try:
        context: Any = pyav().CodecContext.create(encoder, "w")
        _configure(context, stream)
        context.open()
        samples = np.zeros((1, (context.frame_size or _PIECE) * context.layout.nb_channels), np.float32)
        silence = pyav().AudioFrame.from_ndarray(samples, "flt", context.layout.name)
        silence.sample_rate, silence.pts = context.sample_rate, 0
        first = next(iter([*context.encode(silence), *context.encode(None)]), None)
    except (pyav().error.FFmpegError, ValueError, RuntimeError):
        return None
    return None if first is None or first.pts is None else max(0, -first.pts)


def _configure(context: Any, stream: AudioStream, bit_rate: int | None = None) -> None:  # noqa: ANN401 - a context
    source = stream.codec_context
    context.sample_rate = source.sample_rate
    context.layout = source.layout.name
    context.format = _sample_format(context.codec, source.format.name)
    context.time_base = Fraction(1, source.sample_rate)
    if not (context.codec.name in _LOSSLESS or context.codec.name.startswith("pcm_")):
        least = _LEAST_BIT_RATE * source.layout.nb_channels
        context.bit_rate = max(bit_rate or 0, source.bit_rate or 0, stream.bit_rate or 0, least)


def _sample_format(codec: Any, wanted: str) -> str:  # noqa: ANN401 - an av.Codec
    """Return the encoder's sample format that is nearest to a given one: as wide, then as packed."""
    names: list[str] = [item.name for item in codec.audio_formats or ()] or [wanted]
    widths = {"u8": 1, "s16": 2, "s32": 3, "flt": 4, "dbl": 5}
    width = widths.get(wanted.rstrip("p"), 4)
    return min(names, key=lambda name: (abs(widths.get(name.rstrip("p"), 4) - width), name != wanted))


class AudioTrack:
    """One sound track on its way into the copy.

    Parameters
    ----------
    output
        Where it goes.
    source
        The track; `encoder_for` names an encoder for it.
    editor
        Changes the samples.
    keep_padding
        Whether the container states how many samples the encoder puts before the sound. Where it does not (AVI,
        FLV) as many are left out of the sound, so that the rest comes at its time.
    bit_rate
        Of the source in bits per second, where its header does not state it.
    encoder
        Another encoder than that of the track's own codec.
    left_out
        Samples at the beginning that are left out, for an encoder whose delay nothing states.
    """

    def __init__(  # noqa: PLR0913 - options by keyword
        self,
        output: OutputContainer,
        source: AudioStream,
        editor: SampleEditor,
        *,
        keep_padding: bool = True,
        bit_rate: int | None = None,
        encoder: str | None = None,
        left_out: int = 0,
    ) -> None:
        encoder = encoder or encoder_for(source)
        assert encoder is not None
        self.stream: Any = output.add_stream(encoder, source.codec_context.sample_rate)
        _configure(self.stream.codec_context, source, bit_rate)
        self._editor = editor
        self._rate = source.codec_context.sample_rate
        self._layout = source.codec_context.layout.name
        self._format: str | None = None
        self._form: tuple[str, str, int] | None = None
        self._start: int | None = None  # number of the first sample, counted from time zero
        self._received = 0
        self._sent = 0
        self._skip = left_out if keep_padding else _padding(encoder, source) or 0

    @property
    def begin(self) -> int:
        """Number of the first sample, counted from time zero; known once there is one."""
        return self._start or 0

    def push(self, frame: AudioFrame) -> list[Packet[Any]]:
        """Take the next decoded frame and return the packets that are ready."""
        frame = self._formed(frame)
        samples = _without_padding(frame, frame_samples(frame))
        self._format = _format_of(samples)
        gap = self._gap(frame)
        silence = [packet for packets in self._silence(gap, samples) for packet in packets]
        return [*silence, *self._edited(samples[max(-gap, 0) :])]

    def finish(self) -> list[Packet[Any]]:
        """Return the last packets."""
        rest = self._encoded(self._editor.finish()) if self._start is not None else []
        return [*rest, *self.stream.encode(None)]

    def _formed(self, frame: AudioFrame) -> AudioFrame:
        """Bring a frame to the form of the first one; a broadcast may change it on the way."""
        form = (frame.format.packed.name, frame.layout.name, frame.sample_rate)
        self._form = self._form or (form[0], self._layout, self._rate)
        if form == self._form:
            return frame
        pts, base = frame.pts, frame.time_base
        changed: AudioFrame = pyav().AudioResampler(*self._form).resample(frame)[0]
        changed.pts, changed.time_base = pts, base
        return changed

    def _gap(self, frame: AudioFrame) -> int:
        """Return how many samples are missing before a frame by its time stamp; below zero: how many overlap."""
        stamp = None if frame.pts is None else round(frame.pts * Fraction(frame.time_base or 0) * self._rate)
        if self._start is None:
            self._start = stamp or 0
        gap = 0 if stamp is None else stamp - self._start - self._received
        negligible = abs(gap) <= _GAP_SECONDS * self._rate or gap > _LONGEST_GAP_SECONDS * self._rate
        return 0 if negligible else gap

    def _silence(self, gap: int, like: NDArray[np.generic]) -> Iterator[list[Packet[Any]]]:
        """Fill a gap, a second at a time."""
        for offset in range(0, gap, self._rate):
            yield self._edited(np.zeros((min(self._rate, gap - offset), like.shape[1]), like.dtype))

    def _edited(self, samples: NDArray[np.generic]) -> list[Packet[Any]]:
        self._received += len(samples)
        return self._encoded(self._editor.push(samples)) if len(samples) else []

    def _encoded(self, samples: NDArray[np.generic]) -> list[Packet[Any]]:
        assert self._start is not None
        first = self._sent
        self._sent += len(samples)
        left_out = min(max(self._skip - first, 0), len(samples))
        samples = samples[left_out:]
        if not len(samples):
            return []
        begin = self._start + first + left_out
        pieces = range(0, len(samples), _PIECE)
        return [
            packet
            for offset in pieces
            for packet in self.stream.encode(self._frame(samples[offset : offset + _PIECE], begin + offset))
        ]

    def _frame(self, samples: NDArray[np.generic], number: int) -> AudioFrame:
        assert self._format is not None
        packed = np.ascontiguousarray(samples).reshape(1, -1)
        frame: AudioFrame = pyav().AudioFrame.from_ndarray(packed, self._format, self._layout)
        frame.sample_rate, frame.pts, frame.time_base = self._rate, number, Fraction(1, self._rate)
        return frame


def frame_samples(frame: AudioFrame) -> NDArray[np.generic]:
    """Return the samples of a frame, (n, channels): int16, int32, float32 or float64."""
    channels = frame.layout.nb_channels
    if frame.format.is_planar and channels >= _MOST_PLANES:
        frame = _packed(frame)
    array = frame.to_ndarray()
    samples = array.T if frame.format.is_planar else array.reshape(-1, channels)
    if samples.dtype == np.uint8:
        return (samples.astype(np.int16) - 128) << 8
    if samples.dtype.kind == "f" and not np.isfinite(samples).all():
        return np.nan_to_num(samples, posinf=0.0, neginf=0.0)
    return samples


def _packed(frame: AudioFrame) -> AudioFrame:
    """Put the channels of a frame into one plane: PyAV 18 reads beyond the planes of a frame that has eight."""
    library = pyav()
    converter = library.AudioResampler(frame.format.packed.name, frame.layout.name, frame.sample_rate)
    packed: AudioFrame = converter.resample(frame)[0]
    return packed


def _without_padding(frame: AudioFrame, samples: NDArray[np.generic]) -> NDArray[np.generic]:
    """Leave out what the source does not play of its last frame; only a clock of one tick per sample can say it."""
    played = frame.duration if frame.time_base == Fraction(1, frame.sample_rate) else 0
    return samples[:played] if 0 < played < len(samples) else samples


def _format_of(samples: NDArray[np.generic]) -> str:
    return {"int16": "s16", "int32": "s32", "float32": "flt", "float64": "dbl"}[samples.dtype.name]

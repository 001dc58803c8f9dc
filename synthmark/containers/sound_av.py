"""Reading and writing sound that libsndfile does not, or not under control of the bit rate: MP3, AAC, ALAC, Opus.

Through PyAV (FFmpeg). Readers honour what a file says about encoder delay and padding (LAME tag, edit list, Opus
pre-skip), and writers state it, so that length and start stay to the sample.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark.containers.sound import SoundForm, checked_blocks, checked_form, collected
from synthmark.errors import (
    DamagedMediaError,
    DependencyError,
    MediaError,
    SynthmarkError,
    UnsupportedMediaError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from synthmark.containers.sound import Block

__all__ = ["AvReader", "TrackFacts", "bit_rate_of", "facts_of", "open_with_av", "write_with_av"]

_DTYPES = {"s16": "int16", "s32": "int32", "flt": "float32", "dbl": "float64"}
_ENCODERS = {"mp3": "libmp3lame", "aac": "aac", "alac": "alac", "opus": "libopus"}
_LOSSLESS = ("alac", "flac")


class AvReader:
    """A file that FFmpeg has opened."""

    def __init__(self, path: Path, container: str, form: SoundForm, name: str) -> None:
        self._path = path
        self._container = container
        self._name = name
        self.form = form

    def blocks(self) -> Iterator[Block]:
        """Yield the samples from the start: (n, channels)."""
        return checked_blocks(collected(self._read()), self.form, self._name)

    def _read(self) -> Iterator[Block]:
        left = self.form.frames
        with _opened(self._path, self._container, self._name) as file:
            stream = _sound_stream(file, self._name)
            for frame in file.decode(stream):
                block = _samples(frame)
                if block.shape[1] != self.form.channels or frame.sample_rate != self.form.rate:
                    raise UnsupportedMediaError(f"The {self._name} file changes its channels or rate on the way.")
                if left is not None:
                    block = block[:left]
                    left -= len(block)
                yield block


@dataclass(frozen=True, slots=True)
class TrackFacts:
    """What else a file says about its sound: language of the track, and chapters (start, end in seconds, title)."""

    language: str | None
    chapters: tuple[tuple[float, float, str], ...]


def facts_of(path: Path, container: str, name: str) -> TrackFacts:
    """Read the language of the first sound track, and the chapters.

    Raises
    ------
    MediaError
        As `open_with_av`.
    """
    with _opened(path, container, name) as file:
        language = _sound_stream(file, name).metadata.get("language")
        chapters = tuple(
            (
                float(chapter["start"] * chapter["time_base"]),
                float(chapter["end"] * chapter["time_base"]),
                str(chapter["metadata"].get("title", "")),
            )
            for chapter in file.chapters()
        )
        return TrackFacts(language, chapters)


def bit_rate_of(path: Path, container: str, name: str) -> float:
    """Return the mean bit rate of the first sound track in bit/s, by its packets alone.

    Raises
    ------
    MediaError
        As `open_with_av`.
    """
    with _opened(path, container, name) as file:
        stream = _sound_stream(file, name)
        return _measured(file, stream, str(stream.codec_context.codec.canonical_name))[0]


@contextlib.contextmanager
def open_with_av(path: Path, container: str, name: str) -> Iterator[AvReader]:
    """Open a sound file; its packets are read once to measure the bit rate.

    Parameters
    ----------
    container
        The name of FFmpeg's reader: mp3, mov, ogg, flac; no other one is tried.
    name
        What people call the file, for messages.

    Raises
    ------
    UnsupportedMediaError
        When it has no sound, or sound in a coding that is not supported.
    DamagedMediaError
        When it cannot be decoded.
    """
    with _opened(path, container, name) as file:
        form = checked_form(_form(file, container, name), name)
    yield AvReader(path, container, form, name)


def write_with_av(  # noqa: PLR0913 - a container, its form, and its content
    path: Path,
    container: str,
    form: SoundForm,
    blocks: Iterable[Block],
    *,
    language: str | None = None,
    chapters: Iterable[tuple[float, float, str]] = (),
) -> None:
    """Write a sound file without tags.

    Parameters
    ----------
    container
        The name of FFmpeg's writer: mp3, ipod, mp4 or opus.
    form
        How to code; the bit rate is that wanted.
    blocks
        Samples (n, channels) of the form's dtype.
    language
        Of the track, three letters.
    chapters
        Start and end in seconds, and title.

    Raises
    ------
    MediaError
        When it cannot be encoded or written.
    """
    av, options = _library(), _muxer_options(container, form)
    with (
        av_errors(f"The {form.coding} sound cannot be encoded", MediaError),
        av.open(str(path), "w", format=container, options=options) as file,
    ):
        stream = file.add_stream(_ENCODERS[form.coding], rate=form.rate, layout=form.layout, options=_options(form))
        if form.bit_rate:
            stream.bit_rate = round(form.bit_rate)
        if language:
            stream.metadata["language"] = language
        _set_chapters(file, chapters)
        for packet in _packets(av, stream, form, blocks):
            file.mux(packet)


def _packets(av: Any, stream: Any, form: SoundForm, blocks: Iterable[Block]) -> Iterator[Any]:  # noqa: ANN401 - PyAV
    """Yield the coded packets."""
    stream.codec_context.open()
    fitting = av.AudioResampler(format=stream.codec_context.format.name, layout=form.layout, rate=form.rate)
    place = 0
    for block in blocks:
        if not len(block):
            continue  # FFmpeg takes no empty frames
        frame = _frame(av, block, form, place)
        place += len(block)
        for fitted in fitting.resample(frame):
            yield from stream.encode(fitted)
    for fitted in fitting.resample(None):
        yield from stream.encode(fitted)
    yield from stream.encode(None)


def _frame(av: Any, block: Block, form: SoundForm, place: int) -> Any:  # noqa: ANN401 - PyAV
    kind = next(name for name, dtype in _DTYPES.items() if dtype == form.dtype)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block).reshape(1, -1), format=kind, layout=form.layout)
    frame.sample_rate = form.rate
    frame.time_base = Fraction(1, form.rate)
    frame.pts = place
    return frame


def _muxer_options(container: str, form: SoundForm) -> dict[str, str]:
    """Return options that keep tags out, which others write, and state the length to the sample."""
    options = {
        "mp3": {"id3v2_version": "0", "write_id3v1": "0", "write_xing": "1"},
        "ipod": {"movie_timescale": str(form.rate), "fflags": "+bitexact"},
        "mp4": {"movie_timescale": str(form.rate), "fflags": "+bitexact"},
        "opus": {"fflags": "+bitexact"},
    }
    return options.get(container, {})


def _options(form: SoundForm) -> dict[str, str]:
    """Return the options of the encoder."""
    if form.coding == "mp3":
        return {} if form.constant else {"abr": "1"}
    if form.coding == "opus":
        return {"vbr": "off" if form.constant else "on", "application": "audio"}
    return {}


def _set_chapters(file: Any, chapters: Iterable[tuple[float, float, str]]) -> None:  # noqa: ANN401 - PyAV
    base = Fraction(1, 1000)
    marks = [
        {
            "id": number,
            "start": round(start * 1000),
            "end": round(end * 1000),
            "time_base": base,
            "metadata": {"title": title},
        }
        for number, (start, end, title) in enumerate(chapters)
    ]
    if marks:
        file.set_chapters(marks)


@contextlib.contextmanager
def _opened(path: Path, container: str, name: str) -> Iterator[Any]:
    av = _library()
    with (
        av_errors(f"The {name} file cannot be decoded"),
        av.open(str(path), format=container, metadata_errors="replace") as file,
    ):
        yield file


@contextlib.contextmanager
def av_errors(what: str, kind: type[MediaError] = DamagedMediaError) -> Iterator[None]:
    """Turn what FFmpeg raises into an error of this package."""
    av = _library()
    try:
        yield
    except SynthmarkError:
        raise
    except MemoryError as error:
        raise MediaError(f"{what}: there is not enough memory.") from error
    except (av.error.FFmpegError, OSError, ValueError, TypeError, OverflowError, IndexError) as error:
        raise kind(f"{what}: {error}") from error


def _library() -> Any:  # noqa: ANN401 - loaded when sound needs it
    try:
        import av  # noqa: PLC0415 - see above
    except (ImportError, OSError) as error:
        raise DependencyError(
            f"MP3, M4A and Opus files need the library av (PyAV), which cannot be loaded ({error}). "
            "Install it with: pip install av"
        ) from error
    av.logging.set_level(None)
    return av


def _sound_stream(file: Any, name: str) -> Any:  # noqa: ANN401 - PyAV
    if not file.streams.audio:
        raise UnsupportedMediaError(f"The {name} file has no sound track.")
    stream = file.streams.audio[0]
    if stream.codec_context is None:
        raise UnsupportedMediaError(f"The sound of this {name} file is coded in a way that cannot be decoded here.")
    return stream


def _form(file: Any, container: str, name: str) -> SoundForm:  # noqa: ANN401 - PyAV
    stream = _sound_stream(file, name)
    context = stream.codec_context
    coding = str(context.codec.canonical_name)
    if coding not in {*_ENCODERS, "flac"}:
        supported = ", ".join(_ENCODERS)
        raise UnsupportedMediaError(f"The sound of this {name} file is coded as {coding}; supported are {supported}.")
    if context.format is None or not context.channels:
        raise DamagedMediaError(f"The {name} file does not say how its sound is coded.")
    rate, constant = (0.0, False) if coding in _LOSSLESS else _measured(file, stream, coding)
    return SoundForm(
        rate=int(context.sample_rate),
        channels=int(context.channels),
        dtype=_DTYPES[context.format.packed.name],
        coding=coding,
        frames=_stated_frames(stream, container),
        layout=str(context.layout.name),
        bit_rate=rate,
        constant=constant,
        tracks=len(file.streams.audio),
        profile=str(context.profile or ""),
    )


def _stated_frames(stream: Any, container: str) -> int | None:  # noqa: ANN401 - PyAV
    """Return the length by the edit list of an MP4 file, behind which the decoder gives padding."""
    if container != "mov" or not stream.duration:
        return None
    frames: int = round(stream.duration * stream.time_base * stream.codec_context.sample_rate)
    return frames


def _measured(file: Any, stream: Any, coding: str) -> tuple[float, bool]:  # noqa: ANN401 - PyAV
    """Return the mean bit rate, and whether it is constant: by the frame headers of MP3, else by the sizes."""
    size, length = 0, Fraction(0)
    kinds: set[int] = set()
    for packet in file.demux(stream):
        if packet.size:
            size += packet.size
            length += (packet.duration or 0) * packet.time_base
            kinds.add(bytes(packet)[2] >> 4 if coding == "mp3" and packet.size > 2 else packet.size)
    if not size or not length:
        raise DamagedMediaError("The file holds no coded sound.")
    return float(8 * size / length), len(kinds) == 1


def _samples(frame: Any) -> Block:  # noqa: ANN401 - PyAV
    """Return the samples of a decoded frame: (n, channels)."""
    samples: Block = frame.to_ndarray()
    return samples.T if frame.format.is_planar else samples.reshape(-1, frame.layout.nb_channels)

"""One pass over a video: decode once, mark pictures and sound, draw the label, encode once, copy the rest."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from synthmark._opencv import opencv
from synthmark.containers.planes import bit_depth, is_full_range, luma, planar_format, plane_arrays
from synthmark.containers.video_codecs import Settings
from synthmark.containers.video_input import muxer_of, pyav
from synthmark.containers.video_reader import open_reader
from synthmark.containers.video_writer import open_writer
from synthmark.errors import DamagedMediaError
from synthmark.video.progress import Meter
from synthmark.video.sampling import first_frame
from synthmark.video.sound_tracks import program_sound, sound_plan, track_editor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from av import VideoFrame
    from numpy.typing import NDArray

    from synthmark.audio.audible import StreamLabeller
    from synthmark.containers.program_sound import CodedSound
    from synthmark.containers.video_codecs import Coding
    from synthmark.containers.video_reader import VideoReader
    from synthmark.containers.video_writer import VideoWriter
    from synthmark.video.embedding import LumaEmbedder
    from synthmark.video.progress import Report
    from synthmark.video.sound_tracks import SoundPlan

__all__ = ["Changes", "Label", "Mark", "Note", "PassResult", "SoundLabel", "run_pass"]

_MEASURED_EVERY = 16  # frames, of which the change is measured
_PEAK = 255.0
_WORTH_SAYING = 0.5  # seconds
_FEW = 50  # an index may count up to this part of frames that are empty


@dataclass(frozen=True, slots=True)
class Note:
    """What a user should know: a code of the catalogue, ``note.*``, and what its placeholders stand for."""

    code: str
    params: tuple[tuple[str, str | int], ...] = ()


class Label(Protocol):
    """A visible label; `synthmark.video.visible.VideoLabel` is one."""

    def draw(self, planes: Sequence[NDArray[Any]], seconds: float) -> None:
        """Draw the label on the planes of a frame, in place."""


class SoundLabel(Protocol):
    """An audible label."""

    def labeller(self, rate: float, seconds: float, loudness: float) -> StreamLabeller:
        """Return what lays the label over sound of a sample rate, a length in seconds, and a loudness in LUFS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The watermark to embed: content id, key (None for the published one), and the factor on the usual strength."""

    content_id: int
    key: bytes | None = None
    strength: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a pass does to the frames.

    Attributes
    ----------
    mark
        The watermark of pictures and sound; None for none.
    label
        The visible label; None for none.
    sound_label
        The audible label, laid over every sound track that is changed; None for none.
    coding
        How the film is coded.
    """

    mark: Mark | None = None
    label: Label | None = None
    sound_label: SoundLabel | None = None
    coding: Settings = Settings()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class PassResult:
    """What a pass did.

    Attributes
    ----------
    frames
        How many frames were written.
    times
        When each is shown, in seconds, in their order.
    coding
        How they were coded.
    psnr
        Of the watermark on sampled frames, in decibels; None without one.
    sound_marked
        Whether a sound track carries the mark.
    sound_labelled
        Whether a sound track got the audible label.
    notes
        What a user should know.
    """

    frames: int
    times: NDArray[np.float64]
    coding: Coding
    psnr: float | None
    sound_marked: bool
    sound_labelled: bool
    notes: tuple[Note, ...]


def run_pass(source: Path, target: Path, changes: Changes, report: Report | None = None) -> PassResult:
    """Write a changed copy of a video file.

    Parameters
    ----------
    source
        Is only read.
    target
        Is overwritten; not complete when the pass ends in an error.
    changes
        What to do to pictures and sound.
    report
        Is called with the progress a few times a second.

    Raises
    ------
    InputError
        When the settings do not fit the container.
    MediaError
        When the source cannot be read or the target cannot be written.
    """
    first = first_frame(source)
    wanted = changes.mark is not None or changes.sound_label is not None
    plan = sound_plan(source, loudness=changes.sound_label is not None) if wanted else {}
    with (
        program_sound(source, target, plan, changes) as coded,
        open_reader(source) as reader,
        open_writer(target, muxer_of(source), reader, first, changes.coding) as writer,
    ):
        work = _Pass(reader, writer, changes, plan, first)
        work.run(report, coded)
        return work.result()


class _Pass:
    """The work of one pass, frame by frame."""

    def __init__(
        self, reader: VideoReader, writer: VideoWriter, changes: Changes, plan: SoundPlan, first: VideoFrame
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._changes = changes
        self._plan = plan
        self._embedder = None if changes.mark is None else _embedder(changes.mark, reader, first)
        self._times = array("q")
        self._squares = _Squares(bit_depth(first.format.name))

    def run(self, report: Report | None, coded: Mapping[int, CodedSound]) -> None:
        """Read, change and write everything; some sound may have been coded before."""
        reader, writer = self._reader, self._writer
        self._begin(coded)
        meter = Meter(report, "marking", reader.expected_frames)
        frame_kind, packet_kind = pyav().VideoFrame, pyav().Packet
        for item in reader.items(sounds=writer.tracks, others=writer.copied):
            if isinstance(item, frame_kind):
                self._film(item)
                meter.advance()
            elif isinstance(item, packet_kind):
                writer.copy(item)
            else:
                stream, sound = item  # type: ignore[misc]
                writer.write_sound(stream.index, sound)
        if not self._times:
            raise DamagedMediaError("The video holds no frame that can be decoded.")
        writer.finish()
        meter.show()

    def result(self) -> PassResult:
        """Describe what was done."""
        base, changes = float(self._reader.film.time_base or 1), self._changes
        has_sound = bool(self._writer.tracks or self._writer.coded)
        return PassResult(
            frames=len(self._times),
            times=np.frombuffer(self._times, np.int64).astype(np.float64) * base,
            coding=self._writer.coding,
            psnr=self._squares.psnr() if self._embedder is not None else None,
            sound_marked=has_sound and changes.mark is not None,
            sound_labelled=has_sound and changes.sound_label is not None,
            notes=tuple(self._notes()),
        )

    def _begin(self, coded: Mapping[int, CodedSound]) -> None:
        streams, changed = self._reader.container.streams, self._plan.items()
        editors = {
            index: track_editor(streams[index], track, self._changes)  # type: ignore[arg-type]
            for index, track in changed
            if not track.refusal and index not in coded
        }
        self._writer.begin(editors, {index: track.bit_rate for index, track in self._plan.items()}, coded)

    def _film(self, frame: VideoFrame) -> None:
        """Mark a frame, draw the label on it, and code it."""
        frame.make_writable()
        assert frame.pts is not None
        self._times.append(frame.pts)
        seconds = float((frame.pts - self._times[0]) * (self._reader.film.time_base or 0))
        if (
            self._embedder is not None
        ):  # before the label, which would make a black frame look like a place for a mark
            self._mark(luma(frame), seconds)
        if self._changes.label is not None:
            self._changes.label.draw(plane_arrays(frame), seconds)
        self._writer.write(frame)

    def _mark(self, plane: NDArray[Any], seconds: float) -> None:
        assert self._embedder is not None
        before = plane.copy() if (len(self._times) - 1) % _MEASURED_EVERY == 0 else None
        self._embedder.embed(plane, seconds)
        if before is not None:
            self._squares.add(before, plane)

    def _notes(self) -> Iterator[Note]:
        """Yield what the pass found out about the source and the copy."""
        counts, writer, reader = self._reader.counts, self._writer, self._reader
        if counts.damaged:
            yield Note("note.packets_damaged", (("count", counts.damaged),))
        expected = reader.film.frames
        if counts.cut or counts.packets < expected - expected // _FEW:
            expected = max(reader.expected_frames, counts.frames)
            yield Note("note.video_cut", (("frames", counts.frames), ("expected", expected)))
        if counts.resized:
            yield Note("note.frames_resized", (("count", counts.resized),))
        if counts.retimed:
            yield Note("note.frames_retimed", (("count", counts.retimed),))
        if (seconds := self._unmarked_seconds()) >= _WORTH_SAYING:
            yield Note("note.spans_unmarked", (("seconds", f"{seconds:.1f}"),))
        if not writer.coding.same_codec:
            yield Note("note.codec_changed", (("before", _codec(reader)), ("after", writer.coding.codec)))
        if reader.pixel_format != writer.coding.pixel_format and not _same_samples(reader, writer):
            formats = (("before", reader.pixel_format), ("after", writer.coding.pixel_format))
            yield Note("note.pixel_format", formats)
        yield from (Note("note.side_data_lost", (("name", name),)) for name in writer.lost)
        yield from (Note("note.stream_dropped", (("number", each.index),)) for each in writer.dropped)
        yield from (Note("note.pictures_copied", (("number", number),)) for number in writer.other_films)
        yield from self._sound_notes()
        if self._changes.sound_label is not None and not (writer.tracks or writer.coded):
            yield Note("note.sound_unlabelled")

    def _unmarked_seconds(self) -> float:
        """Return for how long the pictures had no place for a mark."""
        stretches = [] if self._embedder is None else self._embedder.stretches
        return float(sum(each.end - each.start for each in stretches if not each.marked))

    def _sound_notes(self) -> Iterator[Note]:
        for index, track in self._plan.items():
            name = self._reader.container.streams[index].codec_context
            params: tuple[tuple[str, str | int], ...] = (("number", index), ("codec", name.name if name else "?"))
            if track.refusal:
                yield Note(track.refusal, params)
            elif track.coder is not None:
                program = track.coder.program
                code = "note.sound_system_program" if program.of_system else "note.sound_package_program"
                yield Note(code, (*params, ("version", program.version)))


def _same_samples(reader: VideoReader, writer: VideoWriter) -> bool:
    """Return whether the copy holds the same samples in another order (or says their range elsewhere)."""
    before, after = planar_format(reader.pixel_format), writer.coding.pixel_format
    red_green_blue = reader.pixel_format.startswith(("rgb", "bgr", "gbr", "pal", "arg", "abg", "0", "x2"))
    return not red_green_blue and before.replace("yuvj", "yuv") == after.replace("yuvj", "yuv")


def _codec(reader: VideoReader) -> str:
    return str(reader.film.codec_context.codec.canonical_name)


def _embedder(mark: Mark, reader: VideoReader, first: VideoFrame) -> LumaEmbedder:
    from synthmark.video.embedding import LumaEmbedder  # noqa: PLC0415 - only where a mark is asked for

    return LumaEmbedder(
        mark.content_id,
        mark.key,
        width=first.width,
        height=first.height,
        bit_depth=bit_depth(first.format.name),
        frame_rate=float(reader.rate),
        full_range=is_full_range(first),
        strength=mark.strength,
        seconds=reader.seconds,
    )


class _Squares:
    """Sums up squared differences on the scale of 8 bits."""

    def __init__(self, depth: int) -> None:
        self._scale = 1.0 / (1 << (depth - 8))
        self._sum = 0.0
        self._count = 0

    def add(self, before: NDArray[Any], after: NDArray[Any]) -> None:
        cv2 = opencv()
        self._sum += float(cv2.norm(after, before, cv2.NORM_L2SQR)) * self._scale**2
        self._count += before.size

    def psnr(self) -> float | None:
        """Return the peak signal-to-noise ratio in decibels; None where nothing was changed."""
        if not self._sum:
            return None
        return round(10 * math.log10(_PEAK**2 * self._count / self._sum), 2)

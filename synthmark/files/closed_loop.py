"""Writing a marked file in a closed loop: only a file from which the mark reads back takes its place."""

from __future__ import annotations

import dataclasses
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import CapacityError, MediaError
from synthmark.files.atomic import fill, replacing
from synthmark.files.kinds import JPEG
from synthmark.files.marking import Mark, MarkedFrames, embed_marks, extracted
from synthmark.files.picture_file import read_picture
from synthmark.files.writing import FINE_QUALITY, encode_pictures, has_palette, is_lossy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from PIL.Image import Image

    from synthmark.detection import Detection
    from synthmark.files.picture_file import PictureFile
    from synthmark.image.pictures import Array

    Picture = Image | Array

__all__ = ["Plan", "WrittenPicture", "fill_and_compare", "write_closed_loop"]

# Tried when the mark does not survive the file's own encoding, as factors on the strength asked for. The mark
# may then cost up to 4 dB more than usual; beyond that it could be seen.
_STRONGER = (1.25, 1.6)
_MOST_STRENGTH = 4.0
# Frames of a long animation that are read back, spread evenly.
_CHECKED_FRAMES = 16


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write besides the frames.

    Attributes
    ----------
    mark
        The watermark, or None.
    finish
        Adds metadata label and credential to the bytes of the encoded file.
    jpeg_quality
        1 to 100 in place of the quality of a JPEG file; None keeps it, as long as the mark survives it.
    """

    mark: Mark | None
    finish: Callable[[bytes], bytes]
    jpeg_quality: int | None = None


@dataclass(frozen=True, slots=True)
class WrittenPicture:
    """A file in its place.

    Attributes
    ----------
    data
        Its content.
    psnr
        Of the watermark, in decibels; None without one.
    marked
        How many frames carry the watermark.
    detection
        The watermark as it was read back from the first of them; None without one.
    frames
        Its pictures, as they were read back.
    notes
        Message codes: "note.true_colour" when a palette had to go, "note.stronger" when the mark had to be
        stronger than usual, "note.finer" when the file had to be coded more finely than its source.
    """

    data: bytes
    psnr: float | None
    marked: int
    detection: Detection | None
    frames: tuple[Picture, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """How strongly to mark, whether to keep the palette, and a quality in place of the source's."""

    strength: float
    palette: bool = False
    quality: int | None = None
    notes: tuple[str, ...] = ()


def write_closed_loop(target: Path, file: PictureFile, frames: Sequence[Picture], plan: Plan) -> WrittenPicture:
    """Embed the watermark, encode, and put the file in place once the mark reads back from it.

    When it does not, the palette of a PNG or TIFF file is given up first, then the mark is made stronger; what
    helps in a JPEG or WebP file of low quality is to code the copy more finely.

    Parameters
    ----------
    target
        Where the file goes.
    file
        The source, whose container and settings are kept.
    frames
        Its pictures, with the visible label.
    plan
        What to write.

    Raises
    ------
    CapacityError
        When no attempt gives a file that reads back.
    MediaError
        When the file cannot be encoded or written.
    """
    if plan.mark is None:
        attempt = _Attempt(1.0, palette=True, quality=plan.jpeg_quality if file.kind is JPEG else None)
        return _written(target, file, _unmarked(frames), plan, attempt)
    failure: CapacityError | None = None
    for attempt in _attempts(file, plan.mark.strength, plan.jpeg_quality):
        try:
            marked = embed_marks(frames, dataclasses.replace(plan.mark, strength=attempt.strength))
        except CapacityError as error:
            raise failure or error from error
        try:
            return _written(target, file, marked, plan, attempt)
        except CapacityError as error:
            failure = error
    assert failure is not None
    raise failure


def _unmarked(frames: Sequence[Picture]) -> MarkedFrames:
    return MarkedFrames(tuple(frames), (), None)


def _written(target: Path, file: PictureFile, marked: MarkedFrames, plan: Plan, attempt: _Attempt) -> WrittenPicture:
    """Make one attempt."""
    data = plan.finish(_encoded(file, marked, attempt))
    with replacing(target) as temporary:
        fill_and_compare(temporary, data)
        read = read_picture(data)
        detection = _read_back(read, file, marked, plan.mark)
    return WrittenPicture(data, marked.psnr, len(marked.marked), detection, tuple(read.frames), attempt.notes)


def _encoded(file: PictureFile, marked: MarkedFrames, attempt: _Attempt) -> bytes:
    """Encode the frames; where none has changed the file stays as it is coded."""
    if attempt.quality is None and all(map(operator.is_, marked.frames, file.frames)):
        return file.data
    return encode_pictures(file, marked.frames, quality=attempt.quality, palette=attempt.palette)


def _attempts(file: PictureFile, strength: float, jpeg_quality: int | None) -> Iterator[_Attempt]:
    """Yield what to try, the least intrusive first."""
    quality = jpeg_quality if file.kind is JPEG else None
    yield _Attempt(strength, palette=True, quality=quality)
    notes: tuple[str, ...] = ()
    if has_palette(file):
        notes = ("note.true_colour",)
        yield _Attempt(strength, notes=notes)
    if quality is None and is_lossy(file):
        yield _Attempt(strength, quality=FINE_QUALITY, notes=("note.finer",))
    for factor in _STRONGER:
        if strength * factor <= _MOST_STRENGTH:
            yield _Attempt(strength * factor, quality=quality, notes=(*notes, "note.stronger"))


def fill_and_compare(temporary: Path, data: bytes) -> None:
    """Write the temporary file and make sure that the disk holds what was meant."""
    fill(temporary, data)
    if temporary.read_bytes() != data:
        raise MediaError(f"{temporary.parent} returns other bytes than were written: check the disk.")


def _read_back(written: PictureFile, file: PictureFile, marked: MarkedFrames, mark: Mark | None) -> Detection | None:
    """Compare the frames of the encoded file with those of the source, and read the mark back."""
    same = len(written.frames) == len(file.frames)
    if not same and not _are_joined(written, file):
        raise MediaError(
            f"The {file.kind.name} file was written with {len(written.frames)} of {len(file.frames)} frames."
        )
    if mark is None:
        return None
    numbers = marked.marked if same else tuple(range(len(written.frames)))
    checked = numbers[:: -(-len(numbers) // _CHECKED_FRAMES)]
    found = [extracted(written.frames[number], mark) for number in checked]
    read = [detection for detection in found if detection.content_id == mark.content_id]
    if len(read) < (len(checked) if same else 1):
        raise CapacityError(
            f"The mark does not survive the coding of this {file.kind.name} file: {len(read)} of "
            f"{len(checked)} pictures read back. Use a higher quality, a larger picture, or another format."
        )
    return read[0]


def _are_joined(written: PictureFile, file: PictureFile) -> bool:
    """Return whether frames are missing only because the encoder joined those that look the same."""
    missing = abs(sum(written.durations) - sum(file.durations))
    return file.animated and missing <= len(file.frames)  # a millisecond each for rounding

"""Labelling and checking one picture file: its frames, pages or animation, in memory as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthmark import image
from synthmark.files import content_layers as layers
from synthmark.files.closed_loop import Plan, write_closed_loop
from synthmark.files.marking import Mark, draw_labels
from synthmark.files.picture_file import read_picture
from synthmark.files.reading import read_file
from synthmark.files.task import ContentLayers, Written
from synthmark.files.visible_layers import just_drawn, picture_label
from synthmark.report import Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from PIL.Image import Image

    from synthmark.files.closed_loop import WrittenPicture
    from synthmark.files.picture_file import PictureFile
    from synthmark.files.task import Task
    from synthmark.image.pictures import Array
    from synthmark.image.visible import LabelPlacement
    from synthmark.report import LayerReport

__all__ = ["label_picture", "picture_layers"]


def label_picture(task: Task) -> Written:
    """Write the copy of a picture file that a task asks for.

    Raises
    ------
    InputError, MediaError, CapacityError
        See `synthmark.label_file`.
    """
    file = read_picture(read_file(task.source))
    task.clock.mark("read")
    frames, placement = _labelled(file, task)
    written = write_closed_loop(task.target, file, frames, _plan(task))
    return Written(
        visible=just_drawn(placement),
        detection=written.detection,
        placement=placement,
        psnr=written.psnr,
        frames=len(file.frames),
        messages=(*map(Message, file.notes), *_notes(file, written, task)),
        pictures=written.frames,
    )


def picture_layers(path: Path, keys: Sequence[bytes]) -> ContentLayers:
    """Look for the mark in the first, the middle and the last frame, and for the visible label in the first.

    Raises
    ------
    MediaError
        When the file cannot be read, is damaged, or is no picture that can be decoded.
    """
    file = read_picture(read_file(path))
    last = len(file.frames) - 1
    frames = [file.frames[number] for number in sorted({0, last // 2, last})]
    found = _found(frames, keys) or layers.unmarked(searched=len(frames), keys=len(keys))
    return ContentLayers(found, picture_label(file.frames[0]))


def _labelled(file: PictureFile, task: Task) -> tuple[Sequence[Image | Array], dict[str, Any] | None]:
    """Draw the visible label when it is asked for."""
    if "visible" not in task.layers:
        return file.frames, None
    frames, placement = draw_labels(file.frames, task.config, force=task.force)
    task.clock.mark("visible")
    return frames, described(placement)


def _plan(task: Task) -> Plan:
    mark = Mark(task.content_id, task.key, task.strength) if "watermark" in task.layers else None
    return Plan(mark, task.finished_bytes, task.config.jpeg_quality)


def _notes(file: PictureFile, written: WrittenPicture, task: Task) -> Iterator[Message]:
    """Yield what writing found out."""
    if task.left_as_is:
        yield Message("note.not_coded_anew")
    yield from (Message(code) for code in written.notes)
    if written.psnr is not None and written.marked < len(file.frames):
        yield Message("note.frames_unmarked", {"marked": written.marked, "frames": len(file.frames)})


def described(placement: LabelPlacement) -> dict[str, Any]:
    """Return what a record says about a visible label."""
    return {
        "box": [int(value) for value in (placement.box)],
        "anchor": placement.anchor,
        "reason": placement.reason,
        "ink_height": placement.ink_height,
        "fraction": round(placement.fraction, 4),
    }


def _found(frames: Sequence[Image | Array], keys: Sequence[bytes]) -> LayerReport | None:
    """Search frames for the mark of each key; the first mark that is found counts."""
    for key in keys:
        for searched, frame in enumerate(frames, 1):
            detection = image.extract(frame, key)
            if detection:
                return layers.marked(detection, key, searched=searched, keys=len(keys))
    return None

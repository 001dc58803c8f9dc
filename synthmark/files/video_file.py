"""Labelling one video file: visible label and watermark in one pass, metadata label on the way into its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthmark.containers.planes import plane_arrays
from synthmark.containers.video_codecs import Settings
from synthmark.containers.video_reader import open_reader
from synthmark.files.atomic import draft_beside
from synthmark.files.task import Written
from synthmark.files.video_form import frame_form
from synthmark.files.video_sound import label_over_sound
from synthmark.files.visible_layers import just_drawn, unseen
from synthmark.report import Message
from synthmark.video.marking import read_back, with_retry
from synthmark.video.passes import Changes, Mark, run_pass
from synthmark.video.sampling import sample_frames
from synthmark.video.visible import prepare_label

if TYPE_CHECKING:
    from synthmark.files.task import Task
    from synthmark.video.detection import VideoDetection
    from synthmark.video.passes import PassResult
    from synthmark.video.visible import VideoLabel, VideoLabelPlacement

__all__ = ["label_video"]


@dataclass(slots=True)
class _ReadBack:
    """What was read from the copy before it took its place."""

    detection: VideoDetection | None = None


def label_video(task: Task) -> Written:
    """Write the copy of a video file that a task asks for.

    Where only the metadata label is asked for, or nothing may be coded anew, pictures and sound stay as they are.

    Raises
    ------
    InputError, MediaError, CapacityError
        See `synthmark.label_file`.
    """
    config = task.config
    if not task.layers:
        return _metadata_alone(task)
    label = _label(task) if config.visible else None
    mark = Mark(content_id=task.content_id, key=task.key, strength=task.strength) if config.watermark else None
    coding = Settings(codec=config.codec, crf=config.crf, preset=config.preset)
    found = _ReadBack()

    def write(changes: Changes) -> PassResult:
        with draft_beside(task.target) as draft:
            result = run_pass(task.source, draft, changes, task.progress)
            task.clock.mark("pass")
            with task.finished(draft) as final:
                found.detection = read_back(final, result, changes.mark, task.progress)
        return result

    changes = Changes(mark=mark, label=label, sound_label=label_over_sound(config), coding=coding)
    result = with_retry(changes, write)
    return Written(
        visible=just_drawn(label),
        detection=found.detection,
        placement=None if label is None else _described(label.placement),
        psnr=result.psnr,
        frames=result.frames,
        messages=(*_messages(result), *_doubts(found.detection, result)),
    )


def _metadata_alone(task: Task) -> Written:
    """Add the metadata label; pictures and sound are not touched."""
    with task.finished(task.source):
        pass
    left_out = [Message("note.not_coded_anew")] if task.left_as_is else []
    return Written(visible=unseen(), messages=tuple(left_out))


def _label(task: Task) -> VideoLabel:
    """Choose the place of the visible label from frames of the whole video."""
    config, frames = task.config, sample_frames(task.source)
    with open_reader(task.source) as reader:
        aspect, seconds = reader.film.sample_aspect_ratio, reader.seconds
    label = prepare_label(
        [plane_arrays(frame) for frame in frames],
        frame_form(frames[0], aspect),
        text=config.text,
        position=config.position,
        font=config.font,
        span=config.label,
        duration=seconds,
        force=task.force,
    )
    task.clock.mark("visible")
    return label


def _messages(result: PassResult) -> list[Message]:
    return [Message(note.code, dict(note.params)) for note in result.notes]


def _doubts(found: VideoDetection | None, result: PassResult) -> list[Message]:
    """Say which of pictures and sound did not give the mark back."""
    if found is None:
        return []
    doubts = [] if found.marks else [Message("note.pictures_unread")]
    unheard = result.sound_marked and not (found.sound is not None and found.sound.found)
    return [*doubts, Message("note.sound_unread")] if unheard else doubts


def _described(placement: VideoLabelPlacement) -> dict[str, Any]:
    """Return what a record says about a visible label."""
    return {
        "box": [int(value) for value in placement.box],
        "anchor": placement.anchor,
        "reason": placement.reason,
        "ink_height": placement.ink_height,
        "fraction": round(placement.fraction, 4),
        "span": placement.span,
    }

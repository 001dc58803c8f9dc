"""Labelling and checking a file by the code for its kind; only what the kind needs is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.errors import UnsupportedMediaError
from synthmark.files import content_layers as layers
from synthmark.files.kinds import kind_of_file
from synthmark.files.task import ContentLayers
from synthmark.files.visible_layers import unseen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from synthmark.files.task import Task, Written

__all__ = ["content_layers", "label_content"]


def label_content(task: Task) -> Written:
    """Write the copy that a task asks for.

    Raises
    ------
    InputError, MediaError, CapacityError
        See `synthmark.label_file`.
    """
    if task.kind.family == "audio":
        from synthmark.files.sound_loop import label_sound  # noqa: PLC0415 - see above

        return label_sound(task)
    if task.kind.family == "video":
        from synthmark.files.video_file import label_video  # noqa: PLC0415 - see above

        return label_video(task)
    from synthmark.files.picture_task import label_picture  # noqa: PLC0415 - see above

    return label_picture(task)


def content_layers(path: Path, keys: Sequence[bytes]) -> ContentLayers:
    """Look for the marks of all keys, and for the label that people perceive, in pixels or samples.

    Of files whose metadata alone can be read here, both layers are not checked.

    Raises
    ------
    MediaError
        When the file cannot be read, is damaged, or is of a kind that is not supported.
    """
    try:
        return _layers(path, keys)
    except UnsupportedMediaError:
        if not _has_readable_metadata(path):
            raise
        return ContentLayers(layers.unsupported(), unseen())


def _layers(path: Path, keys: Sequence[bytes]) -> ContentLayers:
    family = kind_of_file(path).family
    if family == "audio":
        from synthmark.files.sound_layers import sound_layers  # noqa: PLC0415 - see above

        return sound_layers(path, keys)
    if family == "video":
        from synthmark.files.video_layers import video_layers  # noqa: PLC0415 - see above

        return video_layers(path, keys)
    from synthmark.files.picture_task import picture_layers  # noqa: PLC0415 - see above

    return picture_layers(path, keys)


def _has_readable_metadata(path: Path) -> bool:
    from synthmark.metadata import read_metadata_file  # noqa: PLC0415 - see above

    try:
        read_metadata_file(path)
    except UnsupportedMediaError:
        return False
    return True

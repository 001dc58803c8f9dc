"""Labelling sound and writing it in a closed loop: only a file from which the labels read back takes its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthmark import audio
from synthmark.errors import CapacityError
from synthmark.files.atomic import draft_beside, fill
from synthmark.files.marking import Mark
from synthmark.files.reading import read_file
from synthmark.files.sound_file import encode_sound, read_sound
from synthmark.files.sound_layers import audible_layer
from synthmark.files.task import Written

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from synthmark.detection import Detection
    from synthmark.files.sound_file import SoundFile
    from synthmark.files.task import Task

__all__ = ["label_sound"]

_LISTEN_SECONDS = 10


def label_sound(task: Task) -> Written:
    """Write the copy of a sound file that a task asks for: audible label, watermark, metadata.

    Raises
    ------
    CapacityError
        When the sound cannot carry the mark, or a label does not read back from the written file.
    InputError, MediaError
        See `synthmark.label_file`.
    """
    file = read_sound(read_file(task.source))
    samples, heard = _with_cue(file) if task.config.visible else (file.samples, None)
    mark = Mark(task.content_id, task.key, task.strength) if task.config.watermark else None
    marked = samples if mark is None else audio.embed(samples, file.rate, mark.content_id, mark.key)
    with draft_beside(task.target) as draft:
        fill(draft, file.data)
        if marked is not file.samples:
            fill(draft, encode_sound(file, marked, added=len(samples) - len(file.samples)))
        with task.finished(draft) as final:
            written = read_sound(read_file(final))
            detection = _read_back(written, mark)
            if samples is not file.samples:
                _placement(_first_cue(written.samples, file.rate))
    return Written(visible=audible_layer(written), detection=detection, placement=heard)


def _with_cue(file: SoundFile) -> tuple[NDArray[np.generic], dict[str, Any]]:
    """Put the rhythm cue of GB 45438-2025, 5.3 c, at the start, unless one is there already."""
    if not (present := _first_cue(file.samples, file.rate)):
        labelled = audio.label(file.samples, file.rate)
        present = _first_cue(labelled, file.rate)
    else:
        labelled = file.samples
    return labelled, _placement(present)


def _read_back(written: SoundFile, mark: Mark | None) -> Detection | None:
    """Read the mark from the written file."""
    if mark is None:
        return None
    found = audio.extract(written.samples, written.rate, mark.key)
    if found.content_id != mark.content_id:
        raise CapacityError(
            f"The mark does not read back from this {written.kind.name} file of "
            f"{len(written.samples) / written.rate:.1f} s. Use sound that is longer, or less quiet."
        )
    return found


def _first_cue(samples: NDArray[np.generic], rate: int) -> Any:  # noqa: ANN401 - RhythmCue, or None
    """Return the cue at the very start."""
    cues = audio.find_cues(samples[: _LISTEN_SECONDS * rate], rate)
    return next((cue for cue in cues if cue.position == "start"), None)


def _placement(cue: Any) -> dict[str, Any]:  # noqa: ANN401 - see _first_cue
    """Say where a cue stands that was found."""
    if cue is None:
        raise CapacityError("The audible label at the start cannot be heard out of this sound.")
    return {"kind": "rhythm", "place": "start", "start": cue.start, "end": cue.end}

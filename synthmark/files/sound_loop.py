"""Labelling sound and writing it in a closed loop: only a file from which the labels read back takes its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthmark import audio
from synthmark.errors import CapacityError
from synthmark.files.atomic import replacing
from synthmark.files.closed_loop import Written, fill_and_compare
from synthmark.files.sound_file import encode_sound, read_sound

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from synthmark.detection import Detection
    from synthmark.files.closed_loop import Plan
    from synthmark.files.marking import Mark
    from synthmark.files.sound_file import SoundFile

__all__ = ["label_sound", "write_sound"]

_LISTEN_SECONDS = 10


def label_sound(file: SoundFile) -> tuple[NDArray[np.generic], dict[str, Any]]:
    """Put the rhythm cue of GB 45438-2025, 5.3 c, at the start, unless one is there already.

    Returns
    -------
    The samples, and where the cue stands: ``kind``, ``place``, ``start`` and ``end`` in seconds.

    Raises
    ------
    CapacityError
        When the cue cannot be told from the content that follows it.
    """
    if not (present := _first_cue(file.samples, file.rate)):
        labelled = audio.label(file.samples, file.rate)
        present = _first_cue(labelled, file.rate)
    else:
        labelled = file.samples
    return labelled, _placement(present)


def write_sound(target: Path, file: SoundFile, samples: NDArray[np.generic], plan: Plan) -> Written:
    """Embed the watermark, encode, and put the file in place once its labels read back from it.

    Parameters
    ----------
    target
        Where the file goes.
    file
        The source, whose container and coding are kept.
    samples
        Its samples, with the audible label.
    plan
        What to write.

    Raises
    ------
    CapacityError
        When the sound cannot carry the mark, or a label does not read back from the written file.
    MediaError
        When the file cannot be encoded or written.
    """
    mark = plan.mark
    marked = samples if mark is None else audio.embed(samples, file.rate, mark.content_id, mark.key)
    added = len(samples) - len(file.samples)
    data = plan.finish(file.data if marked is file.samples else encode_sound(file, marked, added=added))
    with replacing(target) as temporary:
        fill_and_compare(temporary, data)
        detection = _read_back(read_sound(data), mark)
        if samples is not file.samples:
            _placement(_first_cue(read_sound(data).samples, file.rate))
    return Written(data, None, 0 if mark is None else 1, detection, ())


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

"""The audible label that a configuration asks for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark.audio.audible import StreamLabeller
from synthmark.audio.prompts import require_spoken_wording
from synthmark.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from synthmark.config import Config
    from synthmark.files.sound_layers import Labels

__all__ = ["AudibleLabel", "audible_label", "check_audible"]

_LONGEST_PROMPT = 60
_BEGINNING = 10.0
_NEAR = 0.15  # seconds within which a label counts as standing at a moment


@dataclass(frozen=True, slots=True, eq=False)
class AudibleLabel:
    """An audible label: its form, where it stands, and the options of `synthmark.audio.label`."""

    form: str
    place: str | None
    times: tuple[float, ...]
    options: dict[str, Any]

    @property
    def kind(self) -> str:
        """The form as `synthmark.audio.label` calls it."""
        return _KINDS[self.form]

    @property
    def recognised(self) -> bool:
        """Whether checking can tell this label: a rhythm cue, or a bundled prompt."""
        return self.form == "rhythm" or not (self.options["text"] or "prompt" in self.options)

    @property
    def listened(self) -> float:
        """How many seconds of a file tell whether it has this label already."""
        return _BEGINNING if self.place == "start" else math.inf

    def missing_in(self, labels: Labels, frames: int, rate: float) -> list[str | float]:
        """Return the places, words or seconds, at which some labels of a file do not stand.

        Parameters
        ----------
        frames, rate
            Length of the file, and samples a second.
        """
        found = list(labels)
        wanted = {"both": ["start", "end"], None: []}.get(self.place, [str(self.place)])
        missing: list[str | float] = [place for place in wanted if place not in {label.position for label in found}]
        for time in self.times:
            latest = [frames / rate - (label.end - label.start) for label in found]
            places = [min(time, last) - label.start for label, last in zip(found, latest, strict=True)]
            missing += [] if any(abs(place) <= _NEAR for place in places) else [time]
        return missing

    def labeller(self, rate: float, frames: int, loudness: float) -> StreamLabeller:
        """Return what adds the label to sound of known rate, length and loudness.

        Raises
        ------
        InputError, DependencyError
            See `synthmark.audio.label`.
        """
        return StreamLabeller(
            rate, frames, loudness, kind=self.kind, place=self.place, times=self.times, **self.options
        )


_KINDS = {"rhythm": "rhythm", "spoken": "speech"}


def check_audible(config: Config) -> None:
    """Refuse settings of the audible label that contradict one another or the standard.

    Raises
    ------
    InputError
        When a spoken label is described but not asked for, or described twice, or its text lacks an element.
    """
    described = config.audible_text is not None or config.audible_prompt is not None
    if config.audible != "spoken" and described:
        raise InputError('audible_text and audible_prompt are for the spoken label: set audible = "spoken", too.')
    if config.audible_text is not None and config.audible_prompt is not None:
        raise InputError("audible_text and audible_prompt are both given; only one can be heard.")
    if config.audible_text is not None:
        require_spoken_wording(config.audible_text)


def audible_label(config: Config) -> AudibleLabel:
    """Return the label that a configuration asks for.

    Raises
    ------
    InputError
        See `check_audible`.
    MediaError
        When the recording of the label cannot be read.
    """
    check_audible(config)
    words = isinstance(config.audible_place, str)
    options: dict[str, Any] = {"language": config.audible_language, "text": config.audible_text}
    if config.audible_prompt is not None:
        options["prompt"] = _recording(config.audible_prompt)
    return AudibleLabel(
        form=config.audible,
        place=str(config.audible_place) if words else None,
        times=() if words else tuple(float(second) for second in config.audible_place),
        options=options,
    )


def _recording(path: Path) -> tuple[NDArray[np.generic], int]:
    """Read a short sound file whole."""
    from synthmark.files.sound_file import open_sound  # noqa: PLC0415 - few need it

    parts, frames = [], 0
    with open_sound(path) as reader:
        for block in reader.blocks():
            parts.append(block)
            frames += len(block)
            if frames > _LONGEST_PROMPT * reader.form.rate:
                raise InputError(f"The prompt {path} lasts longer than {_LONGEST_PROMPT} s.")
        return np.concatenate(parts), reader.form.rate

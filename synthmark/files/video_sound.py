"""The audible label over the sound of a video, which may not become longer."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from synthmark.files.sound_label import audible_label

if TYPE_CHECKING:
    from synthmark.audio.audible import StreamLabeller
    from synthmark.config import Config
    from synthmark.files.sound_label import AudibleLabel

__all__ = ["LabelOverSound", "label_over_sound"]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class LabelOverSound:
    """A `synthmark.video.passes.SoundLabel`: what stands before or after other sound lies over that of a video."""

    label: AudibleLabel

    def labeller(self, rate: float, seconds: float, loudness: float) -> StreamLabeller:
        """Return what adds the label to a track.

        Raises
        ------
        InputError, DependencyError
            See `synthmark.audio.label`.
        """
        frames = round(seconds * rate)
        end = frames / rate
        moments = {"start": (0.0,), "end": (end,), "both": (0.0, end)}
        times = moments.get(self.label.place or "", self.label.times)
        return dataclasses.replace(self.label, place=None, times=times).labeller(rate, frames, loudness)


def label_over_sound(config: Config) -> LabelOverSound | None:
    """Return the audible label that a configuration asks for in videos, or None.

    Raises
    ------
    InputError, MediaError
        See `synthmark.files.sound_label.audible_label`.
    """
    wanted = config.visible and config.audible_in_video
    return LabelOverSound(audible_label(config)) if wanted else None

"""Looking for visible and audible labels in a video, while it is decoded for its watermark."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthmark._opencv import opencv
from synthmark.containers.planes import luma
from synthmark.errors import InputError
from synthmark.files.sound_layers import LabelFinder, Labels
from synthmark.files.video_form import frame_form
from synthmark.video.visible import displayed_grey

if TYPE_CHECKING:
    from fractions import Fraction

    import numpy as np
    from av import VideoFrame
    from numpy.typing import NDArray

    from synthmark.containers.video_reader import VideoReader
    from synthmark.image.visible import FoundLabel
    from synthmark.video.visible import FrameForm

__all__ = ["LabelWatch", "Look", "Witness"]

_MOMENTS = (1.0, 2.0)  # seconds; GB 45438-2025, 5.4 asks for 2 s
_ROUNDING = 0.005  # seconds; containers count time in steps of a millisecond or less
# Larger frames are reduced before they are turned and stretched: the short side stays at this many pixels at least,
# which is where the label is searched.
_SEARCHED_SIDE = 800
_MOST_PIXELS = 50_000_000  # of a frame in square samples; broken headers ask for more


@dataclass(frozen=True, slots=True)
class Look:
    """One frame that was looked at.

    Attributes
    ----------
    begin, end
        When it is shown, in seconds since the first frame.
    label
        What was found, with its box in pixels of the frame as displayed; None when it was none of ours.
    """

    begin: float
    end: float
    label: FoundLabel | None


class LabelWatch:
    """Looks at the first and the last frame, and at those shown 1 s and 2 s after the beginning and in the middle.

    Every frame of the video is handed over, in the order of time; one is held at a time.

    Parameters
    ----------
    sample_aspect
        Width by height of a stored sample, as the file states it.
    seconds
        How long the video is, as the file states it; None when it does not.
    """

    def __init__(self, sample_aspect: Fraction | None, seconds: float | None) -> None:
        self._aspect = sample_aspect
        self._moments = sorted((*_MOMENTS, seconds / 2) if seconds else _MOMENTS)
        self._held: tuple[VideoFrame, float] | None = None
        self._looks: list[Look] = []

    def push(self, frame: VideoFrame, seconds: float) -> None:
        """Take the next frame, which is shown from a time on; the last one is shown until then."""
        passed = [moment for moment in self._moments if moment <= seconds + _ROUNDING]
        if self._held is not None and (passed or not self._looks):
            self._look(*self._held, seconds)
        self._moments = self._moments[len(passed) :]
        self._held = (frame, seconds)

    def finish(self) -> tuple[Look, ...]:
        """Look at the last frame; return all looks in the order of time, without those that could not be taken."""
        if self._held is not None:
            self._look(*self._held, self._held[1])
            self._held = None
        return tuple(self._looks)

    def _look(self, frame: VideoFrame, begin: float, end: float) -> None:
        try:
            self._looks.append(Look(begin, end, _label_in(frame, self._aspect)))
        except InputError:  # of a form that is never drawn on
            return


class Witness:
    """Sees and hears all of a video: an `Onlooker` of `synthmark.video.reading`.

    Parameters
    ----------
    reader
        The open file.
    rate
        Of its sound; None without sound.
    """

    def __init__(self, reader: VideoReader, rate: float | None) -> None:
        self._watch = LabelWatch(reader.film.sample_aspect_ratio, reader.seconds)
        self._finder = None if rate is None else LabelFinder(rate)

    def see(self, frame: VideoFrame, seconds: float) -> None:
        """Take the next frame."""
        self._watch.push(frame, seconds)

    def hear(self, samples: NDArray[np.generic]) -> None:
        """Take the next samples: (n, channels)."""
        if self._finder is not None:
            self._finder.push(samples)

    def finish(self) -> tuple[tuple[Look, ...], Labels]:
        """Return what was seen, and the audible labels that were heard."""
        return self._watch.finish(), Labels() if self._finder is None else self._finder.finish()


def _label_in(frame: VideoFrame, aspect: Fraction | None) -> FoundLabel | None:
    """Return our label in a frame."""
    from synthmark.image.visible import find_label  # noqa: PLC0415 - heavy

    form = frame_form(frame, aspect)
    plane, reduced = _reduced(luma(frame), form)
    if reduced.square_size[0] * reduced.square_size[1] > _MOST_PIXELS:
        raise InputError(f"A frame of {reduced.square_size} square samples is too large to be searched.")
    found = find_label(displayed_grey((plane,), reduced))
    return None if found is None else _enlarged(found, reduced, form)


def _reduced(plane: NDArray[Any], form: FrameForm) -> tuple[NDArray[Any], FrameForm]:
    """Return brightness at a moderate size, and its form."""
    factor = min(form.width, form.height) // _SEARCHED_SIDE
    if factor < 2:
        return plane, form
    size = (form.width // factor, form.height // factor)
    small: NDArray[np.generic] = opencv().resize(plane, size, interpolation=opencv().INTER_AREA)
    return small, dataclasses.replace(form, width=size[0], height=size[1])


def _enlarged(label: FoundLabel, reduced: FrameForm, form: FrameForm) -> FoundLabel:
    """Return what was found in a reduced frame in pixels of the whole one."""
    across, down = (whole / small for whole, small in zip(form.displayed_size, reduced.displayed_size, strict=True))
    box = label.box.scaled(across, down)
    return dataclasses.replace(label, box=box, ink_height=label.ink_height * down)

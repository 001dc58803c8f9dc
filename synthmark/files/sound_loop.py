"""Labelling a sound file in a closed loop: only a file from which the labels read back takes the target's place.

The file is read three times and never in memory as a whole: once to measure its loudness and to look for a cue at
its start (when it shall get one), once to write the copy, once to read the copy back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark.audio.embedding import require_length, require_readable
from synthmark.audio.samples import as_sound
from synthmark.audio.streaming import StreamEmbedder
from synthmark.errors import CapacityError, MediaError, UnsupportedMediaError
from synthmark.files.atomic import draft_beside
from synthmark.files.sound_copy import SoundCopy
from synthmark.files.sound_file import open_sound, write_sound
from synthmark.files.sound_label import AudibleLabel, audible_label
from synthmark.files.sound_layers import Heard, audible_layer, listen
from synthmark.files.sound_survey import Survey, survey_of
from synthmark.files.task import Written
from synthmark.report import LayerReport, Message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synthmark.audio.audible import StreamLabeller
    from synthmark.containers.sound import Block, SoundForm
    from synthmark.files.task import Task

__all__ = ["label_sound"]

# Tried when the mark does not survive the coding of the file, as factors on the strength asked for.
_STRONGER = (1.0, 1.25, 1.6)
_MOST_STRENGTH = 4.0
_PROVEN_SAMPLES = 1 << 24  # of all channels: shorter sound is proven whole, as `synthmark.audio.embed` does


def label_sound(task: Task) -> Written:
    """Write the copy of a sound file that a task asks for: audible label, watermark, metadata.

    Raises
    ------
    CapacityError
        When the sound cannot carry the mark, or a label does not read back from the written file.
    InputError, MediaError
        See `synthmark.label_file`.
    """
    if not task.layers:
        with task.finished(task.source) as final:
            heard = listen(final, ())
        return Written(visible=audible_layer(heard.labels))
    plan = _plan(task)
    task.clock.mark("visible")
    failure: CapacityError | None = None
    for factor in _STRONGER if task.config.watermark else (1.0,):
        if task.strength * factor > _MOST_STRENGTH:
            break
        try:
            return _attempt(task, plan, task.strength * factor, stronger=factor > 1)
        except CapacityError as error:
            failure = failure or error
    assert failure is not None
    raise failure


@dataclass(frozen=True, slots=True)
class _Plan:
    """What was learnt of the source, and the label that it gets, if any."""

    form: SoundForm
    survey: Survey
    label: AudibleLabel | None


def _plan(task: Task) -> _Plan:
    """Read the source once; refuse what cannot be labelled."""
    with open_sound(task.source, task.kind) as reader:
        form = reader.form
        if form.tracks > 1:
            raise UnsupportedMediaError(
                f"{task.source} has {form.tracks} sound tracks; only files with one can be labelled. Split it first."
            )
        label = audible_label(task.config) if task.config.visible else None
        survey = survey_of(reader, heard=label.listened if label else 0)
    if task.config.watermark:
        require_length(survey.frames / form.rate)
    if label and not label.missing_in(survey.labels, survey.frames, form.rate):
        label = None  # it is there already
    return _Plan(form, survey, label)


def _attempt(task: Task, plan: _Plan, strength: float, *, stronger: bool) -> Written:
    """Write the copy with a mark of some strength, and read it back."""
    content = _Content(task, plan, strength)
    with draft_beside(task.target) as draft:
        copy = SoundCopy(source=task.source, target=draft, form=plan.form, blocks=content.blocks, added=content.added)
        changed = bool(plan.label) or task.config.watermark
        notes = write_sound(task.kind, copy) if changed else ()
        task.clock.mark("encode")
        content.prove()
        with task.finished(draft if changed else task.source) as final:
            heard = _read_back(final, task, content)
            unclear = _unclear(heard, plan.label)
    codes = (*notes, *unclear, *(("note.stronger",) if stronger else ()))
    return Written(
        visible=_visible_layer(heard, plan.label),
        detection=heard.detection,
        placement=_placement(heard, task, plan) if task.config.visible else None,
        messages=tuple(map(Message, codes)),
    )


class _Content:
    """The samples of the copy: those of the source with the audible label and the watermark."""

    def __init__(self, task: Task, plan: _Plan, strength: float) -> None:
        self._task = task
        self._plan = plan
        self._strength = strength
        self._kept: list[Block] = []
        self._labeller = self._new_labeller()
        self.frames = plan.survey.frames
        self.added = 0
        if self._labeller:
            like = as_sound(np.zeros((0, plan.form.channels), plan.form.dtype))
            self.added = len(self._labeller.before(like))
            self.frames += self.added + len(self._labeller.after(like))

    def _new_labeller(self) -> StreamLabeller | None:
        if self._plan.label is None:
            return None
        survey = self._plan.survey
        return self._plan.label.labeller(self._plan.form.rate, survey.frames, survey.loudness)

    def blocks(self) -> Iterator[Block]:
        """Yield the samples from the start, decoding the source anew."""
        self._kept = []
        blocks = self._labelled()
        if self._task.config.watermark:
            blocks = self._marked(blocks)
        yield from blocks

    def _labelled(self) -> Iterator[Block]:
        labeller, last = self._new_labeller(), None
        with open_sound(self._task.source, self._task.kind) as reader:
            for block in reader.blocks():
                sound = as_sound(block)
                if labeller and last is None:
                    yield labeller.before(sound)
                last = sound
                yield labeller.push(sound) if labeller else block
        if labeller and last is not None:
            yield labeller.after(last)

    def _marked(self, blocks: Iterator[Block]) -> Iterator[Block]:
        embedder = StreamEmbedder(
            self._plan.form.rate, self._task.content_id, self._task.key, strength=self._strength
        )
        for block in blocks:
            yield self._remembered(embedder.push(block))
        yield self._remembered(embedder.finish())

    def _remembered(self, block: Block) -> Block:
        if self.frames * self._plan.form.channels <= _PROVEN_SAMPLES:
            self._kept.append(block)
        return block

    def prove(self) -> None:
        """Refuse short sound whose mark lies in nothing that can be heard."""
        if self._kept:
            whole = np.concatenate(self._kept)
            require_readable(whole, self._plan.form.rate, self._task.content_id, self._task.key)
            self._kept = []


def _read_back(final: Path, task: Task, content: _Content) -> Heard:
    """Read the labels from the written file, and compare its length."""
    heard = listen(final, (task.key,) if task.config.watermark else (), search="fast")
    if heard.frames != content.frames:
        raise MediaError(
            f"The {task.kind.name} file was written with {heard.frames} samples in the place of {content.frames}."
        )
    found = None if heard.detection is None else heard.detection.content_id
    if task.config.watermark and found != task.content_id:
        raise CapacityError(
            f"The mark does not read back from this {task.kind.name} file of "
            f"{heard.frames / heard.form.rate:.1f} s. Use sound that is longer, less quiet, or of a higher bit rate."
        )
    return heard


def _unclear(heard: Heard, label: AudibleLabel | None) -> tuple[str, ...]:
    """Refuse a label before or after the content that does not read back; one within it is a note.

    Raises
    ------
    CapacityError
        See above.
    """
    if label is None or not label.recognised:
        return ()
    missing = label.missing_in(heard.labels, heard.frames, heard.form.rate)
    if any(isinstance(place, str) for place in missing):
        raise CapacityError("The audible label cannot be heard out of this sound. Choose another place or form.")
    return ("note.audible_unclear",) if missing else ()


def _visible_layer(heard: Heard, label: AudibleLabel | None) -> LayerReport:
    """Report the audible label; a recording or text of the user's own is left to the listener."""
    if label is None or label.recognised:
        return audible_layer(heard.labels)
    return LayerReport(layer="visible", outcome="not_checked", messages=(Message("not_checked.own_prompt"),))


def _placement(heard: Heard, task: Task, plan: _Plan) -> dict[str, Any]:
    """Say where the label stands that was written, or was there already."""
    config = task.config
    spans = [[label.start, label.end] for label in heard.labels]
    start, end = spans[0] if spans else (None, None)
    form = config.audible if plan.label or heard.labels.prompts else "rhythm"
    return {"kind": form, "place": config.audible_place, "start": start, "end": end, "spans": spans}

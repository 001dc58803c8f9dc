"""Labelling sound while it is made: the audible label at once, then the marked sound, then the record."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthmark.audio import StreamEmbedder
from synthmark.audio.embedding import require_length, require_readable
from synthmark.audio.samples import Sound, as_sound, check_rate
from synthmark.errors import CapacityError, InputError
from synthmark.files.sound_label import audible_label
from synthmark.labelled import content_record

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from numpy.typing import NDArray

    from synthmark.audio.audible import StreamLabeller
    from synthmark.config import Config
    from synthmark.labelled import ContentRecord

    Keep = Callable[[ContentRecord, Config, NDArray[Any]], None]

__all__ = ["LabelledStream"]


class LabelledStream:
    """Labels one piece of sound as it is made; `synthmark.Labeler.stream` makes it.

    What leaves begins with the audible label, if the configuration has it at the start. The rest leaves up to 2.7 s
    later than it came. A copy of what left stays in memory until the end, to be read back and recorded.

    ``with`` makes sure that sound which left is recorded even when the stream is broken off.

    Attributes
    ----------
    record
        What was written; None before `finish`.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the labeler alone calls it
        self, config: Config, key: bytes | None, rate: float, content_id: int, loudness: float, keep: Keep
    ) -> None:
        self._config, self._key, self._content_id, self._keep = config, key, content_id, keep
        self._rate = check_rate(rate)
        self._label = _labeller(config, self._rate, loudness)
        strength = 1.0 if config.strength == "auto" else float(config.strength)
        self._embedder = StreamEmbedder(rate, content_id, key, strength=strength) if config.watermark else None
        self._form: Sound | None = None  # of the first samples
        self._label_before: NDArray[Any] | None = None
        self._content: list[NDArray[Any]] = []
        self._digest = hashlib.sha256()
        self._finished = False
        self.record: ContentRecord | None = None

    def push(self, chunk: NDArray[Any]) -> NDArray[Any]:
        """Take the next samples and return those that are ready to be sent, in the same dtype.

        Parameters
        ----------
        chunk
            (n,) or (n, channels), any n; the dtype and the number of channels of the first samples stay.

        Raises
        ------
        InputError
            When the form changes, a sample is no finite number, or the stream is finished.
        """
        if self._finished:
            raise InputError("The stream is finished; make a new one for more sound.")
        sound = as_sound(chunk)
        self._require_form(sound)
        ready = chunk if self._embedder is None else self._embedder.push(chunk)
        self._digest.update(np.ascontiguousarray(chunk).tobytes())
        self._content.append(ready)
        if self._label_before is not None or self._label is None:
            return ready
        self._label_before = sound.restored(self._label.before(sound))
        return np.concatenate([self._label_before, ready])

    def finish(self) -> NDArray[Any]:
        """Return the rest, once the mark is read back and the record written; the stream takes nothing after this.

        Raises
        ------
        CapacityError
            When the sound was too short, too silent or too plain for the mark: the rest does not leave.
        RegistryError
            When the registry cannot take the record: the rest does not leave.
        """
        form, rest = self._form, self._rest()
        if form is None:
            raise CapacityError("No sound arrived, so that there is nothing to label.")
        try:
            self._require_mark(rest)
        except CapacityError:
            self._keep_unmarked()
            raise
        self._content.append(rest)
        after = rest[:0] if self._label is None else form.restored(self._label.after(form))
        self.record = self._kept(self._config, after)
        return np.concatenate([rest, after])

    def abandon(self) -> None:
        """Record what left of a stream that is broken off; nothing more leaves.

        Raises
        ------
        RegistryError
            When the registry cannot take the record.
        """
        if self._finished or self._form is None:
            return
        self._finished = True
        try:
            self._require_mark(self._nothing)
        except CapacityError:
            self._keep_unmarked()
        else:
            self.record = self._kept(self._config, self._nothing)

    def __enter__(self) -> Self:
        """Return the stream."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Abandon a stream that is not finished."""
        self.abandon()

    def _require_form(self, sound: Sound) -> None:
        sound.scaled(0, len(sound))  # refuses what is no finite number, before it is sent on
        first = self._form = self._form or sound
        if (sound.samples.dtype, sound.channels, sound.flat) != (first.samples.dtype, first.channels, first.flat):
            raise InputError(
                f"The stream began with {first.channels} channels of {first.samples.dtype}; "
                f"this piece has {sound.channels} of {sound.samples.dtype}. All pieces need one form."
            )

    def _rest(self) -> NDArray[Any]:
        """Return the marked samples that did not leave yet."""
        if self._finished:
            raise InputError("The stream is finished already.")
        self._finished = True
        if self._embedder is not None:
            return self._embedder.finish()
        return self._nothing

    @property
    def _nothing(self) -> NDArray[Any]:
        return self._content[0][:0] if self._content else np.zeros(0, np.float32)

    def _require_mark(self, rest: NDArray[Any]) -> None:
        if self._embedder is not None:
            content = np.concatenate([*self._content, rest])
            require_length(len(content) / self._rate)
            require_readable(content, self._rate, self._content_id, self._key)

    def _keep_unmarked(self) -> None:
        """Record that what left carries no mark that can be read, unless nothing left."""
        if any(len(piece) for piece in self._content) or self._label_before is not None:
            self.record = self._kept(dataclasses.replace(self._config, watermark=False), self._nothing)

    def _kept(self, config: Config, after: NDArray[Any]) -> ContentRecord:
        """Record what left."""
        before = [] if self._label_before is None else [self._label_before]
        whole = np.concatenate([*before, *self._content, after])
        record = content_record(config, "audio", self._content_id, b"", whole, None)
        record = dataclasses.replace(record, sha256_before=self._digest.hexdigest())
        self._keep(record, config, whole)
        return record


def _labeller(config: Config, rate: float, loudness: float) -> StreamLabeller | None:
    """Return what makes the audible label; without one at the start a stream that breaks off would have none."""
    if not config.visible:
        return None
    label = audible_label(config)
    if label.place not in {"start", "both"}:
        raise InputError('A stream begins with its audible label: set audible_place = "start" or "both".')
    return label.labeller(rate, 0, loudness)

"""Arrays of samples as callers give them: checked, seen as floating point, and put back in their own form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmark.audio.engine import engine
from synthmark.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthmark.audio.resampling import Resampler

__all__ = [
    "MAX_CHANNELS",
    "Pending",
    "Sound",
    "as_sound",
    "check_rate",
    "check_strength",
    "joined",
    "mix_weights",
    "mixed",
]

MAX_CHANNELS = 64
_LOUDEST = 1e4  # floating-point samples beyond this many times full scale are seen as this loud
_WEAK_MIX = 0.1
_RATES = (8000, 192_000)
_STRENGTHS = (0.25, 4)
_PEAKS = {"int16": 2.0**15, "int32": 2.0**31, "float32": 1.0, "float64": 1.0}


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Samples with a known form.

    Attributes
    ----------
    samples
        The caller's array seen as (n, channels); never written to.
    peak
        The value of full scale in the caller's dtype.
    flat
        Whether the caller gave shape (n,).
    """

    samples: NDArray[np.generic]
    peak: float
    flat: bool

    def __len__(self) -> int:
        """Return the number of samples per channel."""
        return len(self.samples)

    @property
    def channels(self) -> int:
        """The number of channels."""
        return int(self.samples.shape[1])

    def scaled(self, first: int, last: int) -> NDArray[np.float32]:
        """Return a stretch as float32 in units of full scale, shape (n, channels).

        Raises
        ------
        InputError
            When the stretch holds a value that is no finite number.
        """
        part = self.samples[first:last]
        if part.dtype.kind == "f":
            if not np.isfinite(part).all():
                raise InputError("The sound holds NaN or infinite samples; replace them by numbers first.")
            return np.asarray(np.clip(part, -_LOUDEST, _LOUDEST), np.float32)
        scaled: NDArray[np.float32] = part.astype(np.float32) * np.float32(1 / self.peak)
        return scaled

    def part(self, first: int, last: int) -> Sound:
        """Return a stretch in the same form."""
        return Sound(self.samples[first:last], self.peak, self.flat)

    def restored(self, changed: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return changed samples (n, channels) in the shape the caller used."""
        return changed[:, 0] if self.flat else changed


def check_rate(sample_rate: float) -> float:
    """Return the sample rate as a number.

    Raises
    ------
    InputError
        When it is no number between 8000 and 192000.
    """
    low, high = _RATES
    if isinstance(sample_rate, bool) or not isinstance(sample_rate, int | float | np.integer | np.floating):
        raise InputError(f"The sample rate is {sample_rate!r}; a number of hertz is needed.")
    if not (math.isfinite(sample_rate) and low <= sample_rate <= high):
        raise InputError(f"The sample rate is {sample_rate} Hz; {low} to {high} Hz are supported.")
    return float(sample_rate)


def check_strength(strength: float) -> float:
    """Return the strength of a mark as a number.

    Raises
    ------
    InputError
        When it is no number between 0.25 and 4.
    """
    low, high = _STRENGTHS
    if isinstance(strength, bool) or not isinstance(strength, int | float) or not low <= strength <= high:
        raise InputError(f"The strength is {strength!r}; a number from {low} to {high} is needed.")
    return float(strength)


def as_sound(samples: object) -> Sound:
    """Check an array of samples: (n,) or (n, channels); int16, int32, float32 or float64.

    Raises
    ------
    InputError
        For any other object, dtype or shape.
    """
    if not isinstance(samples, np.ndarray):
        raise InputError(f"The samples are {type(samples).__name__}; a NumPy array is needed.")
    if samples.dtype.name not in _PEAKS:
        raise InputError(f"The samples are {samples.dtype}; int16, int32, float32 or float64 is needed.")
    if samples.ndim not in {1, 2} or (samples.ndim == 2 and not 1 <= samples.shape[1] <= MAX_CHANNELS):
        raise InputError(
            f"The samples have shape {samples.shape}; (n,) or (n, channels) with at most {MAX_CHANNELS} channels "
            "is needed."
        )
    native = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    flat = samples.ndim == 1
    return Sound(native[:, None] if flat else native, _PEAKS[native.dtype.name], flat)


def joined(before: Sound, after: Sound) -> Sound:
    """Return two stretches one after the other.

    Raises
    ------
    InputError
        When they differ in dtype or number of channels.
    """
    if before.samples.dtype != after.samples.dtype or before.channels != after.channels:
        raise InputError(
            f"The chunk has {after.channels} channels of {after.samples.dtype}; the first one had "
            f"{before.channels} of {before.samples.dtype}."
        )
    return Sound(np.concatenate([before.samples, after.samples]), before.peak, before.flat)


class Pending:
    """Sound that has arrived and is still needed; pieces are put together only when they are asked for."""

    def __init__(self) -> None:
        self.start = 0
        """Number of the first sample that is held."""
        self._pieces: list[Sound] = []
        self._count = 0

    @property
    def end(self) -> int:
        """Number of samples that have arrived."""
        return self.start + self._count

    def add(self, piece: Sound) -> None:
        """Take more sound.

        Raises
        ------
        InputError
            When it differs in dtype or number of channels from what came before.
        """
        if self._pieces:
            joined(self._pieces[0].part(0, 0), piece.part(0, 0))  # refuses another form
        self._pieces.append(piece)
        self._count += len(piece)

    def sound(self) -> Sound | None:
        """Return what is held in one piece; None when nothing has arrived yet."""
        if len(self._pieces) > 1:
            first = self._pieces[0]
            whole = np.concatenate([piece.samples for piece in self._pieces])
            self._pieces = [Sound(whole, first.peak, first.flat)]
        return self._pieces[0] if self._pieces else None

    def drop_before(self, number: int) -> None:
        """Forget the samples before a number."""
        whole = self.sound()
        if whole is not None:
            count = max(min(number - self.start, self._count), 0)
            self._pieces = [whole.part(count, self._count)]
            self.start += count
            self._count -= count


def mix_weights(channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weights of the channels (channels, n) in the mix that is marked and read.

    That is their mean, or the loudest channel alone when the channels cancel in the mean.
    """
    count = len(channels)
    power = np.einsum("ij,ij->i", channels, channels)
    mean = np.full(count, 1 / count, np.float32)
    mix = mean @ channels
    if float(mix @ mix) * count >= _WEAK_MIX * float(power.max()):
        return mean
    return np.asarray(np.eye(count, dtype=np.float32)[int(power.argmax())])


def mixed(sound: Sound, start: int, down: Resampler, first: int, last: int) -> NDArray[np.float32]:
    """Return outputs `first` to `last` of a resampler, mixed to one channel.

    Parameters
    ----------
    start
        Number of the sample with which `sound` begins.
    """
    low, high = (min(max(n - start, 0), len(sound)) for n in down.inputs_for(first, last))
    return down.convert(_mix_of(sound.part(low, high)), start + low, first, last)


def _mix_of(sound: Sound) -> NDArray[np.float32]:
    """Return all samples mixed to one channel, with the weights of `mix_weights`."""
    floats = sound.samples.dtype.kind == "f"
    samples, unit = (sound.scaled(0, len(sound)), 1.0) if floats else (sound.samples, 1 / sound.peak)
    mean, energies = engine().mix_down(samples, unit)
    mix: NDArray[np.float32] = mean
    if float(mix @ mix) * sound.channels < _WEAK_MIX * float(energies.max()):
        loudest = int(energies.argmax())
        mix = samples[:, loudest].astype(np.float32) * np.float32(unit)
    return mix

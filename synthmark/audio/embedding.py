"""Putting the mark into sound that is there as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthmark import keys
from synthmark.audio.extraction import readable
from synthmark.audio.layout import layout_for
from synthmark.audio.samples import Sound, as_sound, check_rate
from synthmark.audio.streaming import StreamEmbedder
from synthmark.errors import CapacityError
from synthmark.payload import check_content_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SHORTEST", "embed", "require_length", "require_readable"]

SHORTEST = 2.0
"""Shorter sound, in seconds, is refused."""
_SLICE_SECONDS = 10.0
_PROOF_SECONDS = 10.0
_PROOF_NOISE = 0.01  # 40 dB below the sound


def embed(
    samples: NDArray[np.generic],
    sample_rate: float,
    content_id: int,
    key: bytes | None = None,
    *,
    strength: float = 1.0,
) -> NDArray[np.generic]:
    """Put a content id into sound, inaudibly, and make sure that it reads back.

    Parameters
    ----------
    samples
        int16, int32, float32 or float64 (full scale 1), shape (n,) or (n, channels). Not changed.
    sample_rate
        Hertz, 8000 to 192000.
    content_id
        Integer in [0, 2**64).
    key
        16 to 1024 bytes, or None for the published default key.
    strength
        Factor on the usual strength, 0.25 to 4; above 1 the mark may become audible.

    Returns
    -------
    The marked samples, with the shape and dtype of the given ones.

    Raises
    ------
    InputError
        When an argument has a wrong type, shape or range, or a sample is no finite number.
    CapacityError
        When the sound is too short, too silent or too plain (a pure tone) to carry a mark that reads back.
    """
    sound, rate = as_sound(samples), check_rate(sample_rate)
    stream = StreamEmbedder(rate, content_id, key, strength=strength)
    require_length(len(sound) / rate)
    size = int(_SLICE_SECONDS * rate)
    pieces = [stream.push(sound.samples[first : first + size]) for first in range(0, len(sound), size)]
    marked = Sound(np.concatenate([*pieces, stream.finish()]), sound.peak, sound.flat)
    _require_readable(marked, rate, check_content_id(content_id), keys.key_bytes(key))
    return marked.restored(marked.samples)


def require_length(seconds: float) -> None:
    """Refuse sound that is too short for a mark.

    Raises
    ------
    CapacityError
        When it lasts less than `SHORTEST` seconds.
    """
    if seconds < SHORTEST:
        raise CapacityError(
            f"The sound lasts {seconds:.2f} s; a mark needs at least {SHORTEST:g} s, and 3 s to last."
        )


def require_readable(
    samples: NDArray[np.generic], sample_rate: float, content_id: int, key: bytes | None = None
) -> None:
    """Refuse marked sound whose mark does not read back under faint noise, as `embed` does.

    Raises
    ------
    CapacityError
        When the mark shows in nothing that can be heard.
    """
    _require_readable(as_sound(samples), check_rate(sample_rate), content_id, keys.key_bytes(key))


def _require_readable(marked: Sound, rate: float, content_id: int, key: bytes) -> None:
    layout = layout_for(key)
    parts = (_with_noise(part) for part in (_loudest(marked, rate), marked))
    if not any(readable(part, rate, content_id, layout) for part in parts):
        seconds = len(marked) / rate
        raise CapacityError(
            f"The mark does not read back from this sound of {seconds:.1f} s: too little of it is loud and varied "
            "enough between 0.3 and 4 kHz. About 3 s of speech or music are needed; silence, noise below -90 dB and "
            "pure tones carry nothing."
        )


def _with_noise(sound: Sound) -> Sound:
    """Return sound with faint noise: a mark that only shows in what is inaudible anyway shall not count."""
    samples = sound.scaled(0, len(sound))
    noise = np.random.default_rng(0).standard_normal(len(sound), dtype=np.float32)[:, None]
    level = np.float32(_PROOF_NOISE * np.sqrt(np.mean(np.square(samples))))
    return as_sound(samples + level * noise)


def _loudest(sound: Sound, rate: float) -> Sound:
    """Return the ten seconds with the most energy, in steps of five."""
    half = int(_PROOF_SECONDS * rate / 2)
    powers = [float(np.square(sound.scaled(n, n + half)[::7]).sum()) for n in range(0, len(sound), half)]
    best = max(range(len(powers)), key=lambda i: powers[i] + (powers[i + 1] if i + 1 < len(powers) else 0.0))
    return sound.part(best * half, (best + 2) * half)

"""Adding the mark's change to samples without touching silence and without overload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthmark.audio.engine import engine

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SILENT_RUN", "add_change"]

SILENT_RUN = 32
"""So many zero samples in a row are digital silence."""
_LIMIT_BLOCK = 128
_LEAST_SHARE = 0.5


def _faded_change(host: NDArray[np.float64], delta: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the change, faded to as little as half around the places where it would overload.

    Fading it out completely would leave loud masters unmarked.
    """
    over = np.abs(host + delta) > 1
    room = np.maximum(1 - np.abs(host), 0)
    allowed = np.where(over, np.maximum(room / np.maximum(np.abs(delta), 1e-12), _LEAST_SHARE), 1.0)
    return np.asarray(delta * _faded(allowed), np.float32)


def _faded(allowed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a piecewise linear factor that nowhere exceeds the allowed one."""
    blocks = -(-len(allowed) // _LIMIT_BLOCK)
    least = np.pad(allowed, (0, blocks * _LIMIT_BLOCK - len(allowed)), constant_values=1.0)
    least = np.pad(least.reshape(blocks, _LIMIT_BLOCK).min(axis=1), 1, mode="edge")
    least = np.minimum(np.minimum(least[:-2], least[1:-1]), least[2:])
    centres = (np.arange(blocks) + 0.5) * _LIMIT_BLOCK
    return np.asarray(np.interp(np.arange(len(allowed)) + 0.5, centres, least), np.float64)


def add_change(
    samples: NDArray[np.generic], delta: NDArray[np.float32], peak: float, first: int, last: int
) -> NDArray[np.generic]:
    """Return samples[first:last] with the change added, in the same dtype.

    Parameters
    ----------
    samples
        (n, channels), with up to SILENT_RUN samples beside the stretch so that runs of zeros are seen whole.
    delta
        float32, (last - first, channels), in units of full scale.
    peak
        Full scale in the samples' dtype.
    """
    out = np.empty((last - first, samples.shape[1]), samples.dtype)
    for channel in range(samples.shape[1]):
        out[:, channel] = _changed(samples[:, channel], delta[:, channel], peak, first, last)
    return out


def _changed(
    samples: NDArray[np.generic], delta: NDArray[np.float32], peak: float, first: int, last: int
) -> NDArray[np.generic]:
    """Return samples[first:last] of one channel with its change added.

    What reaches beyond full scale after fading stops there, or where the host itself lies beyond it.
    """
    out = np.empty(last - first, samples.dtype)
    rounds = samples.dtype.kind != "f"
    if not engine().add_to_channel(samples, delta, first, SILENT_RUN, peak, rounds, out):
        return out
    host = samples[first:last].astype(np.float64) / peak
    faded = _faded_change(host, delta)
    engine().add_to_channel(samples, faded, first, SILENT_RUN, peak, rounds, out)
    if rounds:
        return out
    return np.asarray(np.clip(out, np.minimum(host, -1.0), np.maximum(host, 1.0)), samples.dtype)

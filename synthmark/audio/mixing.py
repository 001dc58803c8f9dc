"""Adding the mark's change to samples without touching silence and without overload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SILENT_RUN", "add_change"]

SILENT_RUN = 32
"""So many zero samples in a row are digital silence."""
_LIMIT_BLOCK = 128
_LEAST_SHARE = 0.5


def _silent(samples: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return where one channel stands in a run of at least SILENT_RUN zeros."""
    zero = samples == 0
    if np.count_nonzero(zero) < SILENT_RUN:
        return np.zeros(len(samples), np.bool_)
    count = np.concatenate([[0], np.cumsum(zero)])
    starts = np.zeros(len(samples) + 1, np.intp)
    full = count[SILENT_RUN:] - count[:-SILENT_RUN] == SILENT_RUN
    starts[1 : len(full) + 1] = np.cumsum(full)
    starts[len(full) + 1 :] = starts[len(full)]
    earlier = np.concatenate([np.zeros(SILENT_RUN, np.intp), starts[:-SILENT_RUN]])
    silent: NDArray[np.bool_] = starts[1:] > earlier[1:]
    return silent


def _limited(host: NDArray[np.float64], delta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of host and change, kept within full scale.

    Around an overload the change fades to as little as half; what still reaches beyond full scale stops there (or
    where the host itself lies beyond it). Fading it out completely would leave loud masters unmarked.
    """
    over = np.abs(host + delta) > 1
    if not over.any():
        return host + delta
    room = np.maximum(1 - np.abs(host), 0)
    allowed = np.where(over, np.maximum(room / np.maximum(np.abs(delta), 1e-12), _LEAST_SHARE), 1.0)
    faded = host + delta * _faded(allowed)
    return np.clip(faded, np.minimum(host, -1.0), np.maximum(host, 1.0))


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
    out = samples[first:last].copy()
    for channel in range(samples.shape[1]):
        host = samples[first:last, channel].astype(np.float64) / peak
        added = np.where(_silent(samples[:, channel])[first:last], 0.0, delta[:, channel])
        out[:, channel] = _rounded(_limited(host, added), peak, samples.dtype)
    return out


def _rounded(values: NDArray[np.float64], peak: float, dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
    """Return values in units of full scale as the dtype."""
    if dtype.kind == "f":
        return values.astype(dtype)
    return np.clip(np.rint(values * peak), -peak, peak - 1).astype(dtype)

"""Fits the upper tail of scores measured where there is no mark."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["fitted_tail"]

MINIMUM = 500  # fewer scores than this say nothing about a tail


def fitted_tail(scores: NDArray[np.float64], block: int = 50) -> dict[str, float] | None:
    """Fit an exponential above the 99th (few scores: 90th) percentile, and a GEV to block maxima.

    Returns
    -------
    dict or None
        ``from``, ``share``, ``scale``: P(score > s) = share * exp(-(s - from) / scale); ``fit_p_value`` of a
        Kolmogorov-Smirnov test of that (small: the tail is no exponential; the scale comes from the same
        scores, which makes it lenient); ``gev_shape`` (SciPy's sign: positive means a bounded tail, negative
        a heavier one than exponential); ``score_at_1e-9``: where the exponential reaches 1e-9 per trial.
        None for fewer than 500 scores or when all are equal.
    """
    if len(scores) < MINIMUM or np.ptp(scores) == 0:
        return None
    start = float(np.quantile(scores, 0.99 if len(scores) >= 20 * MINIMUM else 0.9))
    excess = scores[scores > start] - start
    share, scale = len(excess) / len(scores), float(excess.mean())
    shuffled = np.random.default_rng(1).permutation(scores)
    maxima = shuffled[: len(scores) // block * block].reshape(-1, block).max(axis=1)
    return {
        "from": start,
        "share": share,
        "scale": scale,
        "fit_p_value": float(stats.kstest(excess, "expon", args=(0, scale)).pvalue),
        "gev_shape": float(stats.genextreme.fit(maxima)[0]),
        "score_at_1e-9": start + scale * math.log(share / 1e-9),
    }

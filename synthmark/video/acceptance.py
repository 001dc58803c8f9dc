"""When a pilot score is worth a decoding, so that a file without a mark is hardly ever decoded at all.

Each trial gets its share of a fixed expected number of decodings, smaller from trial to trial: the bound for a file
does not depend on its length.
"""

from __future__ import annotations

import math
from functools import lru_cache

from synthmark.image.readout import decoding_false_alarm

__all__ = ["Ledger"]

_EXPECTED = 0.03  # decodings of a file without a mark, were its spectrum Gaussian, in each kind of trial
_HARMONIC = 12.0  # the sum of 1 / n over the trials of an hour of video is less than this
_LEAST_CHANCE = 1e-6  # the Gaussian tail is trusted no further


@lru_cache(maxsize=4096)
def _score_of(chance: float) -> float:
    """Return the score that a Gaussian variable exceeds with a chance, to 0.001."""
    low, high = 0.0, 40.0
    while high - low > 0.001:
        middle = (low + high) / 2
        low, high = (middle, high) if 0.5 * math.erfc(middle / math.sqrt(2)) > chance else (low, middle)
    return high


class Ledger:
    """Counts what was tried with one key in one file.

    Attributes
    ----------
    decoded
        How many decodings there were.
    best_score
        The best pilot score on the way.
    """

    def __init__(self) -> None:
        self.decoded = 0
        self.best_score = 0.0
        self._trials: dict[str, int] = {}

    def threshold(self, kind: str, places: float) -> float:
        """Return the score from which the next trial of a kind is decoded; `places` is how many it chooses from."""
        trial = self._trials[kind] = self._trials.get(kind, 0) + 1
        return _score_of(_EXPECTED / (_HARMONIC * trial * places))

    def false_alarm(self, score: float, places: float) -> float:
        """Return a bound on the chance that a file without a mark gives the reading at hand.

        The chance of a decoding to pass its CRC, times the number of decodings, times the Gaussian chance of the
        pilot score at one of the places.
        """
        chance = max(places * 0.5 * math.erfc(score / math.sqrt(2)), _LEAST_CHANCE)
        return min(1.0, self.decoded * decoding_false_alarm() * min(chance, 1.0))

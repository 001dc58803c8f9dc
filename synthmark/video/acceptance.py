"""When a pilot score is worth a decoding, so that a file without a mark is hardly ever decoded at all.

Each trial gets its share of a fixed expected number of decodings, smaller from trial to trial: the bound for a file
does not depend on its length. A lower score is worth a guess: a decoding whose message has to be far clearer than the
best that is ever read from noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from synthmark.image.readout import LIST_SIZE, decoding_false_alarm

__all__ = ["CLEAR", "CLEAR_CHANCE", "Ledger", "Trial"]

_EXPECTED = 0.025  # decodings of a file without a mark, were its spectrum Gaussian, in each kind of trial
_HARMONIC = 12.0  # the sum of 1 / n over the trials of an hour of video is less than this
_BEYOND = 0.6  # a score so far beyond certain, which one decoding in 18 or fewer has, is worth a longer list
_LONG_LIST = 8  # times as long
_GUESSES = 1000.0  # guesses for each decoding
_LEAST_GUESS = 3.5  # of the pilot: fewer guesses than that are allowed where few places are tried
CLEAR = -0.5  # dB of Eb/N0: what is decoded from noise reaches -1.75 as a rule, and this less than once in 10 000
CLEAR_CHANCE = 1e-4
_LEAST_CHANCE = 1e-6  # the Gaussian tail is trusted no further


@lru_cache(maxsize=4096)
def _score_of(chance: float) -> float:
    """Return the score that a Gaussian variable exceeds with a chance, to 0.001."""
    low, high = 0.0, 40.0
    while high - low > 0.001:
        middle = (low + high) / 2
        low, high = (middle, high) if 0.5 * math.erfc(middle / math.sqrt(2)) > chance else (low, middle)
    return high


@dataclass(frozen=True, slots=True)
class Trial:
    """What a pilot score has to reach in one trial.

    Attributes
    ----------
    certain
        The score from which whatever passes its CRC is a mark. Well beyond, a longer list of candidates is decoded.
    guess
        The score from which it is one when its message is clear.
    places
        How many places the trial chooses from.
    """

    certain: float
    guess: float
    places: float

    def paths(self, score: float) -> int:
        """Return the length of the list that is decoded at a score."""
        return LIST_SIZE * (_LONG_LIST if score >= self.certain + _BEYOND else 1)


class Ledger:
    """Counts what was tried with one key in one file.

    Attributes
    ----------
    decoded
        How many decodings there were whose score was certain; a long list counts as eight.
    guessed
        How many there were besides.
    best_score
        The best pilot score on the way.
    """

    def __init__(self) -> None:
        self.decoded = 0
        self.guessed = 0
        self.best_score = 0.0
        self._trials: dict[str, int] = {}

    def trial(self, kind: str, places: float, more: float = 0.0) -> Trial:
        """Return what the next trial of a kind has to reach; `more` is added to its scores."""
        number = self._trials[kind] = self._trials.get(kind, 0) + 1
        chance = _EXPECTED / (_HARMONIC * number * places)
        certain = _score_of(chance)
        guess = min(max(_score_of(min(_GUESSES * chance, 0.5)), _LEAST_GUESS), certain)
        return Trial(certain + more, guess + more, places)

    def count(self, score: float, trial: Trial) -> None:
        """Count a decoding."""
        if score >= trial.certain:
            self.decoded += trial.paths(score) // LIST_SIZE
        else:
            self.guessed += 1

    def accepts(self, score: float, trial: Trial, signal_to_noise: float) -> bool:
        """Return whether a decoding that passed its CRC is a mark; its Eb/N0 is in dB."""
        return score >= trial.certain or signal_to_noise >= CLEAR

    def false_alarm(self, score: float, trial: Trial) -> float:
        """Return a bound on the chance that a file without a mark gives the reading at hand.

        The chance of a decoding to pass its CRC, times the number of decodings, times the Gaussian chance of the
        pilot score at one of the places. A guess counts as much less as its message has to be clearer.
        """
        chance = max(trial.places * 0.5 * math.erfc(score / math.sqrt(2)), _LEAST_CHANCE)
        if score < trial.certain:
            chance = CLEAR_CHANCE
        tried = self.decoded if score >= trial.certain else self.decoded + self.guessed
        return min(1.0, tried * decoding_false_alarm() * min(chance, 1.0))

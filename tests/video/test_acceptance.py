import math

import numpy as np
import pytest

from synthmark.image.carriers import carriers
from synthmark.image.readout import signal_to_noise
from synthmark.keys import key_bytes
from synthmark.video.acceptance import Ledger


def tail(score):
    return 0.5 * math.erfc(score / math.sqrt(2))


def test_the_expected_number_of_decodings_is_bounded_whatever_the_length():
    ledger = Ledger()
    trials = [ledger.trial("turned", 100) for _ in range(20000)]
    assert 0.01 < sum(100 * tail(trial.certain) for trial in trials) < 0.03
    assert 1 < sum(100 * tail(trial.guess) for trial in trials) < 30


def test_kinds_of_trials_are_counted_apart():
    ledger = Ledger()
    first = ledger.trial("fixed", 4)
    assert ledger.trial("fixed", 4).certain > first.certain
    assert ledger.trial("turned", 4) == first


def test_more_places_ask_for_a_higher_score():
    assert Ledger().trial("fixed", 1e5).certain > Ledger().trial("fixed", 4).certain + 1
    assert Ledger().trial("fixed", 4, 0.9).certain == pytest.approx(Ledger().trial("fixed", 4).certain + 0.9)


def test_what_scores_less_has_to_be_clear():
    ledger = Ledger()
    trial = ledger.trial("mapped", 3e6)
    assert 3.5 <= trial.guess < trial.certain - 0.5
    assert ledger.accepts(trial.certain, trial, -3.0)
    assert ledger.accepts(trial.guess, trial, 0.0)
    assert not ledger.accepts(trial.guess, trial, -1.0)


def test_decodings_and_guesses_are_counted_apart():
    ledger = Ledger()
    trial = ledger.trial("turned", 1e6)
    for score in (trial.certain, trial.guess, trial.guess):
        ledger.count(score, trial)
    assert (ledger.decoded, ledger.guessed) == (1, 2)


def test_a_score_well_beyond_is_worth_a_longer_list_which_counts_for_more():
    ledger = Ledger()
    trial = ledger.trial("turned", 1e6)
    beyond = trial.certain + 0.6
    assert (trial.paths(trial.certain), trial.paths(beyond)) == (32, 256)
    ledger.count(beyond, trial)
    assert ledger.decoded == 8
    assert tail(beyond) < tail(trial.certain) / 8


def test_the_bound_grows_with_the_decodings_and_never_vanishes():
    ledger = Ledger()
    trial = ledger.trial("fixed", 4)
    ledger.decoded = 1
    one = ledger.false_alarm(30.0, trial)
    ledger.decoded = 3
    assert ledger.false_alarm(30.0, trial) == pytest.approx(3 * one)
    assert one == pytest.approx(32 / 2**32 * 1e-6)
    ledger.guessed, trial = 7, ledger.trial("turned", 1e6)
    assert ledger.false_alarm(trial.guess, trial) == pytest.approx(10 * 32 / 2**32 * 1e-4)


def test_noise_is_never_read_as_clearly_as_a_guess_has_to_be():
    key = carriers(key_bytes(None))
    random = np.random.default_rng(6)
    clearest = -math.inf
    for _ in range(40):
        noise = random.standard_normal(1024)
        words = key.code.decode(noise, 32)
        signs = (np.where(key.code.encode(word), -1.0, 1.0) for word in words)
        clearest = max(clearest, *(signal_to_noise(noise, each) for each in signs))
    assert -2.5 < clearest < -0.8

import math

import pytest

from synthmark.video.acceptance import Ledger


def tail(score):
    return 0.5 * math.erfc(score / math.sqrt(2))


def test_the_expected_number_of_decodings_is_bounded_whatever_the_length():
    ledger = Ledger()
    expected = sum(100 * tail(ledger.threshold("turned", 100)) for _ in range(20000))
    assert 0.01 < expected < 0.03


def test_kinds_of_trials_are_counted_apart():
    ledger = Ledger()
    first = ledger.threshold("fixed", 4)
    assert ledger.threshold("fixed", 4) > first
    assert ledger.threshold("turned", 4) == pytest.approx(first)


def test_more_places_ask_for_a_higher_score():
    assert Ledger().threshold("fixed", 1e5) > Ledger().threshold("fixed", 4) + 1


def test_the_bound_grows_with_the_decodings_and_never_vanishes():
    ledger = Ledger()
    ledger.decoded = 1
    one = ledger.false_alarm(30.0, 4)
    ledger.decoded = 3
    assert ledger.false_alarm(30.0, 4) == pytest.approx(3 * one)
    assert one == pytest.approx(32 / 2**32 * 1e-6)
    assert ledger.false_alarm(0.0, 1e9) <= 1

import numpy as np
import pytest

from synthmark.image.alignment import MIRRORS, TURNS, oriented
from synthmark.image.carriers import carriers
from synthmark.image.readout import aligned, pilot_score
from synthmark.keys import key_bytes
from synthmark.video.joining import aligned_spectra, best_joint, fixed_joint, summed
from synthmark.video.pattern import SHIFTS

CARRIERS = carriers(key_bytes(None))


def spectra(states, base=(0, 0), noise=0.8, seed=4):
    """Return spectra of tiles that begin at a place, moved by the shifts of their stretches."""
    random, tile = np.random.default_rng(seed), CARRIERS.tile(77)
    found = []
    for state in states:
        moved = np.roll(tile, np.add(base, SHIFTS[state]), (0, 1)) + random.normal(0, noise * 3, tile.shape)
        found.append(np.fft.fft2(moved))
    return found


def test_place_and_shifts_are_found_together():
    states = (0, 0, 0, 1, 1, 1, 2, 2)
    joint = best_joint(spectra(states, (17, 90)), CARRIERS, MIRRORS[:1])
    # Which shift is called the first is open: all of them may be moved together.
    assert [joint.shift(state) for state in joint.states] == [
        tuple(int(part) for part in np.add((17, 90), SHIFTS[state])) for state in states
    ] or {tuple(np.mod(joint.shift(state), 128)) for state in joint.states} == {
        tuple(np.mod(np.add((17, 90), SHIFTS[state]), 128)) for state in states
    }
    assert pilot_score(summed(aligned_spectra(spectra(states, (17, 90)), joint)), CARRIERS) > 8


def test_chunks_that_are_too_weak_alone_are_found_together():
    weak = spectra((0,) * 12, (40, 5), noise=3.0)
    alone = max(best_joint([each], CARRIERS, MIRRORS[:1]).score for each in weak[:3])
    together = best_joint(weak, CARRIERS, MIRRORS[:1])
    assert together.score > alone
    assert tuple(np.mod(together.shift(together.states[0]), 128)) == (40, 5)


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_every_orientation_is_undone(turn):
    states = (0, 0, 3, 3)
    turned = [oriented(each, turn) for each in spectra(states, noise=0.3)]
    joint = best_joint(turned, CARRIERS, TURNS)
    assert pilot_score(summed(aligned_spectra(turned, joint)), CARRIERS) > 12


def test_a_known_place_needs_no_search():
    joint = fixed_joint(spectra((0, 0, 2, 2, 1)), CARRIERS, MIRRORS[0])
    assert joint.states == (0, 0, 2, 2, 1)
    assert (joint.down, joint.across) == (0, 0)


def test_noise_alone_scores_low():
    random = np.random.default_rng(9)
    noise = [np.fft.fft2(random.normal(0, 1, (128, 128))) for _ in range(8)]
    assert best_joint(noise, CARRIERS, TURNS).score < 6.5
    assert fixed_joint(noise, CARRIERS, MIRRORS[0]).score < 5


def test_moving_a_spectrum_moves_the_tile():
    (spectrum,) = spectra((1,), (3, 9), noise=0.0)
    down, across = np.add((3, 9), SHIFTS[1])
    assert pilot_score(aligned(spectrum / np.abs(spectrum).mean(), down, across), CARRIERS) > 5

"""The compiled kernels and their NumPy twins against the same functions written the obvious way."""

import inspect
import itertools

import numpy as np
import pytest
from sounds import CONTENT_ID

from synthmark.audio import _kernels, _plain

ENGINES = pytest.mark.parametrize("engine", [_kernels, _plain], ids=["compiled", "plain"])
FRAME, HALF = 512, 256
TWIST = np.exp(-1j * np.pi * np.arange(HALF) / FRAME).astype(np.complex64)
WINDOW = np.sin(np.pi * (np.arange(FRAME) + 0.5) / FRAME).astype(np.float32)


def normal(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def test_both_engines_have_the_same_functions():
    assert _kernels.__all__ == _plain.__all__
    for name in _kernels.__all__:
        compiled, plain = (inspect.signature(getattr(module, name)) for module in (_kernels, _plain))
        assert list(compiled.parameters) == list(plain.parameters)


@ENGINES
@pytest.mark.parametrize(("size", "hop"), [(512, 256), (511, 256), (0, 128), (3000, 128), (3000, 256)])
def test_frames_are_folded(engine, size, hop):
    samples = normal(size)
    starts = range(0, size - FRAME + 1, hop)
    expected = [
        (samples[s : s + HALF] * WINDOW[:HALF] - 1j * samples[s + HALF : s + FRAME] * WINDOW[HALF:]) * TWIST
        for s in starts
    ]
    folded = engine.fold_frames(samples, hop, WINDOW, TWIST)
    assert folded.shape == (len(starts), HALF)
    assert folded.dtype == np.complex64
    np.testing.assert_allclose(folded, np.reshape(expected, (-1, HALF)), atol=1e-6)


@ENGINES
def test_powers_of_bins_and_bands(engine):
    spectrum = (normal((7, HALF)) + 1j * normal((7, HALF), 1)).astype(np.complex64)
    in_order = np.empty((7, 2 * HALF))
    in_order[:, 0::2], in_order[:, 1::2] = np.abs(spectrum) ** 2, np.abs(spectrum[:, ::-1]) ** 2
    np.testing.assert_allclose(engine.bin_powers(spectrum, 152), in_order[:, :152], rtol=1e-5)
    pairs = in_order.reshape(7, HALF, 2).sum(axis=2)
    np.testing.assert_allclose(engine.band_powers(spectrum, 5, 60), pairs[:, 5:65], rtol=1e-5)


@ENGINES
@pytest.mark.parametrize("frames", [1, 3, 9, 40])
def test_loudness_stands_out_from_its_neighbours(engine, frames):
    step, bands = 4, 12
    loudness = 6 * normal((frames, bands))
    by_band = np.array([[row[b] - row[max(b - 3, 0) : b + 4].mean() for b in range(bands)] for row in loudness])
    expected = np.empty_like(by_band)
    for frame in range(frames):
        near = [frame + shift * step for shift in range(-2, 3) if 0 <= frame + shift * step < frames]
        expected[frame] = np.clip(by_band[frame] - by_band[near].mean(axis=0), -4, 4)
    np.testing.assert_allclose(engine.stand_out(loudness, step, 3, 2, 4.0), expected, atol=1e-5)


@ENGINES
@pytest.mark.parametrize("count", [1, 39, 40, 41, 130])
def test_tiles_are_correlated_with_the_pilot(engine, count):
    """Tiles of 10 rows of 4 steps, 6 bands."""
    rng = np.random.default_rng(3)
    cells, places = normal((200, 6)), np.sort(rng.integers(0, 200, count))
    pilot = np.zeros((40, 6))
    pilot[::4] = rng.choice([-1.0, 0.0, 1.0], (10, 6))
    rows, bands = np.nonzero(pilot[::4])
    signs = pilot[::4][rows, bands].astype(np.float32)
    matches, energies = engine.pilot_matches(cells, places, rows, bands, signs, 40, 4)
    filled = np.zeros((-(-count // 40) * 40, 6))
    filled[:count] = cells[places]
    tiles = filled.reshape(-1, 40, 6)
    expected = [[(np.roll(tile, -offset, axis=0) * pilot).sum() for offset in range(40)] for tile in tiles]
    np.testing.assert_allclose(matches, expected, atol=1e-4)
    np.testing.assert_allclose(energies, [[(tile[i::4] ** 2).sum() for i in range(4)] for tile in tiles], rtol=1e-5)


@ENGINES
@pytest.mark.parametrize(("dtype", "peak"), [(np.int16, 2**15), (np.int32, 2**31), (np.float32, 1)])
def test_channels_are_mixed(engine, dtype, peak):
    samples = (normal((500, 3)) * 0.2 * peak).astype(dtype)
    mean, energies = engine.mix_down(samples, 1 / peak)
    np.testing.assert_allclose(mean, samples.mean(axis=1) / peak, atol=1e-6)
    np.testing.assert_allclose(energies, np.square(samples / peak).sum(axis=0), rtol=1e-5)


@ENGINES
@pytest.mark.parametrize(("dtype", "peak"), [(np.int16, 2.0**15), (np.int32, 2.0**31), (np.float64, 1.0)])
def test_a_change_is_added_but_not_to_runs_of_zeros(engine, dtype, peak):
    samples = (0.1 * peak * normal(400)).astype(dtype)
    samples[:30], samples[100:140], samples[200:210], samples[380:] = 0, 0, 0, 0
    first, last = 20, 390
    delta = 0.01 * normal(last - first, 1)
    out = np.empty(last - first, dtype)
    rounds = dtype != np.float64
    assert not engine.add_to_channel(samples, delta, first, 20, peak, rounds, out)
    expected = samples[first:last] / peak + delta
    for start, stop in ((0, 30), (100, 140), (380, 400)):
        expected[max(start - first, 0) : max(stop - first, 0)] = 0
    np.testing.assert_allclose(out / peak, expected, atol=0.51 / peak if rounds else 1e-7)
    assert np.abs(out[200 - first : 210 - first]).min() > 0


@ENGINES
def test_overload_is_told_and_whole_numbers_stay_in_range(engine):
    samples = np.array([32000, -32768, 0, 5], np.int16)
    out = np.empty(4, np.int16)
    assert engine.add_to_channel(samples, np.array([0.5, -0.5, 0, 0], np.float32), 0, 32, 2.0**15, True, out)
    assert out.tolist() == [32767, -32768, 0, 5]


@ENGINES
def test_the_likeliest_states_are_those_of_a_full_search(engine):
    ratios = 3 * normal(9, 5).astype(np.float64)
    runs = [[bool(number >> i & 1) for i in range(9)] for number in range(512)]

    def worth(states):
        changes = sum(a != b for a, b in itertools.pairwise(states))
        return sum(r for r, state in zip(ratios, states, strict=True) if state) - 2.0 * changes

    best = max(runs, key=worth)
    assert engine.likeliest_states(ratios, 2.0).tolist() == best
    assert engine.likeliest_states(np.zeros(0), 2.0).shape == (0,)


@ENGINES
def test_the_rhythm_is_correlated_at_every_start(engine):
    levels = normal((50, 4)).astype(np.float64)
    pattern = np.zeros(14)
    edges = np.array([[2, 4], [6, 11]])
    for first, last in edges:
        pattern[first:last] = 1
    sums, squares = (np.concatenate([np.zeros((1, 4)), np.cumsum(v, axis=0)]) for v in (levels, levels**2))
    best, band = engine.rhythm_likeness(sums, squares, edges, 14)
    expected = np.array([[np.corrcoef(levels[s : s + 14, b], pattern)[0, 1] for b in range(4)] for s in range(37)])
    np.testing.assert_allclose(best, expected.max(axis=1), atol=1e-9)
    assert band.tolist() == expected.argmax(axis=1).tolist()
    assert len(engine.rhythm_likeness(sums[:10], squares[:10], edges, 14)[0]) == 0


def test_without_numba_the_mark_is_the_same(monkeypatch, voice, marked):
    from synthmark import audio
    from synthmark.audio import cells, lapped, listening, mixing, samples, spans

    for module in (cells, lapped, listening, mixing, samples, spans):
        monkeypatch.setattr(module, "engine", lambda: _plain)
    plain = audio.embed(voice[: 5 * 16000], 16000, CONTENT_ID)
    assert np.abs(plain[: 2 * 16000] - marked[: 2 * 16000]).max() < 1e-4
    assert audio.extract(marked, 16000).content_id == CONTENT_ID

"""The polar code against matrices over GF(2), against trying every word, and against the noise it must bear."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import polar_code as reference

from synthmark.codes import PolarCode, _kernels, _plain, polar
from synthmark.errors import InputError

ENGINES = pytest.mark.parametrize("engine", [_kernels, _plain], ids=["compiled", "plain"])
CODE = PolarCode(1024, 96)


def words(count, info, seed=0):
    return np.random.default_rng(seed).integers(0, 2, (count, info)).astype(np.uint8)


def soft(coded, sigma, seed=0):
    """Return soft bits of coded bits after Gaussian noise."""
    return (1.0 - 2.0 * coded + np.random.default_rng(seed).normal(0, sigma, len(coded))).astype(np.float32)


@pytest.mark.parametrize(("length", "info"), [(1, 1), (2, 1), (8, 4), (64, 20), (256, 96), (1024, 96)])
def test_encoding_is_multiplication_by_the_polar_matrix(length, info):
    code = PolarCode(length, info)
    for word in words(5, info):
        np.testing.assert_array_equal(code.encode(word), reference.encode(word, length))


@given(st.integers(0, 2**96 - 1), st.integers(0, 2**96 - 1))
@settings(max_examples=30, deadline=None)
def test_the_code_is_linear(first, second):
    one, other = (np.array(list(f"{number:096b}"), np.uint8) for number in (first, second))
    np.testing.assert_array_equal(CODE.encode(one ^ other), CODE.encode(one) ^ CODE.encode(other))


def test_words_differ_in_many_bits():
    """The lightest rows of the generator have weight 64 or more: no two of these codewords are close."""
    generator = np.array([CODE.encode(row) for row in np.eye(96, dtype=np.uint8)])
    assert generator.sum(axis=1).min() >= 64


def test_no_platform_can_choose_other_positions():
    """The choice of information bits must not hang on the last digit of a power of two."""
    weight = np.sort([sum(2 ** (j / 4) for j in range(10) if i >> j & 1) for i in range(1024)])
    assert weight[-96] - weight[-97] > 1e-6
    np.testing.assert_array_equal(CODE._positions, reference.information_positions(1024, 96))


@pytest.mark.parametrize("length", [0, 3, 96, 1000, -4])
def test_other_lengths_are_refused(length):
    with pytest.raises(InputError, match=f"length {length}"):
        PolarCode(length, 1)


@pytest.mark.parametrize("info", [0, -1, 65])
def test_other_sizes_are_refused(info):
    with pytest.raises(InputError, match=f"{info} bits"):
        PolarCode(64, info)


@ENGINES
@pytest.mark.parametrize(("length", "info"), [(8, 4), (16, 7), (32, 8)])
def test_a_full_list_finds_the_likeliest_word(engine, length, info):
    """With a path for every word the decoder cannot miss the best one."""
    code = PolarCode(length, info)
    for seed, word in enumerate(words(10, info)):
        llr = soft(code.encode(word), 1.0, seed)
        found, metrics = engine.decode_list(llr, code._nodes, info, 1 << info)
        np.testing.assert_array_equal(found[0], reference.likeliest(llr, info)[0])
        assert len({row.tobytes() for row in found}) == 1 << info
        assert (np.diff(metrics) >= 0).all()


@ENGINES
@pytest.mark.parametrize("paths", [1, 2, 8, 32])
def test_clean_words_come_back_first(engine, paths):
    for word in words(5, 96):
        found, metrics = engine.decode_list(soft(CODE.encode(word), 0.0), CODE._nodes, 96, paths)
        np.testing.assert_array_equal(found[0], word)
        assert found.shape == (paths, 96)
        assert metrics[0] == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 6), st.sampled_from([1, 4, 32]))
def test_compiled_and_plain_decoders_agree(seed, sigma, paths):
    llr = soft(CODE.encode(words(1, 96, seed)[0]), sigma, seed)
    compiled, plain = (engine.decode_list(llr, CODE._nodes, 96, paths) for engine in (_kernels, _plain))
    np.testing.assert_allclose(compiled[1], plain[1], rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(compiled[0][0], plain[0][0])


@ENGINES
@pytest.mark.parametrize("value", [0.0, np.inf, -np.inf, np.nan, 1e30])
def test_odd_soft_bits_do_no_harm(engine, value):
    with np.errstate(all="ignore"):
        found, _ = engine.decode_list(np.full(1024, value, np.float32), CODE._nodes, 96, 4)
    assert set(np.unique(found)) <= {0, 1}


def test_noise_at_which_most_words_come_back():
    """Eb/N0 of 2 dB (sigma 1.83): at least 28 of 30; at -2 dB (sigma 2.9): hardly any."""
    chosen = words(30, 96, 5)
    for sigma, least, most in ((1.83, 28, 30), (2.9, 0, 15)):
        answers = [CODE.decode(soft(CODE.encode(w), sigma, k), 32) for k, w in enumerate(chosen)]
        right = sum(bool((a == w).all(axis=1).any()) for a, w in zip(answers, chosen, strict=True))
        assert least <= right <= most


def test_scale_does_not_matter():
    llr = soft(CODE.encode(words(1, 96)[0]), 1.5)
    np.testing.assert_array_equal(CODE.decode(llr), CODE.decode(llr * 64))


def test_decode_returns_no_unused_paths():
    assert PolarCode(8, 2).decode(np.ones(8), 32).shape == (4, 2)


def test_schedule_covers_every_leaf_once():
    covered = []
    for first, level, frozen in CODE._nodes:
        assert frozen or level == 0
        assert first % (1 << level) == 0
        covered += range(first, first + (1 << level))
    assert covered == list(range(1024))


def test_without_numba_the_plain_decoder_is_used(monkeypatch):
    monkeypatch.setattr(polar, "compiles", lambda: False)
    monkeypatch.setattr(_kernels, "decode_list", None)
    word = words(1, 96)[0]
    np.testing.assert_array_equal(CODE.decode(soft(CODE.encode(word), 1.0), 8)[0], word)

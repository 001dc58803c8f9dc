import numpy as np
import pytest

from synthmark.audio.mixing import SILENT_RUN, add_change


def mixed(samples, delta, peak=1.0):
    return add_change(samples[:, None], np.asarray(delta, np.float32)[:, None], peak, 0, len(samples))[:, 0]


def test_runs_of_zeros_stay_zero_and_single_zeros_do_not():
    host = np.full(1000, 0.25)
    host[100 : 100 + SILENT_RUN] = 0
    host[300 : 300 + SILENT_RUN - 1] = 0
    host[-SILENT_RUN:] = 0
    out = mixed(host, np.full(1000, 0.125))
    changed = out != host
    assert not changed[100 : 100 + SILENT_RUN].any()
    assert not changed[-SILENT_RUN:].any()
    assert changed.sum() == 1000 - 2 * SILENT_RUN


def test_a_run_of_zeros_across_the_edge_is_seen_whole():
    host = np.zeros((100, 1))
    host[60:] = 0.5
    out = add_change(host, np.full((40, 1), 0.1, np.float32), 1.0, 45, 85)
    assert (out[:15] == 0).all()
    np.testing.assert_allclose(out[15:], 0.6)


def test_nothing_goes_beyond_full_scale():
    host = np.random.default_rng(0).uniform(-1, 1, 5000)
    out = mixed(host, np.full(5000, 0.3))
    assert np.abs(out).max() <= 1
    assert (out >= host - 1e-12).all()


def test_a_host_beyond_full_scale_is_not_pushed_further():
    host = np.linspace(-1.5, 1.5, 2000)
    out = mixed(host, np.full(2000, 0.2))
    assert out.max() <= 1.5
    assert out.min() >= -1.5 - 1e-12


@pytest.mark.parametrize("dtype", [np.int16, np.int32])
def test_integers_are_rounded_and_saturate(dtype):
    top = np.iinfo(dtype).max
    host = np.array([100, -100, top, -top - 1], dtype)
    out = mixed(host, [0.01, 0.01, 0.5, -0.5], peak=float(top) + 1)
    assert out.dtype == dtype
    assert out[0] > 100
    assert out[1] > -100
    assert out[2] == top
    assert out[3] == -top - 1


def test_the_given_samples_are_not_changed():
    host = np.full(100, 0.5)
    mixed(host, np.full(100, 0.1))
    assert (host == 0.5).all()

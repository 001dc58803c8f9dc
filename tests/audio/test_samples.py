import numpy as np
import pytest

from synthmark.audio.samples import as_sound, check_rate, joined, mix_weights
from synthmark.errors import InputError


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        ([0.0, 1.0], "NumPy array"),
        (np.zeros(9, np.uint8), "uint8"),
        (np.zeros(9, complex), "complex"),
        (np.zeros((2, 3, 4)), r"\(2, 3, 4\)"),
        (np.zeros((9, 0)), r"\(9, 0\)"),
        (np.zeros((9, 65)), r"\(9, 65\)"),
        (np.float64(1.0), "NumPy array"),
        (np.array(1.0), r"\(\)"),
    ],
)
def test_other_things_are_refused(samples, says):
    with pytest.raises(InputError, match=says):
        as_sound(samples)


@pytest.mark.parametrize("rate", [0, -1, 7999, 192001, float("nan"), float("inf"), "44100", None, True])
def test_rates_out_of_range_are_refused(rate):
    with pytest.raises(InputError, match="rate"):
        check_rate(rate)


@pytest.mark.parametrize("rate", [8000, 44100, 192000, 22050.0, np.int64(48000), np.float32(16000)])
def test_rates_in_range_are_numbers(rate):
    assert check_rate(rate) == float(rate)


@pytest.mark.parametrize(
    ("dtype", "full"), [(np.int16, 2**15), (np.int32, 2**31), (np.float32, 1.0), (np.float64, 1.0)]
)
def test_scaled_samples_are_in_units_of_full_scale(dtype, full):
    sound = as_sound((np.array([0.5, -1.0]) * full).astype(dtype))
    np.testing.assert_allclose(sound.scaled(0, 2)[:, 0], [0.5, -1.0], rtol=1e-6)
    assert sound.flat
    assert sound.channels == 1


def test_another_byte_order_becomes_the_native_one():
    sound = as_sound(np.array([256, -1], ">i2"))
    assert sound.samples.dtype == np.int16
    assert sound.samples[:, 0].tolist() == [256, -1]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_no_number_is_refused_when_it_is_reached(bad):
    sound = as_sound(np.array([0.0, 0.0, bad]))
    assert sound.scaled(0, 2).shape == (2, 1)
    with pytest.raises(InputError, match="NaN or infinite"):
        sound.scaled(0, 3)


def test_huge_samples_do_not_overflow():
    assert np.isfinite(as_sound(np.array([1e300, -1e300])).scaled(0, 2)).all()


def test_stretches_of_another_form_do_not_join():
    mono = as_sound(np.zeros(4))
    assert len(joined(mono, as_sound(np.ones(3)))) == 7
    for other in (np.zeros((4, 2)), np.zeros(4, np.int16)):
        with pytest.raises(InputError, match="first one had"):
            joined(mono, as_sound(other))


def test_the_mix_is_the_mean_unless_channels_cancel():
    wave = np.sin(np.arange(1000) / 7).astype(np.float32)
    np.testing.assert_allclose(mix_weights(np.stack([wave, 0.5 * wave])), [0.5, 0.5])
    np.testing.assert_allclose(mix_weights(np.stack([-0.9 * wave, wave])), [0, 1])
    np.testing.assert_allclose(mix_weights(np.zeros((2, 10), np.float32)), [0.5, 0.5])

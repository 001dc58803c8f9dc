"""Keys, key files, and the keyed generator against SHAKE-256 as published."""

import hashlib
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthmark import keys
from synthmark.errors import ConfigError, InputError

KEY = bytes(range(32))
KEYS = st.binary(min_size=16, max_size=64)


def test_shake_256_is_the_published_one():
    """FIPS 202 examples: the empty message, and the example of 1600 bits (200 bytes of A3)."""
    assert hashlib.shake_256(b"").hexdigest(32) == (
        "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f"
    )
    assert hashlib.shake_256(b"\xa3" * 200).hexdigest(32) == (
        "cd8a920ed141aa0407a22d59288652e9d9f1a7ee0c1e7c1ca699424da84a904d"
    )


def test_words_are_the_stream_of_shake_256():
    stream = hashlib.shake_256(b"synthmark\x00" + b"1/a use\x00" + KEY).digest(80)
    words = keys.key_words(KEY, "1/a use", 10)
    assert words.dtype == np.uint64
    assert words.tolist() == [int.from_bytes(stream[8 * k : 8 * k + 8], "little") for k in range(10)]


@given(KEYS, st.text("abc/1", max_size=8), st.integers(0, 50))
def test_a_longer_stream_begins_with_the_shorter(key, label, count):
    longer = keys.key_words(key, label, count + 7)
    np.testing.assert_array_equal(longer[:count], keys.key_words(key, label, count))


def test_every_key_and_use_has_its_own_words():
    streams = {
        keys.key_words(key, label, 4).tobytes() for key in (KEY, KEY[1:], KEY + b"\0") for label in ("1/a", "1/b")
    }
    assert len(streams) == 6


@given(KEYS, st.integers(0, 200))
def test_permutation_is_one(key, count):
    order = keys.permutation(key, "1/a", count)
    assert sorted(order.tolist()) == list(range(count))
    words = keys.key_words(key, "1/a", count)
    assert (words[order][1:] >= words[order][:-1]).all()


def test_signs_are_the_top_bits():
    words = keys.key_words(KEY, "1/a", 4000)
    signs = keys.signs(KEY, "1/a", 4000)
    np.testing.assert_array_equal(signs, [-1.0 if int(word) >> 63 else 1.0 for word in words])
    assert abs(signs.mean()) < 0.08


@pytest.mark.parametrize("key", ["a" * 32, bytearray(32), 7, [1] * 32, memoryview(bytes(32)), np.zeros(32)])
def test_keys_of_other_types_are_refused(key):
    with pytest.raises(InputError, match=type(key).__name__):
        keys.key_bytes(key)


@pytest.mark.parametrize("length", [0, 15, 1025])
def test_keys_of_other_lengths_are_refused(length):
    with pytest.raises(InputError, match=f"{length} bytes; 16 to 1024"):
        keys.key_bytes(bytes(length))


def test_none_is_the_published_key():
    assert keys.key_bytes(None) == keys.DEFAULT_KEY == b"synthmark published default key, version 1"
    assert keys.key_id(None) == keys.key_id(keys.DEFAULT_KEY)


def test_new_keys_differ_and_are_good():
    assert keys.key_bytes(keys.new_key()) != keys.new_key()


def test_a_key_id_tells_keys_apart_and_nothing_of_them():
    assert keys.key_id(KEY) != keys.key_id(KEY + b"\0")
    assert keys.key_id(KEY) == hashlib.sha256(b"synthmark key id\0" + KEY).hexdigest()[:8]


@pytest.fixture
def key_file(tmp_path):
    file = tmp_path / "secret.key"
    file.write_text(KEY.hex() + "\n", encoding="ascii")
    file.chmod(0o600)
    return file


def test_load_key(key_file):
    assert keys.load_key(key_file) == keys.load_key(str(key_file)) == KEY


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_key_file_that_others_can_reach_is_refused(key_file, mode):
    key_file.chmod(mode)
    with pytest.raises(ConfigError, match=f"mode {mode:o}.*chmod 600"):
        keys.load_key(key_file)


@pytest.mark.parametrize("content", [b"", b"zz" * 32, b"ab" * 5, b"\xff\xfe", "０".encode() * 32, b"ab" * 2000])
def test_a_file_without_a_key_is_refused(key_file, content):
    key_file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"secret\.key"):
        keys.load_key(key_file)


def test_a_missing_file_is_refused(tmp_path):
    for path in (tmp_path / "none.key", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            keys.load_key(path)

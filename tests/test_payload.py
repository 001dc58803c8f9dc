"""Content ids and frames, against zlib's CRC and the published check value."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthmark import payload
from synthmark.errors import InputError

IDS = st.integers(0, 2**64 - 1)


def test_crc_is_the_published_one():
    """CRC-32/ISO-HDLC: the check value of the catalogue of CRC algorithms, and bit by bit for a frame."""
    assert zlib.crc32(b"123456789") == 0xCBF43926
    message = b"synthmark" + b"\x01" + bytes.fromhex("7f3a19c200000001")
    remainder = 0xFFFFFFFF
    for byte in message:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0xEDB88320 if remainder & 1 else 0)
    frame = int("".join(map(str, payload.frame_bits(0x7F3A19C200000001))), 2)
    assert frame & 0xFFFFFFFF == remainder ^ 0xFFFFFFFF
    assert frame >> 32 == 0x7F3A19C200000001


@given(IDS)
def test_frame_comes_back(content_id):
    bits = payload.frame_bits(content_id)
    assert bits.shape == (96,)
    assert bits.dtype == np.uint8
    assert payload.read_frame(bits) == content_id
    assert payload.read_frame(bits, version=2) is None


@given(IDS, st.sets(st.integers(0, 95), min_size=1, max_size=3))
def test_frame_with_wrong_bits_is_none(content_id, wrong):
    """A CRC of 32 bits finds every error of up to three bits at this length."""
    bits = payload.frame_bits(content_id)
    bits[list(wrong)] ^= 1
    assert payload.read_frame(bits) is None


@given(IDS)
def test_hex_comes_back(content_id):
    text = payload.format_content_id(content_id)
    assert len(text) == 16
    assert text == text.lower()
    assert payload.parse_content_id(text) == content_id


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), (" 0xFF ", 255), ("7f3a-19c2-0000-0001", 0x7F3A19C200000001), ("F" * 16, 2**64 - 1)],
)
def test_other_ways_of_writing(text, value):
    assert payload.parse_content_id(text) == value


@pytest.mark.parametrize("text", ["", "g", "0x", "-", "1" * 17, "1.5", "１", "0x0x1", "1 2", "+1", "\n"])
def test_what_is_no_content_id(text):
    with pytest.raises(InputError, match="up to 16 hex digits are needed"):
        payload.parse_content_id(text)


@pytest.mark.parametrize("value", [-1, 2**64, 10**30, 1.0, "1", None, b"1", [1], float("nan"), 1j])
def test_what_is_no_integer_in_range(value):
    for function in (payload.check_content_id, payload.format_content_id, payload.frame_bits):
        with pytest.raises(InputError, match=r"an integer in \[0, 2\*\*64\) is needed"):
            function(value)


@pytest.mark.parametrize("kind", [np.uint64, np.int8, int, bool])
def test_integers_of_every_kind(kind):
    assert type(payload.check_content_id(kind(1))) is int


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_new_ids_carry_the_tag_of_their_producer(producer):
    first, second = payload.new_content_id(producer), payload.new_content_id(producer)
    assert first >> 44 == second >> 44 == payload.provider_tag(producer) < 1 << 20
    assert first != second


def test_tags_tell_producers_apart():
    assert len({payload.provider_tag(f"producer {number}") for number in range(200)}) > 195

"""Mastering display and content light, from a frame's bytes to the words of the encoders."""

import struct
from fractions import Fraction
from types import SimpleNamespace

import pytest

from synthmark.containers.side_data import HighDynamicRange, encoder_options, high_dynamic_range, lost_side_data


class Item(bytes):
    type: SimpleNamespace


def frame(**data):
    items = []
    for name, content in data.items():
        item = Item(content)
        item.type = SimpleNamespace(name=name)
        items.append(item)
    return SimpleNamespace(side_data=items)


PRIMARIES = [(34000, 50000), (16000, 50000), (13250, 50000), (34500, 50000), (7500, 50000), (3000, 50000)]
WHITE = [(15635, 50000), (16450, 50000)]
LUMINANCE = [(1, 10000), (10_000_000, 10000)]


def mastering(primaries=1, luminance=1):
    numbers = [number for pair in (*PRIMARIES, *WHITE, *LUMINANCE) for number in pair]
    return struct.pack("=22i", *numbers, primaries, luminance)


def test_the_numbers_of_a_frame_are_read():
    found = high_dynamic_range(
        frame(MASTERING_DISPLAY_METADATA=mastering(), CONTENT_LIGHT_LEVEL=struct.pack("=2I", 1000, 400))
    )
    assert found.display[:2] == (Fraction(34, 50), Fraction(16, 50))
    assert found.display[8:] == (Fraction(1000), Fraction(1, 10000))
    assert found.light == (1000, 400)


@pytest.mark.parametrize(
    ("encoder", "expected"),
    [
        ("libx265", {
            "master-display": "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)",
            "max-cll": "1000,400",
        }),
        ("libx264", {
            "mastering-display": "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)",
            "cll": "1000,400",
        }),
        ("libsvtav1", {
            "mastering-display":
                "G(0.26500,0.69000)B(0.15000,0.06000)R(0.68000,0.32000)WP(0.31270,0.32900)L(1000.00000,0.00010)",
            "content-light": "1000,400",
        }),
        ("libvpx-vp9", {}),
    ],
)  # fmt: skip
def test_each_encoder_is_told_in_its_own_words(encoder, expected):
    found = high_dynamic_range(
        frame(MASTERING_DISPLAY_METADATA=mastering(), CONTENT_LIGHT_LEVEL=struct.pack("=2I", 1000, 400))
    )
    assert encoder_options(encoder, found) == expected


def test_what_is_not_stated_or_cut_short_is_left_out():
    assert high_dynamic_range(frame()) == HighDynamicRange(None, None)
    assert high_dynamic_range(frame(MASTERING_DISPLAY_METADATA=mastering()[:40])).display is None
    assert high_dynamic_range(frame(MASTERING_DISPLAY_METADATA=mastering(primaries=0))).display is None
    assert high_dynamic_range(frame(CONTENT_LIGHT_LEVEL=b"\1")).light is None
    zero = struct.pack("=22i", *[0] * 20, 1, 1)
    assert high_dynamic_range(frame(MASTERING_DISPLAY_METADATA=zero)).display == (Fraction(0),) * 10
    assert encoder_options("libx265", HighDynamicRange(None, None)) == {}


def test_what_changes_from_frame_to_frame_is_named_once():
    assert lost_side_data(frame(DOVI_RPU_BUFFER=b"", DOVI_METADATA=b"", DYNAMIC_HDR_PLUS=b"", A53_CC=b"")) == (
        "Dolby Vision",
        "HDR10+",
    )

"""Which encoder is chosen, and how the quality of the source leads."""

import pytest

from synthmark.containers.planes import bit_depth, planar_format, subsampling
from synthmark.containers.video_codecs import CODECS, Settings, Source, choose_coding
from synthmark.errors import InputError


def chosen(codec="h264", container="mp4", pixel_format="yuv420p", rate=1_000_000, seconds=60.0, **settings):
    return choose_coding(Source(codec, pixel_format, rate, seconds), container, Settings(**settings))


@pytest.mark.parametrize(
    ("codec", "container", "pixel_format", "expected"),
    [
        ("h264", "mp4", "yuv420p", ("h264", "libx264", "yuv420p")),
        ("h264", "mov", "yuv422p10le", ("h264", "libx264", "yuv422p10le")),
        ("hevc", "matroska", "yuv420p12le", ("hevc", "libx265", "yuv420p12le")),
        ("vp9", "webm", "yuv420p10le", ("av1", "libsvtav1", "yuv420p10le")),  # no writer of VP9 with 10 bits
        ("av1", "mp4", "yuv422p10le", ("av1", "libsvtav1", "yuv420p10le")),
        ("theora", "matroska", "yuv420p", ("h264", "libx264", "yuv420p")),
        ("wmv3", "avi", "yuv420p", ("mpeg4", "mpeg4", "yuv420p")),
        ("flv1", "flv", "yuv420p", ("h264", "libx264", "yuv420p")),
        ("prores", "mov", "yuva444p12le", ("prores", "prores_ks", "yuva444p10le")),
        ("png", "mov", "yuv444p", ("h264", "libx264", "yuv444p")),
    ],
)
def test_the_codec_of_the_source_leads(codec, container, pixel_format, expected):
    coding = chosen(codec, container, pixel_format)
    assert (coding.codec, coding.encoder, coding.pixel_format) == expected
    assert coding.same_codec is (coding.codec == codec)


def test_the_bit_rate_of_the_source_is_a_bound_unless_a_quality_is_chosen():
    assert chosen().options["maxrate"] == "1200000"
    assert "maxrate" not in chosen(crf=30).options
    assert chosen(crf=30).options["crf"] == "30"
    assert "maxrate" not in chosen(rate=None).options
    assert chosen("vp9", "webm").options["b"] == "1200000"
    assert chosen("vp8", "webm").options["b"] == "1000000"
    assert chosen("vp9", "webm", crf=30).options["b"] == "0"


@pytest.mark.parametrize(
    ("codec", "pixel_format", "size", "expected"),
    [
        ("flv1", "yuv420p", (97, 75), "yuv444p"),
        ("mpeg2video", "yuv422p", (96, 75), "yuv422p"),
        ("hevc", "yuv420p10le", (96, 75), "yuv444p10le"),
        ("vp9", "yuv420p", (97, 75), "yuv420p"),
    ],
)
def test_odd_sizes_stay_where_the_encoder_takes_none_by_finer_colour(codec, pixel_format, size, expected):
    source = Source(codec, pixel_format, None, None, size)
    assert choose_coding(source, "matroska", Settings()).pixel_format == expected


def test_a_short_video_has_a_small_buffer_which_may_be_used_up():
    sizes = [int(chosen(seconds=seconds).options["bufsize"]) for seconds in (2, 10, 100)]
    assert sizes == [600_000, 1_200_000, 2_400_000]


@pytest.mark.parametrize("codec", CODECS)
def test_a_codec_that_is_asked_for_is_written_where_the_container_holds_it(codec):
    source = Source("h264", "yuv420p", None, None)
    homes = {"vp8": "webm", "prores": "mov", "ffv1": "avi"}
    coding = choose_coding(source, homes.get(codec, "mp4"), Settings(codec=codec))
    assert coding.codec == codec
    with pytest.raises(InputError, match=codec if codec != "h264" else "webm"):
        choose_coding(source, "flv" if codec != "h264" else "webm", Settings(codec=codec))


@pytest.mark.parametrize(
    ("name", "depth", "expected"),
    [
        ("yuv420p", 8, "yuv420p"),
        ("yuvj422p", 8, "yuvj422p"),
        ("nv12", 8, "yuv420p"),
        ("p010le", 10, "yuv420p10le"),
        ("yuyv422", 8, "yuv422p"),
        ("gray10le", 10, "gray10le"),
        ("rgb24", 8, "yuv444p"),
        ("gbrp12le", 12, "yuv444p12le"),
        ("rgba64le", 16, "yuv444p16le"),
        ("pal8", 8, "yuv444p"),
    ],
)
def test_every_format_has_one_with_a_plane_of_brightness(name, depth, expected):
    assert planar_format(name, depth) == expected
    assert bit_depth(expected) == depth


def test_planes_of_colour_are_smaller():
    names = ("yuv420p", "yuv422p10le", "yuv444p", "yuv440p", "gray")
    assert [subsampling(name) for name in names] == [(2, 2), (2, 1), (1, 1), (1, 2), (1, 1)]

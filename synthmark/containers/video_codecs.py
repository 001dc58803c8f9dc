"""Which encoder writes a film, and with which settings: the codec and the bit rate of the source lead."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synthmark.containers.planes import bit_depth, subsampling
from synthmark.containers.video_input import pyav
from synthmark.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CODECS", "Coding", "Settings", "Source", "choose_coding"]


@dataclass(frozen=True, slots=True)
class _Encoder:
    """One encoder: its name, what sets its speed and quality, and the quality that keeps what the source has."""

    name: str
    quality: str | None = "crf"
    usual: float = 0.0
    limits: tuple[float, float] = (0, 51)
    speed: str = "preset"
    usual_speed: str = ""
    speeds: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)


_X_SPEEDS = (
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
    "placebo",
)
_VPX_SPEEDS = tuple(map(str, range(9)))
# The usual qualities are those at which an encoder adds no difference that is seen; the bit rate of the source caps
# them, see `Settings`.
_ENCODERS = {
    "h264": _Encoder("libx264", usual=18, usual_speed="medium", speeds=_X_SPEEDS),
    "hevc": _Encoder("libx265", usual=20, usual_speed="fast", speeds=_X_SPEEDS),
    "vp8": _Encoder(
        "libvpx",
        usual=8,
        limits=(4, 63),
        speed="cpu-used",
        usual_speed="4",
        speeds=_VPX_SPEEDS,
        options={"deadline": "good", "auto-alt-ref": "1", "lag-in-frames": "16"},
    ),
    "vp9": _Encoder(
        "libvpx-vp9",
        usual=22,
        limits=(0, 63),
        speed="cpu-used",
        usual_speed="4",
        speeds=_VPX_SPEEDS,
        options={"deadline": "good", "row-mt": "1"},
    ),
    "av1": _Encoder("libsvtav1", usual=24, limits=(0, 63), usual_speed="8", speeds=tuple(map(str, range(14)))),
    "mpeg4": _Encoder("mpeg4", "q", 3, (1, 31), options={"mbd": "rd"}),
    "mjpeg": _Encoder("mjpeg", "q", 2, (1, 31)),
    "prores": _Encoder("prores_ks", None),
    "ffv1": _Encoder("ffv1", None),
}
CODECS = tuple(_ENCODERS)
"""The codecs that can be written, by FFmpeg's names."""

# What each container may hold, the one to fall back on first.
_CONTAINERS = {
    "mp4": ("h264", "hevc", "av1", "vp9", "mpeg4", "mjpeg"),
    "mov": ("h264", "hevc", "prores", "av1", "vp9", "mpeg4", "mjpeg"),
    "matroska": ("h264", "hevc", "av1", "vp9", "vp8", "mpeg4", "prores", "mjpeg", "ffv1"),
    "webm": ("vp9", "av1", "vp8"),
    "avi": ("mpeg4", "h264", "mjpeg", "ffv1"),
    "flv": ("h264",),
}
_QSCALE = {"q"}
_WHOLE_CELLS = {"libx264", "libx265"}  # refuse odd sizes where one sample of colour stands for two of brightness
_FINE_DEPTH = 10  # bits; beyond these the codec of the source is kept at the price of the last ones
# How much more than the source's bit rate the copy may take, and over how many seconds.
_HEADROOM = 1.2
_BUFFER_SECONDS = (0.5, 2.0)
_BUFFERED = 0.1  # of the video: what a full buffer adds to a short one


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What was asked for; None keeps to the source.

    Attributes
    ----------
    codec
        One of `CODECS`.
    crf
        Constant quality, in the encoder's own scale; without it the encoder's usual one, capped by the bit rate of
        the source.
    preset
        Speed of the encoder, in its own words.
    """

    codec: str | None = None
    crf: float | None = None
    preset: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A film as it is.

    Attributes
    ----------
    codec
        FFmpeg's name.
    pixel_format
        Of the frames to code.
    bit_rate
        Bits per second; None when unknown.
    seconds
        Its duration; None when unknown.
    size
        Width and height.
    """

    codec: str
    pixel_format: str
    bit_rate: int | None
    seconds: float | None
    size: tuple[int, int] = (2, 2)


@dataclass(frozen=True, slots=True)
class Coding:
    """How a film will be coded.

    Attributes
    ----------
    codec, encoder
        Names of the codec and of what writes it.
    pixel_format
        That the encoder takes.
    options
        Of the encoder.
    same_codec
        Whether the codec is that of the source.
    """

    codec: str
    encoder: str
    pixel_format: str
    options: Mapping[str, str]
    same_codec: bool


def choose_coding(source: Source, container: str, settings: Settings) -> Coding:
    """Choose how to code a film.

    Parameters
    ----------
    source
        The film as it is.
    container
        The muxer: "mp4", "mov", "matroska", "webm", "avi" or "flv".
    settings
        What was asked for.

    Raises
    ------
    InputError
        When the container cannot hold the codec, or a setting is none of the encoder's.
    """
    codec = _codec(source.codec, container, source.pixel_format, settings.codec)
    encoder = _ENCODERS[codec]
    options = dict(encoder.options) | _speed(encoder, settings.preset) | _quality(encoder, source, settings.crf)
    wanted = _whole_cells(source) if encoder.name in _WHOLE_CELLS else source.pixel_format
    return Coding(codec, encoder.name, _format(encoder, wanted), options, codec == source.codec)


def _codec(source: str, container: str, pixel_format: str, wanted: str | None) -> str:
    """Return the codec asked for, that of the source, or one that the container can hold."""
    allowed = _CONTAINERS[container]
    if wanted is not None:
        if wanted not in allowed:
            raise InputError(f"{container} files are not written with the codec {wanted}; use {', '.join(allowed)}.")
        return wanted
    fitting = [codec for codec in (source, *allowed) if codec in allowed]
    return next((codec for codec in fitting if _keeps_depth(_ENCODERS[codec], pixel_format)), fitting[0])


def _whole_cells(source: Source) -> str:
    """Return a format in which every sample of colour stands for as many of brightness, also at the edges."""
    cells = subsampling(source.pixel_format)
    if not any(side % cell for side, cell in zip(source.size, cells, strict=True)):
        return source.pixel_format
    return re.sub("4(20|22|40|11|10)", "444", source.pixel_format)


def _keeps_depth(encoder: _Encoder, pixel_format: str) -> bool:
    return bit_depth(_format(encoder, pixel_format)) >= min(bit_depth(pixel_format), _FINE_DEPTH)


def _format(encoder: _Encoder, pixel_format: str) -> str:
    """Return the encoder's format that is nearest to a given one: same depth first, then at least as much colour."""
    names: list[str] = [item.name for item in pyav().Codec(encoder.name, "w").video_formats or ()]
    if pixel_format in names or not names:
        return pixel_format
    depth, colour = bit_depth(pixel_format), _colour(pixel_format)
    planar = [name for name in names if name.startswith(("yuv4", "yuvj4", "yuva4"))] or names

    def distance(name: str) -> tuple[bool, int, bool, int]:
        lost_depth, lost_colour = bit_depth(name) < depth, _colour(name) < colour
        return lost_depth, abs(bit_depth(name) - depth), lost_colour, abs(_colour(name) - colour)

    return min(planar, key=distance)


def _colour(name: str) -> int:
    """Return how many samples of colour there are for four of brightness, roughly; with transparency one more."""
    known = {"444": 8, "440": 4, "422": 4, "420": 2, "411": 2, "410": 1}
    return next((count for digits, count in known.items() if digits in name), 0) + ("yuva" in name)


def _speed(encoder: _Encoder, wanted: str | None) -> dict[str, str]:
    if wanted is None:
        return {encoder.speed: encoder.usual_speed} if encoder.usual_speed else {}
    if wanted not in encoder.speeds:
        allowed = ", ".join(encoder.speeds) or "none"
        raise InputError(f"{encoder.name} has no preset {wanted!r}; it has: {allowed}.")
    return {encoder.speed: wanted}


def _quality(encoder: _Encoder, source: Source, wanted: float | None) -> dict[str, str]:
    if encoder.quality is None:
        return {}
    low, high = encoder.limits
    if wanted is not None and not low <= wanted <= high:
        raise InputError(f"{encoder.name} takes a quality (crf) from {low:g} to {high:g}, not {wanted:g}.")
    value = encoder.usual if wanted is None else wanted
    options = _constant(encoder, value)
    if wanted is not None or not source.bit_rate:
        return options | _uncapped(encoder)
    return options | _cap(encoder, source.bit_rate, source.seconds)


def _constant(encoder: _Encoder, value: float) -> dict[str, str]:
    if encoder.quality in _QSCALE:
        return {"flags": "+qscale", "global_quality": str(round(value * 118))}  # FF_QP2LAMBDA
    return {"crf": f"{value:g}"}


def _cap(encoder: _Encoder, bit_rate: int, seconds: float | None) -> dict[str, str]:
    """Return what keeps the copy from growing: a constant quality spends bits on the coding noise of the source."""
    rate = round(bit_rate * _HEADROOM)
    if encoder.name == "libvpx":
        return {"b": str(bit_rate), "maxrate": str(rate), "bufsize": str(rate)}  # it exceeds what it is given
    if encoder.name == "libvpx-vp9":
        return {"b": str(rate)}  # with crf: the quality is the upper bound, and so is the rate
    if encoder.quality in _QSCALE:
        return {"flags": "-qscale", "b": str(rate), "qmin": "2", "qmax": "31"}
    least, most = _BUFFER_SECONDS
    buffered = most if seconds is None else min(max(seconds * _BUFFERED, least), most)
    return {"maxrate": str(rate), "bufsize": str(round(rate * buffered))}


def _uncapped(encoder: _Encoder) -> dict[str, str]:
    """Return what libvpx needs for a quality alone: a rate of 0 for VP9, one out of reach for VP8."""
    rates = {"libvpx-vp9": "0", "libvpx": "1000000000"}
    return {"b": rates[encoder.name]} if encoder.name in rates else {}

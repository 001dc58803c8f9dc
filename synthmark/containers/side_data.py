"""What a frame says about mastering and light levels (SMPTE ST 2086, CTA-861.3), in the words of the encoders."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from av import VideoFrame

__all__ = ["HighDynamicRange", "encoder_options", "high_dynamic_range", "lost_side_data", "side_data"]

_CHROMATICITY_UNIT = 50000  # SMPTE ST 2086: steps of 0.00002
_LUMINANCE_UNIT = 10000  # steps of 0.0001 candela per square metre
_LOST = {
    "DYNAMIC_HDR_PLUS": "HDR10+",
    "DYNAMIC_HDR_VIVID": "HDR Vivid",
    "DOVI_RPU_BUFFER": "Dolby Vision",
    "DOVI_METADATA": "Dolby Vision",
}


@dataclass(frozen=True, slots=True)
class HighDynamicRange:
    """Mastering display and content light levels; None where the frame does not state them.

    Attributes
    ----------
    display
        Chromaticities of red, green, blue and white as x, y, then the greatest and the least luminance in
        candela per square metre.
    light
        The greatest light level of a sample and the greatest average of a frame, in candela per square metre.
    """

    display: tuple[Fraction, ...] | None
    light: tuple[int, int] | None


def high_dynamic_range(frame: VideoFrame) -> HighDynamicRange:
    """Read the side data of a frame."""
    data = side_data(frame)
    display, light = data.get("MASTERING_DISPLAY_METADATA"), data.get("CONTENT_LIGHT_LEVEL")
    return HighDynamicRange(_display(display) if display else None, _light(light) if light else None)


def lost_side_data(frame: VideoFrame) -> tuple[str, ...]:
    """Return the names of what changes from frame to frame and is lost when it is coded anew."""
    return tuple(dict.fromkeys(_LOST[name] for name in side_data(frame) if name in _LOST))


def side_data(frame: VideoFrame) -> dict[str, bytes]:
    """Return what a frame carries besides its samples, by FFmpeg's name of the kind."""
    items: Any = frame.side_data
    return {item.type.name: bytes(item) for item in items}


def _display(data: bytes) -> tuple[Fraction, ...] | None:
    """Read AVMasteringDisplayMetadata: primaries, white point, least and greatest luminance, two flags."""
    if len(data) < 88:
        return None
    numbers = struct.unpack_from("=22i", data)
    has_primaries, has_luminance = numbers[20:22]
    values = [
        Fraction(*pair) if pair[1] else Fraction(0) for pair in zip(numbers[:20:2], numbers[1:20:2], strict=True)
    ]
    if not has_primaries or not has_luminance:
        return None
    *chromaticities, least, greatest = values
    return (*chromaticities, greatest, least)


def _light(data: bytes) -> tuple[int, int] | None:
    return struct.unpack_from("=2I", data) if len(data) >= 8 else None


def encoder_options(encoder: str, found: HighDynamicRange) -> dict[str, str]:
    """Return the parameters that make an encoder state the same, by the name of its own option.

    Returns
    -------
    Empty for an encoder that cannot.
    """
    if encoder in {"libx264", "libx265"}:
        names = ("mastering-display", "cll") if encoder == "libx264" else ("master-display", "max-cll")
        scale = _CHROMATICITY_UNIT, _LUMINANCE_UNIT
    elif encoder == "libsvtav1":
        names, scale = ("mastering-display", "content-light"), (1, 1)
    else:
        return {}
    options = {}
    if found.display:
        options[names[0]] = _mastering(found.display, *scale)
    if found.light:
        options[names[1]] = f"{found.light[0]},{found.light[1]}"
    return options


def _mastering(display: Sequence[Fraction], chromaticity: int, luminance: int) -> str:
    """Write G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min), which the three encoders read."""
    red, green, blue, white = (display[i : i + 2] for i in (0, 2, 4, 6))

    def pair(values: Sequence[Fraction], unit: int) -> str:
        return ",".join(_number(value * unit, whole=unit > 1) for value in values)

    points = (("G", green), ("B", blue), ("R", red), ("WP", white))
    text = "".join(f"{name}({pair(point, chromaticity)})" for name, point in points)
    return f"{text}L({pair(display[8:10], luminance)})"


def _number(value: Fraction, *, whole: bool) -> str:
    return str(round(value)) if whole else f"{float(value):.5f}"

"""Pictures of what was made: labels with their measures, the audible label over time, and text of the console."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from synthmark.filing.measuring import first_frame, upright
from synthmark.filing.writers.font import FONT, MONO, font_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from synthmark.filing.facts import Sample, VisibleFacts

__all__ = ["console_picture", "label_picture", "sound_picture"]

_MARK, _INK, _FAINT, _PLATE = "#d03020", "#222222", "#9db4c8", "#ffffff"
_SHOWN = 620  # pixels across of the picture
_ENLARGED = 360  # pixels across of the enlarged label


def label_picture(sample: Sample, words: Mapping[str, str]) -> Any:  # noqa: ANN401 - a PIL image
    """Draw a labelled picture, or the first frame of a video, with its label framed and enlarged beside it.

    Parameters
    ----------
    sample
        Labelled, with a box of its visible label.
    words
        ``height`` and ``drawn`` with places for ``pixels`` and ``share``, and ``contrast`` with one for ``ratio``.
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415 - heavy

    assert sample.file is not None
    visible = sample.visible
    assert visible is not None
    assert visible.box is not None
    picture = upright(sample.file) if sample.modality == "image" else first_frame(sample.file)
    label = picture.crop(visible.box)
    enlarged = label.resize(
        (_ENLARGED, max(1, round(_ENLARGED * label.height / label.width))), Image.Resampling.LANCZOS
    )
    scale = _SHOWN / picture.width
    shown = picture.resize((_SHOWN, max(1, round(scale * picture.height))), Image.Resampling.LANCZOS)
    left, top, right, bottom = (round(scale * value) for value in visible.box)
    ImageDraw.Draw(shown).rectangle((left - 3, top - 3, right + 2, bottom + 2), outline=_MARK, width=3)
    sheet = Image.new("RGB", (_SHOWN + 30 + _ENLARGED, max(shown.height, enlarged.height + 150)), _PLATE)
    sheet.paste(shown, (0, 0))
    sheet.paste(enlarged, (_SHOWN + 30, 0))
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((_SHOWN + 28, 0, _SHOWN + 30 + _ENLARGED - 1, enlarged.height), outline=_MARK, width=2)
    for number, line in enumerate(_measures(visible, words)):
        draw.text((_SHOWN + 30, enlarged.height + 14 + 32 * number), line, fill=_INK, font=_face(22))
    return sheet


def _measures(visible: VisibleFacts, words: Mapping[str, str]) -> list[str]:
    """Return what stands below an enlarged label."""
    share = "-" if visible.share is None else f"{100 * visible.share:.2f} %"
    measured = visible.height is not None
    height = f"{visible.height if measured else visible.drawn:g}"
    lines = [words["height" if measured else "drawn"].format(pixels=height), words["share"].format(share=share)]
    if visible.contrast is not None:
        lines.append(words["contrast"].format(ratio=f"{visible.contrast:.1f}"))
    return lines


def sound_picture(sample: Sample, words: Mapping[str, str]) -> Any:  # noqa: ANN401 - a PIL image
    """Draw the level of a sound over time, with the stretch of the audible label."""
    import numpy as np  # noqa: PLC0415 - heavy
    from PIL import Image, ImageDraw  # noqa: PLC0415 - as above

    assert sample.file is not None
    samples, rate = _sound(sample.file)
    width, height = _SHOWN + 30 + _ENLARGED, 260
    peaks = np.array([np.abs(part).max(initial=0.0) for part in np.array_split(samples, width)])
    peaks = peaks / max(float(peaks.max()), 1e-9)
    sheet = Image.new("RGB", (width, height), _PLATE)
    draw = ImageDraw.Draw(sheet)
    seconds = len(samples) / rate
    visible = sample.visible
    start, end = (visible.start, visible.end) if visible is not None and visible.start is not None else (0.0, 0.0)
    for column, peak in enumerate(peaks):
        marked = start <= column / width * seconds < (end or 0.0)
        half = 90 * float(peak)
        draw.line((column, 120 - half, column, 120 + half), fill=_MARK if marked else _FAINT)
    draw.line((0, 222, width, 222), fill=_INK)
    step = max(1, round(seconds / 8))
    for second in range(0, int(seconds) + 1, step):
        place = second / seconds * width
        draw.line((place, 222, place, 228), fill=_INK)
        draw.text((place + 3, 230), f"{second} s", fill=_INK, font=_face(18))
    if visible is not None and visible.start is not None:
        said = words["heard"].format(start=f"{visible.start:.2f}", end=f"{visible.end:.2f}")
        draw.text((8, 2), said, fill=_MARK, font=_face(20))
    return sheet


def _sound(path: Path) -> tuple[Any, int]:
    """Return the mean of the channels and the rate of a sound file."""
    import av  # noqa: PLC0415 - heavy
    import numpy as np  # noqa: PLC0415 - as above

    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        resampler = av.AudioResampler("fltp", "mono", stream.rate)
        pieces = [
            piece.to_ndarray()[0] for frame in (*file.decode(stream), None) for piece in resampler.resample(frame)
        ]
        return np.concatenate(pieces), int(stream.rate)


def console_picture(text: str, command: str) -> Any:  # noqa: ANN401 - a PIL image
    """Draw a command and what it printed, character by character on the grid of a console."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - heavy

    size, across, down, margin = 22, 12, 31, 18
    lines = [f"$ {command}", *text.split("\n")]
    columns = max(80, *(_columns(line) for line in lines))
    sheet = Image.new("RGB", (columns * across + 2 * margin, len(lines) * down + 2 * margin), "#1b1f24")
    draw, face, narrow = ImageDraw.Draw(sheet), _face(size), _face(2 * across, MONO)
    for row, line in enumerate(lines):
        column = 0
        for letter in line:
            cells = _columns(letter)
            middle = margin + (column + cells / 2) * across
            base = margin + row * down + 24
            colour, chosen = "#8fd18f" if row == 0 else "#e6e6e6", narrow if letter.isascii() else face
            draw.text((middle, base), letter, fill=colour, font=chosen, anchor="ms")
            column += cells
    return sheet


def _columns(text: str) -> int:
    import unicodedata  # noqa: PLC0415 - needed here alone

    return sum(2 if unicodedata.east_asian_width(letter) in "WF" or letter in "“”‘’…—" else 1 for letter in text)


def _face(size: int, name: str = FONT) -> Any:  # noqa: ANN401 - a font of Pillow
    from PIL import ImageFont  # noqa: PLC0415 - heavy

    return ImageFont.truetype(io.BytesIO(font_bytes(name)), size)

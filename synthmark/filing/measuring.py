"""Measuring the label that people perceive, on the labelled file itself."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from synthmark.filing.facts import VisibleFacts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from synthmark.report import LabelRecord

__all__ = ["first_frame", "measured", "upright"]

_STEP = 0.25  # seconds between the frames of a video that are looked at
_INSET = 0.06  # of the height of the plate: its rounded corners show the picture
_LUMA = (0.2126, 0.7152, 0.0722)


def measured(record: LabelRecord, modality: str) -> VisibleFacts | None:
    """Return what the label of a file is like, or None when it has none."""
    placement = record.placement
    if placement is None:
        return None
    if modality == "audio":
        return _heard(record)
    facts = VisibleFacts(
        anchor=placement["anchor"], box=tuple(placement["box"]), drawn=float(placement["ink_height"])
    )
    return _picture(record.target, facts) if modality == "image" else _video(record.target, facts)


def upright(path: Path) -> Any:  # noqa: ANN401 - a PIL image
    """Return a picture file as it is displayed, in RGB."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - heavy

    with Image.open(path) as shown:
        return ImageOps.exif_transpose(shown).convert("RGB")


def first_frame(path: Path) -> Any:  # noqa: ANN401 - a PIL image
    """Return the first frame of a video as a picture."""
    from PIL import Image  # noqa: PLC0415 - heavy

    return Image.fromarray(next(_frames(path))[1])


def _picture(path: Path, facts: VisibleFacts) -> VisibleFacts:
    return _looked_at(upright(path), facts)


def _looked_at(picture: Any, facts: VisibleFacts) -> VisibleFacts:  # noqa: ANN401 - a PIL image
    """Recognise the label of a picture and measure its pixels."""
    import numpy as np  # noqa: PLC0415 - heavy

    from synthmark.image.visible import find_label  # noqa: PLC0415 - as above

    found = find_label(picture)
    facts = dataclasses.replace(facts, side=min(picture.size))
    if found is None or facts.box is None:
        return facts
    height, contrast = _ink(np.asarray(picture, np.float64), facts.box)
    return dataclasses.replace(
        facts,
        text=found.text,
        violations=tuple(found.violations),
        height=height if found.text.startswith("A") else None,
        contrast=contrast,
    )


def _ink(pixels: NDArray[np.float64], box: tuple[int, int, int, int]) -> tuple[int | None, float]:
    """Return the height of the first glyph in pixels, and the contrast ratio of text and plate.

    Parameters
    ----------
    pixels
        (height, width, 3), 0 to 255.
    box
        Left, top, right, bottom of the plate.
    """
    import numpy as np  # noqa: PLC0415 - heavy

    left, top, right, bottom = box
    inset = max(1, round(_INSET * (bottom - top)))
    plate = pixels[top + inset : bottom - inset, left + inset : right - inset] / 255
    linear = np.where(plate <= 0.04045, plate / 12.92, ((plate + 0.055) / 1.055) ** 2.4) @ np.array(_LUMA)
    low, high = np.quantile(linear, (0.02, 0.98))
    ground = float(np.median(linear))
    ink = linear > (low + high) / 2 if high - ground > ground - low else linear < (low + high) / 2
    text = high if high - ground > ground - low else low
    brighter, darker = max(text, ground), min(text, ground)
    return _first_glyph(ink), float((brighter + 0.05) / (darker + 0.05))


def _first_glyph(ink: NDArray[np.bool_]) -> int | None:
    """Return the height of the ink in the first run of columns that have some."""
    import numpy as np  # noqa: PLC0415 - heavy

    columns = np.flatnonzero(ink.any(axis=0))
    if not columns.size:
        return None
    gaps = np.flatnonzero(np.diff(columns) > 1)
    last = columns[gaps[0]] if gaps.size else columns[-1]
    rows = np.flatnonzero(ink[:, columns[0] : last + 1].any(axis=1))
    return int(rows[-1] - rows[0] + 1)


def _video(path: Path, facts: VisibleFacts) -> VisibleFacts:
    """Look at frames of the written video: from when to when is the label seen, and what is it like at first."""
    first, end = facts, 0.0
    seen: list[tuple[float, float]] = []
    for second, picture, until in _frames(path):
        found = _looked_at(_image(picture), facts)
        end = until
        if found.text is not None:
            first = found if not seen else first
            seen.append((second, until))
    if not seen:
        return dataclasses.replace(facts, length=end)
    return dataclasses.replace(first, start=seen[0][0], end=seen[-1][1], length=end)


def _image(picture: NDArray[np.uint8]) -> Any:  # noqa: ANN401 - a PIL image
    from PIL import Image  # noqa: PLC0415 - heavy

    return Image.fromarray(picture)


def _frames(path: Path) -> Iterator[tuple[float, Any, float]]:
    """Yield second and picture of some frames, and the end of each: the first, every quarter second, the last."""
    import av  # noqa: PLC0415 - heavy

    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        duration = 1 / float(stream.average_rate or 25)
        due, held = 0.0, None
        for frame in file.decode(stream):
            second = float(frame.time or 0.0)
            held = (second, frame)
            if second >= due:
                yield second, frame.to_ndarray(format="rgb24"), second + duration
                due, held = second + _STEP, None
        if held is not None:
            yield held[0], held[1].to_ndarray(format="rgb24"), held[0] + duration


def _heard(record: LabelRecord) -> VisibleFacts:
    """Return where the audible label was heard when the written file was read."""
    placement = record.placement or {}
    layer = record.report.layer("visible")
    spans = _spans(layer.evidence) or _spans(placement)
    if not spans:
        return VisibleFacts()
    kind = str(layer.evidence.get("kind") or placement.get("kind"))
    wrong = () if layer.evidence.get("conforms", True) else ("5.3",)
    return VisibleFacts(
        text=kind, anchor=str(placement.get("place")), start=spans[0][0], end=spans[0][1], violations=wrong
    )


def _spans(content: Mapping[str, Any]) -> list[tuple[float, float]]:
    return [(float(start), float(end)) for start, end in content.get("spans", ())]

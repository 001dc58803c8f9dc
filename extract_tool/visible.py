"""The visible label of a picture: our own labels are recognised and measured, those of others are not guessed at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthmark.report import LayerReport, Message

if TYPE_CHECKING:
    from synthmark.image.visible.detection import FoundLabel

__all__ = ["visible_layer"]


def visible_layer(picture: Any) -> LayerReport:  # noqa: ANN401 - a PIL image, or an array of more than 8 bits
    """Report the visible label of a picture; without one of our own, nothing is said about those of others."""
    from synthmark.image.visible import find_label

    found = find_label(picture)
    if found is None:
        return LayerReport(layer="visible", outcome="not_checked", messages=(Message("visible.unknown"),))
    return _found(found)


def _found(label: FoundLabel) -> LayerReport:
    broken = [Message(f"visible.{name}") for name in label.violations]
    height = f"{100 * label.fraction:.1f}"
    box = label.box
    evidence = {
        "box": [round(side) for side in (box.left, box.top, box.right, box.bottom)],
        "anchor": label.anchor,
        "height_share": round(label.fraction, 4),
        "correlation": round(label.correlation, 3),
        "violations": list(label.violations),
    }
    said = Message("visible.found", {"text": label.text, "height": height})
    return LayerReport(
        layer="visible",
        outcome="detected",
        claims={"text": label.text},
        evidence=evidence,
        messages=(said, *(broken or [Message("visible.conforming")])),
    )

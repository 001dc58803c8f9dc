"""The visible label of pictures and videos: ours is recognised and measured, those of others are not guessed at."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from synthmark.report import LayerReport, Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthmark.files.sound_layers import Labels
    from synthmark.files.video_looks import Look
    from synthmark.image.visible import FoundLabel

__all__ = ["film_label", "just_drawn", "picture_label", "unseen"]

_LEAST_SECONDS = 2.0  # GB 45438-2025, 5.4
_ROUNDING = 0.005  # seconds; containers count time in steps of a millisecond or less


def picture_label(picture: Any) -> LayerReport:  # noqa: ANN401 - a PIL image, or an array of more than 8 bits
    """Report the visible label of a picture, measured against GB 45438-2025, 5.2.

    Without one of our own the layer is "not_checked": nothing is said about labels of others.
    """
    from synthmark.image.visible import find_label  # noqa: PLC0415 - heavy

    found = find_label(picture)
    if found is None:
        return _not_checked("visible.unknown")
    points = [Message(f"visible.{name}") for name in found.violations] or [Message("visible.conforming")]
    return _detected(found, {"violations": list(found.violations)}, points)


def film_label(looks: Sequence[Look], heard: Labels) -> LayerReport:
    """Report the labels that people see and hear in a video.

    Parameters
    ----------
    looks
        What was found in some of its frames, in the order of time: the first and the last frame among them, and
        the one that is shown two seconds after the first.
    heard
        The audible labels of its sound.
    """
    seen = _text_of_film(looks)
    if not list(heard):
        return seen
    audible = _audible(heard)
    return dataclasses.replace(
        seen,
        outcome="detected",
        evidence={**seen.evidence, "audible": audible.evidence},
        messages=(*seen.messages, *audible.messages),
    )


def _audible(heard: Labels) -> LayerReport:
    from synthmark.files.sound_layers import audible_layer  # noqa: PLC0415 - heavy

    return audible_layer(heard)


def _text_of_film(looks: Sequence[Look]) -> LayerReport:
    """Report the text of a video, measured against GB 45438-2025, 5.4."""
    if not looks:
        return unseen()
    finds = [look.label for look in looks if look.label is not None]
    if not finds:
        return _not_checked("visible.video_unknown")
    found = max(finds, key=lambda label: label.correlation)
    until = _seen_until(looks)
    violations = [*found.violations, *_missed(looks, until)]
    evidence = {
        "violations": violations,
        "looked_at": [round(look.begin, 3) for look in looks],
        "seen_at": [round(look.begin, 3) for look in looks if look.label is not None],
        "seen_until": round(until, 3),
    }
    shown = [_shown(looks, until)] if until else []
    points = [Message(f"visible.video_{name}") for name in violations] or [Message("visible.video_conforming")]
    return _detected(found, evidence, [*shown, *points])


def just_drawn(placement: object | None) -> LayerReport:
    """Say that a label was drawn into a file that was just written, and not looked for again."""
    return unseen() if placement is None else _not_checked("not_checked.drawn")


def unseen() -> LayerReport:
    """Say that the visible label was not looked for: people see it for themselves."""
    return _not_checked("not_checked.visible")


def _not_checked(code: str) -> LayerReport:
    return LayerReport(layer="visible", outcome="not_checked", messages=(Message(code),))


def _detected(label: FoundLabel, more: dict[str, Any], said: Sequence[Message]) -> LayerReport:
    """Report a label: what it says, where it stands, how high it is, and then what the standard asks."""
    evidence = {
        "box": [round(side) for side in label.box],
        "anchor": label.anchor,
        "height_share": round(label.fraction, 4),
        "correlation": round(label.correlation, 3),
        "conforms": not more["violations"],
    }
    height = f"{100 * label.fraction:.1f}"
    return LayerReport(
        layer="visible",
        outcome="detected",
        claims={"text": label.text},
        evidence=evidence | more,
        messages=(Message("visible.found", {"text": label.text, "height": height}), *said),
    )


def _shown(looks: Sequence[Look], until: float) -> Message:
    """Say how long a label is seen from the first frame on."""
    if all(look.label is not None for look in looks):
        return Message("visible.video_whole", {"count": len(looks)})
    return Message("visible.video_shown", {"end": f"{until:.1f}"})


def _seen_until(looks: Sequence[Look]) -> float:
    """Return until when the label is seen from the first frame on, as far as was looked; 0 without a beginning."""
    until = 0.0
    for look in looks:
        if look.label is None:
            return until
        until = look.end
    return until


def _missed(looks: Sequence[Look], until: float) -> list[str]:
    """Return what the standard asks of the time of a label and this one misses; all of a shorter video is enough."""
    if looks[0].label is None:
        return ["start"]
    whole = min(_LEAST_SECONDS, looks[-1].end)
    return [] if until >= whole - _ROUNDING else ["duration"]

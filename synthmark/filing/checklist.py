"""The checklist: for each point of the regulations, whether the run shows that it is met."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthmark.config import UNNAMED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from synthmark.filing.facts import Facts, Sample

__all__ = ["STATUSES", "Point", "checklist", "counted"]

STATUSES = ("met", "stated", "not_met", "not_applicable")
"""Shown by the run; said by the company alone; not there; not asked of this algorithm."""
_CONTRAST = 4.5


@dataclass(frozen=True, slots=True)
class Point:
    """One point: law, clause, what it asks, one of `STATUSES`, and by what it is met, or why not.

    ``key`` is the law's name in the list.
    """

    key: str
    law: str
    clause: str
    point: str
    status: str
    proof: str


def checklist(facts: Facts, content: Mapping[str, Any]) -> tuple[Point, ...]:
    """Return all points with their results.

    Parameters
    ----------
    facts
        Of the run.
    content
        The list: ``laws``, and ``points`` with law, clause, check, point, a text for each possible status, and
        ``medium`` where a point concerns one kind of content.
    """
    points = [_checked(facts, item, content) for item in content["points"]]
    broken = any(point.status == "not_met" for point in points if point.key == "standard")
    return tuple(
        _described(facts, item, content, "not_met" if broken else "met") if item["check"] == "standard" else point
        for point, item in zip(points, content["points"], strict=True)
    )


def counted(points: Sequence[Point]) -> Counter[str]:
    """Return how many points have each status."""
    return Counter(point.status for point in points)


@dataclass(frozen=True, slots=True)
class _Missed:
    """Why a point is not met: a sentence of the list, with the names of the samples that fall short."""

    sentence: str
    names: tuple[str, ...] = ()


def _checked(facts: Facts, item: Mapping[str, str], content: Mapping[str, Any]) -> Point:
    medium = item.get("medium")
    if medium is not None and medium not in facts.modalities:
        return _point(item, content, "not_applicable", content[f"absent_{medium}"])
    name, *words = item["check"].split(maxsplit=1)
    samples = facts.labelled if medium is None else facts.of(medium)
    layer = next((layer for layer, checks in _LAYERS.items() if name in checks), None)
    if layer is not None and not getattr(facts.config, layer):
        return _point(item, content, "not_met", content[f"off_{layer}"])
    if layer is not None and not samples:
        return _point(item, content, "not_met", content["no_sample"])
    return _described(facts, item, content, _CHECKS[name](facts, samples, *words))


def _described(facts: Facts, item: Mapping[str, str], content: Mapping[str, Any], found: str | _Missed) -> Point:
    if isinstance(found, _Missed):
        said = content[found.sentence].format(names=", ".join(found.names))
        return _point(item, content, "not_met", said)
    company, status = facts.company, found
    filled = item[status].format(
        interface_notice=company.interface_notice,
        agreement=company.agreement,
        text=facts.config.text,
        retention_months=facts.config.retention_months,
    )
    return _point(item, content, status, filled)


def _point(item: Mapping[str, str], content: Mapping[str, Any], status: str, proof: str) -> Point:
    return Point(item["law"], content["laws"][item["law"]], item["clause"], item["point"], status, proof)


def _met(shown: object) -> str:
    return "met" if shown else "not_met"


def _all(samples: Sequence[Sample], holds: Callable[[Sample], object]) -> str | _Missed:
    """Return "met" when all samples hold, else which do not."""
    short = tuple(sample.labelled for sample in samples if not holds(sample))
    return _Missed("failing", short) if short else "met"


def _recognised(_: Facts, samples: Sequence[Sample]) -> str | _Missed:
    return _all(samples, lambda s: s.visible and s.visible.text and "elements" not in s.visible.violations)


def _audible(_: Facts, samples: Sequence[Sample]) -> str | _Missed:
    return _all(samples, lambda s: s.visible and s.visible.text)


def _visible(_: Facts, samples: Sequence[Sample]) -> str | _Missed:
    return _all(samples, lambda s: s.visible and s.visible.conforms)


def _edge(_: Facts, samples: Sequence[Sample]) -> str | _Missed:
    return _all(samples, lambda s: s.visible and s.visible.text and "place" not in s.visible.violations)


def _contrast(_: Facts, samples: Sequence[Sample]) -> str | _Missed:
    return _all(samples, lambda s: s.visible and s.visible.contrast and s.visible.contrast >= _CONTRAST)


def _height(_: Facts, samples: Sequence[Sample]) -> str | _Missed:
    return _all(samples, lambda s: s.visible and s.visible.share and s.visible.share >= 0.05)


def _from_start(_: Facts, samples: Sequence[Sample]) -> str | _Missed:
    return _all(samples, lambda s: s.visible and s.visible.start == 0.0)


def _duration(_: Facts, samples: Sequence[Sample]) -> str | _Missed:
    def long_enough(sample: Sample) -> bool:
        shown = sample.visible
        if shown is None or shown.start is None or shown.end is None or shown.length is None:
            return False
        return shown.end - shown.start >= min(2.0, shown.length)

    return _all(samples, long_enough)


def _rhythm(facts: Facts, samples: Sequence[Sample]) -> str | _Missed:
    if facts.config.audible != "rhythm":
        return "not_applicable"
    return _all(samples, lambda s: s.visible and s.visible.text == "rhythm" and not s.visible.violations)


def _spoken(facts: Facts, samples: Sequence[Sample]) -> str:
    config = facts.config
    if config.audible != "spoken":
        return "not_applicable"
    bundled = config.audible_language == "zh" and config.audible_prompt is None and config.audible_text is None
    return _met(bundled and _audible(facts, samples) == "met")


def _interface(facts: Facts, _: Sequence[Sample]) -> str:
    return "stated" if facts.company.interface_notice else "not_met"


def _agreement(facts: Facts, _: Sequence[Sample]) -> str:
    return "stated" if facts.company.agreement else "not_met"


def _complaints(facts: Facts, _: Sequence[Sample]) -> str:
    company = facts.company
    return "stated" if company.complaints and company.complaints_process and company.complaints_days else "not_met"


def _metadata(facts: Facts, samples: Sequence[Sample]) -> str | _Missed:
    if facts.config.producer == UNNAMED:
        return _Missed("unnamed")
    return _all(samples, lambda s: s.mark and s.mark.outcomes.get("metadata") == "detected")


def _watermark(_: Facts, samples: Sequence[Sample]) -> str | _Missed:
    return _all(samples, lambda s: s.mark and s.mark.exact)


def _implicit(facts: Facts, samples: Sequence[Sample]) -> str:
    return _met("met" in (_metadata(facts, samples), _watermark(facts, samples)))


def _logs(facts: Facts, _: Sequence[Sample]) -> str:
    return _met(facts.config.registry is not None and facts.records and facts.records.intact)


def _request(facts: Facts, _: Sequence[Sample]) -> str:
    kept = {"metadata", "watermark"} <= set((facts.trials.request or {}).get("layers", ()))
    return _met(facts.trials.without_reason and kept)


def _no_removal(facts: Facts, _: Sequence[Sample]) -> str:
    return _met(facts.trials.second_label)


def _conforms(facts: Facts, samples: Sequence[Sample], points: str) -> str | _Missed:
    """Return whether the extract tool found that all labels keep to some points, such as "E d E e" or "6.1 c"."""
    words = points.split()
    wanted = {" ".join(words[n : n + 2]) for n in range(0, len(words), 2)}
    if "E d" in wanted and facts.config.producer == UNNAMED:
        return _Missed("unnamed")
    return _all(samples, lambda s: wanted <= _points_met(s))


def _points_met(sample: Sample) -> set[str]:
    """Return the points of Annex E that the one label of a file keeps to, by the report of the tool."""
    layers = sample.mark.report.get("layers", ()) if sample.mark else ()
    labels = [label for layer in layers for label in layer["evidence"].get("labels", ())]
    return {entry["point"] for entry in labels[0]["conformity"] if entry["met"]} if len(labels) == 1 else set()


def _code(facts: Facts, _: Sequence[Sample]) -> str | _Missed:
    from synthmark.metadata.producer import parse_producer_code  # noqa: PLC0415 - `synthmark --help` stays light

    if facts.config.producer == UNNAMED:
        return _Missed("unnamed")
    try:
        parse_producer_code(facts.config.producer)
    except ValueError:
        return "not_applicable"
    return "met"


_LAYERS = {
    "visible": (
        "visible",
        "recognised",
        "audible",
        "edge",
        "contrast",
        "height",
        "from_start",
        "duration",
        "rhythm",
        "spoken",
    ),
    "metadata": ("metadata", "conforms"),
    "watermark": ("watermark",),
}
"""The layer that each check looks at."""
_CHECKS: dict[str, Callable[..., str | _Missed]] = {
    "always": lambda *_: "met",
    "never": lambda *_: "not_applicable",
    "standard": lambda *_: "met",  # found in the end, from the other points
    "agreement": _agreement,
    "audible": _audible,
    "code": _code,
    "complaints": _complaints,
    "conforms": _conforms,
    "contrast": _contrast,
    "duration": _duration,
    "edge": _edge,
    "from_start": _from_start,
    "height": _height,
    "implicit": _implicit,
    "interface": _interface,
    "logs": _logs,
    "metadata": _metadata,
    "no_removal": _no_removal,
    "recognised": _recognised,
    "request": _request,
    "rhythm": _rhythm,
    "spoken": _spoken,
    "visible": _visible,
    "watermark": _watermark,
}

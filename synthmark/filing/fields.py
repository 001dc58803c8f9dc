"""The texts for the fields of the templates: what the company says, what is configured, and what was found."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthmark.config import UNNAMED
from synthmark.filing.results import LIMITS
from synthmark.filing.runs import REQUEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synthmark.filing.company import Company
    from synthmark.filing.facts import Facts

__all__ = ["Wording", "conditions", "fields"]

_LISTS = ("key_holders", "log_keepers")


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language.

    Attributes
    ----------
    language
        "zh" or "en".
    content
        Of the file ``words``.
    """

    language: str
    content: Mapping[str, Any]

    def say(self, sentence: str, /, **values: object) -> str:
        """Return a sentence with its places filled."""
        return str(self.content["sentences"][sentence]).format(**values)

    def word(self, group: str, name: str) -> str:
        """Return a word of a group; one that is unknown stays as it is."""
        return str(self.content[group].get(name, name))

    def joined(self, parts: list[str]) -> str:
        """Return a list of things as a text."""
        return ("、" if self.language == "zh" else ", ").join(parts)

    def blank(self, name: str) -> str:
        """Return the marked blank of a field of the company."""
        return str(self.content["blank"]).format(name=self.content["fields"][name])

    def company(self, company: Company, name: str) -> str:
        """Return what the company says, or the marked blank."""
        value = getattr(company, name)
        if not value:
            return self.blank(name)
        if name in ("roles", "modalities"):
            return self.joined([self.word(name, item) for item in value])
        return self.joined(list(value)) if name in _LISTS else str(value)


def conditions(facts: Facts) -> frozenset[str]:
    """Return the names that hold: passages of a template depend on them."""
    config = facts.config
    limits = {"limits"} if any(name in facts.results.contents for name in LIMITS.values()) else set()
    layers = {name for name in ("visible", "metadata", "watermark") if getattr(config, name)}
    return frozenset(
        layers
        | set(facts.modalities)
        | limits
        | {"public_key" if config.key_file is None else "secret_key"}
        | {"no_registry" if config.registry is None else "registry"}
        | {"browser" if facts.screens is not None and facts.screens.browser else "no_browser"}
    )


def fields(facts: Facts, wording: Wording) -> dict[str, str]:
    """Return the text of every field."""
    company = {item.name: wording.company(facts.company, item.name) for item in dataclasses.fields(facts.company)}
    plain = {
        "date": facts.date,
        "version": facts.version,
        "python": facts.python,
        "machine": facts.machine,
        "text": facts.config.text,
        "retention_months": str(facts.config.retention_months),
    }
    found: dict[str, str] = dict(company) | plain
    for part in (_labels, _sound_label, _hidden, _quality, _limits, _tool, _keys, _records, _texts):
        found |= dict(part(facts, wording))
    return found


def _labels(facts: Facts, wording: Wording) -> Iterator[tuple[str, str]]:
    config = facts.config
    count = len(facts.samples)
    yield "samples_sentence", wording.say("samples_own" if facts.own_samples else "samples_made", count=count)
    for layer in ("visible", "metadata", "watermark"):
        yield f"{layer}_sentence", wording.say(f"{layer}_on" if getattr(config, layer) else f"{layer}_off")
    ai = next((word for word in ("人工智能", "AI") if word in config.text), "-")
    made = wording.joined([word for word in ("生成", "合成") if word in config.text])
    yield "text_elements", wording.say("elements", ai=ai, made=made or "-")
    anchor = wording.word("anchors", config.position or "")
    yield (
        "position",
        wording.say("position_fixed", anchor=anchor) if config.position else wording.say("position_auto"),
    )
    span = f"span_{config.label.replace('+', '_')}"
    yield "video_span", wording.say(span)
    yield "video_span_short", wording.say(f"{span}_short")
    notice = facts.company.interface_notice
    yield (
        "interface_sentence",
        wording.say("interface_given", text=notice) if notice else wording.say("interface_blank"),
    )


def _sound_label(facts: Facts, wording: Wording) -> Iterator[tuple[str, str]]:
    config = facts.config
    form = wording.word("audible", config.audible)
    yield "audible", wording.say("audible", form=form, place=_place(facts, wording))
    language = wording.say(f"{config.audible_language}_prompt")
    yield (
        "audible_form",
        wording.say("rhythm_form") if config.audible == "rhythm" else wording.say("spoken_form", language=language),
    )
    yield "audible_place", _place(facts, wording)


def _place(facts: Facts, wording: Wording) -> str:
    place = facts.config.audible_place
    if isinstance(place, str):
        return wording.word("anchors", place)
    return wording.say("audible_seconds", seconds=wording.joined([f"{second:g}" for second in place]))


def _hidden(facts: Facts, wording: Wording) -> Iterator[tuple[str, str]]:
    config = facts.config
    shown = next(iter(facts.labelled), None)
    yield "dump_file", shown.labelled if shown is not None else wording.content["none"]
    kind = "code" if _is_code(config.producer) else "unnamed" if config.producer == UNNAMED else "name"
    yield "producer_sentence", wording.say(f"producer_{kind}", producer=config.producer)
    yield "key_sentence", wording.say("key_public" if config.key_file is None else "key_secret", id=facts.key_id)
    values = [f"{sample.labelled} {sample.psnr:.1f} dB" for sample in facts.labelled if sample.psnr is not None]
    text = wording.say("psnr", values=wording.joined(values)) if values else wording.say("no_psnr")
    yield "invisibility_sentence", text


def _is_code(producer: str) -> bool:
    from synthmark.metadata.producer import parse_producer_code  # noqa: PLC0415 - `synthmark --help` stays light

    try:
        parse_producer_code(producer)
    except ValueError:
        return False
    return True


def _down(value: float, digits: int) -> str:
    """Return a number rounded to its disadvantage where less is worse."""
    import math  # noqa: PLC0415 - needed here alone

    return f"{math.floor(value * 10**digits) / 10**digits:.{digits}f}"


def _up(value: float, digits: int) -> str:
    return _down(value + 10.0**-digits * (1 - 1e-9), digits)


def _quality(facts: Facts, wording: Wording) -> Iterator[tuple[str, str]]:
    results = facts.results.contents
    picture, sound, video = (results.get(name) for name in ("robustness_image", "robustness_audio", "quality_video"))
    if picture:
        said = {name: _down(picture[name], 1) for name in ("psnr_mean", "psnr_worst")}
        said |= {name: _down(picture[name], 4) for name in ("ssim_mean", "ssim_worst")}
        yield "image_quality", wording.say("image_quality", count=picture["pictures"], **said)
    if sound:
        said = {name: _down(sound[name], 2) for name in ("pesq_mean", "pesq_worst")}
        nmr = _up(sound["music_nmr_mean"], 1)
        yield "audio_quality", wording.say("audio_quality", count=sound["clips"], nmr=nmr, **said)
    if video:
        yield "video_quality", _video_quality(video, wording)
    for name, found in {"robustness_image": picture, "robustness_audio": sound, "quality_video": video}.items():
        if not found:
            yield f"{name.partition('_')[2]}_quality", _missing(name, wording)


def _missing(name: str, wording: Wording) -> str:
    return wording.say("no_result", name=f"{name}.json")


def _video_quality(video: Mapping[str, Any], wording: Wording) -> str:
    summary = video["summary"]
    names = {"psnr": ("psnr", _down, 1), "vmaf": ("vmaf_loss", _up, 2), "growth": ("growth_percent", _up, 1)}
    said = {
        f"{short}_{kind}": rounded(summary[name][kind], digits) if name in summary else "-"
        for short, (name, rounded, digits) in names.items()
        for kind in ("mean", "worst")
    }
    return wording.say("video_quality", count=video["clips"], **said)


def _limits(facts: Facts, wording: Wording) -> Iterator[tuple[str, str]]:
    results = facts.results
    limits = results.contents.get("limits_image")
    if limits is None:
        yield "hardest_sentence", wording.say("hardest_none")
        yield "small_sentence", _missing("limits_image", wording)
    else:
        yield "hardest_sentence", wording.say("hardest", **_named_hardest(facts, wording, limits["hardest"]))
        side, found = min(limits["small"].items(), key=lambda item: int(item[0]))
        yield "small_sentence", wording.say("small", side=side, pictures=found["pictures"], refused=found["refused"])
    yield "visible_label_results", _visible_results(facts, wording)


def _named_hardest(facts: Facts, wording: Wording, hardest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hardest attack with its name in the language of the documents."""
    rows = facts.results.get("robustness_image", "rows") or ()
    chinese = next((row["row_zh"] for row in rows if row["row"] == hardest["attack"]), hardest["attack"])
    return dict(hardest) | ({"attack": chinese} if wording.language == "zh" else {})


def _visible_results(facts: Facts, wording: Wording) -> str:
    found = facts.results.contents.get("visible_label")
    if found is None:
        return _missing("visible_label", wording)
    origin, changes = facts.results.origin("visible_label"), found["changes"].values()
    return wording.say(
        "visible_results",
        file=origin.file,
        date=origin.date,
        labels=max(change["labels"] for change in changes),
        changes=len(changes),
        recognised=sum(change["recognised"] for change in changes),
        looks=found["looks_without_label"],
        false=found["false_finds"],
    )


def _tool(facts: Facts, wording: Wording) -> Iterator[tuple[str, str]]:
    tool, example = facts.tool, None if facts.screens is None else facts.screens.example
    yield (
        "tool_sentence",
        wording.say("tool_file", name=tool.name) if tool.name else wording.say("tool_no_file"),
    )
    none = str(wording.content["none"])
    yield "example_file", none if example is None else example.path
    attack = "none" if example is None or not example.attack else example.attack
    yield "example_attack", wording.word("attacks", attack)
    yield "example_report", none if example is None else _report_name(example.path)
    secret = facts.config.key_file is not None
    yield "verify_sentence", wording.say("verify") + (wording.say("verify_secret") if secret else "")


def _report_name(path: str) -> str:
    """Return where the kept result on a file of the pack lies."""
    _, folder, name = path.rsplit("/", 2)
    return f"samples/extraction/{folder}-{name}.json"


def _keys(facts: Facts, wording: Wording) -> Iterator[tuple[str, str]]:
    kind = "public" if facts.config.key_file is None else "secret"
    yield "key_step", wording.say(f"step_{kind}", id=facts.key_id)
    yield "key_custody", wording.say(f"custody_{kind}")
    yield "key_risk", wording.say(f"risk_{kind}", holders=wording.company(facts.company, "key_holders"))


def _records(facts: Facts, wording: Wording) -> Iterator[tuple[str, str]]:
    records = facts.records
    yield "registry_sentence", wording.say("registry_none" if facts.config.registry is None else "registry_given")
    if records is None:
        yield "chain_sentence", wording.say("chain_none")
        yield "lookup_sentence", wording.say("lookup_absent")
    else:
        intact = wording.say("chain_intact" if records.intact else "chain_broken")
        yield "chain_sentence", wording.say("chain", entries=records.entries, intact=intact, altered=records.altered)
        found = wording.say("lookup_found" if records.found else "lookup_none")
        read = {"file": records.read_from or wording.content["none"], "number": records.number}
        yield "lookup_sentence", wording.say("lookup", found=found, **read)
    yield "refusal_sentence", wording.say("refused" if facts.trials.without_reason else "not_refused")
    yield "request_names", wording.joined(list(REQUEST))
    yield "fingerprint_sentence", _fingerprints(facts, wording)


def _fingerprints(facts: Facts, wording: Wording) -> str:
    other = facts.results.get("fingerprints", "kinds", "pictures", "other_content")
    if other is None:
        return _missing("fingerprints", wording)
    origin = facts.results.origin("fingerprints")
    counts = {name: other[name] for name in ("compared", "agrees", "undecided")}
    return wording.say("fingerprint", file=origin.file, date=origin.date, **counts)


def _texts(facts: Facts, wording: Wording) -> Iterator[tuple[str, str]]:
    config = facts.config
    hidden = config.metadata and config.watermark
    space = "" if wording.language == "zh" else " "
    missing = [wording.say(f"{name}_off") for name in ("metadata", "watermark") if not getattr(config, name)]
    said = [wording.say("implicit_on", producer=config.producer)] if hidden else missing
    logs = wording.say("logs_off" if config.registry is None else "logs_on", months=config.retention_months)
    yield "implicit_text", space.join([*said, logs])
    values = {
        "text": config.text,
        "form": wording.word("audible", config.audible),
        "place": _place(facts, wording),
        "span": wording.say(f"span_{config.label.replace('+', '_')}"),
    }
    parts = space.join(wording.say(f"explicit_{name}", **values) for name in facts.modalities)
    shown = wording.say("explicit_on", text=config.text, parts=parts) + space + wording.say("explicit_screens")
    yield "explicit_text", shown if config.visible else wording.say("visible_off")
    styles = [wording.say(f"style_{name}", **values) for name in facts.modalities] if config.visible else []
    end, stop = ("；", "。") if wording.language == "zh" else ("; ", ".")
    yield "agreement_styles", end.join([*styles, wording.say("style_implicit")]) + stop
    yield "public_text", wording.say("public", text=config.text)
    yield "attacked_count", str(len(facts.attacked))
    yield "attacked_read", str(sum(mark.exact for mark in facts.attacked))

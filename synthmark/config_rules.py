"""What each setting may be, the words for it, and how its text in the environment is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthmark.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "AUDIBLE_FORMS",
    "AUDIBLE_PLACES",
    "LANGUAGES",
    "LOCATION",
    "PATH",
    "POSITIONS",
    "RULES",
    "SPOKEN_LANGUAGES",
    "Rule",
    "check_values",
    "expanded",
    "refuse",
    "wrong_values",
]

POSITIONS = (
    "top-left",
    "top",
    "top-right",
    "left",
    "right",
    "bottom-left",
    "bottom",
    "bottom-right",
)
LANGUAGES = ("auto", "en", "zh", "both")
AUDIBLE_FORMS = ("rhythm", "spoken")
AUDIBLE_PLACES = ("start", "end", "both")
SPOKEN_LANGUAGES = ("zh", "en")
LABEL_SPANS = ("whole", "start", "start+end")
VIDEO_CODECS = ("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mjpeg", "prores", "ffv1")
_TRUTH = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


def check_values(values: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    """Refuse values that their rules do not accept, all of them in one message."""
    refuse("The configuration is wrong", wrong_values(values, origins))


def wrong_values(values: Mapping[str, Any], origins: Mapping[str, str]) -> list[str]:
    """Return a sentence for each value that its rule does not accept."""
    return [
        f"'{name}' is {value!r}{_named(origins.get(name))}; needed is {RULES[name].allowed}"
        for name, value in values.items()
        if not RULES[name].accepts(value)
    ]


def _named(origin: str | None) -> str:
    return f" ({origin})" if origin else ""


def refuse(heading: str, problems: list[str]) -> None:
    """Raise one error for all problems, if there are any."""
    if problems:
        raise ConfigError("\n  ".join([f"{heading}:", *problems]))


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field accepts, the words for it, and how its text in the environment is read."""

    allowed: str
    accepts: Callable[[Any], bool]
    parse: Callable[[str], object] = str


def _is_name(value: object) -> bool:
    """Return whether a text keeps to GB 45438-2025 Annex E j): no space, no quote, no backslash, ASCII."""
    return isinstance(value, str) and 0 < len(value) <= 128 and all("!" <= c <= "~" and c not in '"\\' for c in value)


def _is_producer(value: object) -> bool:
    """Return whether a text is such a name, and no provider code with a wrong check character."""
    from synthmark.metadata.producer import is_acceptable  # noqa: PLC0415 - `import synthmark` stays light

    return _is_name(value) and is_acceptable(str(value))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def _is_strength(value: object) -> bool:
    return value == "auto" or (_is_number(value) and 0.25 <= value <= 4)  # type: ignore[operator]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_quality(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 100


def _is_crf(value: object) -> bool:
    return _is_number(value) and 0 <= value <= 63  # type: ignore[operator]


def _optional(accepts: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or accepts(value)


def _number(text: str) -> object:
    """Return a number where the text is one; any other text is left for the rule to refuse or take."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def expanded(text: str) -> Path:
    """Return a path with `~` replaced, where there is a home directory."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def _is_location(value: object) -> bool:
    return isinstance(value, Path) or (isinstance(value, str) and "://" in value)


def _location(text: str) -> object:
    """Return a URL as it is, and any other text as a path."""
    return text if "://" in text else expanded(text)


def _is_retention(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 6 <= value <= 1200


def _is_place(value: object) -> bool:
    """Return whether a value says where audible labels stand: a word, or some moments."""
    if isinstance(value, str):
        return value in AUDIBLE_PLACES
    moments = isinstance(value, list | tuple) and bool(value)
    return moments and all(_is_number(second) and second >= 0 for second in value)  # type: ignore[attr-defined]


def _place(text: str) -> object:
    """Read a word, or seconds with commas between them; any other text is left for the rule to refuse."""
    try:
        return tuple(float(second) for second in text.split(","))
    except ValueError:
        return text


def _truth(text: str) -> object:
    return _TRUTH.get(text.lower(), text)


_NAME = 'a name of 1 to 128 visible ASCII characters without " and \\ (or the 27-character provider code)'
PATH = Rule(
    "the path of a file",
    _optional(lambda value: isinstance(value, Path)),
    expanded,
)
LOCATION = Rule(
    "the path of an SQLite file, or a URL such as postgresql://user@host/name",
    _optional(_is_location),
    _location,
)
_SWITCH = Rule("true or false", lambda value: isinstance(value, bool), _truth)
RULES: dict[str, Rule] = {
    "producer": Rule(_NAME, _is_producer),
    "propagator": Rule(_NAME, _optional(_is_producer)),
    "system": Rule("a printable text", _optional(_is_text)),
    "system_version": Rule("a printable text", _optional(_is_text)),
    "text": Rule("a printable text", _is_text),
    "position": Rule(f"one of {', '.join(POSITIONS)}", _optional(POSITIONS.__contains__)),
    "font": PATH,
    "audible": Rule(f"one of {', '.join(AUDIBLE_FORMS)}", AUDIBLE_FORMS.__contains__),
    "audible_place": Rule("start, end, both, or a list of seconds", _is_place, _place),
    "audible_language": Rule(f"one of {', '.join(SPOKEN_LANGUAGES)}", SPOKEN_LANGUAGES.__contains__),
    "audible_prompt": PATH,
    "audible_text": Rule("a printable text", _optional(_is_text)),
    "audible_in_video": _SWITCH,
    "visible": _SWITCH,
    "metadata": _SWITCH,
    "watermark": _SWITCH,
    "strength": Rule('"auto" or a number from 0.25 to 4', _is_strength, _number),
    "key_file": PATH,
    "certificate_file": PATH,
    "certificate_key_file": PATH,
    "jpeg_quality": Rule("a whole number from 1 to 100", _optional(_is_quality), _number),
    "label": Rule(f"one of {', '.join(LABEL_SPANS)}", LABEL_SPANS.__contains__),
    "codec": Rule(f"one of {', '.join(VIDEO_CODECS)}", _optional(VIDEO_CODECS.__contains__)),
    "crf": Rule("a number from 0 to 63", _optional(_is_crf), _number),
    "preset": Rule("a printable text", _optional(_is_text)),
    "no_reencode": _SWITCH,
    "language": Rule(f"one of {', '.join(LANGUAGES)}", LANGUAGES.__contains__),
    "registry": LOCATION,
    "operator": Rule("a printable text", _optional(_is_text)),
    "requested_by": Rule("a printable text", _optional(_is_text)),
    "agreement": Rule("a printable text", _optional(_is_text)),
    "retention_months": Rule("a whole number of months, 6 or more", _is_retention, _number),
}

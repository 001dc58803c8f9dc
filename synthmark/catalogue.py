"""The sentences of reports: a TOML file per language, whole sentences by code, never assembled from parts."""

from __future__ import annotations

import functools
import locale
import os
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

from synthmark.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["LANGUAGES", "languages", "message", "sentences"]

LANGUAGES = ("en", "zh")
"""The languages of the catalogue."""


def message(code: str, language: str, **params: object) -> str:
    """Return the sentence of a code.

    Parameters
    ----------
    code
        Key of the catalogue, such as ``verdict.labelled``.
    language
        ``en`` or ``zh``.
    params
        What the placeholders of the sentence stand for.

    Raises
    ------
    InputError
        When the catalogue has no such language or code, or a placeholder is left without a value.
    """
    sentence = sentences(language).get(code)
    if sentence is None:
        raise InputError(f"The catalogue has no sentence {code!r}.")
    try:
        return sentence.format(**params)
    except KeyError as error:
        raise InputError(f"The sentence {code!r} needs a value for {error}.") from error


@functools.cache
def sentences(language: str) -> Mapping[str, str]:
    """Return all sentences of a language by code.

    Raises
    ------
    InputError
        When the catalogue has no such language.
    """
    if language not in LANGUAGES:
        raise InputError(f"The catalogue has no language {language!r}; it has {', '.join(LANGUAGES)}.")
    # read through importlib.resources, so that a zip archive or a frozen bundle serves as well as a folder
    file = resources.files("synthmark").joinpath("messages", f"{language}.toml")
    return dict(_flat(tomllib.loads(file.read_text(encoding="utf-8"))))


def languages(setting: str, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the languages that a setting (`en`, `zh`, `both` or `auto`) stands for.

    Parameters
    ----------
    setting
        The setting; `auto` means Chinese where the locale is Chinese, else English.
    environ
        The environment; None for the one of this process.
    """
    if setting == "both":
        return ("zh", "en")
    if setting == "auto":
        return ("zh",) if _locale(os.environ if environ is None else environ).startswith("zh") else ("en",)
    return (setting,)


def _locale(environ: Mapping[str, str]) -> str:
    """Return the locale for messages, in lower case; Windows calls Chinese "Chinese (Simplified)_China"."""
    named = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG")
    return (named or locale.getlocale()[0] or "").lower().replace("chinese", "zh")


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value

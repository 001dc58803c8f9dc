"""Asking on a terminal for what is missing of the company; an empty answer leaves the blank."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from synthmark.filing.company import FIELDS, LISTS, MODALITIES, ROLES, field_problem
from synthmark.filing.templates import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthmark.filing.company import Company

__all__ = ["as_toml", "asked"]

_CHOICES = {"roles": ROLES, "modalities": MODALITIES}


def asked(company: Company, language: str, answer: Callable[[str], str]) -> Company:
    """Return the company with answers to what is missing.

    Parameters
    ----------
    company
        As the table [filing] has it.
    language
        Of the questions.
    answer
        Shows a question and returns a line; EOFError ends the questions.
    """
    said = words("words", language)
    given: dict[str, str | tuple[str, ...]] = {}
    for name in company.missing:
        try:
            value = _valid(name, _question(name, said), answer, said["asking"])
        except EOFError:
            break
        if value:
            given[name] = value
    return dataclasses.replace(company, **given)  # type: ignore[arg-type] # the names are those of the fields


def _question(name: str, said: dict[str, dict[str, str]]) -> str:
    question = said["fields"][name]
    if name in _CHOICES:
        question += f" ({', '.join(_CHOICES[name])})"
    return question + (said["asking"]["several"] if name in LISTS else "")


def _valid(name: str, question: str, answer: Callable[[str], str], said: dict[str, str]) -> str | tuple[str, ...]:
    """Ask until the answer can be used."""
    while True:
        line = answer(question).strip()
        value = _parts(line) if name in LISTS else line
        if not value:
            return ""
        problem = field_problem(name, list(value) if isinstance(value, tuple) else value)
        if not problem:
            return value
        question = said["again"].format(problem=problem)


def _parts(line: str) -> tuple[str, ...]:
    for separator in "，、;；":
        line = line.replace(separator, ",")
    return tuple(part.strip() for part in line.split(",") if part.strip())


def as_toml(company: Company, language: str) -> str:
    """Return the table [filing] that holds what the company says, to be kept in the configuration."""
    lines = [f"# {words('words', language)['asking']['keep']}", "[filing]"]
    for name in FIELDS:
        value = getattr(company, name)
        if value:
            # JSON texts and lists of texts are TOML, too.
            lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines)

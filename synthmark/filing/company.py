"""What only the company knows: the table [filing] of `synthmark.toml`, checked, with nothing made up."""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthmark.config_rules import refuse
from synthmark.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "FIELDS",
    "LISTS",
    "MODALITIES",
    "ROLES",
    "Company",
    "FilingTable",
    "checked_date",
    "company_from",
    "field_problem",
    "read_table",
]

ROLES = ("provider", "supporter")
"""服务提供者 and 技术支持者 of 互联网信息服务深度合成管理规定."""
MODALITIES = ("image", "audio", "video")
_CHOICES = {"roles": ROLES, "modalities": MODALITIES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What the company states about itself; None, or nothing, is a blank that the documents mark.

    Attributes
    ----------
    name
        Of the company, as registered.
    credit_code
        统一社会信用代码: 18 characters with the check character of GB 32100.
    algorithm, algorithm_version
        As in the filing; the name must be the same everywhere.
    product, address
        The product that uses the algorithm, and where it is found (URL, or name in an app store).
    roles
        Of `ROLES`.
    modalities
        Of `MODALITIES`: what the algorithm makes.
    safety_officer, contact
        算法安全负责人, and how to reach them.
    complaints, complaints_process, complaints_days
        Where users complain and report, where the process is published, and within which time they get an answer
        (深度合成规定, article 12).
    agreement
        Where the user agreement is published that states how content is labelled (标识办法, article 8).
    interface_notice
        Where the product itself says so: around the player of videos, in the chat.
    tool_access
        How a regulator obtains the extract tool, and the key where it is secret.
    key_holders, log_keepers
        Who holds the watermark key, and who keeps the records.
    principle, operation, scenario, purpose
        基本原理, 运行机制, 应用场景 and 目的意图 of the algorithm, for 拟公示内容.
    """

    name: str | None = None
    credit_code: str | None = None
    algorithm: str | None = None
    algorithm_version: str | None = None
    product: str | None = None
    address: str | None = None
    roles: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    safety_officer: str | None = None
    contact: str | None = None
    complaints: str | None = None
    complaints_process: str | None = None
    complaints_days: str | None = None
    agreement: str | None = None
    interface_notice: str | None = None
    tool_access: str | None = None
    key_holders: tuple[str, ...] = ()
    log_keepers: tuple[str, ...] = ()
    principle: str | None = None
    operation: str | None = None
    scenario: str | None = None
    purpose: str | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the fields that are blank."""
        return tuple(item.name for item in dataclasses.fields(self) if not getattr(self, item.name))


FIELDS = tuple(item.name for item in dataclasses.fields(Company))
LISTS = ("roles", "modalities", "key_holders", "log_keepers")
DATE = "date"
"""The field of the table that is no fact of the company: the date that stands in the documents."""


@dataclass(frozen=True, slots=True)
class FilingTable:
    """The table [filing]: the company, and the date of the documents, such as 2026-01-31; None for today."""

    company: Company
    date: str | None = None


def read_table(file: Path | None) -> FilingTable:
    """Read the table [filing] of a configuration file; without file or table everything is blank.

    Raises
    ------
    ConfigError
        When the file cannot be read, or a field is unknown or wrong.
    """
    if file is None:
        return FilingTable(Company())
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"The configuration {file} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"The configuration {file} is no valid TOML in UTF-8: {error}") from error
    table = content.get("filing", {})
    if not isinstance(table, dict):
        raise ConfigError(f"'filing' in {file} is {table!r}; a table [filing] is needed.")
    place = f"[filing] of {file}"
    date = table.pop(DATE, None)
    return FilingTable(company_from(table, place), None if date is None else checked_date(str(date), place))


def checked_date(text: str, place: str) -> str:
    """Return a date such as 2026-01-31 as it is.

    Raises
    ------
    ConfigError
        When it is no date in this form.
    """
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise ConfigError(f"The date of {place} is {text!r}; needed is a date such as 2026-01-31.") from None


def company_from(table: dict[str, Any], place: str) -> Company:
    """Return the company that a table describes.

    Parameters
    ----------
    table
        Fields of `Company`; empty texts and lists are blanks.
    place
        Where the table stands, for the message of an error.

    Raises
    ------
    ConfigError
        Naming every field that is unknown or wrong.
    """
    refuse(f"{place} is wrong", [problem for name, value in table.items() if (problem := field_problem(name, value))])
    values: dict[str, Any] = {
        name: tuple(value) if name in LISTS else value.strip() or None for name, value in table.items()
    }
    return Company(**values)


def field_problem(name: str, value: object) -> str:
    """Return what is wrong with a field; an empty text when nothing is."""
    if name not in FIELDS:
        close = difflib.get_close_matches(name, FIELDS, 1)
        hint = f"did you mean '{close[0]}'? " if close else ""
        return f"'{name}' is unknown: {hint}Known are {', '.join(FIELDS)}"
    if name in LISTS:
        return _list_problem(name, value)
    if not isinstance(value, str) or not value.isprintable():
        return f"'{name}' is {value!r}; needed is a printable text"
    return _code_problem(value.strip()) if name == "credit_code" and value.strip() else ""


def _list_problem(name: str, value: object) -> str:
    texts = isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)
    if not texts or not isinstance(value, list):
        return f"'{name}' is {value!r}; needed is a list of texts"
    wrong = [item for item in value if item not in _CHOICES.get(name, (item,))]
    return f"'{name}' has {', '.join(wrong)}; allowed are {', '.join(_CHOICES[name])}" if wrong else ""


def _code_problem(code: str) -> str:
    from synthmark.metadata.producer import uscc_check_character  # noqa: PLC0415 - `synthmark --help` stays light

    try:
        good = len(code) == 18 and uscc_check_character(code[:17]) == code[17]
    except (ValueError, KeyError):
        good = False
    return "" if good else f"'credit_code' is {code!r}; needed are 18 characters with the check character of GB 32100"

"""The settings of labelling and verifying: one frozen record, and the four places its values come from.

Order: flag of the command line, then environment (`SYNTHMARK_PRODUCER`, ...), then file (`synthmark.toml`),
then default. One name everywhere: `--key-file`, `SYNTHMARK_KEY_FILE` and `key_file = "..."` set `key_file`.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthmark.config_rules import (
    LANGUAGES,
    LOCATION,
    PATH,
    POSITIONS,
    RULES,
    check_values,
    expanded,
    refuse,
    wrong_values,
)
from synthmark.errors import ConfigError
from synthmark.keys import load_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthmark.credential import Signer

__all__ = [
    "DEFAULT_FILE",
    "FIELDS",
    "LANGUAGES",
    "POSITIONS",
    "UNNAMED",
    "Config",
    "Settings",
    "find_file",
    "load_config",
    "load_settings",
]

DEFAULT_FILE = "synthmark.toml"
"""The file that is read from the working folder when none is named."""

FILING = "filing"
"""The table of the file that `synthmark filing` alone reads."""

UNNAMED = "unnamed"
"""The producer that is written while none is configured."""

_PREFIX = "SYNTHMARK_"
_FILE_VARIABLE = "SYNTHMARK_CONFIG"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What to write into a file and what to expect in it.

    Attributes
    ----------
    producer
        Who made the content: the 27-character provider code of TC260-PG-20252A, or a name, in the characters
        that GB 45438-2025 Annex E j) allows.
    propagator
        Who spreads it, in the same form; None for the producer.
    system, system_version
        The generator, for IPTC `AISystemUsed` and `AISystemVersionUsed`; None leaves them out.
    text
        The visible label; GB 45438-2025 clause 5.2 b) asks for both elements.
    position
        One of `POSITIONS`, or None for the best place in each picture.
    font
        A font file for the visible label; None for the bundled one.
    audible
        The audible label of sound: "rhythm" (Morse for AI) or "spoken" (GB 45438-2025, 5.3).
    audible_place
        "start", "end" or "both": before the content, after it; or seconds from its start at which labels lie over
        it, such as (0.5, 60).
    audible_language
        Of the spoken label: "zh" or "en".
    audible_prompt
        A recording in place of the bundled spoken label.
    audible_text
        A text that espeak-ng speaks in its place.
    audible_in_video
        Lay the audible label over the sound of videos, too.
    visible, metadata, watermark
        Which layers to write; the visible one of sound is audible.
    strength
        Strength of the watermark: "auto" (1.0), or a factor from 0.25 to 4 on the usual one.
    key_file
        The watermark key, as `synthmark init` writes it; None for the published default key.
    certificate_file, certificate_key_file
        The certificates of who signs credentials (C2PA), that of the signer first, and its private key, both in PEM;
        None for no credentials.
    jpeg_quality
        1 to 100, or None to keep each file's own quality.
    label
        When the visible label of a video is shown: "whole", "start" or "start+end".
    codec
        Of the pictures of videos; None to keep each file's own.
    crf
        Constant quality of videos in the encoder's scale; None to keep to each file's own bit rate.
    preset
        Speed of the video encoder in its own words, such as "veryfast"; None for the usual one.
    no_reencode
        Write the metadata label alone into videos and GIF files, and leave pictures and sound as they are.
    language
        Of reports: "en", "zh", "both", or "auto" for the locale's.
    registry
        Where labelled files are recorded: a path (SQLite) or a URL (postgresql://...); None for nowhere.
    operator
        Who runs the labelling, for the records; None for the login name.
    requested_by, agreement
        Who asked for copies without the visible label, and the version of the agreement with them
        (标识办法, article 9).
    retention_months
        How long records stay: 6 or more.

    Raises
    ------
    ConfigError
        Naming every field that is wrong, with what is allowed.
    """

    producer: str = UNNAMED
    propagator: str | None = None
    system: str | None = None
    system_version: str | None = None
    text: str = "AI生成"
    position: str | None = None
    font: Path | None = None
    audible: str = "rhythm"
    audible_place: str | Sequence[float] = "start"
    audible_language: str = "zh"
    audible_prompt: Path | None = None
    audible_text: str | None = None
    audible_in_video: bool = False
    visible: bool = True
    metadata: bool = True
    watermark: bool = True
    strength: str | float = "auto"
    key_file: Path | None = None
    certificate_file: Path | None = None
    certificate_key_file: Path | None = None
    jpeg_quality: int | None = None
    label: str = "whole"
    codec: str | None = None
    crf: float | None = None
    preset: str | None = None
    no_reencode: bool = False
    language: str = "auto"
    registry: Path | str | None = None
    operator: str | None = None
    requested_by: str | None = None
    agreement: str | None = None
    retention_months: int = 6

    def __post_init__(self) -> None:
        check_values({name: getattr(self, name) for name in FIELDS}, {})

    def key(self) -> bytes | None:
        """Return the watermark key, or None for the published default key.

        Raises
        ------
        ConfigError
            When the key file is missing, malformed or readable by other users.
        """
        return None if self.key_file is None else load_key(self.key_file)

    def signer(self) -> Signer | None:
        """Return who signs credentials, or None.

        Raises
        ------
        ConfigError
            When one of both files is not named, missing, malformed or unsafe.
        """
        from synthmark.credential import load_signer  # noqa: PLC0415 - `import synthmark` stays light

        chain, private_key = self.certificate_file, self.certificate_key_file
        if chain is None and private_key is None:
            return None
        if chain is None or private_key is None:
            raise ConfigError("'certificate_file' and 'certificate_key_file' belong together: name both, or none.")
        return load_signer(chain, private_key)


@dataclass(frozen=True, slots=True)
class Settings:
    """A configuration with the origin of each value: `flag`, a variable, a file, or `default`."""

    config: Config
    origins: Mapping[str, str]


def load_config(path: Path | str | None = None) -> Config:
    """Read the configuration from environment, file and defaults.

    Parameters
    ----------
    path
        The file; None for the one in `SYNTHMARK_CONFIG`, or else `synthmark.toml` in the working folder.

    Raises
    ------
    ConfigError
        When the file cannot be read, or a key or value is wrong.
    """
    return load_settings(path).config


def load_settings(
    path: Path | str | None = None,
    *,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read the configuration as `load_config` does, flags first, and say where each value comes from.

    Parameters
    ----------
    path
        As for `load_config`.
    flags
        Values of the command line by field name; None stands for a flag that was not given.
    environ
        The environment; None for the one of this process.
    """
    variables = os.environ if environ is None else environ
    file = find_file(path, variables)
    values = dict.fromkeys(FIELDS, _Value(None, "default"))
    if file is not None:
        values |= _from_file(file)
    values |= _from_environment(variables)
    values |= {name: _Value(value, "flag") for name, value in (flags or {}).items() if value is not None}
    given = {name: value.content for name, value in values.items() if value.origin != "default"}
    origins = {name: value.origin for name, value in values.items()}
    check_values(given, origins)
    return Settings(Config(**given), origins)


@dataclass(frozen=True, slots=True)
class _Value:
    content: Any
    origin: str


def find_file(path: Path | str | None, environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the configuration file: the one that is named, else that of the environment, else the usual one.

    Parameters
    ----------
    path
        The file that is named, or None.
    environ
        The environment; None for the one of this process.

    Returns
    -------
    Path or None
        None when nothing is named and the working folder has no such file.
    """
    environ = os.environ if environ is None else environ
    named = path or environ.get(_FILE_VARIABLE)
    if named:
        return Path(named)
    usual = Path(DEFAULT_FILE)
    return usual if usual.is_file() else None


def _from_file(file: Path) -> dict[str, _Value]:
    content = {name: value for name, value in _parsed(file).items() if name != FILING}
    unknown = [_unknown(name, FIELDS) for name in content if name not in FIELDS]
    values = {name: _rooted(name, value, file.parent) for name, value in content.items() if name in FIELDS}
    refuse(f"{file} is wrong", unknown and [*unknown, *wrong_values(values, {})])
    return {name: _Value(value, str(file)) for name, value in values.items()}


def _parsed(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"The configuration {file} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"The configuration {file} is no valid TOML in UTF-8: {error}") from error


def _rooted(name: str, value: object, folder: Path) -> object:
    """Return a value of a file; a path in it counts from the file's folder."""
    located = RULES[name] is PATH or (RULES[name] is LOCATION and "://" not in str(value))
    if located and isinstance(value, str):
        return folder / expanded(value)
    return value


def _from_environment(environ: Mapping[str, str]) -> dict[str, _Value]:
    """Return what the environment sets; a misspelt variable is an error, since it may name the key."""
    known = {_PREFIX + name.upper(): name for name in FIELDS}
    ours = {key: text for key, text in environ.items() if key.startswith(_PREFIX) and key != _FILE_VARIABLE}
    refuse("The environment is wrong", [_unknown(key, list(known)) for key in ours if key not in known])
    return {known[key]: _Value(RULES[known[key]].parse(text), key) for key, text in ours.items() if text}


def _unknown(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"'{name}' is unknown: {hint}Known are {', '.join(known)}"


FIELDS = [field.name for field in dataclasses.fields(Config)]

"""Key files with more than a key: whose it is, when it is valid, and that it is for extraction alone.

A key file holds TOML::

    name = "Example Studio 2026"
    provider = "001191110102MACQD9K64010000"
    valid_from = 2026-01-01
    valid_until = 2026-12-31
    use = "extract"
    key = "3f0c..."

Only `key` is needed. A file of hex digits alone, as `synthmark init` writes it, is a key file, too; what embeds takes
no other. Whoever can read a mark could also write it, so that ``use = "extract"`` is an agreement and no lock.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthmark.errors import ConfigError, InputError
from synthmark.keys import key_bytes, key_id

__all__ = ["KeyFile", "load_key_file"]

_MOST = 1 << 16  # bytes of a key file
_USES = ("embed", "extract")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """A key and what is known of it.

    Attributes
    ----------
    key
        The key, 16 to 1024 bytes.
    name
        What people call it.
    provider
        Whose marks it reads: a name, or a provider code.
    valid_from, valid_until
        The first and the last day on which marks were made with it; None where no limit is known.
    use
        "embed", or "extract" for a key that is for extraction alone.
    """

    key: bytes = dataclasses.field(repr=False)
    name: str = ""
    provider: str = ""
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    use: str = "embed"

    def is_valid(self, day: dt.date) -> bool:
        """Return whether a day lies in the time for which the key is valid."""
        first, last = self.valid_from or dt.date.min, self.valid_until or dt.date.max
        return first <= day <= last

    def as_toml(self) -> str:
        """Return the content of a key file."""
        words = {"name": self.name, "provider": self.provider, "use": self.use, "key": self.key.hex()}
        days = {"valid_from": self.valid_from, "valid_until": self.valid_until}
        lines = [f"{name} = {json.dumps(value)}" for name, value in words.items() if value]
        lines += [f"{name} = {day.isoformat()}" for name, day in days.items() if day is not None]
        return "\n".join(lines) + "\n"


def load_key_file(path: str | Path) -> KeyFile:
    """Read a key file: TOML, or hex digits alone.

    Raises
    ------
    ConfigError
        When the file is missing, readable by other users (POSIX), or holds no key.
    """
    file = Path(path)
    text = _private_text(file)
    try:
        values = tomllib.loads(text) if "=" in text else {"key": text.strip(), "name": file.stem}
        return _key_file(values)
    except (tomllib.TOMLDecodeError, InputError, ValueError, TypeError) as error:
        raise ConfigError(f"The key file {file} holds no key: {error}") from error


def _private_text(file: Path) -> str:
    try:
        mode = file.stat().st_mode
        with file.open("rb") as stream:
            text = stream.read(_MOST).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The key file {file} cannot be read: {error}.") from error
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(
            f"The key file {file} is open to other users (mode {stat.S_IMODE(mode):o}); run: chmod 600 {file}"
        )
    return text


def _key_file(values: dict[str, Any]) -> KeyFile:
    known = {item.name for item in dataclasses.fields(KeyFile)}
    unknown = sorted(values.keys() - known)
    if unknown or "key" not in values:
        raise InputError(f"it has the unknown setting {unknown[0]}" if unknown else "it has no setting key")
    key = key_bytes(bytes.fromhex(_word(values, "key", "")))
    use = _word(values, "use", "embed")
    if use not in _USES:
        raise InputError(f"use is {use!r}; it can be 'embed' or 'extract'")
    return KeyFile(
        key=key,
        name=_word(values, "name", key_id(key)),
        provider=_word(values, "provider", ""),
        valid_from=_day(values, "valid_from"),
        valid_until=_day(values, "valid_until"),
        use=use,
    )


def _word(values: dict[str, Any], name: str, default: str) -> str:
    value = values.get(name, default)
    if not isinstance(value, str):
        raise InputError(f"{name} is no text")
    return value


def _day(values: dict[str, Any], name: str) -> dt.date | None:
    value = values.get(name)
    if value is not None and (not isinstance(value, dt.date) or isinstance(value, dt.datetime)):
        raise InputError(f"{name} is no day such as 2026-12-31")
    return value

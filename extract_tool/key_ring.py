"""The key ring: key files that every check tries, kept in the user's own folder for settings."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from synthmark.errors import ConfigError, InputError
from synthmark.files.atomic import replacing
from synthmark.key_files import KeyFile, load_key_file
from synthmark.keys import key_id

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

__all__ = ["KeyRing", "key_claims", "ring_folder"]

_SUFFIX = ".toml"


def ring_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of the key ring: EXTRACT_KEY_RING, or the place that the system has for settings."""
    given = os.environ if environ is None else environ
    if given.get("EXTRACT_KEY_RING"):
        return Path(given["EXTRACT_KEY_RING"])
    if sys.platform == "win32":
        return Path(given.get("APPDATA") or Path.home()) / "synthmark" / "keys"
    return Path(given.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "synthmark" / "keys"


class KeyRing:
    """The key files in a folder, by the ids of their keys."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = ring_folder() if folder is None else folder

    def files(self) -> tuple[KeyFile, ...]:
        """Return the keys in the order of their names.

        Raises
        ------
        ConfigError
            When one of the files cannot be read, or others may read it.
        """
        files = sorted(self._folder.glob(f"*{_SUFFIX}")) if self._folder.is_dir() else []
        return tuple(sorted((load_key_file(file) for file in files), key=lambda item: (item.name, key_id(item.key))))

    def add(self, file: KeyFile) -> None:
        """Keep a key, in the place of what was kept for the same one.

        Raises
        ------
        MediaError
            When the folder cannot be written to.
        """
        place = self._place(key_id(file.key))
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacing(place) as draft:
            draft.write_text(file.as_toml(), encoding="utf-8")
        place.chmod(0o600)

    def remove(self, named: str) -> KeyFile:
        """Take a key, named by its id or its name, from the ring and return it.

        Raises
        ------
        InputError
            When no key, or more than one, has this name.
        """
        found = [item for item in self.files() if named in {item.name, key_id(item.key)}]
        if len(found) != 1:
            raise InputError(f"{len(found)} keys of the ring are called {named!r}; name one by its id.")
        try:
            self._place(key_id(found[0].key)).unlink()
        except OSError as error:
            raise ConfigError(f"The key {named} cannot be removed: {error.strerror or error}.") from error
        return found[0]

    def _place(self, identity: str) -> Path:
        return self._folder / f"{identity}{_SUFFIX}"


def key_claims(files: Iterable[KeyFile], identity: str, today: dt.date) -> dict[str, object]:
    """Return what the ring knows of a key: its name, its provider, and whether it was valid on a day."""
    for item in files:
        if key_id(item.key) == identity:
            named = {"key_name": item.name, "key_provider": item.provider, "key_valid": item.is_valid(today)}
            return {name: value for name, value in named.items() if value != ""}
    return {}

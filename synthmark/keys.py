"""Keys, and the generator that turns a key into carriers, signs and permutations.

The generator is SHAKE-256 (FIPS 202), read as a stream of little-endian 64-bit words, over::

    b"synthmark" | 0x00 | label in UTF-8 | 0x00 | key

The label names the format version and the use, for example ``1/image/pilot``. It depends on nothing but the
standard library, so the same key gives the same bits on every platform, Python and NumPy.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from synthmark.errors import ConfigError, InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["DEFAULT_KEY", "key_bytes", "key_id", "key_words", "load_key", "new_key", "permutation", "signs"]

DEFAULT_KEY = b"synthmark published default key, version 1"
"""The published key: whoever has synthmark can read (and copy) what is marked with it."""

_MIN_KEY_BYTES = 16
_MAX_KEY_BYTES = 1024


def key_bytes(key: bytes | None) -> bytes:
    """Return the key to use: the given one, or the published default key for None.

    Raises
    ------
    InputError
        When the key is no bytes object of 16 to 1024 bytes.
    """
    if key is None:
        return DEFAULT_KEY
    if not isinstance(key, bytes):
        raise InputError(f"The key is {type(key).__name__}; give bytes, or None for the published default key.")
    if not _MIN_KEY_BYTES <= len(key) <= _MAX_KEY_BYTES:
        raise InputError(
            f"The key has {len(key)} bytes; {_MIN_KEY_BYTES} to {_MAX_KEY_BYTES} are needed. "
            "`synthmark init` makes a good one."
        )
    return key


def key_id(key: bytes | None) -> str:
    """Return a short public name of a key: 8 hex digits of a SHA-256 over it."""
    return hashlib.sha256(b"synthmark key id\0" + key_bytes(key)).hexdigest()[:8]


def new_key() -> bytes:
    """Draw a new secret key of 32 bytes."""
    return secrets.token_bytes(32)


def load_key(path: str | Path) -> bytes:
    """Read a key file: hex digits in one line, as `synthmark init` writes it.

    Raises
    ------
    ConfigError
        When the file is missing, readable by other users (POSIX), or holds no hex key.
    """
    file = Path(path)
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The key file {file} cannot be read: {error}.") from error
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(
            f"The key file {file} is open to other users (mode {stat.S_IMODE(mode):o}); run: chmod 600 {file}"
        )
    try:
        return key_bytes(bytes.fromhex(text))
    except ValueError as error:
        raise ConfigError(f"The key file {file} holds no key in hex digits: {error}") from error


def key_words(key: bytes, label: str, count: int) -> NDArray[np.uint64]:
    """Return `count` pseudo-random 64-bit words for a key and a use.

    Parameters
    ----------
    key
        The key, as `key_bytes` returns it.
    label
        The use, beginning with the format version, for example ``1/image/pilot``.
    count
        How many words.
    """
    import numpy as np  # noqa: PLC0415 - `import synthmark` stays light

    stream = hashlib.shake_256(b"synthmark\0" + label.encode() + b"\0" + key).digest(8 * count)
    return np.frombuffer(stream, dtype="<u8").astype(np.uint64)


def signs(key: bytes, label: str, count: int) -> NDArray[np.float64]:
    """Return `count` keyed signs, each -1.0 or +1.0 (top bit of each word)."""
    import numpy as np  # noqa: PLC0415 - see above

    return np.where(key_words(key, label, count) >> np.uint64(63), -1.0, 1.0)


def permutation(key: bytes, label: str, count: int) -> NDArray[np.intp]:
    """Return a keyed permutation of `range(count)`: the stable order of `count` words."""
    import numpy as np  # noqa: PLC0415 - see above

    return np.argsort(key_words(key, label, count), kind="stable")

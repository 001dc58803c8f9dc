"""Signs a folder of reports with Ed25519 (RFC 8032), and checks sums and signature of one.

The signature covers the file `SHA256SUMS`, which covers every other file. The public key is written beside it: that
tells whether anything changed since and, by comparing the key with one that is known, who signed.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extract_tool.report_folder import SIGNATURE, SUMS
from synthmark.errors import ConfigError, DependencyError, MediaError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["FolderCheck", "SigningKey", "check_folder", "load_public_key", "load_signing_key", "new_signing_key"]

_PURPOSE = b"synthmark-extract report, version 1\n"  # so that no signature for another purpose fits
_MOST = 64 << 20  # bytes of the file of sums


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 private key."""

    key: Any

    def signature_file(self, sums: bytes) -> bytes:
        """Return the content of the signature file for the content of the file of sums."""
        content = {
            "algorithm": "Ed25519",
            "public_key": base64.b64encode(self.public_bytes()).decode("ascii"),
            "signature": base64.b64encode(self.key.sign(_PURPOSE + sums)).decode("ascii"),
        }
        return (json.dumps(content, indent=1) + "\n").encode("ascii")

    def public_bytes(self) -> bytes:
        """Return the public key: 32 bytes."""
        data = self.key.public_key().public_bytes_raw()
        assert isinstance(data, bytes)
        return data


@dataclass(frozen=True, slots=True)
class FolderCheck:
    """What checking a folder of reports found.

    Attributes
    ----------
    files
        How many files are as the sums say.
    changed
        Names of files that are not, or that are missing.
    unlisted
        Names of files that the sums do not cover.
    signature
        "valid", "invalid", "missing", or "other_key" when it is valid but made with another key than the given one.
    public_key
        The key that the signature names, in hex, or None.
    """

    files: int
    changed: tuple[str, ...]
    unlisted: tuple[str, ...]
    signature: str
    public_key: str | None

    @property
    def intact(self) -> bool:
        """Whether nothing was changed, and nothing is wrong with the signature where there is one."""
        return not self.changed and not self.unlisted and self.signature in {"valid", "missing"}


def _library() -> Any:  # noqa: ANN401 - the module itself
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise DependencyError("Signatures need the library cryptography: pip install cryptography") from error
    return ed25519


def new_signing_key(path: Path) -> bytes:
    """Write a new private key (PKCS 8, PEM), readable by its owner alone, and return the public key.

    Raises
    ------
    MediaError
        When the file exists or cannot be written.
    """
    from cryptography.hazmat.primitives import serialization as forms

    key = _library().Ed25519PrivateKey.generate()
    data = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(data)
    except OSError as error:
        raise MediaError(f"{path} cannot be written: {error.strerror or error}.") from error
    return SigningKey(key).public_bytes()


def load_signing_key(path: Path) -> SigningKey:
    """Read an Ed25519 private key in PEM, as `synthmark-extract signing-key` or OpenSSL write it.

    Raises
    ------
    ConfigError
        When the file cannot be read or holds no such key.
    """
    library = _library()
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"The signing key {path} cannot be read: {error}.") from error
    if not isinstance(key, library.Ed25519PrivateKey):
        raise ConfigError(f"The signing key {path} is of another kind; an Ed25519 private key in PEM is needed.")
    return SigningKey(key)


def load_public_key(text: str) -> bytes:
    """Return a public key given as 64 hex digits.

    Raises
    ------
    ConfigError
        When it is none.
    """
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ConfigError(f"{text[:80]!r} is no public key; 64 hex digits are needed.")
    return key


def check_folder(folder: Path, public_key: bytes | None = None) -> FolderCheck:
    """Check a folder of reports: every sum, and the signature.

    Parameters
    ----------
    folder
        With a file `SHA256SUMS`.
    public_key
        Of the signer who is expected; None accepts the key that the signature names.

    Raises
    ------
    MediaError
        When there is no file of sums, or it cannot be read.
    """
    sums = _read(folder / SUMS)
    listed = dict(_entries(sums, folder))
    changed = tuple(name for name, digest in listed.items() if _digest(folder / name) != digest)
    present = {file.name for file in folder.iterdir()} - {SUMS, SIGNATURE}
    signature, named = _signature(folder / SIGNATURE, sums, public_key)
    return FolderCheck(len(listed) - len(changed), changed, tuple(sorted(present - listed.keys())), signature, named)


def _entries(sums: bytes, folder: Path) -> Iterator[tuple[str, str]]:
    for line in sums.decode("utf-8", "replace").splitlines():
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64 or not name or "/" in name or "\\" in name or name in {".", ".."}:
            raise MediaError(f"{folder / SUMS} has a line that is no sum and name: {line[:80]!r}.")
        yield name, digest


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST)
    except OSError as error:
        raise MediaError(f"{path} cannot be read: {error.strerror or error}.") from error


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file in hex, nothing for one that cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _signature(path: Path, sums: bytes, expected: bytes | None) -> tuple[str, str | None]:
    """Return the state of the signature, and the key it names."""
    if not path.exists():
        return ("missing" if expected is None else "invalid"), None
    try:
        content = json.loads(_read(path))
        named = base64.b64decode(content["public_key"], validate=True)
        signature = base64.b64decode(content["signature"], validate=True)
    except (ValueError, KeyError, TypeError, RecursionError):
        return "invalid", None
    if not _fits(named, signature, sums):
        return "invalid", named.hex()
    return ("valid" if expected in {None, named} else "other_key"), named.hex()


def _fits(named: bytes, signature: bytes, sums: bytes) -> bool:
    library = _library()
    from cryptography.exceptions import InvalidSignature

    try:
        library.Ed25519PublicKey.from_public_bytes(named).verify(signature, _PURPOSE + sums)
    except (InvalidSignature, ValueError):
        return False
    return True

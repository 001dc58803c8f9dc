"""Signed credentials (C2PA): a manifest that says AI made a file and names its watermark, written after all else.

The library c2pa-python is needed to sign; nothing is fetched from a network.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib
import json
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from synthmark._version import __version__
from synthmark.errors import ConfigError, CredentialError, DependencyError, UnsupportedMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

__all__ = ["Claims", "Signer", "load_signer", "require_signable", "sign", "soft_binding_algorithm"]

TRAINED_ALGORITHMIC_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

_SETTINGS: dict[str, Any] = {
    "builder": {"thumbnail": {"enabled": False}, "actions": {"auto_created_action": {"enabled": False}}},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": True},
}
_PARENT = {"relationship": "parentOf", "label": "parent"}
_INTACT = ("Valid", "Trusted")
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs credentials.

    Attributes
    ----------
    chain
        Certificates in PEM, that of the signer first.
    private_key
        Its key in PEM, without a password.
    algorithm
        As C2PA names it: es256, es384, es512, ps256 or ed25519.
    """

    chain: bytes
    private_key: bytes = field(repr=False)
    algorithm: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a credential says about a file.

    Attributes
    ----------
    media_type
        Of the file.
    content_id
        Of the watermark, 16 lower-case hex digits; None without one.
    watermark_format
        Version of the format of the watermark.
    system, system_version
        The generator; None leaves them out.
    parent
        The file from which the content comes, when it has a credential of its own, which is kept in the new one.
    edited
        Whether the content differs from that of the parent in what can be seen or heard.
    """

    media_type: str
    content_id: str | None
    watermark_format: int = 1
    system: str | None = None
    system_version: str | None = None
    parent: Path | None = None
    edited: bool = False


def load_signer(chain: Path, private_key: Path) -> Signer:
    """Read the certificates and the private key of a signer, both in PEM.

    Raises
    ------
    ConfigError
        When a file is missing or malformed, the key is readable by other users (POSIX) or of a kind that C2PA does
        not know, both do not belong together, or the certificate is not valid today.
    """
    certificates, secret = _content(chain), _private_content(private_key)
    certificate, key = _certificate(chain, certificates), _key(private_key, secret)
    if key.public_key() != certificate.public_key():
        raise ConfigError(
            f"The private key {private_key} is not that of the first certificate in {chain}; "
            "put the signer's certificate first."
        )
    _require_valid(chain, certificate)
    return Signer(certificates, secret, _algorithm(private_key, key))


def require_signable(media_type: str, name: str) -> None:
    """Refuse what cannot be signed, before any work is done.

    Parameters
    ----------
    media_type, name
        Of the kind of file, for programs and for people.

    Raises
    ------
    DependencyError
        When c2pa-python is missing.
    UnsupportedMediaError
        When files of this kind cannot hold a credential.
    """
    if media_type not in _library().Builder.get_supported_mime_types():
        raise UnsupportedMediaError(
            f"{name} files cannot hold a signed credential (C2PA); label them without 'certificate_file'."
        )


def sign(source: BinaryIO, target: BinaryIO, claims: Claims, signer: Signer) -> None:
    """Write a copy of a file with a signed credential, and read it back.

    The manifest holds the action `c2pa.created` with the IPTC digital source type `trainedAlgorithmicMedia` (C2PA
    Technical Specification 2.2, 18.14.2) and, where there is a watermark, `c2pa.watermarked.bound` with the assertion
    `c2pa.soft-binding`. There is no thumbnail and no time stamp. With a parent the first action is `c2pa.opened`, and
    the parent is an ingredient.

    Parameters
    ----------
    source
        Open for reading, at its start.
    target
        Empty, open for reading and writing.
    claims
        What to say.
    signer
        Who says it.

    Raises
    ------
    CredentialError
        When the file cannot be signed, or its credential does not read back as intact.
    DependencyError
        When c2pa-python is missing.
    """
    library = _library()
    with _failures(), library.Context.from_dict(_SETTINGS) as context:
        _signed(library, context, (source, target), claims, signer)
        target.seek(0)
        with library.Reader(claims.media_type, target, context=context) as reader:
            store = json.loads(reader.json())
    _require_intact(store, claims)


def soft_binding_algorithm(media_type: str, watermark_format: int) -> str:
    """Return the name of a watermark for soft bindings, such as ``org.synthmark.image.1``."""
    return f"org.synthmark.{media_type.partition('/')[0]}.{watermark_format}"


def _signed(
    library: ModuleType, context: object, files: tuple[BinaryIO, BinaryIO], claims: Claims, signer: Signer
) -> None:
    info = library.C2paSignerInfo(signer.algorithm, signer.chain, signer.private_key, None)
    manifest = json.dumps(_manifest(claims))
    with library.Signer.from_info(info) as native, library.Builder(manifest, context) as builder:
        if claims.parent is not None:
            with claims.parent.open("rb") as parent:
                builder.add_ingredient(json.dumps(_PARENT), claims.media_type, parent)
        builder.sign(native, claims.media_type, *files)


def _manifest(claims: Claims) -> dict[str, Any]:
    """Return the manifest: it names no file, since names can tell what nobody meant to say."""
    actions = list(_origin(claims))
    assertions: list[dict[str, Any]] = []
    if claims.content_id is not None:
        actions.append({"action": "c2pa.watermarked.bound"})
        assertions.append({"label": "c2pa.soft-binding", "data": _soft_binding(claims), "created": True})
    assertions.insert(0, {"label": "c2pa.actions.v2", "data": {"actions": actions}, "created": True})
    generator = {"name": "synthmark", "version": __version__}
    return {"claim_generator_info": [generator], "assertions": assertions}


def _origin(claims: Claims) -> Iterator[dict[str, Any]]:
    """Yield the actions that say where the content comes from."""
    if claims.parent is not None:
        ingredients = {"ingredientIds": [_PARENT["label"]]}
        yield {
            "action": "c2pa.opened",
            "digitalSourceType": TRAINED_ALGORITHMIC_MEDIA,
            "parameters": ingredients,
        }
        if claims.edited:
            yield {"action": "c2pa.edited"}
        return
    created: dict[str, Any] = {"action": "c2pa.created", "digitalSourceType": TRAINED_ALGORITHMIC_MEDIA}
    if claims.system is not None:
        version = {"version": claims.system_version} if claims.system_version else {}
        created["softwareAgent"] = {"name": claims.system, **version}
    yield created


def _soft_binding(claims: Claims) -> dict[str, Any]:
    name = soft_binding_algorithm(claims.media_type, claims.watermark_format)
    return {"alg": name, "blocks": [{"scope": {}, "value": claims.content_id}]}


def _require_intact(store: dict[str, Any], claims: Claims) -> None:
    """Refuse a credential that does not say what was meant."""
    active = store["manifests"][store["active_manifest"]]
    bindings = [item["data"] for item in active["assertions"] if item["label"] == "c2pa.soft-binding"]
    wanted = [] if claims.content_id is None else [_soft_binding(claims)]
    if store.get("validation_state") not in _INTACT or bindings != wanted:
        problems = [str(item.get("code")) for item in store.get("validation_status", [])]
        raise CredentialError(f"The credential does not read back as it was signed: {', '.join(problems)}.")


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    """Turn the errors of the library, of which it has many classes, into one."""
    try:
        yield
    except Exception as error:
        raise CredentialError(f"The file cannot be signed: {error}.") from error


def _library() -> ModuleType:
    try:
        return importlib.import_module("c2pa")
    except (ImportError, OSError) as error:  # OSError: its native library does not fit this system
        raise DependencyError("Signing needs c2pa-python; run: pip install 'synthmark[c2pa]'") from error


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}.") from error


def _private_content(path: Path) -> bytes:
    content = _content(path)
    mode = path.stat().st_mode
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(
            f"The private key {path} is open to other users (mode {stat.S_IMODE(mode):o}); run: chmod 600 {path}"
        )
    return content


def _certificate(path: Path, content: bytes) -> Certificate:
    from cryptography import x509  # noqa: PLC0415 - `import synthmark` stays light

    try:
        return x509.load_pem_x509_certificates(content)[0]
    except ValueError as error:
        raise ConfigError(f"{path} holds no certificate in PEM: {error}") from error


def _key(path: Path, content: bytes) -> PrivateKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        return load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: it has a password
        raise ConfigError(f"{path} holds no private key in PEM without a password: {error}") from error


def _algorithm(path: Path, key: PrivateKeyTypes) -> str:
    """Return the algorithm that a kind of key signs with (C2PA Technical Specification, digital signatures)."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415 - as above

    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256"
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    raise ConfigError(f"{path} is no key that C2PA knows; needed is P-256, P-384, P-521, Ed25519 or RSA.")


def _require_valid(path: Path, certificate: Certificate) -> None:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not first <= dt.datetime.now(dt.UTC) <= last:
        raise ConfigError(f"The certificate {path} is valid from {first:%Y-%m-%d} to {last:%Y-%m-%d}, not today.")

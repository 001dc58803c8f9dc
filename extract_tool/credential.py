"""Checks a signed credential (C2PA) where the library c2pa-python is installed."""

from __future__ import annotations

import importlib
import json
import re
from typing import TYPE_CHECKING, Any

from synthmark.report import LayerReport, Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import ModuleType

    from synthmark.report import Integrity, Trust

__all__ = ["credential_layer", "names_ai"]

_AI_SOURCES = {
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "compositeSynthetic",
    "trainedAlgorithmicData",
}

_STATES: Mapping[str, tuple[Integrity, Trust]] = {
    "Valid": ("intact", "unlisted"),
    "Trusted": ("intact", "trusted"),
    "Invalid": ("altered", "unlisted"),
}
_OWN_MARK = re.compile(r"org\.synthmark\.(image|audio|video)\.\d+")
_CONTENT_ID = re.compile(r"[0-9a-f]{16}")
_LONGEST = 200  # characters of a text of the credential


def credential_layer(path: Path, media_type: str, unread: LayerReport, trust_list: str | None) -> LayerReport:
    """Report whether the credential of a file is intact, who signed it, and what it claims.

    Parameters
    ----------
    path
        The file, which holds or names a credential.
    media_type
        Of the file, by content.
    unread
        What is reported where the credential cannot be read.
    trust_list
        Certificates in PEM that vouch for signers, or None: then every signer is unlisted.
    """
    library = _library()
    if library is None:
        return LayerReport(
            layer="credential",
            outcome="not_checked",
            evidence=unread.evidence,
            messages=(Message("credential.library"),),
        )
    try:
        store = _store(library, path, media_type, trust_list)
    except Exception as error:  # noqa: BLE001 - the library has an error class for each of its many conditions
        return _unreadable(unread, str(error))
    return unread if store is None else _layer(store, unread)


def _library() -> ModuleType | None:
    try:
        return importlib.import_module("c2pa")
    except (ImportError, OSError):  # OSError: its native library does not fit this system
        return None


def _store(library: ModuleType, path: Path, media_type: str, trust_list: str | None) -> Mapping[str, Any] | None:
    """Return the manifest store as the library reads it, from the file alone: nothing is fetched."""
    settings: dict[str, Any] = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
    if trust_list is not None:
        settings["trust"] = {"user_anchors": trust_list}
    context = library.Context.from_dict(settings)
    with path.open("rb") as file, library.Reader(media_type, file, context=context) as reader:
        store = json.loads(reader.json())
    return store if isinstance(store, dict) else None


def _unreadable(unread: LayerReport, said: str) -> LayerReport:
    evidence = {**unread.evidence, "error": said[:_LONGEST]}
    said_to_people = (Message("credential.unreadable"),)
    return LayerReport(layer="credential", outcome="not_checked", evidence=evidence, messages=said_to_people)


def _layer(store: Mapping[str, Any], unread: LayerReport) -> LayerReport:
    state = str(store.get("validation_state", ""))
    integrity, trust = _STATES.get(state, ("unknown", "unlisted"))
    trust = "trusted" if _is_listed(store) else trust  # also where the file was changed after the signature
    active = store.get("manifests", {}).get(store.get("active_manifest"), {})
    claims = {name: value[:_LONGEST] for name, value in _claims(active) if value}
    problems = [str(item.get("code", ""))[:_LONGEST] for item in store.get("validation_status", [])]
    return LayerReport(
        layer="credential",
        outcome="invalid" if integrity == "altered" else "detected",
        integrity=integrity,
        trust=trust,
        claims=claims,
        evidence={**unread.evidence, "state": state, "problems": problems[:32]},
        messages=tuple(Message(code) for code in _codes(integrity, claims)),
    )


def _is_listed(store: Mapping[str, Any]) -> bool:
    """Tell whether the certificate of the signer leads to one of the trust list."""
    passed = store.get("validation_results", {}).get("activeManifest", {}).get("success", [])
    return any(item.get("code") == "signingCredential.trusted" for item in passed)


def _codes(integrity: Integrity, claims: Mapping[str, str]) -> Iterator[str]:
    if integrity == "altered":
        yield "credential.altered"
    yield "credential.ai" if names_ai(claims) else "credential.no_ai"


def names_ai(claims: Mapping[str, str]) -> bool:
    """Tell whether a credential says that AI made or changed the content: cameras and editors write them, too."""
    return claims.get("digital_source_type", "").rsplit("/", 1)[-1] in _AI_SOURCES


def _claims(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the active manifest says: who signed it and when, which program wrote it, where it came from."""
    signature = manifest.get("signature_info") or {}
    yield "signer", str(signature.get("issuer") or "")
    yield "signed_at", str(signature.get("time") or "")
    yield "title", str(manifest.get("title") or "")
    generators = manifest.get("claim_generator_info") or [{}]
    yield "claim_generator", str(generators[0].get("name") or manifest.get("claim_generator") or "")
    actions = [action for item in manifest.get("assertions", []) for action in _actions(item)]
    yield "actions", ", ".join(str(action.get("action", "")) for action in actions)
    sources = [str(action["digitalSourceType"]) for action in actions if action.get("digitalSourceType")]
    yield "digital_source_type", sources[0] if sources else ""
    bindings = list(_bindings(manifest))
    yield "soft_binding", ", ".join(str(binding.get("alg", "")) for binding in bindings)
    yield "content_id", next(filter(None, map(_own_id, bindings)), "")


def _bindings(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the soft bindings, each of which names a watermark or a fingerprint."""
    for assertion in manifest.get("assertions", []):
        data = assertion.get("data")
        if str(assertion.get("label", "")).startswith("c2pa.soft-binding") and isinstance(data, dict):
            yield data


def _own_id(binding: Mapping[str, Any]) -> str:
    """Return the content id of a binding that names a watermark of this program, or nothing."""
    values = [block.get("value") for block in binding.get("blocks") or [] if isinstance(block, dict)]
    whole = [value for value in values if isinstance(value, str) and _CONTENT_ID.fullmatch(value)]
    return whole[0] if whole and _OWN_MARK.fullmatch(str(binding.get("alg", ""))) else ""


def _actions(assertion: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if not str(assertion.get("label", "")).startswith("c2pa.actions"):
        return []
    data = assertion.get("data")
    actions = data.get("actions", []) if isinstance(data, dict) else []
    return [action for action in actions if isinstance(action, dict)]

"""The registry: a record of each labelled file, chained so that changes show, and found by id or by content.

The names below are loaded when they are first used: workers that only take fingerprints need no database library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synthmark.registry.chain import Anchor, Problem, Verification
    from synthmark.registry.fingerprint import Fingerprint
    from synthmark.registry.measuring import fingerprint_file
    from synthmark.registry.record import RegistryRecord, StoredRecord, record_of, require_reason
    from synthmark.registry.store import Match, Registry, open_registry

__all__ = [
    "Anchor",
    "Fingerprint",
    "Match",
    "Problem",
    "Registry",
    "RegistryRecord",
    "StoredRecord",
    "Verification",
    "fingerprint_file",
    "open_registry",
    "record_of",
    "require_reason",
]

_HOMES = {
    "Anchor": "chain",
    "Fingerprint": "fingerprint",
    "Match": "store",
    "Problem": "chain",
    "Registry": "store",
    "RegistryRecord": "record",
    "StoredRecord": "record",
    "Verification": "chain",
    "fingerprint_file": "measuring",
    "open_registry": "store",
    "record_of": "record",
    "require_reason": "record",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'synthmark.registry' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"synthmark.registry.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})

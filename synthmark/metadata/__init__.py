"""The metadata label in picture, sound and video files: AIGC label (GB 45438-2025 Annex E) and IPTC properties.

Bytes or paths in and out, standard library alone. Nothing is imported before it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synthmark.metadata.aigc import AigcLabel, Finding, check_label, new_label, propagated, to_json
    from synthmark.metadata.aigc_reader import parse_label
    from synthmark.metadata.files import propagate_file, read_metadata_file, sniff_file, write_metadata_file
    from synthmark.metadata.producer import ProducerCode, parse_producer_code, uscc_check_character
    from synthmark.metadata.reading import has_credential, read_metadata
    from synthmark.metadata.record import FoundLabel, MetadataRecord, MetadataReport, Trace
    from synthmark.metadata.sniffing import sniff
    from synthmark.metadata.writing import propagate, write_metadata
    from synthmark.metadata.xmp import COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA, TRAINED_ALGORITHMIC_MEDIA

__all__ = [
    "COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA",
    "TRAINED_ALGORITHMIC_MEDIA",
    "AigcLabel",
    "Finding",
    "FoundLabel",
    "MetadataRecord",
    "MetadataReport",
    "ProducerCode",
    "Trace",
    "check_label",
    "has_credential",
    "new_label",
    "parse_label",
    "parse_producer_code",
    "propagate",
    "propagate_file",
    "propagated",
    "read_metadata",
    "read_metadata_file",
    "sniff",
    "sniff_file",
    "to_json",
    "uscc_check_character",
    "write_metadata",
    "write_metadata_file",
]

_HOMES = {
    "COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA": "xmp",
    "TRAINED_ALGORITHMIC_MEDIA": "xmp",
    "AigcLabel": "aigc",
    "Finding": "aigc",
    "FoundLabel": "record",
    "MetadataRecord": "record",
    "MetadataReport": "record",
    "ProducerCode": "producer",
    "Trace": "record",
    "check_label": "aigc",
    "has_credential": "reading",
    "new_label": "aigc",
    "parse_label": "aigc_reader",
    "parse_producer_code": "producer",
    "propagate": "writing",
    "propagate_file": "files",
    "propagated": "aigc",
    "read_metadata": "reading",
    "read_metadata_file": "files",
    "sniff": "sniffing",
    "sniff_file": "files",
    "to_json": "aigc",
    "uscc_check_character": "producer",
    "write_metadata": "writing",
    "write_metadata_file": "files",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Writes the metadata label into a copy of a file, and reads it back before the copy counts."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

from synthmark.errors import (
    CredentialError,
    DamagedMediaError,
    InputError,
    UnsupportedMediaError,
)
from synthmark.metadata.aigc import Finding, to_json
from synthmark.metadata.aigc_reader import ParsedLabel, propagated_text, read_label
from synthmark.metadata.containers import Change, Container, container_of
from synthmark.metadata.fields import Kind
from synthmark.metadata.reading import MAX_PACKETS, read_source
from synthmark.metadata.source import Source, write_pieces
from synthmark.metadata.xmp import (
    AI_SYSTEM,
    AI_SYSTEM_VERSION,
    AIGC,
    DIGITAL_SOURCE_TYPE,
    new_packet,
    update_packet,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthmark.metadata.record import FoundLabel, MetadataRecord, MetadataReport
    from synthmark.metadata.xmp_scan import Name

__all__ = ["propagate", "propagate_open", "write_metadata", "write_open"]


def write_metadata(data: bytes, record: MetadataRecord, *, force: bool = False) -> bytes:
    """Put the metadata label into a picture, sound or video file, as the only AIGC label in it.

    Neither coded content nor other metadata change. Labels that are there already, in whatever place and
    form, are replaced. Video gets a copy of the label as its comment when it has none, since most programs
    that copy MP4 streams keep the comment alone. FLAC, Ogg, Matroska and FLV take the AIGC label without the
    IPTC properties, for which they have no usual place. The result is read back and compared before it is
    returned.

    Parameters
    ----------
    data
        A whole file of any kind that `synthmark.metadata.sniff` tells.
    force
        Also write into a file with a C2PA manifest, which thereby stops being valid.

    Raises
    ------
    CredentialError
        The file carries a C2PA manifest.
    InputError
        A value of the record breaks the standard.
    UnsupportedMediaError
        The container is not known, or an old label cannot be removed without loss.
    DamagedMediaError
        The file or its XMP packet cannot be read in full.
    """
    target = io.BytesIO()
    write_open(io.BytesIO(data), target, record, force=force)
    return target.getvalue()


def propagate(
    data: bytes, propagator: str, propagate_id: str, reserved_code2: str = "", *, force: bool = False
) -> bytes:
    """Change the propagator's three fields of the label in a file, and nothing else of the label.

    Raises
    ------
    InputError
        A new value breaks the standard, or the file has no label to change.
    UnsupportedMediaError
        The file has labels that contradict each other, or see `write_metadata`.
    CredentialError, DamagedMediaError
        See `write_metadata`.
    """
    target = io.BytesIO()
    propagate_open(io.BytesIO(data), target, propagator, propagate_id, reserved_code2, force=force)
    return target.getvalue()


def write_open(file: BinaryIO, target: BinaryIO, record: MetadataRecord, *, force: bool = False) -> None:
    """Do the work of `write_metadata` from an open file to one that is open for writing and reading.

    Raises
    ------
    CredentialError, InputError, UnsupportedMediaError, DamagedMediaError
        See `write_metadata`.
    """
    values = _values(to_json(record.label), record)
    source = Source(file)
    _write(source, target, read_source(source), values, force=force)


def propagate_open(  # noqa: PLR0913 - as `propagate`
    file: BinaryIO,
    target: BinaryIO,
    propagator: str,
    propagate_id: str,
    reserved_code2: str = "",
    *,
    force: bool = False,
) -> None:
    """Do the work of `propagate` from an open file to one that is open for writing and reading.

    Raises
    ------
    InputError, UnsupportedMediaError, CredentialError, DamagedMediaError
        See `propagate`.
    """
    source = Source(file)
    report = read_source(source)
    text = propagated_text(_one_label(report), propagator, propagate_id, reserved_code2)
    _write(source, target, report, {AIGC: text}, force=force)


def _values(text: str, record: MetadataRecord) -> dict[Name, str]:
    values = {
        AIGC: text,
        DIGITAL_SOURCE_TYPE: record.digital_source_type,
        AI_SYSTEM: record.ai_system,
        AI_SYSTEM_VERSION: record.ai_system_version,
    }
    return {name: value for name, value in values.items() if value}


def _write(source: Source, target: BinaryIO, report: MetadataReport, values: dict[Name, str], *, force: bool) -> None:
    _refuse_credential(report, force=force)
    _refuse_siblings(report)
    _, container = container_of(source)
    if not container.keeps_xmp:
        values = {AIGC: values[AIGC]}
    change = Change(values[AIGC], _packets(source, container, values))
    write_pieces(source, container.rewrite(source, change), target)
    _confirm(Source(target), values)


def _packets(source: Source, container: Container, values: dict[Name, str]) -> list[bytes]:
    """Make the XMP packets of the file: with the label, or with the other properties where it stands elsewhere."""
    if not container.keeps_xmp:
        return []
    packets = [field.data for field in container.fields(source) if field.kind is Kind.XMP]
    if not container.label_apart:
        return _updated(packets, values)
    apart = {name: value for name, value in values.items() if name != AIGC}
    return _updated(packets, {AIGC: None, **apart}) if packets or apart else []


def _updated(packets: list[bytes], values: Mapping[Name, str | None]) -> list[bytes]:
    """Set the values in the first packet, and take them out of all others."""
    if not packets:
        return [new_packet(values)]
    if len(packets) > MAX_PACKETS:
        raise DamagedMediaError(f"the file has {len(packets)} XMP packets; at most {MAX_PACKETS} are written")
    removals = dict.fromkeys(values)
    return [update_packet(packets[0], values), *(update_packet(other, removals) for other in packets[1:])]


def _refuse_credential(report: MetadataReport, *, force: bool) -> None:
    if report.has_credential and not force:
        raise CredentialError(
            f"the file carries a C2PA manifest ({report.credentials[0]}), which any change makes invalid; "
            "label the file before it is signed, or force the change and sign again"
        )


def _refuse_siblings(report: MetadataReport) -> None:
    for found in report.labels:
        if any(finding.code == "wrapper.siblings" for finding in found.findings):
            raise UnsupportedMediaError(
                f"the old label in {found.place} shares its text with other data, which replacing it "
                "would lose; move that data first"
            )


def _one_label(report: MetadataReport) -> ParsedLabel:
    """Read the label of a file again from its text; several count as one when they agree."""
    readable: list[FoundLabel] = [found for found in report.labels if found.label]
    if not readable:
        raise InputError("the file has no AIGC label to propagate; write one first")
    if len({found.label for found in readable}) > 1:
        places = ", ".join(found.place for found in readable)
        raise UnsupportedMediaError(f"the file has AIGC labels that differ from each other: {places}")
    parsed = read_label(readable[0].text)
    assert not isinstance(parsed, Finding)
    return parsed


def _confirm(result: Source, values: dict[Name, str]) -> None:
    """Read the written copy and compare."""
    report = read_source(result)
    read = {
        DIGITAL_SOURCE_TYPE: report.digital_source_type,
        AI_SYSTEM: report.ai_system,
        AI_SYSTEM_VERSION: report.ai_system_version,
    }
    if [found.text for found in report.labels] != [values[AIGC]]:
        places = ", ".join(found.place for found in report.labels) or "no place"
        raise UnsupportedMediaError(
            f"after writing, AIGC labels stand in {places} where one new label was expected; "
            "an old one there cannot be taken out safely: remove it first"
        )
    for name, value in values.items():
        if name != AIGC and read[name] != value.strip():
            raise DamagedMediaError(f"{name[1]} reads back as {read[name]!r}, written was {value!r}")

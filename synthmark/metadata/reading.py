"""Reads every AIGC label, IPTC property, generator trace and C2PA mark of a file."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata.aigc import Finding, check_label
from synthmark.metadata.aigc_reader import ParsedLabel, read_label
from synthmark.metadata.containers import container_of
from synthmark.metadata.fields import COMMENT, DESCRIPTION, Field, Kind, label_in
from synthmark.metadata.record import FoundLabel, MetadataReport, Trace
from synthmark.metadata.source import Source
from synthmark.metadata.xmp import XmpContent, read_packet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["MAX_PACKETS", "all_fields", "has_credential", "packet_contents", "read_metadata", "read_source"]

MAX_PACKETS = 8  # XMP packets in one file; one or two are usual
_EXCERPT = 200  # characters of a trace that are kept

# TC260-PG-20259A, Annex B, allows UserComment and the first of these beside XMP; TC260-PG-20257A (video) and
# TC260-PG-202510A (sound) name the others, except that no guide names a place in AIFF.
_LISTED_PLACES = (
    "PNG tEXt AIGC",
    "WAV AIGC",
    "FLAC AIGC",
    "Ogg AIGC",
    "MP3 ID3 TXXX AIGC",
    "AIFF ID3 TXXX AIGC",
    "MP4 mdta AIGC",
    "Matroska AIGC",
    "FLV AIGC",
    "AVI INFO AIGC",
)

# Keywords under which generators store their settings, lower case.
_TRACE_NAMES = {
    "parameters": "parameters",
    "sd-metadata": "parameters",
    "invokeai_metadata": "parameters",
    "generation_data": "parameters",
    "dream": "parameters",
    "workflow": "workflow",
    "prompt": "prompt",
}
_PARAMETERS = re.compile(r"\bSteps: \d{1,6}, (?:.{0,200}, )?(?:Sampler|CFG scale|Seed): ", re.DOTALL)
_GENERATORS = re.compile(
    r"comfyui|stable[ -]?diffusion|automatic1111|invokeai|novelai|midjourney|dall-?e\b|firefly|imagen\b|"
    r"gemini|openai|draw things|fooocus|flux\.1|doubao|jimeng|kling|qwen|wanx|hunyuan|seedream|"
    r"ideogram|leonardo\.ai",
    re.IGNORECASE,
)


def read_metadata(data: bytes) -> MetadataReport:
    """Read what the metadata of a picture, sound or video file says about AI generation.

    A damaged file gives what could be read, and the finding ``metadata.damaged``.

    Raises
    ------
    UnsupportedMediaError
        The first bytes are of no container that can be read here.
    """
    return read_source(Source(io.BytesIO(data)))


def read_source(source: Source) -> MetadataReport:
    """Do the work of `read_metadata` on an open file.

    Raises
    ------
    UnsupportedMediaError
        See `read_metadata`.
    """
    media_type, _ = container_of(source)
    fields = list(all_fields(source))
    contents, findings = packet_contents(fields)
    labels = (*_xmp_labels(contents), *_text_labels(fields))
    if len(labels) > 1:
        findings.append(Finding("labels.several"))
    if any(field.kind is Kind.DAMAGED for field in fields):
        findings.append(Finding("metadata.damaged"))
    packets = [content for _, content in contents]
    return MetadataReport(
        media_type=media_type,
        labels=labels,
        digital_source_type=_first(content.digital_source_type for content in packets),
        ai_system=_first(content.ai_system for content in packets),
        ai_system_version=_first(content.ai_system_version for content in packets),
        traces=(*_text_traces(fields), *_tool_traces(contents)),
        credentials=tuple(_credentials(fields, contents)),
        findings=tuple(findings),
    )


def has_credential(data: bytes) -> bool:
    """Tell whether a file carries a C2PA manifest, or names one that is kept outside.

    Raises
    ------
    UnsupportedMediaError
        The first bytes are of no container that can be read here.
    """
    return read_metadata(data).has_credential


def all_fields(source: Source) -> Iterator[Field]:
    """Yield the fields of a file; damage ends them with a field that says what is wrong."""
    _, container = container_of(source)
    try:
        yield from container.fields(source)
    except (DamagedMediaError, UnsupportedMediaError) as error:
        yield Field(Kind.DAMAGED, "file", text=str(error))


def packet_contents(fields: Iterable[Field]) -> tuple[list[tuple[str, XmpContent]], list[Finding]]:
    """Read all XMP packets with the places they come from; report the ones that cannot be read."""
    contents, findings = [], []
    packets = [field for field in fields if field.kind in {Kind.XMP, Kind.FIXED_XMP}]
    if len(packets) > MAX_PACKETS:
        findings.append(Finding("xmp.unreadable"))
    for field in packets[:MAX_PACKETS]:
        try:
            contents.append((field.place, read_packet(field.data)))
        except DamagedMediaError:
            findings.append(Finding("xmp.unreadable"))
    return contents, findings


def _xmp_labels(contents: Iterable[tuple[str, XmpContent]]) -> Iterator[FoundLabel]:
    for place, content in contents:
        for text, standard in content.labels:
            parsed = read_label(text)
            # Another vocabulary may have a property of that name; only the guide's own must hold a label.
            if standard or isinstance(parsed, ParsedLabel):
                name = () if standard else (Finding("xmp.namespace"),)
                yield _found(place, text, parsed, name)


def _text_labels(fields: Iterable[Field]) -> Iterator[FoundLabel]:
    found = [(field, parsed) for field in fields if (parsed := label_in(field))]
    seen = [parsed.label for field, parsed in found if field.name == "AIGC"]
    for field, parsed in found:
        # The copy of the label that video carries as comment, which FFmpeg also makes a description, is no second.
        if field.name in {COMMENT, DESCRIPTION}:
            if parsed.label in seen:
                continue
            seen.append(parsed.label)
        listed = field.name == "UserComment" or field.place in _LISTED_PLACES
        yield _found(field.place, field.text, parsed, () if listed else (Finding("place.unlisted"),))


def _found(place: str, text: str, parsed: ParsedLabel | Finding, findings: tuple[Finding, ...]) -> FoundLabel:
    if isinstance(parsed, Finding):
        return FoundLabel(None, place, "unreadable", text, (*findings, parsed))
    missing = {finding.field for finding in parsed.findings if finding.code == "field.missing"}
    checked = [
        finding
        for finding in check_label(parsed.label)
        if not (finding.code == "field.empty" and finding.field in missing)
    ]
    return FoundLabel(parsed.label, place, parsed.form, text, (*findings, *parsed.findings, *checked))


def _text_traces(fields: Iterable[Field]) -> Iterator[Trace]:
    for field in fields:
        kind = _trace_kind(field)
        if kind:
            yield Trace(kind, field.place, field.text[:_EXCERPT])


def _trace_kind(field: Field) -> str | None:
    if field.kind is Kind.SOFTWARE:
        return "software" if _GENERATORS.search(field.text[:1000]) else None
    if field.kind is not Kind.TEXT:
        return None
    if field.name.lower() in _TRACE_NAMES:
        return _TRACE_NAMES[field.name.lower()]
    return "parameters" if _PARAMETERS.search(field.text[:100_000]) else None


def _tool_traces(contents: Iterable[tuple[str, XmpContent]]) -> Iterator[Trace]:
    for place, content in contents:
        if content.creator_tool and _GENERATORS.search(content.creator_tool[:1000]):
            yield Trace("software", f"{place} CreatorTool", content.creator_tool[:_EXCERPT])


def _credentials(fields: Iterable[Field], contents: Iterable[tuple[str, XmpContent]]) -> Iterator[str]:
    yield from (field.place for field in fields if field.kind is Kind.CREDENTIAL)
    yield from (f"{place} dcterms:provenance" for place, content in contents if content.provenance)


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)

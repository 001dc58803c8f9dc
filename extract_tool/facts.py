"""What a report shows beside layers and details: captions, spans in time, and what identifies file and tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthmark.catalogue import message, sentences

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["captions", "error_sentences", "fact_lines", "timeline"]


def error_sentences(report: Mapping[str, Any], language: str) -> list[str]:
    """Return why a file could not be checked, where it could not."""
    error = report.get("error")
    if error is None:
        return []
    code = f"unchecked.{error['kind']}"
    said = message(code if code in sentences(language) else "unchecked.other", language)
    return [said, str(error["message"])]


def captions(pictures: Mapping[str, str], language: str) -> list[tuple[str, list[str]]]:
    """Return the names of the evidence pictures in their order, each with the sentences below it."""
    return [("picture", [message("map.picture", language)]), ("map", _map_caption(pictures, language))]


def _map_caption(pictures: Mapping[str, str], language: str) -> list[str]:
    """Return what the map of a watermark shows."""
    if "map_share" not in pictures:
        return []
    share = message("map.share", language, share=round(100 * float(pictures["map_share"])))
    return [message("map.title", language), share, message("map.meaning", language)]


def timeline(report: Mapping[str, Any], pictures: Mapping[str, str]) -> tuple[list[tuple[float, float]], float]:
    """Return the spans of a watermark in seconds and the length of the recording; none for a picture."""
    layer = next(layer for layer in report["layers"] if layer["layer"] == "watermark")
    spans = [(float(start), float(end)) for start, end in layer["evidence"].get("spans") or ()]
    length = max([float(pictures.get("seconds", 0)), *(end for _, end in spans)], default=0.0)
    return (spans, length) if length > 0 else ([], 0.0)


def fact_lines(report: Mapping[str, Any], language: str) -> list[str]:
    """Return what identifies the file, and what checked it when."""
    file, tool = report["file"], report["tool"]
    size = message("file.size", language, size=f"{file['size'] or 0:,}", media_type=file["media_type"] or "-")
    checked = message(
        "page.tool",
        language,
        tool=tool["name"],
        version=tool["version"],
        time=str(report["checked_at"]).replace("T", " ").replace("Z", " UTC"),
        seconds=report.get("seconds", "-"),
    )
    keys = f"{message('heading.keys', language)}: {', '.join(tool['key_ids']) or '-'}"
    lines = [f"{file['name']}: {size}", f"SHA-256: {file['sha256'] or '-'}", keys, checked]
    if "limits" in tool:
        lines.append(message("page.limits_time" if "memory" in tool["limits"] else "page.limits_some", language))
    listed = tool.get("trust_list")
    return [*lines, message("credential.list", language, digest=listed)] if listed else lines

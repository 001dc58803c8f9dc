"""What the local page is made of: one document, one script, one style sheet, and the description of the API."""

from __future__ import annotations

import json
from html import escape
from importlib import resources
from typing import Any

from synthmark._version import __version__
from synthmark.catalogue import LANGUAGES, message, sentences

__all__ = ["api_description", "asset", "page"]

_FAMILIES = ("page.", "verdict.", "heading.", "unchecked.")


def asset(name: str) -> bytes:
    """Return a file of the page."""
    return resources.files(__name__).joinpath(name).read_bytes()


def page(language: str, most_bytes: int) -> str:
    """Return the document, in a language to start with.

    Parameters
    ----------
    language
        `en` or `zh`.
    most_bytes
        Size of one file.
    """
    said = {
        spoken: {code: text for code, text in sentences(spoken).items() if code.startswith(_FAMILIES)}
        for spoken in LANGUAGES
    }
    data = json.dumps({"sentences": said, "language": language, "most": most_bytes}).replace("<", "\\u003c")
    document = asset("page.html").decode("utf-8")
    return document.replace("{data}", data).replace("{title}", escape(message("page.title", language)))


def api_description(port: int) -> dict[str, Any]:
    """Return the description of the API (OpenAPI 3.1), with the schema of reports inside."""
    schema = json.loads(resources.files("extract_tool").joinpath("schema", "report-v1.json").read_text("utf-8"))
    text = json.dumps(schema).replace("#/$defs/", "#/components/schemas/Report/$defs/")
    content: dict[str, Any] = json.loads(asset("openapi.json"))
    content["info"]["version"] = __version__
    content["servers"] = [{"url": f"http://127.0.0.1:{port}"}]
    content["components"]["schemas"]["Report"] = json.loads(text)
    return content
